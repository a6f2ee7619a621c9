/* money.js - how an amount is written: the way the currency's own shops write it. */

/** symbol, where it stands, grouping, decimal sign and how many digits people expect to see. */
const STYLES = {
  IDR: { before: 'Rp ', after: '', group: '.', point: ',', digits: 0 },
  KRW: { before: '₩', after: '', group: ',', point: '.', digits: 0, ko: { before: '', after: '원' } },
  PLN: { before: '', after: ' zł', group: ' ', point: ',', digits: 2 },
  USD: { before: '$', after: '', group: ',', point: '.', digits: 2 },
  EUR: { before: '€', after: '', group: ',', point: '.', digits: 2 },
}

/** Cents of an amount in major units, as an integer: sums never meet binary fractions. */
export const toCents = (amount) => Math.round(Number(amount) * 100)

/**
 * Writes an amount for people: "Rp 7.000", "₩5,000" (in Korean "5,000원"), "12,50 zł".
 * @param {number|string} amount major units
 * @param {string} currency ISO 4217 code; an unknown one is written in front
 * @param {string} language id, ko, pl or en
 */
export function formatMoney(amount, currency, language) {
  const cents = toCents(amount)
  if (!Number.isFinite(cents)) return ''
  const known = STYLES[currency] ?? { ...STYLES.USD, before: `${currency} ` }
  const style = { ...known, ...known[language] }
  const digits = cents % 100 === 0 ? style.digits : 2 // a fraction is never hidden from a payer
  const whole = Math.floor(Math.abs(cents) / 100)
  const grouped = String(whole).replace(/\B(?=(\d{3})+$)/g, style.group)
  const fraction = digits ? style.point + String(Math.abs(cents) % 100).padStart(2, '0') : ''
  return `${cents < 0 ? '−' : ''}${style.before}${grouped}${fraction}${style.after}`
}
