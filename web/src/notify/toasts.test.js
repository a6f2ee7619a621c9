import { beforeEach, expect, test } from 'vitest'
import { drop, dropAll, hear, say, showsItself, toasts } from './toasts.js'

const NOW = Date.parse('2026-11-28T08:00:00Z')
const values = (order, more) => ({ id: `e-${order}`, order_id: order, number: 'A1', level: 'info', at: new Date(NOW).toISOString(), ...more })
const said = () => toasts.map(({ event, order_id: id }) => `${event} ${id}`)

beforeEach(dropAll)

test('an order has one line, which says the latest', () => {
  hear('ORDER_PAID', values('o'), NOW)
  hear('APPROVAL_ORDER', values('o'), NOW)
  hear('ORDER_STATUS', values('p', { status: 'ready' }), NOW)
  expect(said()).toEqual(['APPROVAL_ORDER o', 'ORDER_STATUS p'])
})

test('a new order\'s line goes when somebody has decided, not before', () => {
  hear('SUBMIT_ORDER', values('o'), NOW)
  const quiet = (order, status) => hear('ORDER_STATUS', values(order, { status, level: 'quiet' }), NOW)
  quiet('p', 'accepted')
  quiet('o', 'received')
  expect(said()).toEqual(['SUBMIT_ORDER o'])
  quiet('o', 'cancelled')
  expect(said()).toEqual([])
})

test('what only keeps screens right is not said; nor is a ring, whose level is a number', () => {
  hear('ORDER_STATUS', values('o', { level: 'quiet', status: 'ready' }), NOW)
  hear('RING', values('p', { level: 2 }), NOW)
  hear('MENU_CHANGED', values('q', { level: undefined }), NOW)
  expect(said()).toEqual([])
})

test('all that was missed is one line', () => {
  for (const order of ['o', 'p', 'q']) hear('APPROVAL_ORDER', values(order, { at: new Date(NOW - 60000).toISOString() }), NOW)
  expect(said()).toEqual(['MISSED undefined'])
})

test('what a page shows anyway is not said', () => {
  const end = showsItself((event, { order_id: id }) => id === 'o')
  hear('SUBMIT_ORDER', values('o'), NOW)
  end()
  hear('SUBMIT_ORDER', values('p'), NOW)
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
