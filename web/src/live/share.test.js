import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { cursorOf } from './cursor.js'
import { shareLine } from './share.js'

/** A browser with tabs, and a server that keeps all it has told. */
function world() {
  const channels = new Set()
  const shelf = {}
  const storage = { getItem: (key) => shelf[key] ?? null, setItem: (key, text) => (shelf[key] = text) }
  const queue = [] // tabs that want to lead
  const journal = []
  const lines = [] // what was asked at each connection
  let server = null // the line that is open

  function channel() {
    const own = {
      postMessage: (data) => [...channels].filter((other) => other !== own).forEach((other) => other.onmessage?.({ data: structuredClone(data) })),
      close: () => channels.delete(own),
    }
    channels.add(own)
    return own
  }

  function openLine({ from, onEvent, onOnline }) {
    const asked = from()
    lines.push(asked)
    const line = { tell: async (event, values) => ({ said: event, values }), isUp: () => server === line, close: () => server === line && (server = null) }
    server = line
    line.send = ({ event, values, seq }) => onEvent(event, values, seq)
    onOnline(true)
    const after = asked.after ?? journal.length
    onEvent('CONNECTED', { epoch: 'e', seq: after }, after)
    for (const entry of journal.slice(after)) line.send(entry)
    return line
  }

  return {
    lines,
    /** Something happens; whoever is connected is told. */
    happen(event, values = {}) {
      journal.push({ event, values, seq: journal.length + 1 })
      server?.send(journal.at(-1))
    },
    greet: (event, seq) => server.send({ event, values: { epoch: 'e', seq }, seq }),
    tab() {
      const told = []
      const states = []
      const own = { told, states, up: null }
      const wish = {}
      const shared = shareLine(
        {
          channel: channel(),
          claim(take) {
            wish.take = take
            queue.push(wish)
            if (queue[0] === wish) take()
            return () => {
              const led = queue[0] === wish
              queue.splice(queue.indexOf(wish), 1)
              if (led) queue[0]?.take()
            }
          },
          cursor: cursorOf('me', storage),
          openLine,
        },
        {
          onEvent: (event, values) => event !== 'CONNECTED' && told.push(event + (values.n ?? '')),
          onOnline: (up) => (own.up = up),
          snapshot: () => ({ unread: told.length }),
          onSnapshot: (state) => states.push(state),
        },
      )
      return Object.assign(own, shared)
    },
  }
}

beforeEach(() => vi.useFakeTimers())
afterEach(() => vi.useRealTimers())

test('one line for all tabs, and all hear', () => {
  const { tab, happen, lines } = world()
  const [a, b] = [tab(), tab()]
  happen('X', { n: 1 })
  expect([a.told, b.told]).toEqual([['X1'], ['X1']])
  expect(lines.length).toBe(1)
  expect([a.leads(), b.leads()]).toEqual([true, false])
})

test('a tab that opens later is told how things stand, and nothing twice', () => {
  const { tab, happen } = world()
  tab()
  happen('X', { n: 1 })
  const b = tab()
  expect(b.states).toEqual([{ unread: 1 }])
  expect(b.up).toBe(true)
  happen('X', { n: 2 })
  expect(b.told).toEqual(['X2'])
})

test('when the leader goes, another goes on: nothing lost, nothing twice', () => {
  const { tab, happen, lines } = world()
  const [a, b, c] = [tab(), tab(), tab()]
  happen('X', { n: 1 })
  a.close()
  happen('X', { n: 2 })
  b.close()
  happen('X', { n: 3 })
  expect(c.told).toEqual(['X1', 'X2', 'X3'])
  expect(lines.map(({ after }) => after)).toEqual([undefined, 1, 2])
})

test('what happens while no tab is open is told to the next', () => {
  const { tab, happen } = world()
  tab().close()
  happen('X', { n: 1 })
  happen('X', { n: 2 })
  expect(tab().told).toEqual(['X1', 'X2'])
})

test('what is told again after a reconnection is dropped; a resync goes on from its own seq', () => {
  const { tab, happen, greet } = world()
  const [a, b] = [tab(), tab()]
  happen('X', { n: 1 })
  greet('CONNECTED', 0)
  happen('X', { n: 2 })
  greet('RESYNC', 40)
  expect([a.told, b.told]).toEqual([['X1', 'X2', 'RESYNC'], ['X1', 'X2', 'RESYNC']])
})

test('other tabs speak through the leader, and are answered', async () => {
  const { tab } = world()
  const [a, b] = [tab(), tab()]
  expect(await a.tell('SEEN', { seq: 1 })).toEqual({ said: 'SEEN', values: { seq: 1 } })
  expect(await b.tell('SEEN', { seq: 2 })).toEqual({ said: 'SEEN', values: { seq: 2 } })
})

test('a question outlives its leader; one that nobody answers ends', async () => {
  const channel = { postMessage: vi.fn(), close() {} }
  const page = { onEvent() {}, onOnline() {}, snapshot: () => ({}), onSnapshot() {} }
  const shared = shareLine({ channel, claim: () => () => {}, cursor: null, openLine: null }, page)
  const answer = shared.tell('SEEN', { seq: 1 })
  channel.onmessage({ data: { kind: 'leader' } })
  const asked = channel.postMessage.mock.calls.map(([message]) => message).filter(({ kind }) => kind === 'ask')
  expect(asked.length).toBe(2)
  expect(asked[0]).toEqual(asked[1])
  vi.advanceTimersByTime(8000)
  expect(await answer).toEqual({ error: { code: 'silent' } })
})

test('what is told of a room may come again, and what is in no journal comes through', () => {
  const { tab, happen, greet } = world()
  const [a, b] = [tab(), tab()]
  happen('X', { n: 1 })
  happen('CHAT_MESSAGE', { n: 2 })
  greet('CHAT_MESSAGE', 1)
  greet('CHAT_TYPING', 0)
  happen('X', { n: 3 })
  for (const { told } of [a, b]) expect(told).toEqual(['X1', 'CHAT_MESSAGE2', 'CHAT_MESSAGE', 'CHAT_TYPING', 'X3'])
  b.announce('UNSUBSCRIBED', {})
  expect([a.told.at(-1), b.told.at(-1)]).toEqual(['UNSUBSCRIBED', 'X3'])
})
