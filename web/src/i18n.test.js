import { beforeEach, describe, expect, test, vi } from 'vitest'
import { i18n, withMessages, withPatience } from './i18n.js'

const messages = { './locales/part/id.json': async () => ({ part: 'bagian' }) }
const part = { default: 'part', messages }

/* A module that the server cannot be asked for the first times. */
function awayFor(times) {
  const load = vi.fn(async () => {
    if (load.mock.calls.length <= times) throw new TypeError('Failed to fetch dynamically imported module')
    return part
  })
  return load
}

describe('what a page loads later', () => {
  beforeEach(() => vi.useFakeTimers())

  test('is not shown before it can be read', async () => {
    await expect(withMessages(awayFor(0))()).resolves.toBe(part)
    expect(i18n.global.t('part')).toBe('bagian')
  })

  test('fails with the server when the page is nothing without it', async () => {
    await expect(withMessages(awayFor(1))()).rejects.toThrow('Failed to fetch')
  })

  test('is fetched until the server is back when the page is whole without it', async () => {
    const load = awayFor(3)
    const found = withPatience(load)()
    await vi.advanceTimersByTimeAsync(60000)
    await expect(found).resolves.toBe(part)
    expect(load).toHaveBeenCalledTimes(4)
  })

  test('waits for its messages as well', async () => {
    let away = true
    const fetchWords = async () => {
      if (away) throw new TypeError('Failed to fetch dynamically imported module')
      return { late: 'nanti' }
    }
    const found = withPatience(async () => ({ messages: { './locales/late/id.json': fetchWords } }))()
    await vi.advanceTimersByTimeAsync(15000)
    expect(i18n.global.te('late')).toBe(false)
    away = false
    await vi.advanceTimersByTimeAsync(15000)
    await found
    expect(i18n.global.t('late')).toBe('nanti')
  })
})
