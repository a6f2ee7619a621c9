/* cart.js - what a customer has chosen: a plain object from product id to quantity, and the menu that prices it. */

import { toCents } from './money.js'

/** The most of one drink in one order. */
export const MAX_QTY = 20

/** @returns {object} a new cart with `by` more (or fewer) of a product, within 0 and MAX_QTY */
export function change(cart, id, by) {
  const qty = Math.min(MAX_QTY, Math.max(0, (cart[id] ?? 0) + by))
  const next = { ...cart, [id]: qty }
  if (qty === 0) delete next[id]
  return next
}

/** @returns {{id:string,name:string,icon:string,qty:number,price:number}[]} the cart's lines, in the menu's order */
export function lines(cart, menu) {
  return menu
    .filter((product) => cart[product.id])
    .map(({ id, name, icon, price }) => ({ id, name, icon, price, qty: cart[id] }))
}

export const count = (cart) => Object.values(cart).reduce((sum, qty) => sum + qty, 0)

/** @returns {number} the price of everything, in major units */
export function total(cart, menu) {
  return lines(cart, menu).reduce((sum, line) => sum + toCents(line.price) * line.qty, 0) / 100
}

/** @returns {{id:string,qty:number}[]} what ORDER carries */
export const orderItems = (cart) => Object.entries(cart).map(([id, qty]) => ({ id, qty }))

/**
 * Fits a cart to a menu that has just changed.
 * @returns {{cart:object, gone:string[], repriced:{name:string,price:number,currency:string}[]}}
 *   the cart without what is no longer sold; the names that left it; chosen products whose price changed
 */
export function reconcile(cart, before, now) {
  const then = new Map(before.map((product) => [product.id, product]))
  const sold = new Map(now.filter((product) => product.available).map((p) => [p.id, p]))
  const kept = {}
  const gone = []
  const repriced = []
  for (const [id, qty] of Object.entries(cart)) {
    const product = sold.get(id)
    if (!product) {
      const name = now.find((p) => p.id === id)?.name ?? then.get(id)?.name
      if (name) gone.push(name)
      continue
    }
    kept[id] = qty
    const old = then.get(id)
    if (old && old.price !== product.price) {
      repriced.push({ name: product.name, price: product.price, currency: product.currency })
    }
  }
  return { cart: kept, gone, repriced }
}
