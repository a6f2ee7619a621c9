import { expect, test } from 'vitest'
import { isNewRoom, roomsAfter, unreadOf } from './roomList.js'

const room = (uri, more = {}) => ({ uri, name: uri, seq: 3, read_seq: 3, unread: 0, member_count: 2, last: null, ...more })
const said = (uri, seq, who = 'b', more = {}) => ({ uri, seq, user: { id: who, username: who }, message: `m${seq}`, at: 't', kind: 'text', ...more })
const after = (rooms, event, values) => roomsAfter(rooms, event, values, 'me')
const rooms = [room('a'), room('b'), room('c')]

test('a message goes on top and counts; one\'s own is read, and nothing counts twice', () => {
  const one = after(rooms, 'CHAT_MESSAGE', said('b', 4))
  expect(one.map(({ uri, unread }) => [uri, unread])).toEqual([['b', 1], ['a', 0], ['c', 0]])
  expect(one[0].last).toMatchObject({ message: 'm4', seq: 4 })
  expect(after(one, 'CHAT_MESSAGE', said('b', 4))).toBe(one)
  expect(after(one, 'CHAT_MESSAGE', said('b', 6, 'me'))[0]).toMatchObject({ seq: 6, unread: 0 })
  expect(after(rooms, 'CHAT_MESSAGE', said('z', 1))).toBe(rooms)
  const moved = { ...said('a', 4), user: null, kind: 'system', system: 'ready' }
  expect(after(rooms, 'CHAT_MESSAGE', moved)[0].unread).toBe(0)
  expect(after(after(rooms, 'CHAT_MESSAGE', said('a', 4)), 'CHAT_MESSAGE', { ...moved, seq: 5 })[0].unread).toBe(2)
})

test('reading elsewhere counts here; another\'s reading does not', () => {
  const unread = after(rooms, 'CHAT_MESSAGE', said('a', 5))
  expect(unread[0].unread).toBe(2)
  expect(after(unread, 'CHAT_READ', { uri: 'a', account_id: 'me', read_seq: 4 })[0].unread).toBe(1)
  expect(after(unread, 'CHAT_READ', { uri: 'a', account_id: 'me', read_seq: 5 })[0].unread).toBe(0)
  expect(after(unread, 'CHAT_READ', { uri: 'a', account_id: 'b', read_seq: 5 })).toBe(unread)
})

test('what becomes of the last message, of the name, of who is in it', () => {
  const spoken = after(rooms, 'CHAT_MESSAGE', said('a', 4))
  expect(after(spoken, 'CHAT_EDITED', { uri: 'a', seq: 4, message: 'x' })[0].last.message).toBe('x')
  expect(after(spoken, 'CHAT_DELETED', { uri: 'a', seq: 4 })[0].last.deleted).toBe(true)
  expect(after(spoken, 'CHAT_EDITED', { uri: 'a', seq: 2, message: 'x' })[0].last.message).toBe('m4')
  expect(after(rooms, 'CHAT_ROOM', { uri: 'b', name: 'B', open: true })[1].name).toBe('B')
  expect(after(rooms, 'CHAT_MEMBER', { uri: 'b', user: { id: 'z' }, change: 'joined', member_count: 3 })[1].member_count).toBe(3)
  expect(after(rooms, 'CHAT_MEMBER', { uri: 'b', user: { id: 'me' }, change: 'removed' }).map(({ uri }) => uri)).toEqual(['a', 'c'])
  expect(after(rooms, 'CHAT_MEMBER', { uri: 'b', user: { id: 'me' }, change: 'role', role: 'moderator' })[1].role).toBe('moderator')
  expect(after(rooms, 'CHAT_TYPING', { uri: 'b' })).toBe(rooms)
})

test('a room one was brought into is asked for', () => {
  expect(isNewRoom(rooms, 'CHAT_MEMBER', { uri: 'z', user: { id: 'me' }, change: 'joined' }, 'me')).toBe(true)
  expect(isNewRoom(rooms, 'CHAT_MEMBER', { uri: 'z', user: { id: 'b' }, change: 'joined' }, 'me')).toBe(false)
  expect(isNewRoom(rooms, 'CHAT_MESSAGE', said('z', 1), 'me')).toBe(true)
  expect(isNewRoom(rooms, 'CHAT_MESSAGE', said('a', 4), 'me')).toBe(false)
})

test('muted rooms do not count', () => {
  expect(unreadOf([room('a', { unread: 2 }), room('b', { unread: 3, muted: true })])).toBe(2)
})
