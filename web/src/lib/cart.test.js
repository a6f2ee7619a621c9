import { expect, test } from 'vitest'
import { MAX_QTY, change, count, lines, orderItems, reconcile, total } from './cart.js'

const cola = { id: 'c', name: 'Cola', icon: '/icons/cola.svg', price: 7000, currency: 'IDR', available: true }
const lemon = { id: 'l', name: 'Lemon', icon: '/icons/lemon.svg', price: 10000, currency: 'IDR', available: true }
const menu = [cola, lemon]

test('adding and taking away stays between nothing and the most', () => {
  expect(change({}, 'c', -1)).toEqual({})
  expect(change({}, 'c', 1)).toEqual({ c: 1 })
  expect(change({ c: 1 }, 'c', -1)).toEqual({})
  expect(change({ c: MAX_QTY }, 'c', 1)).toEqual({ c: MAX_QTY })
})

test('changing makes a new cart', () => {
  const cart = { c: 1 }
  change(cart, 'c', 1)
  expect(cart).toEqual({ c: 1 })
})

test('lines follow the menu, not the order of tapping', () => {
  expect(lines({ l: 1, c: 2 }, menu).map((line) => [line.name, line.qty])).toEqual([['Cola', 2], ['Lemon', 1]])
})

test('count, total and what is ordered', () => {
  const cart = { c: 2, l: 1 }
  expect(count(cart)).toBe(3)
  expect(total(cart, menu)).toBe(24000)
  expect(orderItems(cart)).toEqual([{ id: 'c', qty: 2 }, { id: 'l', qty: 1 }])
})

test('a total has no binary dust', () => {
  expect(total({ c: 3 }, [{ ...cola, price: 0.1 }])).toBe(0.3)
})

test('sold out leaves the cart and says so', () => {
  const now = [{ ...cola, available: false }, lemon]
  expect(reconcile({ c: 1, l: 2 }, menu, now)).toEqual({ cart: { l: 2 }, gone: ['Cola'], repriced: [] })
})

test('a product taken off the menu leaves the cart by its old name', () => {
  expect(reconcile({ c: 1 }, menu, [lemon])).toEqual({ cart: {}, gone: ['Cola'], repriced: [] })
})

test('a new price is told only for what was chosen', () => {
  const now = [{ ...cola, price: 8000 }, { ...lemon, price: 12000 }]
  expect(reconcile({ c: 1 }, menu, now)).toEqual({
    cart: { c: 1 },
    gone: [],
    repriced: [{ name: 'Cola', price: 8000, currency: 'IDR' }],
  })
})
