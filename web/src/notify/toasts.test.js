import { beforeEach, expect, test } from 'vitest'
import { drop, dropAll, hear, levelOf, say, showsItself, toasts } from './toasts.js'

const NOW = Date.parse('2026-11-28T08:00:00Z')
const values = (order, more) => ({ id: `e-${order}`, order_id: order, number: 'A1', at: new Date(NOW).toISOString(), ...more })
const said = () => toasts.map(({ event, order_id: id }) => `${event} ${id}`)

beforeEach(dropAll)

test('an order has one line, which says the latest', () => {
  hear('ORDER_PAID', values('o'), NOW)
  hear('APPROVAL_ORDER', values('o'), NOW)
  hear('ORDER_STATUS', values('p', { status: 'ready' }), NOW)
  expect(said()).toEqual(['APPROVAL_ORDER o', 'ORDER_STATUS p'])
})

test('a new order\'s line goes when somebody has decided, not before', () => {
  hear('SUBMIT_ORDER', values('o'), NOW, 'owner')
  hear('ORDER_STATUS', values('p', { status: 'accepted' }), NOW, 'owner')
  hear('ORDER_STATUS', values('o', { status: 'received' }), NOW, 'owner')
  expect(said()).toEqual(['SUBMIT_ORDER o'])
  hear('ORDER_STATUS', values('o', { status: 'cancelled' }), NOW, 'owner')
  expect(said()).toEqual([])
})

test('moves are news to a customer, and to a courier when he is waited for', () => {
  const level = (status, role) => levelOf('ORDER_STATUS', { status }, role)
  expect([level('preparing'), level('preparing', 'owner'), level('preparing', 'courier'), level('ready', 'courier')])
    .toEqual(['info', 'quiet', 'quiet', 'alert'])
  expect(levelOf('RING', { level: 2 }, 'owner')).toBe('quiet')
})

test('all that was missed is one line', () => {
  for (const order of ['o', 'p', 'q']) hear('APPROVAL_ORDER', values(order, { at: new Date(NOW - 60000).toISOString() }), NOW)
  expect(said()).toEqual(['MISSED undefined'])
})

test('what a page shows anyway is not said', () => {
  const end = showsItself((event, { order_id: id }) => id === 'o')
  hear('SUBMIT_ORDER', values('o'), NOW, 'owner')
  end()
  hear('SUBMIT_ORDER', values('p'), NOW, 'owner')
  expect(said()).toEqual(['SUBMIT_ORDER p'])
})

test('no more than three lines; the same words once', () => {
  for (const order of ['o', 'p', 'q', 'r']) hear('ORDER_PAID', values(order), NOW)
  expect(toasts.length).toBe(3)
  dropAll()
  say('bad', 'no')
  say('bad', 'no')
  expect(toasts.length).toBe(1)
  drop(toasts[0].id)
  drop('nobody')
  expect(toasts.length).toBe(0)
})
