import { expect, test } from 'vitest'
import { isFresh, ringsAfter } from './rings.js'

const NOW = Date.parse('2026-11-28T08:00:00Z')
const at = (seconds) => new Date(NOW - seconds * 1000).toISOString()
const ring = { number: 'A1', shop_id: 's', level: 0, since: at(0) }

test('a new order rings; each time it rings again it is louder, and has waited since it came', () => {
  const first = ringsAfter({}, 'SUBMIT_ORDER', { order_id: 'o', number: 'A1', shop_id: 's', at: at(0) }, NOW)
  expect(first).toEqual({ o: ring })
  expect(ringsAfter(first, 'RING', { order_id: 'o', number: 'A1', level: 2, waited_s: 30, at: at(0) }, NOW).o).toEqual({ ...ring, level: 2 })
})

test('who hears of it late learns since when', () => {
  const { o } = ringsAfter({}, 'RING', { order_id: 'o', number: 'A1', level: 1, waited_s: 30, at: at(1) }, NOW)
  expect(o.since).toBe(at(31))
})

test('it stops by state: accepted, rejected or cancelled anywhere', () => {
  for (const status of ['accepted', 'rejected', 'cancelled'])
    expect(ringsAfter({ o: ring, p: ring }, 'ORDER_STATUS', { order_id: 'o', status }, NOW)).toEqual({ p: ring })
  expect(ringsAfter({ o: ring, p: ring }, 'APPROVAL_ORDER', { order_id: 'o', status: 'accepted' }, NOW)).toEqual({ p: ring })
  const still = { o: ring }
  expect(ringsAfter(still, 'ORDER_STATUS', { order_id: 'o', status: 'received' }, NOW)).toBe(still)
  expect(ringsAfter(still, 'ORDER_STATUS', { order_id: 'p', status: 'accepted' }, NOW)).toBe(still)
})

test('history that is read again does not ring', () => {
  const none = {}
  expect(ringsAfter(none, 'SUBMIT_ORDER', { order_id: 'o', number: 'A1', at: at(60) }, NOW)).toBe(none)
  expect(ringsAfter(none, 'RING', { order_id: 'o', number: 'A1', level: 3, at: at(60) }, NOW)).toBe(none)
  expect([isFresh({ at: at(5) }, NOW), isFresh({ at: at(60) }, NOW), isFresh({}, NOW)]).toEqual([true, false, true])
})

test('on connecting, the server\'s word replaces what was thought', () => {
  const ringing = [{ order_id: 'p', number: 'A2', level: 1, since: at(9) }]
  for (const event of ['CONNECTED', 'RESYNC'])
    expect(ringsAfter({ o: ring }, event, { ringing }, NOW)).toEqual({ p: { number: 'A2', level: 1, since: at(9) } })
  expect(ringsAfter({ o: ring }, 'CONNECTED', {}, NOW)).toEqual({})
})
