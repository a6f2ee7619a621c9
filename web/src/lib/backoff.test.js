import { expect, test } from 'vitest'
import { backoffMs } from './backoff.js'

test('doubles from 0.3 s and stays at 5 s', () => {
  const longest = (attempt) => backoffMs(attempt, () => 1)
  expect([0, 1, 2, 3, 4, 5, 50].map(longest)).toEqual([300, 600, 1200, 2400, 4800, 5000, 5000])
})

test('jitter takes away at most half', () => {
  expect(backoffMs(0, () => 0)).toBe(150)
  expect(backoffMs(9, () => 0)).toBe(2500)
})
