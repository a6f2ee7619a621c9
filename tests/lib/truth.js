// truth.js - what people must have heard: the journal, as a service reads it, put beside the table of who is told of what.
import assert from 'node:assert/strict'
import { call } from './sale.js'

const named = (name) => () => name
const received = (name) => (payload) => (payload.status === 'received' ? name : undefined)
const oneOf = (name, ...states) => (payload) => (states.includes(payload.status) ? name : undefined)

/** The name under which a topic is heard on shop:<id>, by role there; what is missing is not heard. */
const STAFF = {
  'order.placed': received('SUBMIT_ORDER'),
  'order.paid': named('SUBMIT_ORDER'),
  'notify.ring': (payload, role) => (payload.to.includes(role) ? 'RING' : undefined),
  'order.accepted': named('ORDER_STATUS'),
  'order.rejected': named('ORDER_STATUS'),
  'order.cancelled': named('ORDER_STATUS'),
  'delivery.moved': named('ORDER_STATUS'),
  'order.cancel_requested': oneOf('CANCEL_REQUESTED', 'accepted'),
  'payment.attention': named('PAYMENT_ATTENTION'),
  'menu.changed': named('MENU_CHANGED'),
  'shop.changed': named('SHOP_CHANGED'),
  'kiosk.vend_overdue': named('VEND_OVERDUE'),
}
const COURIER = { 'delivery.moved': oneOf('ORDER_STATUS', 'ready', 'delivering', 'delivered', 'failed', 'cancelled') }

/** The same on account:<id>, for everybody. */
const ACCOUNT = {
  'order.placed': named('ORDER_PLACED'),
  'order.paid': named('ORDER_PAID'),
  'order.accepted': named('APPROVAL_ORDER'),
  'order.rejected': named('ORDER_STATUS'),
  'order.cancelled': named('ORDER_STATUS'),
  'delivery.moved': named('ORDER_STATUS'),
  'delivery.cancel_refused': named('CANCEL_REFUSED'),
  'payment.opened': named('PAYMENT'),
  'payment.paid': named('PAYMENT'),
  'payment.failed': named('PAYMENT'),
  'payment.refund_started': named('PAYMENT'),
  'payment.refunded': named('PAYMENT'),
  'notify.seen': named('SEEN'),
  'notify.acknowledged': named('ACKNOWLEDGED'),
}

/** All events of a journal, by its pages. */
export async function readJournal(url, key) {
  const events = []
  for (let at = '', more = true; more; ) {
    const { status, text, json } = await call(`${url}/v1/journal?limit=200${at}`, { token: key })
    assert.equal(status, 200, text)
    events.push(...json.events)
    at = `&after=${json.next}&epoch=${json.epoch}`
    more = json.next < json.head
  }
  return events
}

/** What an account with these roles by shop hears of an event: by the first of its channels that it is on. */
function nameOf(event, account, shops) {
  if (/^shop\.staff_/.test(event.topic)) return event.payload.account_id === account ? 'GRANTS' : undefined
  for (const channel of event.channels) {
    const [kind, id] = channel.split(':')
    if (kind === 'account' && id === account) return ACCOUNT[event.topic]?.(event.payload)
    const role = kind === 'shop' && shops.get(id)
    if (role) return (role === 'courier' ? COURIER : STAFF)[event.topic]?.(event.payload, role)
  }
  return undefined
}

/** Follows where an account works. */
function follow(shops, account, { topic, payload }) {
  if (payload.account_id !== account) return
  if (topic === 'shop.staff_added') shops.set(payload.shop_id, payload.role)
  if (topic === 'shop.staff_removed') shops.delete(payload.shop_id)
}

/** What an account must have heard of a whole journal's events behind a seq, a line each: "seq NAME id". */
export function mustHear(events, account, after = 0) {
  const shops = new Map()
  const lines = []
  for (const event of events) {
    const name = nameOf(event, account, shops)
    if (name && event.seq > after) lines.push(`${event.seq} ${name} ${event.id}`)
    follow(shops, account, event)
  }
  return lines
}

/** What a device has heard up to a seq, in the same lines. */
export const hasHeard = (device, upTo) =>
  device.heard.filter(({ values }) => values.seq <= upTo).map(({ event, values }) => `${values.seq} ${event} ${values.id}`)
