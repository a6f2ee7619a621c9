import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { claim } from './claim.js'

/** Web Locks as a browser has them, for one name. */
function browserLocks() {
  const waiting = []
  let held = false
  const next = () => {
    if (held || !waiting.length) return
    held = true
    const { run, done } = waiting.shift()
    Promise.resolve(run()).then(() => {
      held = false
      done()
      next()
    })
  }
  return {
    request: (name, { signal }, run) =>
      new Promise((done, reject) => {
        const wish = { run, done }
        waiting.push(wish)
        signal.addEventListener('abort', () => waiting.includes(wish) && (waiting.splice(waiting.indexOf(wish), 1), reject(new Error('aborted'))))
        queueMicrotask(next)
      }),
  }
}

function shelf() {
  const kept = {}
  return { kept, getItem: (key) => kept[key] ?? null, setItem: (key, text) => (kept[key] = text), removeItem: (key) => delete kept[key] }
}

const turns = async (n = 10) => {
  for (let i = 0; i < n; i++) await Promise.resolve()
}

/** Tabs of one browser: who has it is written into `held`. */
function tabs(of) {
  const held = new Set()
  const open = (tab) => claim('it', () => held.add(tab), () => held.delete(tab), of)
  return { held, open }
}

test('one at a time; when it goes, the next; who waits may give up', async () => {
  const { held, open } = tabs({ locks: browserLocks() })
  const [a, b] = [open('a'), open('b')]
  open('c')
  await turns()
  expect([...held]).toEqual(['a'])
  b()
  a()
  await turns()
  expect([...held]).toEqual(['a', 'c'])
})

beforeEach(() => vi.useFakeTimers())
afterEach(() => vi.useRealTimers())

test('without locks by a lease: two tabs that open at once agree on one', () => {
  const { held, open } = tabs({ locks: undefined, storage: shelf() })
  open('a')
  open('b')
  vi.advanceTimersByTime(5000)
  expect(held.size).toBe(1)
})

test('a lease that is given up, or not renewed, is the next one\'s', () => {
  const storage = shelf()
  const { held, open } = tabs({ locks: undefined, storage })
  const a = open('a')
  vi.advanceTimersByTime(1000)
  open('b')
  vi.advanceTimersByTime(20000)
  expect([...held]).toEqual(['a'])
  a()
  vi.advanceTimersByTime(2500)
  expect([...held]).toEqual(['a', 'b'])
  storage.kept.it = JSON.stringify({ id: 'a tab that crashed', at: Date.now() })
  vi.advanceTimersByTime(1500)
  expect(held.has('b')).toBe(false)
  vi.advanceTimersByTime(4000)
  expect(held.has('b')).toBe(true)
})

test('with nothing to agree by, each tab has its own', () => {
  const { held, open } = tabs({ locks: undefined, storage: { getItem: () => null, setItem() { throw new Error('off') } } })
  open('a')
  open('b')
  expect([...held]).toEqual(['a', 'b'])
})
