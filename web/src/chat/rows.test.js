import { expect, test } from 'vitest'
import { markOf, readersOf, rowsOf, speakerOf } from './rows.js'

const said = (seq, who, minute, more = {}) => ({ seq, user: { id: who, username: who }, message: 'm', at: new Date(2026, 10, 28, 12, minute).toISOString(), ...more })
const mine = ({ user }) => user?.id === 'me'
const short = (rows) => rows.map(({ kind, message, first, last }) => `${kind}${message?.seq ?? ''}${first ? '<' : ''}${last ? '>' : ''}`).join(' ')

test('who goes on speaking is named once, until somebody else does, or after a pause', () => {
  const messages = [said(1, 'a', 0), said(2, 'a', 1), said(3, 'b', 2), said(4, 'b', 9), { ...said(5, 'a', 9), user: null, kind: 'system' }, said(6, 'b', 10)]
  expect(short(rowsOf(messages, 0, mine))).toBe('day text1< text2> text3<> text4<> system5 text6<>')
})

test('a new day begins with its name', () => {
  const late = { ...said(1, 'a', 0), at: new Date(2026, 10, 28, 23, 59).toISOString() }
  const early = { ...said(2, 'a', 0), at: new Date(2026, 10, 29, 0, 1).toISOString() }
  expect(short(rowsOf([late, early], 0, mine))).toBe('day text1<> day text2<>')
})

test('a line above what is new, unless it is one\'s own', () => {
  const messages = [said(1, 'a', 0), said(2, 'a', 0), said(3, 'a', 1)]
  expect(short(rowsOf(messages, 1, mine))).toBe('day text1< new text2< text3>')
  expect(short(rowsOf(messages, 3, mine))).toBe('day text1< text2 text3>')
  expect(short(rowsOf([said(1, 'a', 0), said(2, 'me', 0), said(3, 'a', 1)], 1, mine))).not.toContain('new')
})

test('a message has come as far as with the last of the others', () => {
  const others = [{ read_seq: 5, delivered_seq: 6 }, { read_seq: 3, delivered_seq: 4 }, { read_seq: 9 }]
  expect([2, 3, 4, 5, 6].map((seq) => markOf(seq, others))).toEqual(['read', 'read', 'delivered', 'sent', 'sent'])
  expect(markOf(1, [])).toBe('sent')
  expect(readersOf(5, others).length).toBe(2)
})

test('a guest, who has no id, is a speaker, too', () => {
  expect([speakerOf({ user: { id: 'x' } }), speakerOf({ user: { id: null, username: 'guest' } }), speakerOf({ user: null })]).toEqual(['x', 'guest', ''])
})
