import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { chimes } from './chime.js'

vi.mock('../notify/knock.js', () => ({ tap: () => {} }))

/** Tabs of one browser, each with the focus or without. */
function tabs(...focused) {
  const channels = focused.map(() => ({}))
  const sounds = focused.map(() => vi.fn())
  const rings = focused.map((focus, i) => {
    channels[i].postMessage = (data) => channels.forEach((other, j) => j !== i && other.onmessage({ data }))
    return chimes({ channel: channels[i], hasFocus: () => focus, sound: sounds[i], random: () => i / focused.length })
  })
  return { rings, sounds: () => sounds.map((sound) => sound.mock.calls.length) }
}

beforeEach(() => vi.useFakeTimers())
afterEach(() => vi.useRealTimers())

test('of the tabs that hear it, one sounds, once', () => {
  const { rings, sounds } = tabs(false, false, false)
  rings.forEach((ring) => ring('m1'))
  vi.advanceTimersByTime(500)
  rings.forEach((ring) => ring('m1'))
  vi.advanceTimersByTime(500)
  expect(sounds()).toEqual([1, 0, 0])
  rings.forEach((ring) => ring('m2'))
  vi.advanceTimersByTime(500)
  expect(sounds()).toEqual([2, 0, 0])
})

test('none does while one of them has the focus, whichever hears it first', () => {
  for (const order of [[0, 1], [1, 0]]) {
    const { rings, sounds } = tabs(false, true)
    order.forEach((i) => rings[i]('m1'))
    vi.advanceTimersByTime(500)
    expect(sounds()).toEqual([0, 0])
  }
})
