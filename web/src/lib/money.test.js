import { expect, test } from 'vitest'
import { formatMoney, toCents } from './money.js'

test.each([
  [7000, 'IDR', 'id', 'Rp 7.000'],
  [7000, 'IDR', 'ko', 'Rp 7.000'],
  ['7000.00', 'IDR', 'en', 'Rp 7.000'],
  [1250000, 'IDR', 'pl', 'Rp 1.250.000'],
  [0, 'IDR', 'id', 'Rp 0'],
  [999, 'IDR', 'id', 'Rp 999'],
  [7000.5, 'IDR', 'id', 'Rp 7.000,50'],
  [5000, 'KRW', 'en', '₩5,000'],
  [5000, 'KRW', 'ko', '5,000원'],
  [12.5, 'PLN', 'pl', '12,50 zł'],
  [12, 'PLN', 'ko', '12,00 zł'],
  [1234.05, 'PLN', 'en', '1 234,05 zł'],
  [3, 'CHF', 'en', 'CHF 3.00'],
  [-7000, 'IDR', 'id', '−Rp 7.000'],
])('%s %s in %s is %s', (amount, currency, language, text) => {
  expect(formatMoney(amount, currency, language)).toBe(text)
})

test('what is no number is written as nothing', () => {
  expect(formatMoney('seven', 'IDR', 'id')).toBe('')
  expect(formatMoney(undefined, 'IDR', 'id')).toBe('')
})

test('cents are whole', () => {
  expect(toCents(12.5) * 3).toBe(3750)
  expect(toCents(0.1) + toCents(0.2)).toBe(30)
})
