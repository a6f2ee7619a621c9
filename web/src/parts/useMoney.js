/* useMoney.js - amounts in the language now shown. */

import { useI18n } from 'vue-i18n'
import { formatMoney } from '../lib/money.js'

export function useMoney() {
  const { locale } = useI18n()
  return (amount, currency) => formatMoney(amount, currency, locale.value)
}
