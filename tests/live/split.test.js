// split.test.js - two processes with two databases, each taking over what the other tells: nothing is missing and
// nothing doubled, whichever of them is killed when.
import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { after, before, describe, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { promisify } from 'node:util'
import { call, eventually, metric } from '../lib/sale.js'
import { freePort, runPesan, startPesan } from '../lib/server.js'

const run = promisify(execFile)
const SHOP = '0198c0de-0000-7000-8000-000000000001'
const KEY = 'the-key-between-two-processes'
const TRADE = 'account,shop,menu,order,kiosk,payment,sandbox'
const env = { PESAN_ACCESS_TOKEN_KEY: 'one key that signs the tokens of both' }
const random = (n) => Math.floor(Math.random() * n)

let folder
const sides = {}

/** One of the two processes, by name: started again on the same port and folder after each end. */
class Side {
  constructor(name, services, other) {
    Object.assign(this, { name, services, other, up: Promise.resolve() })
  }

  get data() {
    return path.join(folder, this.name)
  }

  get url() {
    return `http://127.0.0.1:${this.port}`
  }

  async start() {
    const source = `${this.other}=${sides[this.other].url}`
    const args = ['--services', this.services, '--service-key', KEY, '--source', source, '--source-key', KEY, '--sweep-ms', '200']
    this.server = await startPesan(args, { data: this.data, env, listen: this.port })
  }

  async crash() {
    await this.server.kill9()
    await sleep(random(300))
    await this.start()
  }

  /** Every event this side tells, by its pages. */
  async journal() {
    const all = []
    for (let at = '', more = true; more; ) {
      const { status, json, text } = await call(`${this.url}/v1/journal?limit=200${at}`, { token: KEY })
      assert.equal(status, 200, text)
      all.push(...json.events)
      at = `&after=${json.next}&epoch=${json.epoch}`
      more = json.next < json.head
    }
    return all
  }
}

const tokens = {}
before(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'pesan-split-'))
  sides.orders = new Side('orders', TRADE, 'delivery')
  sides.delivery = new Side('delivery', 'delivery', 'orders')
  for (const side of Object.values(sides)) side.port = await freePort()
  await Promise.all(Object.values(sides).map((side) => side.start()))
  for (const name of ['USER0001', 'USER0002', 'OWNER1']) tokens[name] = await sides.orders.server.token(name, '--ttl', '3600')
})
after(async () => {
  for (const side of Object.values(sides)) await side.server?.stop()
  await rm(folder, { recursive: true, force: true })
})

/** Asks a side, however often it takes, until an answer is what `good` says; a dead side is asked again. */
function insist(side, path_, options, good, patience = 60000) {
  return eventually(async () => {
    const answer = await call(sides[side].url + path_, options).catch(() => undefined)
    if (answer && good(answer)) return answer
    await sleep(50)
    return undefined
  }, `${options.method ?? 'an answer'} ${path_}`, patience)
}

let placed = 0
async function place(user = 'USER0001') {
  const key = `order-${placed++}`
  const options = { body: { coffee_name: key, coffee_price: 1000 }, token: tokens[user], headers: { 'Idempotency-Key': key } }
  const { json } = await insist('orders', `/order-ms/${user}/orders`, options, ({ status }) => status === 201)
  return { id: json.order_id, name: key, user, status: 'received' }
}

const ok = ({ status }) => status === 200 || status === 202
const receive = (order, body) => insist('orders', `/order-receive/${order.id}`, { method: 'PATCH', body, token: tokens.OWNER1 }, ok)
const move = (order, status) =>
  insist('delivery', `/delivery-ms/${order.user}/${order.id}`, { method: 'PATCH', body: { status }, token: tokens.OWNER1 }, ok)
const cancel = (order) =>
  insist('orders', `/order-ms/${order.user}/orders/${order.id}`, { method: 'DELETE', token: tokens[order.user] }, (answer) => ok(answer) || answer.status === 204 || answer.status === 409)

/** What may become of an order: each leaves it in the state it returns. */
const lives = [
  async () => 'received',
  async (order) => (await receive(order, {}), 'accepted'),
  async (order) => (await receive(order, { accept: false, reason: 'sold out' }), 'rejected'),
  async (order) => (await cancel(order), 'cancelled'),
  async (order) => (await receive(order, {}), await cancel(order), 'cancelled'),
  async (order) => {
    await receive(order, {})
    for (const status of ['preparing', 'ready', 'delivered']) await move(order, status)
    return 'delivered'
  },
]

async function live(order, life) {
  order.status = await life(order)
  return order
}

/** The state of an order on both sides. */
async function states(order) {
  const here = await call(`${sides.orders.url}/order-ms/${order.user}/orders/${order.id}`, { token: tokens.OWNER1 })
  const there = await call(`${sides.delivery.url}/delivery-ms/${order.user}/${order.id}`, { token: tokens.OWNER1 })
  return { here: here.json, there: there.json }
}

const settled = (order) =>
  eventually(async () => {
    const { here, there } = await states(order)
    return here.status === order.status && there.status === order.status && { here, there }
  }, `order ${order.name} to be ${order.status} on both sides`, 30000)

/** The orders in the list of deliveries, all states and pages. */
async function deliveries() {
  const found = []
  for (const status of ['received', 'accepted', 'preparing', 'ready', 'delivering', 'delivered', 'cancelled', 'rejected', 'failed']) {
    for (let before_ = '', more = true; more; ) {
      const { json, text } = await call(`${sides.delivery.url}/delivery-ms/${status}?limit=200${before_}`, { token: tokens.OWNER1 })
      assert.ok(Array.isArray(json), text)
      found.push(...json)
      more = json.length === 200
      before_ = `&before=${json.at(-1)?.order_id}`
    }
  }
  return found
}

/** What a statement says in a stopped side's database. */
async function ask(side, sql) {
  const { stdout } = await run('sqlite3', ['-json', path.join(side.data, 'pesan.db'), sql], { maxBuffer: 1 << 28 })
  return stdout ? JSON.parse(stdout) : []
}

/** The events of some topics in a stopped side's database, in the order of its journal. */
async function stored(side, topics) {
  const rows = await ask(side, 'SELECT seq, id, topic, about, actor, channels, payload FROM journal_events ORDER BY seq')
  return rows.filter(({ topic }) => topics.test(topic))
}

const without = ({ seq: _, ...rest }) => ({ ...rest, payload: JSON.parse(rest.payload) })

describe('two processes', () => {
  test('an order is known over there, and what becomes of it comes back', async () => {
    const done = await Promise.all(lives.map(async (life) => live(await place(), life)))
    for (const order of done) {
      const { here, there } = await settled(order)
      assert.equal(there.history[0].status, 'received')
      assert.equal(there.history[0].by, 'USER0001')
      if (order.status === 'delivered')
        assert.deepEqual(here.history.map(({ status }) => status), ['accepted', 'preparing', 'ready', 'delivered'])
    }
  })

  test('only this process\'s own events are told, and only to who has the key', async () => {
    const [orders, delivery] = [await sides.orders.journal(), await sides.delivery.journal()]
    assert.ok(orders.length > 0 && delivery.length > 0)
    assert.ok(orders.every(({ topic }) => !topic.startsWith('delivery.')))
    assert.ok(delivery.every(({ topic }) => topic.startsWith('delivery.')))
    for (const token of [undefined, tokens.OWNER1, tokens.USER0001, `${KEY}x`]) {
      const { status } = await call(`${sides.orders.url}/v1/journal`, { token })
      assert.ok(status === 401 || status === 403, `${status}`)
    }
  })

  test('who is hired, dismissed or signed out is so over there, too', async () => {
    const list = (token) => call(`${sides.delivery.url}/delivery-ms/received`, { token })
    const becomes = (token, status) => eventually(async () => (await list(token)).status === status, `the answer to be ${status}`)
    const signIn = async (username) => (await call(`${sides.orders.url}/auth/token/create/`, { body: { username, password: 'pesan-demo' } })).json.auth_token

    const barista = await signIn('BARISTA1')
    await becomes(barista, 200)
    const staff = `${sides.orders.url}/v1/shops/${SHOP}/staff`
    const dismissed = await call(`${staff}/BARISTA1`, { method: 'DELETE', token: tokens.OWNER1 })
    assert.equal(dismissed.status, 204, dismissed.text)
    await becomes(barista, 403)
    const hired = await call(staff, { body: { username: 'BARISTA1', role: 'barista' }, token: tokens.OWNER1 })
    assert.ok(hired.status === 200 || hired.status === 201, hired.text)
    await becomes(barista, 200)
    assert.equal((await call(`${sides.orders.url}/auth/token/destroy/`, { method: 'POST', token: barista })).status, 204)
    await becomes(barista, 401)
    assert.equal((await list(tokens.USER0001)).status, 403)
  })

  test('either side is killed again and again under load: nothing is missing, nothing doubled', async () => {
    const all = []
    let on = true
    const workers = Array.from({ length: 6 }, async (_, i) => {
      while (on) all.push(await live(await place(i % 2 ? 'USER0001' : 'USER0002'), lives[random(lives.length)]))
    })
    for (let kill = 0; kill < 8; kill++) {
      await sleep(300 + random(900))
      await sides[kill % 2 ? 'orders' : 'delivery'].crash()
    }
    await Promise.all([sides.orders.crash(), sides.delivery.crash()])
    await sleep(500)
    on = false
    await Promise.all(workers)
    assert.ok(all.length > 40, `${all.length} orders`)

    for (const order of all) {
      const { here } = await settled(order)
      const moves = here.history.map(({ status }) => status)
      assert.equal(new Set(moves).size, moves.length, `a move of ${order.name} came twice: ${moves}`)
    }
    const listed = (await deliveries()).map(({ order_id }) => order_id)
    assert.equal(new Set(listed).size, listed.length)
    for (const { id } of all) assert.ok(listed.includes(id))
    await eventually(async () => (await metric(sides.orders.url, 'pesan_source_lag')) + (await metric(sides.delivery.url, 'pesan_source_lag')) === 0, 'both to have taken all')
  })

  test('a journal that begins a new epoch is read again from its floor', async () => {
    const { delivery, orders } = sides
    await delivery.server.stop()
    await ask(delivery, "UPDATE journal_meta SET value = 'afterarestore' WHERE name = 'epoch'")
    await delivery.start()
    await eventually(() => /SOURCE-RESYNC source=delivery/.test(orders.server.log()), 'the new epoch to be met')
    await settled(await live(await place(), lives.at(-1)))
    await eventually(async () => (await metric(orders.url, 'pesan_source_lag')) === 0, 'all to be taken')
  })

  test('the journals tell the same, each event once and in the same order', async () => {
    const told = { orders: await sides.orders.journal(), delivery: await sides.delivery.journal() }
    for (const side of Object.values(sides)) {
      await side.server.stop()
      side.server = undefined
    }
    for (const [from, to, own, others] of [['orders', 'delivery', /^(?!delivery\.)/, /^delivery\./], ['delivery', 'orders', /^delivery\./, /^(?!delivery\.)/]]) {
      const mine = await stored(sides[from], own)
      const theirs = await stored(sides[to], own)
      assert.equal(new Set(mine.map(({ id }) => id)).size, mine.length)
      assert.deepEqual(theirs.map(without), mine.map(without))
      assert.deepEqual(told[from].map(({ id }) => id), mine.map(({ id }) => id))
      assert.ok((await stored(sides[from], others)).length > 0)
    }
  })
})

describe('settings', () => {
  const refused = async (args, what) => {
    const data = path.join(folder, 'refused')
    const { code, stderr } = await runPesan(['serve', '--listen', '127.0.0.1:0', '--data', data, ...args])
    assert.equal(code, 2)
    assert.match(stderr, what)
    assert.equal(stderr.trim().split('\n').length, 1, stderr)
  }

  test('a list that cannot be read, a key that is missing or too short', async () => {
    await refused(['--source', 'orders'], /--source.*NAME=URL/)
    await refused(['--source', 'orders=ftp://x', '--source-key', KEY], /--source.*URL/)
    await refused(['--source', 'a=http://x,a=http://y', '--source-key', KEY], /same name/)
    await refused(['--source', 'orders=http://127.0.0.1:1'], /--source-key/)
    await refused(['--source', 'orders=http://127.0.0.1:1', '--source-key', 'short'], /--source-key/)
    await refused(['--services', 'order'], /needs "menu"/)
    await refused(['--services', 'nothing'], /no service "nothing"/)
  })
})
