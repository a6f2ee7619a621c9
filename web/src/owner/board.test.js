import { expect, test } from 'vitest'
import { STATUSES, columnsFor, columnsOf, fromLists, isMissing, moved, movesOf } from './board.js'

const ticket = (id, status, minute = 0) => ({ order_id: id, status, ordered_at: `2026-11-28T08:0${minute}:00Z`, number: id })
const board = (...tickets) => Object.fromEntries(tickets.map((one) => [one.order_id, one]))
const names = (tickets) => columnsOf(tickets).map(({ tickets: list }) => list.map(({ order_id: id }) => id).join(' '))

test('three columns, who waits longest on top', () => {
  const tickets = board(ticket('c', 'received', 3), ticket('a', 'received', 1), ticket('b', 'preparing', 2), ticket('d', 'accepted', 4), ticket('e', 'delivering'))
  expect(names(tickets)).toEqual(['a c', 'b d', 'e'])
  expect(columnsFor(columnsOf(tickets), 'courier').map(({ name }) => name)).toEqual(['ready'])
  expect(columnsFor(columnsOf(tickets), 'barista').length).toBe(3)
})

test('an order that moved between two answers stands once, where it is', () => {
  const lists = [[ticket('a', 'received')], [ticket('a', 'accepted')], [], [], []]
  expect(fromLists(lists)).toEqual(board(ticket('a', 'accepted')))
  expect(fromLists(lists.toReversed())).toEqual(board(ticket('a', 'accepted')))
})

test('moves go forward, and off the board at the end', () => {
  let tickets = board(ticket('a', 'received'), ticket('b', 'received'))
  tickets = moved(tickets, { order_id: 'a', status: 'accepted', eta_at: 'soon' })
  expect(tickets.a).toMatchObject({ status: 'accepted', eta_at: 'soon' })
  expect(moved(tickets, { order_id: 'a', status: 'preparing' }).a).toMatchObject({ status: 'preparing', eta_at: 'soon' })
  for (const status of ['delivered', 'rejected', 'cancelled', 'failed'])
    expect(Object.keys(moved(tickets, { order_id: 'a', status }))).toEqual(['b'])
})

test('what is older than what is shown, or of nobody here, changes nothing', () => {
  const tickets = board(ticket('a', 'ready'))
  for (const move of [{ order_id: 'a', status: 'accepted' }, { order_id: 'a', status: 'ready' }, { order_id: 'z', status: 'accepted' }, { order_id: 'a' }])
    expect(moved(tickets, move)).toBe(tickets)
})

test('moves heard while the lists were on their way come out right in any order', () => {
  const lists = [[ticket('a', 'received'), ticket('b', 'received')], [], [], [], []]
  const told = [{ order_id: 'a', status: 'accepted' }, { order_id: 'b', status: 'cancelled' }, { order_id: 'a', status: 'preparing' }]
  for (const moves of [told, told.toReversed(), [...told, ...told]])
    expect(moves.reduce(moved, fromLists(lists))).toEqual(board(ticket('a', 'preparing')))
})

test('the lists are asked for when something is here that is not shown', () => {
  const tickets = board(ticket('a', 'received'))
  expect(isMissing(tickets, 'SUBMIT_ORDER', { order_id: 'b' })).toBe(true)
  expect(isMissing(tickets, 'SUBMIT_ORDER', { order_id: 'a' })).toBe(false)
  expect(isMissing(tickets, 'ORDER_STATUS', { order_id: 'b', status: 'ready' })).toBe(true)
  expect(isMissing(tickets, 'ORDER_STATUS', { order_id: 'b', status: 'delivered' })).toBe(false)
  expect(isMissing(tickets, 'MENU_CHANGED', {})).toBe(false)
})

test('every ticket but a new one offers what comes next; a courier brings, and nothing else', () => {
  expect(STATUSES.slice(1).map((status) => movesOf(status, 'owner')[0])).toEqual(['preparing', 'ready', 'delivered', 'delivered'])
  expect(STATUSES.map((status) => movesOf(status, 'courier').join())).toEqual(['', '', '', 'delivering', 'delivered,failed'])
})
