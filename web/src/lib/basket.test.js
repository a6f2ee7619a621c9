import { expect, test } from 'vitest'
import { MAX_QTY } from './cart.js'
import {
  choiceNames, count, countOf, firstChoices, lacking, priceOf, put, readLines, reconcile, toItems, toggle, total,
} from './basket.js'

const choice = (id, amount = 0, available = true) => ({ id, name: id.toUpperCase(), price: { amount, currency: 'IDR' }, available })
const size = { id: 'size', name: 'Size', min: 1, max: 1, choices: [choice('regular'), choice('large', 500000)] }
const extra = { id: 'extra', name: 'Extra', min: 0, max: 2, choices: [choice('shot', 400000), choice('syrup', 300000), choice('oat', 200000)] }
const coffee = { id: 'k', name: 'Kopi', price: { amount: 1800000, currency: 'IDR' }, sold_out: false, options: [size, extra] }
const cola = { id: 'c', name: 'Cola', price: { amount: 700000, currency: 'IDR' }, sold_out: false, options: [] }
const menu = [coffee, cola]

test('a price is the product\'s and its choices\'', () => {
  expect(priceOf(coffee, [])).toBe(1800000)
  expect(priceOf(coffee, ['large', 'shot'])).toBe(2700000)
})

test('what must be chosen is chosen from the first that can be had', () => {
  expect(firstChoices(coffee)).toEqual(['regular'])
  const without = { ...coffee, options: [{ ...size, choices: [choice('regular', 0, false), choice('large', 500000)] }] }
  expect(firstChoices(without)).toEqual(['large'])
  expect(firstChoices(cola)).toEqual([])
})

test('one of a group of one takes the other\'s place; of the others each is its own', () => {
  expect(toggle(size, ['regular', 'shot'], 'large')).toEqual(['shot', 'large'])
  expect(toggle(size, ['regular', 'shot'], null)).toEqual(['shot'])
  expect(toggle(extra, ['regular'], 'shot')).toEqual(['regular', 'shot'])
  expect(toggle(extra, ['regular', 'shot'], 'shot')).toEqual(['regular'])
})

test('a group that must be chosen from is missed', () => {
  expect(lacking(coffee, ['shot'])).toEqual([size])
  expect(lacking(coffee, ['large'])).toEqual([])
})

test('the same choices in another order are the same line', () => {
  const once = put([], coffee, ['shot', 'large'], 1)
  const twice = put(once, coffee, ['large', 'shot'], 2)
  expect(twice).toEqual([{ id: 'k', options: ['large', 'shot'], qty: 3, price: 2700000 }])
  expect(once[0].qty).toBe(1)
  expect(choiceNames(coffee, twice[0].options)).toEqual(['LARGE', 'SHOT'])
})

test('between nothing and the most', () => {
  expect(put([], cola, [], -1)).toEqual([])
  expect(put(put([], cola, [], 1), cola, [], -1)).toEqual([])
  expect(put([], cola, [], 99)[0].qty).toBe(MAX_QTY)
})

test('count, total and what is ordered', () => {
  const lines = put(put(put([], coffee, ['regular'], 1), coffee, ['large'], 1), cola, [], 2)
  expect(count(lines)).toBe(4)
  expect(countOf(lines, 'k')).toBe(2)
  expect(total(lines)).toBe(1800000 + 2300000 + 1400000)
  expect(toItems(lines, 'IDR')).toEqual([
    { product_id: 'k', qty: 1, options: ['regular'], price: 18000 },
    { product_id: 'k', qty: 1, options: ['large'], price: 23000 },
    { product_id: 'c', qty: 2, options: [], price: 7000 },
  ])
})

test('what is sold out, gone or no longer to be chosen leaves', () => {
  const lines = put(put(put([], coffee, ['regular'], 1), coffee, ['regular', 'oat'], 1), cola, [], 2)
  const noOat = { ...coffee, options: [size, { ...extra, choices: [choice('shot'), choice('oat', 200000, false)] }] }
  expect(reconcile(lines, [noOat, { ...cola, sold_out: true }])).toEqual({ lines: [lines[0]], gone: ['k', 'c'], repriced: [] })
  expect(reconcile(lines, []).gone).toEqual(['k', 'c'])
  const must = { ...coffee, options: [{ ...size, choices: [choice('small')] }] }
  expect(reconcile([lines[0]], [must]).gone).toEqual(['k'])
})

test('a new price is told, and taken over', () => {
  const lines = put(put([], coffee, ['large'], 1), cola, [], 1)
  const dearer = { ...cola, price: { amount: 800000, currency: 'IDR' } }
  const now = reconcile(lines, [coffee, dearer])
  expect(now.repriced).toEqual([{ name: 'Cola', price: 800000 }])
  expect(total(now.lines)).toBe(2300000 + 800000)
  expect(reconcile(lines, menu)).toEqual({ lines, gone: [], repriced: [] })
})

test('kept lines are read again; anything else is forgotten', () => {
  const lines = put([], coffee, ['large'], 2)
  expect(readLines(JSON.stringify(lines))).toEqual(lines)
  for (const text of [null, '', '{', '{}', '[{"id":1}]', '[{"id":"a","options":[],"qty":-1,"price":1}]']) expect(readLines(text)).toEqual([])
})
