import { expect, test, vi } from 'vitest'
import { newKey } from './key.js'

test('a key is its time and chance', () => {
  vi.useFakeTimers({ now: 0x019200000abc })
  const keys = Array.from({ length: 100 }, newKey)
  vi.useRealTimers()
  expect(new Set(keys).size).toBe(100)
  for (const key of keys) expect(key).toMatch(/^019200000abc[0-9a-f]{20}$/)
})
