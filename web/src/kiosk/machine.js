/* machine.js - the kiosk page's only state, and the only code that changes it: frames of the server and
 * taps of the customer go in, frames to send come out. No clock, no socket, no Vue.
 *
 * The server owns orders and payments. The page owns what the server need not know: whether somebody
 * stands before an idle kiosk choosing ("menu") or not ("attract"), and what is in the cart. */

import { count, orderItems, reconcile } from '../lib/cart.js'
import { skewFrom } from '../lib/clock.js'

/** Error codes of the server that have words of their own; every other is "something went wrong". */
const KNOWN_ERRORS = new Set([
  'sold-out', 'price-changed', 'unknown-product', 'bad-quantity', 'payment-unavailable', 'order-open',
])

export function newState() {
  return {
    screen: 'connecting', // connecting attract menu waiting qr success failed out-of-order
    online: false, // a socket is open and has said CONNECTED
    resumed: false, // the next frame is the screen we come back to after a lost connection
    shop: '', // the shop's name
    language: 'id', // the shop's language
    currency: 'IDR', // the shop's currency
    idleAfter: 60, // seconds without a touch before we ask
    sandbox: false, // payments are simulated
    skew: 0, // milliseconds the server's clock is ahead of ours
    server: 'IDLE', // the state of the kiosk as the server last told it
    menu: null, // products, or null before the first SHOW_MENU
    cart: {}, // product id -> quantity
    order: null, // values of ORDER_CREATED
    result: null, // values of PAYMENT_SUCCESS or PAYMENT_FAILED, and `from`: when we heard
    accepted: false, // the server has confirmed the ORDER that the waiting screen shows
    visit: 0, // counts customers: grows whenever the attract screen comes back
    notices: [], // [{key, values}] to be told to the customer
  }
}

const frame = (event, values = {}) => ({ event, values })
const notify = (state, key, values = {}) => state.notices.push({ key, values })

/** Back to the first screen, with nothing of the last customer left. */
function attract(state) {
  state.screen = 'attract'
  state.cart = {}
  state.order = null
  state.result = null
  state.accepted = false
  state.visit += 1
}

function backToMenu(state, notice) {
  state.screen = 'menu'
  state.accepted = false
  notify(state, notice)
}

/** What the server may say: each takes (state, values, now in ms) and returns frames to send, or nothing. */
const hears = {
  CONNECTED(state, v, now) {
    state.online = true
    state.shop = v.shop ?? ''
    state.language = v.language ?? 'id'
    state.currency = v.currency ?? 'IDR'
    state.idleAfter = v.idle_after_s ?? 60
    state.sandbox = v.sandbox === true
    state.skew = skewFrom(v.now, now)
    state.server = v.state ?? 'IDLE'
    if (v.in_order === false && state.server === 'IDLE') hears.OUT_OF_ORDER(state)
    else if (state.screen === 'connecting' && state.server === 'IDLE') attract(state)
    state.resumed = true
    return [frame('SHOW_MENU')]
  },

  SHOW_MENU(state, products) {
    const menu = Array.isArray(products) ? products : []
    const { cart, gone, repriced } = reconcile(state.cart, state.menu ?? [], menu)
    state.menu = menu
    if (state.screen !== 'menu') return
    state.cart = cart
    for (const name of gone) notify(state, 'notice.gone', { name })
    for (const product of repriced) notify(state, 'notice.repriced', product)
  },

  IDLE(state) {
    state.server = 'IDLE'
    const lost = state.resumed
    state.resumed = false
    if (state.screen === 'menu') return
    if (state.screen === 'out-of-order' && lost) return // CONNECTED has just said in_order: false
    if (state.screen === 'waiting' && !state.accepted) {
      if (lost) backToMenu(state, 'notice.lost')
      return // without a loss of connection: an old sale has ended, the answer to our ORDER follows
    }
    if (state.screen !== 'attract') attract(state)
  },

  MENU_CLICKED(state) {
    state.server = 'MENU_CLICKED'
    state.resumed = false
    state.screen = 'waiting'
    state.accepted = true
  },

  ORDER_CREATED(state, v) {
    state.server = 'ORDER_CREATED'
    state.resumed = false
    state.screen = 'qr'
    state.order = v
    state.accepted = true
  },

  PAYMENT_SUCCESS(state, v, now) {
    state.server = 'PAYMENT_SUCCESS'
    finish(state, 'success', v, now)
    state.cart = {}
  },

  PAYMENT_FAILED(state, v, now) {
    state.server = 'PAYMENT_FAILED'
    finish(state, 'failed', v, now)
    if (count(state.cart) === 0 && state.order) {
      state.cart = Object.fromEntries((state.order.items ?? []).map(({ id, qty }) => [id, qty]))
    }
  },

  OUT_OF_ORDER(state) {
    attract(state)
    state.resumed = false
    state.screen = 'out-of-order'
  },

  ERROR(state, v) {
    if (v.code === 'out-of-order') return hears.OUT_OF_ORDER(state)
    const code = KNOWN_ERRORS.has(v.code) ? v.code : 'other'
    if (state.screen !== 'waiting' || state.accepted) {
      notify(state, `error.${code}`)
      return
    }
    backToMenu(state, `error.${code}`)
    return [frame('SHOW_MENU')]
  },
}

function finish(state, screen, v, now) {
  const sameAsShown = state.screen === screen && state.result?.order_id === v.order_id
  state.resumed = false
  state.screen = screen
  const from = sameAsShown ? state.result.from : new Date(now + state.skew).toISOString()
  state.result = { number: state.order?.number, ...v, from }
}

function sendOrder(state) {
  state.screen = 'waiting'
  state.accepted = false
  return [frame('ORDER', { items: orderItems(state.cart) })]
}

/** What the customer may do: each takes the state and returns frames to send, or nothing. */
const does = {
  start(state) {
    if (state.screen !== 'attract') return
    state.screen = 'menu'
    return [frame('SHOW_MENU')]
  },

  pay(state) {
    if (!['menu', 'failed'].includes(state.screen) || count(state.cart) === 0) return
    return sendOrder(state)
  },

  cancel(state) {
    if (['waiting', 'qr'].includes(state.screen)) return [frame('CANCEL')]
  },

  leave(state) {
    if (['menu', 'success', 'failed'].includes(state.screen)) attract(state)
  },
}

/**
 * Takes one frame of the server.
 * @returns {{event:string,values:object}[]} frames to send; unknown events are ignored
 */
export function hear(state, { event, values }, now) {
  if (!Object.hasOwn(hears, event)) return []
  return hears[event](state, values ?? {}, now) ?? []
}

/**
 * Takes one act of the customer: start, pay, cancel, leave. Out of place it does nothing.
 * @returns {{event:string,values:object}[]} frames to send
 */
export function act(state, name) {
  return does[name](state) ?? []
}

/** The connection is gone; the screen stays as it is until the server tells where we are. */
export function disconnected(state) {
  state.online = false
}
