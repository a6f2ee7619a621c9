// game.js - several clients play with one server: they order, pay, accept, cancel, make, bring and repeat themselves in
// an order only the seed knows; what is left when all is quiet is gathered for the judge (life.js).
import assert from 'node:assert/strict'
import { setTimeout as sleep } from 'node:timers/promises'
import { readMoves } from './life.js'
import { COLA, Sandbox, call, metric } from './sale.js'
import { SERVICE_KEY, SHOP } from './cast.js'
import { startPesan } from './server.js'

const LEMON = '4bdfb8e9-2eb7-4db4-9738-a9be7962055f'
const CUSTOMERS = ['USER0001', 'USER0002']
const STAFF = ['OWNER1', 'BARISTA1', 'ADMIN1']
const CREW = ['OWNER1', 'BARISTA1', 'COURIER1']
const STOCK = 400

/** What the gateway may do wrong in a game, and what puts it right again. */
const MISCHIEF = [
  { drop_notifications: 1 }, { duplicate: 1 }, { reorder: 1 }, { late: 1 }, { refund_414: 1 }, { wrong_signature: 1 },
  { charge_503: 2 }, { charge_lost: 1 }, { charge_202: 1 }, { cancel_503: 2 }, { refund_503: 2 },
]
const BEHAVE = Object.assign({}, ...MISCHIEF.map((knobs) => Object.fromEntries(Object.keys(knobs).map((k) => [k, 0]))))

/** Random numbers from a seed (mulberry32). */
export function randomOf(seed) {
  let state = seed >>> 0
  const next = () => {
    state = (state + 0x6d2b79f5) >>> 0
    let t = Math.imul(state ^ (state >>> 15), state | 1)
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61)
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296
  }
  return {
    below: (n) => Math.floor(next() * n),
    chance: (p) => next() < p,
    pick: (list) => list[Math.floor(next() * list.length)],
  }
}

class Game {
  constructor(server) {
    this.server = server
    this.sandbox = new Sandbox(server.url)
    this.tokens = {}
    this.orders = [] // {id, user, pay, status as last heard, received: it surely was}
    this.answered = new Map() // Idempotency-Key -> ids it was answered
    this.asked = [] // {user, body, key, text}: to be repeated
    this.keys = 0
    this.tally = {}
    this.wrong = []
  }

  /** A request; its status must be one of `allowed`. */
  async ask(who, path, options, allowed, what) {
    const answer = await call(this.server.url + path, { token: this.tokens[who], ...options })
    const name = `${what} ${answer.status}`
    this.tally[name] = (this.tally[name] ?? 0) + 1
    if (!allowed.includes(answer.status)) this.wrong.push(`${what} as ${who}: ${answer.status} ${answer.text}`)
    return answer
  }

  send({ user, body, key }) {
    return this.ask(user, `/order-ms/${user}/orders`, { body, headers: { 'Idempotency-Key': key } }, [201, 409], 'place')
  }

  /** Remembers the answer to placing; the same key must always get the same. */
  note(wish, { status, text, json }) {
    if (status === 409) {
      if (!/idempotency-key-in-flight|sold-out/.test(json.type)) this.wrong.push(`place: ${text}`)
      return
    }
    if (status !== 201) return
    if (wish.text === undefined) {
      wish.text = text
      this.asked.push(wish)
      this.orders.push({ id: json.order_id, user: wish.user, pay: wish.body.pay, status: json.status, received: json.status === 'received' })
      this.answered.set(wish.key, [])
    }
    if (wish.text !== text) this.wrong.push(`key ${wish.key}: ${wish.text} and ${text}`)
    this.answered.get(wish.key).push(json.order_id)
  }

  async place(r) {
    const user = r.pick(CUSTOMERS)
    const item = () => ({ product_id: r.pick([this.counted, COLA, LEMON]), qty: 1 + r.below(2) })
    const items = Array.from({ length: 1 + r.below(2) }, item)
    const wish = { user, key: `k-${++this.keys}`, body: { items, pay: r.pick(['counter', 'qris']) } }
    const times = r.chance(0.2) ? 2 : 1
    const answers = await Promise.all(Array.from({ length: times }, () => this.send(wish)))
    for (const answer of answers) this.note(wish, answer)
  }

  async retry(r) {
    const wish = r.pick(this.asked)
    if (wish) this.note(wish, await this.send(wish))
  }

  /** An order of late, most of the time one that `fits` as far as a client has heard. */
  recent(r, fits) {
    const any = () => this.orders[Math.max(0, this.orders.length - 1 - r.below(r.chance(0.7) ? 15 : 60))]
    let order = any()
    if (r.chance(0.85)) for (let tries = 0; tries < 12 && order && !fits(order); tries++) order = any()
    return order
  }

  async payer(order, action) {
    const allowed = order.pay === 'qris' ? [200, 404, 503] : [404, 503]
    const { status, json } = await this.ask('OWNER1', `/v1/orders/${order.id}/payment`, {}, allowed, 'payment')
    if (status !== 200 || !json.pay_url) return
    const done = await call(json.pay_url, { body: { action } })
    const name = `${action} ${done.status}`
    this.tally[name] = (this.tally[name] ?? 0) + 1
    if (done.status === 200 && action === 'pay') order.status = 'received'
    if (done.status >= 500) this.wrong.push(`${action}: ${done.text}`)
  }

  async receive(order, r, accept) {
    const body = accept ? (r.chance(0.3) ? { eta_minutes: 5 } : {}) : { accept: false, reason: 'out of milk' }
    const what = accept ? 'accept' : 'reject'
    const { status } = await this.ask(r.pick(STAFF), `/order-receive/${order.id}`, { method: 'PATCH', body }, [200, 409], what)
    if (status === 200) Object.assign(order, { status: accept ? 'accepted' : 'rejected', received: true })
  }

  async cancel(order) {
    const path = `/order-ms/${order.user}/orders/${order.id}`
    const { status } = await this.ask(order.user, path, { method: 'DELETE' }, [200, 202, 409], 'cancel')
    if (status === 200) order.status = 'cancelled'
  }

  async move(order, r, to) {
    const path = `/delivery-ms/${order.user}/${order.id}`
    const answer = await this.ask(r.pick(CREW), path, { method: 'PATCH', body: { status: to } }, [200, 404, 409, 503], to)
    if (answer.status === 200) order.status = to
    if (answer.status === 404 && order.received) this.wrong.push(`${to}: delivery does not know ${order.id}`)
  }

  /** What the crew would do next with an order, as far as a client has heard. */
  onward(order) {
    const next = [...this.moves.keys()].filter((m) => m.startsWith(`${order.status} `) && this.moves.get(m) === 'DELIVERY')
    return next.map((m) => m.split(' ')[1]).filter((word) => word !== 'cancelled')
  }

  async step(r) {
    const roll = r.below(100)
    const is = (...words) => this.recent(r, (o) => words.includes(o.status))
    if (this.orders.length < 8 || roll < 16) return this.place(r)
    if (roll < 20) return this.retry(r)
    if (roll < 33) return this.payer(is('unpaid'), r.chance(0.8) ? 'pay' : r.pick(['deny', 'expire', 'cancel']))
    if (roll < 47) return this.receive(is('received'), r, true)
    if (roll < 50) return this.receive(is('received'), r, false)
    if (roll < 57) return this.cancel(is('unpaid', 'received', 'accepted'))
    if (roll < 58) return this.sandbox.faults(r.pick([BEHAVE, ...MISCHIEF]))
    const order = is('accepted', 'preparing', 'ready', 'delivering')
    const words = r.chance(0.9) ? this.onward(order) : ['preparing', 'ready', 'delivering', 'delivered', 'failed']
    const hopeful = words.filter((word) => word !== 'failed' || r.chance(0.2))
    if (hopeful.length) return this.move(order, r, r.pick(hopeful))
  }

  /** Events behind `after`, and where the journal ends. */
  async read(after) {
    const answer = await call(`${this.server.url}/v1/journal?after=${after}&limit=500`, { token: SERVICE_KEY })
    assert.equal(answer.status, 200, answer.text)
    return answer.json
  }

  /**
   * Until nothing has happened for a while and nobody has anything left to do. Orders that were never
   * answered ring on: that is no unrest.
   */
  async quiet(patience = 90000) {
    const end = Date.now() + patience
    for (let seen = 0, calm = 0; calm < 5; await sleep(300)) {
      assert.ok(Date.now() < end, 'the server does not come to rest')
      const { events } = await this.read(seen)
      const still = events.every((each) => each.topic === 'notify.ring')
      calm = still && (await metric(this.server.url, 'pesan_reaction_lag')) === 0 ? calm + 1 : 0
      seen = events.at(-1)?.seq ?? seen
    }
  }

  async events() {
    const all = []
    for (;;) {
      const { events, floor } = await this.read(all.at(-1)?.seq ?? 0)
      assert.ok(floor <= 1, 'the journal has forgotten the beginning')
      if (events.length === 0) return all
      all.push(...events)
    }
  }

  async paymentOf(id) {
    const { status, json } = await call(`${this.server.url}/v1/orders/${id}/payment`, { token: this.tokens.OWNER1 })
    if (status === 404) return undefined
    const gateway = await this.sandbox.status(json.payment_id)
    const cents = (text) => Math.round(Number(text ?? 0) * 100)
    const has = ['settlement', 'refund', 'partial_refund'].includes(gateway.transaction_status)
    return { ...json, gateway: { paid: has, refunded: cents(gateway.refund_amount) } }
  }

  async lookOf({ id, user }) {
    const [order, delivery] = await Promise.all(
      [`/order-ms/${user}/orders/${id}`, `/delivery-ms/${user}/${id}`].map((path) => call(this.server.url + path, { token: this.tokens[user] })),
    )
    return [order, delivery].map(({ status, json }) => (status === 200 ? json : undefined))
  }

  async visible() {
    const ids = new Set()
    for (let before = ''; ; ) {
      const { json } = await call(`${this.server.url}/v1/payments?attention=1&limit=200${before}`, { token: this.tokens.OWNER1 })
      for (const each of json) if (each.order_id) ids.add(each.order_id)
      if (json.length < 200) return ids
      before = `&before=${json.at(-1).id}`
    }
  }

  async stockNow() {
    const { json } = await call(`${this.server.url}/v1/shops/${SHOP}/menu`, { token: this.tokens.OWNER1 })
    return json.products.find((p) => p.id === this.counted).stock
  }

  async world() {
    const world = {
      events: await this.events(), visible: await this.visible(), answered: this.answered,
      orders: new Map(), deliveries: new Map(), payments: new Map(),
    }
    for (const each of this.orders) {
      const [order, delivery] = await this.lookOf(each)
      if (order) world.orders.set(each.id, order)
      if (delivery) world.deliveries.set(each.id, delivery)
      const payment = await this.paymentOf(each.id)
      if (payment) world.payments.set(each.id, payment)
    }
    world.stock = { [this.counted]: { before: STOCK, now: await this.stockNow() } }
    return world
  }

  async open() {
    for (const name of [...CUSTOMERS, ...STAFF, ...CREW]) this.tokens[name] ??= await this.server.token(name)
    this.moves = readMoves()
    const body = { name: 'Kue Lapis', price: { amount: 450000, currency: 'IDR' }, stock: STOCK }
    const { status, text, json } = await call(`${this.server.url}/v1/shops/${SHOP}/products`, { token: this.tokens.OWNER1, body })
    assert.equal(status, 201, text)
    this.counted = json.id
  }
}

/**
 * Plays one game on a server of its own.
 * @returns {Promise<{world: object, tally: object}>} what is left for the judge, and how often what was answered
 */
export async function play(seed, { clients, steps }) {
  const server = await startPesan(['--sweep-ms', '200', '--service-key', SERVICE_KEY])
  try {
    const game = new Game(server)
    await game.open()
    const client = async (n) => {
      const r = randomOf(seed * 31 + n)
      for (let i = 0; i < steps; i++) await game.step(r)
    }
    await Promise.all(Array.from({ length: clients }, (_, n) => client(n)))
    await game.sandbox.faults(BEHAVE)
    await game.quiet()
    const world = await game.world()
    assert.deepEqual(game.wrong.slice(0, 10), [], `${game.wrong.length} answers nobody expects; PESAN_SEED=${seed}`)
    return { world, tally: game.tally }
  } finally {
    await server.stop()
  }
}
