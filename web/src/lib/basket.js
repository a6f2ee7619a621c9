/* basket.js - what a customer of the shop page has chosen: lines {id, options, qty, price}, each one product
 * with its choices; `price` is what one of it cost (minor units) when it was put in. */

import { MAX_QTY } from './cart.js'
import { toMajor } from './price.js'

const choicesOf = (product) => (product.options ?? []).flatMap((group) => group.choices)
const same = (a, b) => a.id === b.id && a.options.join() === b.options.join()

/** The most lines one order may have. */
export const MAX_LINES = 50

/** What one costs with these choices, in minor units. */
export function priceOf(product, options) {
  const extra = choicesOf(product).filter((choice) => options.includes(choice.id))
  return extra.reduce((sum, choice) => sum + choice.price.amount, product.price.amount)
}

/** The names of the choices, in the menu's order. */
export const choiceNames = (product, options) =>
  choicesOf(product).filter((choice) => options.includes(choice.id)).map((choice) => choice.name)

/** What is chosen before anybody has chosen: the first of each group that must be chosen from. */
export function firstChoices(product) {
  return (product.options ?? [])
    .filter((group) => group.min > 0)
    .flatMap((group) => group.choices.filter((choice) => choice.available).slice(0, group.min))
    .map((choice) => choice.id)
}

/** Chooses, or gives up, one choice of a group; one of a group of one takes the other's place. */
export function toggle(group, options, id) {
  const others = options.filter((option) => option !== id)
  if (group.max === 1) {
    const ids = group.choices.map((choice) => choice.id)
    return [...options.filter((option) => !ids.includes(option)), ...(id ? [id] : [])]
  }
  return options.includes(id) ? others : [...options, id]
}

export const chosenOf = (group, options) => group.choices.filter((choice) => options.includes(choice.id)).length

/** The groups of which too few are chosen. */
export const lacking = (product, options) =>
  (product.options ?? []).filter((group) => chosenOf(group, options) < group.min)

/** Choices in the menu's order, so that the same choices make the same line. */
const inOrder = (product, options) =>
  choicesOf(product).map((choice) => choice.id).filter((id) => options.includes(id))

/** @returns {object[]} new lines with `by` more (or fewer) of a product with these choices */
export function put(lines, product, options, by) {
  const line = { id: product.id, options: inOrder(product, options), qty: 0, price: priceOf(product, options) }
  const at = lines.findIndex((other) => same(other, line))
  const qty = Math.min(MAX_QTY, Math.max(0, (at < 0 ? 0 : lines[at].qty) + by))
  if (at < 0) return qty > 0 && lines.length < MAX_LINES ? [...lines, { ...line, qty }] : lines
  return qty > 0 ? lines.with(at, { ...lines[at], qty }) : lines.toSpliced(at, 1)
}

export const count = (lines) => lines.reduce((sum, line) => sum + line.qty, 0)
export const total = (lines) => lines.reduce((sum, line) => sum + line.price * line.qty, 0)
export const countOf = (lines, id) => count(lines.filter((line) => line.id === id))

/** What an order carries: with the price that was shown, at which it is sold or not at all. */
export const toItems = (lines, currency) =>
  lines.map(({ id, options, qty, price }) => ({ product_id: id, qty, options, price: toMajor(price, currency) }))

function fits(product, options) {
  if (!product || product.sold_out) return false
  const known = choicesOf(product)
  return options.every((id) => known.find((choice) => choice.id === id)?.available) &&
    (product.options ?? []).every((group) => {
      const chosen = chosenOf(group, options)
      return chosen >= group.min && chosen <= group.max
    })
}

/**
 * Fits lines to the menu as it is now.
 * @returns {{lines: object[], gone: string[], repriced: {name:string, price:number}[]}} gone: ids that can
 *   no longer be had as they were chosen; repriced: lines with their new price in minor units
 */
export function reconcile(lines, products) {
  const menu = new Map(products.map((product) => [product.id, product]))
  const gone = lines.filter((line) => !fits(menu.get(line.id), line.options))
  const kept = lines
    .filter((line) => !gone.includes(line))
    .map((line) => ({ ...line, price: priceOf(menu.get(line.id), line.options) }))
  const repriced = kept.filter((line) => lines.some((old) => same(old, line) && old.price !== line.price))
  return {
    lines: kept,
    gone: [...new Set(gone.map((line) => line.id))],
    repriced: repriced.map(({ id, price }) => ({ name: menu.get(id).name, price })),
  }
}

/** Lines as they were kept in a text; what is not ours is forgotten. */
export function readLines(text) {
  try {
    const lines = JSON.parse(text)
    const good = ({ id, options, qty, price }) =>
      typeof id === 'string' && Array.isArray(options) && Number.isInteger(qty) && qty > 0 && Number.isInteger(price)
    return Array.isArray(lines) ? lines.filter(good).slice(0, MAX_LINES) : []
  } catch {
    return []
  }
}
