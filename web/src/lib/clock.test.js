import { expect, test } from 'vitest'
import { minutesSeconds, secondsUntil, shareLeft, skewFrom } from './clock.js'

const t = (s) => Date.parse(s)

test('a tablet that is an hour late still counts down rightly', () => {
  const local = t('2030-01-01T11:00:00Z')
  const skew = skewFrom('2030-01-01T12:00:00Z', local)
  expect(skew).toBe(3600000)
  expect(secondsUntil('2030-01-01T12:15:00Z', local, skew)).toBe(900)
})

test('time that is over is zero, time that is missing is none', () => {
  expect(secondsUntil('2030-01-01T00:00:00Z', t('2030-01-02T00:00:00Z'), 0)).toBe(0)
  expect(secondsUntil(undefined, 0, 0)).toBeNaN()
  expect(skewFrom(undefined, 5)).toBe(0)
})

test('minutes and seconds', () => {
  expect(minutesSeconds(754)).toBe('12:34')
  expect(minutesSeconds(5)).toBe('0:05')
  expect(minutesSeconds(NaN)).toBe('')
})

test('the share of a span that is left', () => {
  const from = '2030-01-01T12:00:00Z'
  const until = '2030-01-01T12:10:00Z'
  expect(shareLeft(from, until, t('2030-01-01T12:05:00Z'), 0)).toBe(0.5)
  expect(shareLeft(from, until, t('2030-01-01T13:00:00Z'), 0)).toBe(0)
  expect(shareLeft(from, until, t('2030-01-01T11:00:00Z'), 0)).toBe(1)
  expect(shareLeft(undefined, undefined, 0, 0)).toBe(0)
})
