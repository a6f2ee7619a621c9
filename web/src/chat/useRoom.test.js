import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { createApp } from 'vue'
import { useRoom } from './useRoom.js'

const chime = vi.hoisted(() => vi.fn())
vi.mock('./chime.js', () => ({ chime }))
vi.mock('vue', async (load) => ({ ...(await load()), onUnmounted: () => {} }))

const ME = { id: 'me', username: 'me' }
const OTHER = { id: 'other', username: 'other' }

/** A server with one room, and a page that shows it. */
function house({ known = 0, ...how } = {}) {
  const messages = []
  const posts = []
  const asked = []
  let down = 0 // so many questions are not answered
  let heard
  const write = (user, message, more = {}) => {
    const one = { seq: messages.length + 1, user, message, at: 't', kind: user ? 'text' : 'system', ...more }
    messages.push(one)
    return one
  }
  for (let i = 0; i < known; i++) write(OTHER, `m${i + 1}`)

  const list = (query) => {
    const after = Number(query.get('after') ?? 0)
    const some = messages.filter(({ seq }) => seq > after && seq < Number(query.get('before') ?? Infinity))
    return query.has('after') ? some.slice(0, query.get('limit')) : some.slice(-query.get('limit'))
  }
  const source = {
    uri: 'r',
    isMine: ({ user }) => user?.id === 'me',
    tell: vi.fn(),
    async ask(path, { body, method } = {}) {
      const silent = down > 0 && down--
      if (!body && silent) throw { status: 0, message: 'silent' }
      if (!body) return asked.push(path), { messages: list(new URLSearchParams(path.split('?')[1])) }
      if (method === 'PATCH') return { ...messages[0], message: body.message, edited_at: 'now' }
      if (body.message === '/help') return { commands: [{ command: 'ready', help: '/ready: x' }] }
      if (body.message.startsWith('/')) return { command: body.message.slice(1) }
      if (body.message === 'bad') throw { status: 400, message: 'not that' }
      const again = messages.find(({ id }) => id === body.id)
      const one = again ?? write(ME, body.message, { id: body.id, reply_to: body.reply_to })
      posts.push(body.message)
      if (silent) throw { status: 0, message: 'silent' } // it has arrived, and nobody knows
      return { status: 'SUCCESS', uri: 'r', ...one }
    },
    hear: (to) => ((heard = to), () => {}),
  }
  const room = createApp({}).runWithContext(() => useRoom(source, how))
  const seqs = () => room.timeline.value.messages.map(({ seq }) => seq)
  const happens = (user, message, more) => heard.onEvent('CHAT_MESSAGE', write(user, message, more))
  return { room, source, messages, posts, asked, write, seqs, happens, heard: () => heard, silence: (n) => (down = n) }
}

const settled = () => vi.advanceTimersByTimeAsync(5)
const states = (room) => room.timeline.value.pending.map(({ message, state }) => [message, state])

beforeEach(() => vi.useFakeTimers())
afterEach(() => {
  vi.useRealTimers()
  chime.mockClear()
})

test('the end of a room is shown once it is heard, and what is older a page at a time', async () => {
  const { room, seqs, heard } = house({ known: 120 })
  expect(room.state.ready).toBe(false)
  heard().onUp()
  await settled()
  expect([room.state.ready, seqs().length, seqs()[0], room.more.value]).toEqual([true, 50, 71, true])
  await room.older()
  await room.older()
  expect([seqs().length, seqs()[0], room.more.value]).toEqual([120, 1, false])
})

test('where nothing is heard, what is there is shown all the same', async () => {
  const { room, seqs } = house({ known: 2 })
  await vi.advanceTimersByTimeAsync(2000)
  expect([room.state.ready, seqs()]).toEqual([true, [1, 2]])
})

test('a hole is filled from the server', async () => {
  const { room, seqs, happens, write, heard, asked } = house({ known: 3 })
  heard().onUp()
  await settled()
  for (let i = 0; i < 4; i++) write(OTHER, 'nobody told') // 4 to 7
  happens(OTHER, 'told') // 8
  expect(seqs()).toEqual([1, 2, 3, 8])
  await settled()
  expect(seqs()).toEqual([1, 2, 3, 4, 5, 6, 7, 8])
  expect(asked.at(-1)).toBe('/messages/?after=3&before=8&limit=200')
  expect(room.timeline.value.messages.length).toBe(8)
})

test('a hole that cannot be filled now is filled after the next connection; one that is too large is left behind', async () => {
  const { seqs, happens, write, heard, silence } = house({ known: 3 })
  heard().onUp()
  await settled()
  write(OTHER, 'nobody told')
  silence(1)
  happens(OTHER, 'told')
  await settled()
  expect(seqs()).toEqual([1, 2, 3, 5])
  heard().onUp()
  await settled()
  expect(seqs()).toEqual([1, 2, 3, 4, 5])
  for (let i = 0; i < 1500; i++) write(OTHER, 'long away')
  heard().onUp()
  await settled()
  expect([seqs().length, seqs()[0]]).toEqual([50, 1456])
})

test('what is written stands below at once, in order, and is one message however often it is sent', async () => {
  const { room, posts, messages, happens, heard, silence } = house()
  heard().onUp()
  await settled()
  silence(2)
  room.send('one')
  room.send('two')
  expect(states(room)).toEqual([['one', 'sending'], ['two', 'sending']])
  await settled()
  expect(states(room)).toEqual([['one', 'failed'], ['two', 'failed']])
  room.retry(room.timeline.value.pending[0].id)
  await settled()
  expect(states(room)).toEqual([['two', 'failed']])
  heard().onUp() // what was not known to have arrived is among what the room has
  await settled()
  expect(states(room)).toEqual([])
  expect(posts).toEqual(['one', 'two', 'one'])
  expect(messages.map(({ message }) => message)).toEqual(['one', 'two'])
  expect(room.timeline.value.messages.map(({ message }) => message)).toEqual(['one', 'two'])
  happens(OTHER, 'three')
  expect(room.timeline.value.messages.length).toBe(3)
})

test('a refusal is not sent again by itself', async () => {
  const { room, posts, heard } = house()
  heard().onUp()
  room.send('bad')
  await settled()
  expect(room.timeline.value.pending[0]).toMatchObject({ state: 'failed', why: 'not that' })
  heard().onUp()
  await settled()
  expect(posts).toEqual([])
  room.discard(room.timeline.value.pending[0].id)
  expect(states(room)).toEqual([])
})

test('a change that is heard while a page is on its way is not lost', async () => {
  const { room, heard } = house({ known: 2 })
  heard().onUp() // the page is asked for
  heard().onEvent('CHAT_EDITED', { seq: 2, message: 'better', at: 'then' })
  await settled()
  expect(room.timeline.value.messages[1]).toMatchObject({ message: 'better', edited_at: 'then' })
  await room.edit(1, 'best')
  expect(room.timeline.value.messages[0]).toMatchObject({ message: 'best', edited_at: 'now' })
})

test('another\'s message sounds; one\'s own, the system\'s, an old one and a muted room\'s do not', async () => {
  const { happens, heard, messages } = house()
  heard().onUp()
  await settled()
  happens(OTHER, 'a')
  happens(ME, 'b')
  happens(null, 'c')
  heard().onEvent('CHAT_MESSAGE', messages[0])
  expect(chime.mock.calls).toEqual([['r-1']])
  const quiet = house({ muted: () => true })
  quiet.happens(OTHER, 'a')
  expect(chime).toHaveBeenCalledTimes(1)
})

test('reading is told once for each message and connection, coming to a device likewise', async () => {
  const { room, source, heard, happens } = house({ known: 2 })
  heard().onUp()
  await settled()
  room.looked(false)
  room.looked(false)
  room.looked(true)
  room.looked(true)
  happens(OTHER, 'c')
  room.looked(true)
  expect(source.tell.mock.calls).toEqual([['CHAT_DELIVERED', { seq: 2 }], ['CHAT_READ', { seq: 2 }], ['CHAT_READ', { seq: 3 }]])
})

test('writing is told now and then; others\' writing is shown until they have written', async () => {
  const { room, source, heard, happens } = house()
  heard().onUp()
  for (let i = 0; i < 5; i++) room.typed()
  await vi.advanceTimersByTimeAsync(3000)
  room.typed()
  expect(source.tell.mock.calls.map(([event]) => event)).toEqual(['TYPING', 'TYPING'])
  heard().onEvent('CHAT_TYPING', { user: OTHER })
  heard().onEvent('CHAT_TYPING', { user: ME })
  expect(room.typing.value).toEqual([OTHER])
  happens(OTHER, 'here')
  expect(room.typing.value).toEqual([])
})

test('a command is no message; what comes of it is shown until the order has moved', async () => {
  const { room, heard, happens } = house({ commands: true })
  heard().onUp()
  await settled()
  expect(room.commands.value).toEqual([{ command: 'ready', help: '/ready: x' }])
  room.send('/ready')
  await settled()
  expect([room.outcome.value, states(room)]).toEqual([{ command: 'ready', state: 'asked' }, []])
  heard().onEvent('CHAT_COMMAND', { command: 'ready', outcome: 'refused', message: 'too early' })
  expect(room.outcome.value).toEqual({ command: 'ready', state: 'refused', why: 'too early' })
  happens(null, 'moved', { system: 'ready' })
  expect(room.outcome.value).toBe(null)
})

test('who writes a command without knowing it to be one sees no message of it', async () => {
  const { room, heard } = house()
  heard().onUp()
  room.send('/ready')
  await settled()
  expect([room.outcome.value, states(room), room.timeline.value.messages]).toEqual([{ command: 'ready', state: 'asked' }, [], []])
})
