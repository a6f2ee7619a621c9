import { expect, test } from 'vitest'
import { canCancel, isOver, stepsOf } from './steps.js'

const at = (minute) => `2026-01-01T08:0${minute}:00Z`
const brief = (order) => stepsOf({ ordered_at: at(0), ...order }).map(({ status, state }) => `${status} ${state}`)
const moves = (...statuses) => statuses.map((status, i) => ({ status, at: at(i + 1) }))

test('an order at the counter begins received', () => {
  expect(brief({ status: 'received', pay: 'counter', history: [] }))
    .toEqual(['received now', 'accepted todo', 'preparing todo', 'ready todo', 'delivered todo'])
  expect(stepsOf({ status: 'received', ordered_at: at(0), history: [] })[0].at).toBe(at(0))
})

test('an order to be paid begins with that; paid, it is received when it was paid', () => {
  expect(brief({ status: 'unpaid', pay: 'qris', history: [] })[0]).toBe('unpaid now')
  const paid = stepsOf({ status: 'received', pay: 'qris', ordered_at: at(0), history: moves('received') })
  expect(paid[0]).toEqual({ status: 'received', at: at(1), state: 'now' })
})

test('in the middle, and at the end', () => {
  expect(brief({ status: 'preparing', history: moves('accepted', 'preparing') }))
    .toEqual(['received done', 'accepted done', 'preparing now', 'ready todo', 'delivered todo'])
  expect(brief({ status: 'delivered', history: moves('accepted', 'preparing', 'ready', 'delivered') }).at(-1)).toBe('delivered done')
})

test('on its way only when somebody brings it', () => {
  expect(brief({ status: 'delivering', history: moves('accepted', 'preparing', 'ready', 'delivering') }).slice(3))
    .toEqual(['ready done', 'delivering now', 'delivered todo'])
})

test('a bad end shows how far it came', () => {
  expect(brief({ status: 'rejected', history: moves('rejected') })).toEqual(['received done', 'rejected bad'])
  expect(brief({ status: 'cancelled', pay: 'qris', history: moves('cancelled') })).toEqual(['unpaid todo', 'cancelled bad'])
  expect(brief({ status: 'failed', history: moves('accepted', 'preparing', 'failed') }))
    .toEqual(['received done', 'accepted done', 'preparing done', 'failed bad'])
})

test('what is over, and what may be given up', () => {
  expect(['delivered', 'cancelled', 'rejected', 'failed'].every(isOver)).toBe(true)
  expect(['unpaid', 'received', 'accepted'].every((status) => !isOver(status) && canCancel(status))).toBe(true)
  expect(['preparing', 'ready', 'delivering', 'delivered'].some(canCancel)).toBe(false)
})
