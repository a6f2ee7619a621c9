/* useTime.js - times of day in the language now shown, in the reader's own time zone. */

import { useI18n } from 'vue-i18n'

const TIME = { hour: '2-digit', minute: '2-digit', hourCycle: 'h23' }

export function useTime() {
  const { locale } = useI18n()
  const write = (iso, style) => (iso ? new Intl.DateTimeFormat(locale.value, style).format(new Date(iso)) : '')
  return {
    time: (iso) => write(iso, TIME),
    day: (iso) => write(iso, { weekday: 'long', day: 'numeric', month: 'long' }),
    dayAndTime: (iso) => write(iso, { ...TIME, day: 'numeric', month: 'short' }),
  }
}
