import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { isOfRoom, roomsOn } from './rooms.js'

function house(answers = {}) {
  const listeners = {}
  const said = []
  const announced = []
  const rooms = roomsOn({
    tell: async (event, values) => (said.push([event, values]), answers[values.channel]?.shift() ?? { channel: values.channel, seq: 9 }),
    on: (event, listener) => (listeners[event] = listener),
    announce: (event, values) => announced.push([event, values]),
  })
  return { ...rooms, said, announced, happen: (event, values = {}) => listeners[event](values) }
}

beforeEach(() => vi.useFakeTimers())
afterEach(() => vi.useRealTimers())
const settled = () => vi.advanceTimersByTimeAsync(0)

test('a room is asked for, and after each connection from where it was heard last', async () => {
  const { listen, said, happen } = house()
  const onUp = vi.fn()
  listen('a', { onUp })
  await settled()
  happen('CHAT_MESSAGE', { uri: 'a', seq: 1, cursor: 40 })
  happen('CHAT_READ', { uri: 'b', cursor: 50 })
  happen('CONNECTED')
  await settled()
  expect(said).toEqual([['SUBSCRIBE', { channel: 'chat:a' }], ['SUBSCRIBE', { channel: 'chat:a', after: 40 }]])
  expect(onUp).toHaveBeenCalledTimes(2)
})

test('a cursor that leads nowhere is given up; a silence waits for the next connection; a no is told', async () => {
  const { listen, said, happen } = house({
    'chat:a': [{}, { error: { code: 'resync' } }, {}],
    'chat:b': [{ error: { code: 'silent' } }, { error: { code: 'forbidden' } }],
  })
  const [a, b] = [{ onUp: vi.fn() }, { onUp: vi.fn(), onLost: vi.fn() }]
  listen('a', a)
  listen('b', b)
  await settled()
  expect(b.onLost).not.toHaveBeenCalled()
  happen('CHAT_MESSAGE', { uri: 'a', cursor: 7 })
  happen('CONNECTED')
  await settled()
  expect(said.map(([, { channel, after }]) => [channel, after])).toEqual([
    ['chat:a', undefined], ['chat:b', undefined], ['chat:a', 7], ['chat:a', undefined], ['chat:b', undefined]])
  expect(a.onUp).toHaveBeenCalledTimes(2)
  expect(b.onLost).toHaveBeenCalledWith('forbidden')
})

test('who leaves a room and does not come back at once unsubscribes, and the other tabs ask anew', async () => {
  const { listen, said, announced, happen } = house()
  const end = listen('a', {})
  end()
  const again = listen('a', {})
  await vi.advanceTimersByTimeAsync(2000)
  expect(said.map(([event]) => event)).toEqual(['SUBSCRIBE', 'SUBSCRIBE'])
  happen('UNSUBSCRIBED', { channel: 'chat:a' })
  await settled()
  again()
  await vi.advanceTimersByTimeAsync(2000)
  expect(said.map(([event]) => event)).toEqual(['SUBSCRIBE', 'SUBSCRIBE', 'SUBSCRIBE', 'UNSUBSCRIBE'])
  expect(announced).toEqual([['UNSUBSCRIBED', { channel: 'chat:a' }]])
})

test('what is told of rooms', () => {
  expect(['CHAT_MESSAGE', 'CHAT_TYPING', 'ORDER_STATUS', 'CONNECTED'].map(isOfRoom)).toEqual([true, true, false, false])
})
