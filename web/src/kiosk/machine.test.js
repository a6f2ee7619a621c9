import { beforeEach, expect, test } from 'vitest'
import { act, disconnected, hear, newState } from './machine.js'

const COLA = { id: 'c', name: 'Cola', icon: '/icons/cola.svg', price: 7000, currency: 'IDR', available: true }
const LEMON = { id: 'l', name: 'Lemon', icon: '/icons/lemon.svg', price: 10000, currency: 'IDR', available: true }
const NOW = Date.parse('2030-01-01T12:00:00Z')
const HELLO = { state: 'IDLE', now: '2030-01-01T12:00:00Z', shop: 'Kedai', language: 'ko', currency: 'IDR', in_order: true }
const ORDER = { order_id: 'o1', number: 'K01', amount: 7000, items: [{ id: 'c', qty: 1 }] }

let state
let sent
const says = (event, values) => (sent = hear(state, { event, values }, NOW).map((f) => f.event))
const taps = (name) => (sent = act(state, name).map((f) => f.event))
const choose = (cart) => (state.cart = cart)

function connect(values = {}) {
  says('CONNECTED', { ...HELLO, ...values })
  const asked = sent
  says(values.state ?? 'IDLE')
  says('SHOW_MENU', [COLA, LEMON])
  return asked
}

function toQr() {
  taps('start')
  choose({ c: 1 })
  taps('pay')
  says('MENU_CLICKED')
  says('ORDER_CREATED', ORDER)
}

beforeEach(() => {
  state = newState()
})

test('connecting leads to the first screen and asks for the menu', () => {
  expect(connect()).toEqual(['SHOW_MENU'])
  expect(state).toMatchObject({ screen: 'attract', online: true, shop: 'Kedai', language: 'ko' })
})

test('three sales in a row', () => {
  connect()
  for (let sale = 1; sale <= 3; sale++) {
    toQr()
    expect(state.screen).toBe('qr')
    says('PAYMENT_SUCCESS', { order_id: 'o1', number: 'K01' })
    expect(state.screen).toBe('success')
    says('IDLE')
    expect(state).toMatchObject({ screen: 'attract', cart: {}, order: null, visit: sale + 1 })
  }
})

test('paying sends the cart, once, and not an empty one', () => {
  connect()
  taps('start')
  taps('pay')
  expect(sent).toEqual([])
  choose({ c: 2 })
  expect(act(state, 'pay')).toEqual([{ event: 'ORDER', values: { items: [{ id: 'c', qty: 2 }] } }])
  taps('pay')
  expect(sent).toEqual([])
})

test('a menu pushed while choosing takes out what is sold out and tells it', () => {
  connect()
  taps('start')
  choose({ c: 1, l: 1 })
  says('SHOW_MENU', [{ ...COLA, available: false }, { ...LEMON, price: 11000 }])
  expect(state.cart).toEqual({ l: 1 })
  expect(state.notices.map((n) => n.key)).toEqual(['notice.gone', 'notice.repriced'])
})

test('a menu pushed while a QR is open changes neither screen nor cart', () => {
  connect()
  toQr()
  says('SHOW_MENU', [LEMON])
  expect(state).toMatchObject({ screen: 'qr', cart: { c: 1 }, notices: [] })
})

test('an order refused returns to the menu with the cart and a word', () => {
  connect()
  taps('start')
  choose({ c: 1 })
  taps('pay')
  says('ERROR', { code: 'sold-out' })
  expect(state).toMatchObject({ screen: 'menu', cart: { c: 1 }, notices: [{ key: 'error.sold-out' }] })
  expect(sent).toEqual(['SHOW_MENU'])
})

test('a code nobody has words for is told in general words', () => {
  connect()
  says('ERROR', { code: 'constructor' })
  expect(state.notices).toEqual([{ key: 'error.other', values: {} }])
})

test('a failed payment keeps the cart, and trying again orders it again', () => {
  connect()
  toQr()
  says('PAYMENT_FAILED', { order_id: 'o1', reason: 'denied' })
  expect(state).toMatchObject({ screen: 'failed', cart: { c: 1 } })
  taps('pay')
  expect(sent).toEqual(['ORDER'])
  expect(state.screen).toBe('waiting')
})

test('an IDLE that ends the sale before does not throw out the next customer', () => {
  connect()
  toQr()
  says('PAYMENT_SUCCESS', { order_id: 'o1' })
  taps('leave')
  taps('start')
  choose({ l: 1 })
  says('IDLE')
  expect(state).toMatchObject({ screen: 'menu', cart: { l: 1 } })
})

test('cancelling asks the server and leaves when it agrees', () => {
  connect()
  toQr()
  taps('cancel')
  expect(sent).toEqual(['CANCEL'])
  expect(state.screen).toBe('qr')
  says('IDLE')
  expect(state).toMatchObject({ screen: 'attract', cart: {} })
})

test('cancelled too late: paid is paid', () => {
  connect()
  toQr()
  taps('cancel')
  says('PAYMENT_SUCCESS', { order_id: 'o1' })
  expect(state.screen).toBe('success')
})

test('a lost connection keeps the chosen drinks', () => {
  connect()
  taps('start')
  choose({ c: 2 })
  disconnected(state)
  expect(state).toMatchObject({ online: false, screen: 'menu' })
  connect()
  expect(state).toMatchObject({ online: true, screen: 'menu', cart: { c: 2 } })
})

test('an order whose answer was lost returns to the menu when the server knows none', () => {
  connect()
  taps('start')
  choose({ c: 1 })
  taps('pay')
  disconnected(state)
  connect()
  expect(state).toMatchObject({ screen: 'menu', cart: { c: 1 }, notices: [{ key: 'notice.lost' }] })
})

test('a payment that ended while we were away is shown on return', () => {
  connect()
  toQr()
  disconnected(state)
  says('CONNECTED', { ...HELLO, state: 'PAYMENT_SUCCESS' })
  says('PAYMENT_SUCCESS', { order_id: 'o1' })
  expect(state).toMatchObject({ screen: 'success', result: { number: 'K01' } })
})

test('a reload in the middle of a payment resumes it, and a failure can be tried again', () => {
  says('CONNECTED', { ...HELLO, state: 'ORDER_CREATED' })
  expect(state.screen).toBe('connecting')
  says('ORDER_CREATED', ORDER)
  expect(state.screen).toBe('qr')
  says('PAYMENT_FAILED', { order_id: 'o1', reason: 'expired' })
  expect(state.cart).toEqual({ c: 1 })
})

test('out of order and back', () => {
  connect()
  taps('start')
  says('OUT_OF_ORDER')
  expect(state).toMatchObject({ screen: 'out-of-order', cart: {} })
  taps('start')
  expect(state.screen).toBe('out-of-order')
  says('IDLE')
  expect(state.screen).toBe('attract')
  connect({ in_order: false, state: 'OUT_OF_ORDER' })
  expect(state.screen).toBe('out-of-order')
})

test('out of order found out by ordering', () => {
  connect()
  taps('start')
  choose({ c: 1 })
  taps('pay')
  says('ERROR', { code: 'out-of-order' })
  expect(state).toMatchObject({ screen: 'out-of-order', cart: {} })
})

test('a kiosk put out of order lets its last sale end', () => {
  connect()
  toQr()
  disconnected(state)
  says('CONNECTED', { ...HELLO, in_order: false, state: 'ORDER_CREATED' })
  expect(state).toMatchObject({ screen: 'qr', cart: { c: 1 } })
})

test('a repeated result does not start its countdown again', () => {
  connect()
  toQr()
  says('PAYMENT_SUCCESS', { order_id: 'o1' })
  const { from } = state.result
  hear(state, { event: 'PAYMENT_SUCCESS', values: { order_id: 'o1' } }, NOW + 5000)
  expect(state.result.from).toBe(from)
})

test('what is not an event of ours changes nothing', () => {
  const before = JSON.stringify(state)
  says('toString')
  says('VENDED')
  expect(JSON.stringify(state)).toBe(before)
})
