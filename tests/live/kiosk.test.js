// kiosk.test.js - the kiosk's socket at the real server: what it shows, what it refuses, who may open it, and that
// nothing of one kiosk reaches another.
import assert from 'node:assert/strict'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { after, before, beforeEach, describe, test } from 'node:test'
import { Sandbox, call, eventually, paymentOf } from '../lib/sale.js'
import { Screen } from '../lib/screen.js'
import { startPesan } from '../lib/server.js'

const COLA = 'ce33fb74-ba55-40c6-99d7-47bef4cd785e'
const LEMON = '4bdfb8e9-2eb7-4db4-9738-a9be7962055f'
const NOBODY = '0198c0de-0000-7000-8000-00000000ffff'
const STATES = ['IDLE', 'MENU_CLICKED', 'ORDER_CREATED', 'PAYMENT_SUCCESS', 'PAYMENT_FAILED']

let server, sandbox
const tokens = {}
before(async () => {
  server = await startPesan(['--sweep-ms', '200'])
  sandbox = new Sandbox(server.url)
  for (const name of ['KIOSK1', 'KIOSK2', 'OWNER1', 'USER0001', 'COURIER1', 'ADMIN1']) tokens[name] = await server.token(name)
})
after(() => server?.stop())

const at = (kiosk, who = kiosk) => Screen.at(server, `?kiosk=${kiosk}&token=${tokens[who]}`)
const asOwner = (url, body) => call(server.url + url, { token: tokens.OWNER1, method: 'PATCH', body })

/** Two screens of KIOSK1 and one of KIOSK2, all at rest; closed after the tests. */
let one, twin, two
async function openAll() {
  one = await at('KIOSK1')
  twin = await at('KIOSK1')
  two = await at('KIOSK2')
}
const closeAll = () => [one, twin, two].forEach((screen) => screen?.close())

/** A sale on `screen` up to its QR; the values of ORDER_CREATED. */
async function created(screen, values = { id: COLA }) {
  screen.send('ORDER', values)
  assert.deepEqual(await screen.expect('MENU_CLICKED'), {})
  return screen.expect('ORDER_CREATED')
}

async function paid(screen, values) {
  const order = await created(screen, values)
  await sandbox.payer(order.pay_url, 'pay')
  const success = await screen.expect('PAYMENT_SUCCESS')
  assert.equal(success.order_id, order.order_id)
  return order
}

/** Back to IDLE, whatever the screen shows. */
async function rest(screen) {
  screen.send('CANCEL')
  while ((await screen.next()).event !== 'IDLE');
}

describe('a sale', () => {
  before(openAll)
  after(closeAll)

  test('CONNECTED tells all a page needs, then comes the current screen', () => {
    const { connected, current } = one
    assert.equal(connected.address, '127.0.0.1 - connected')
    assert.equal(connected.kiosk, 'KIOSK1')
    assert.equal(connected.state, 'IDLE')
    assert.ok(Number.isSafeInteger(connected.seq))
    assert.ok(Math.abs(Date.parse(connected.now) - Date.now()) < 60000)
    assert.equal(connected.currency, 'IDR')
    assert.equal(connected.language, 'id')
    assert.equal(connected.shop, 'Kedai Demo')
    assert.equal(connected.idle_after_s, 60)
    assert.equal(connected.sandbox, true)
    assert.equal(connected.in_order, true)
    assert.deepEqual(current, { event: 'IDLE', values: {} })
    assert.equal(two.connected.kiosk, 'KIOSK2')
  })

  test('SHOW_MENU answers the menu, in major units, to the one who asked', async () => {
    one.send('SHOW_MENU')
    const menu = await one.expect('SHOW_MENU')
    assert.deepEqual(menu[0], { id: COLA, name: 'Cola', icon: '/icons/cola.svg', price: 7000, currency: 'IDR', available: true })
    assert.deepEqual(menu[1], { id: LEMON, name: 'Lemon', icon: '/icons/lemon.svg', price: 10000, currency: 'IDR', available: true })
    assert.ok(menu.length > 2)
    await twin.silent()
  })

  test('from the tap to the can, on every screen of the kiosk and on no other', async () => {
    const order = await created(one, { items: [{ id: COLA, qty: 2 }, { id: LEMON }] })
    assert.equal(order.amount, 24000)
    assert.equal(order.currency, 'IDR')
    assert.match(order.number, /^K\d{2,3}$/)
    assert.deepEqual(order.items, [
      { id: COLA, name: 'Cola', qty: 2, price: 7000 },
      { id: LEMON, name: 'Lemon', qty: 1, price: 10000 },
    ])
    assert.match(order.qr_string, /^000201/)
    assert.ok(order.qr_url && order.pay_url && Date.parse(order.expires_at) > Date.now())
    await sandbox.payer(order.pay_url, 'pay')
    const success = await one.expect('PAYMENT_SUCCESS')
    assert.deepEqual([success.order_id, success.number], [order.order_id, order.number])
    const left = Date.parse(success.until) - Date.now()
    assert.ok(left > 0 && left <= 10000, String(left))
    one.send('VENDED', { order_id: order.order_id })
    await one.expect('IDLE')
    for (const event of ['MENU_CLICKED', 'ORDER_CREATED', 'PAYMENT_SUCCESS', 'IDLE']) await twin.expect(event)
    for (const screen of [one, twin, two]) await screen.silent()
  })

  test('any number of sales on one socket', async () => {
    for (let i = 0; i < 3; i++) {
      const order = await paid(one, { id: LEMON, qty: i + 1 })
      assert.equal(order.amount, 10000 * (i + 1))
      one.send('VENDED', { order_id: order.order_id })
      await one.expect('IDLE')
    }
    await two.silent()
  })

  test('the next customer may order while the end of the last sale is shown', async () => {
    const first = await paid(one)
    const second = await created(one)
    assert.notEqual(second.order_id, first.order_id)
    one.send('VENDED', { order_id: first.order_id })
    assert.equal((await one.expect('ORDER_CREATED')).order_id, second.order_id)
    await rest(one)
  })

  test('two kiosks sell at once and never see each other', async () => {
    const [a, b] = await Promise.all([created(one), created(two, { id: LEMON })])
    await Promise.all([sandbox.payer(b.pay_url, 'pay'), sandbox.payer(a.pay_url, 'deny')])
    assert.equal((await two.expect('PAYMENT_SUCCESS')).order_id, b.order_id)
    assert.deepEqual(await one.expect('PAYMENT_FAILED').then(({ order_id, reason }) => ({ order_id, reason })), { order_id: a.order_id, reason: 'denied' })
    two.send('VENDED', { order_id: b.order_id })
    await two.expect('IDLE')
    await rest(one)
    await two.silent()
  })
})

describe('resuming', () => {
  test('a reload resumes at every screen', async () => {
    const screen = await at('KIOSK2')
    const reload = async (state) => {
      const again = await at('KIOSK2')
      again.close()
      assert.equal(again.connected.state, state)
      assert.ok(STATES.includes(state))
      return again.current
    }
    assert.deepEqual(await reload('IDLE'), { event: 'IDLE', values: {} })
    const order = await created(screen)
    assert.deepEqual(await reload('ORDER_CREATED'), { event: 'ORDER_CREATED', values: order })
    await sandbox.payer(order.pay_url, 'pay')
    const success = await screen.expect('PAYMENT_SUCCESS')
    assert.deepEqual(await reload('PAYMENT_SUCCESS'), { event: 'PAYMENT_SUCCESS', values: success })
    screen.send('VEND_FAILED', { order_id: order.order_id, reason: 'jammed' })
    const failed = await screen.expect('PAYMENT_FAILED')
    assert.deepEqual(await reload('PAYMENT_FAILED'), { event: 'PAYMENT_FAILED', values: failed })
    await rest(screen)
    screen.close()
  })

  test('kill -9 in the middle of a sale: the sale goes on', async () => {
    const folder = await mkdtemp(path.join(tmpdir(), 'pesan-kiosk-'))
    const data = path.join(folder, 'data')
    let house = await startPesan(['--sweep-ms', '200'], { data })
    let screen = await Screen.at(house)
    const order = await created(screen)
    await house.kill9()
    house = await startPesan(['--sweep-ms', '200'], { data })
    screen = await Screen.at(house)
    assert.deepEqual(screen.current, { event: 'ORDER_CREATED', values: order })
    const { pathname } = new URL(order.pay_url)
    await new Sandbox(house.url).payer(house.url + pathname, 'pay')
    const { until } = await screen.expect('PAYMENT_SUCCESS')
    await house.kill9()
    house = await startPesan(['--sweep-ms', '200'], { data })
    screen = await Screen.at(house)
    if (screen.current.event !== 'IDLE') {
      assert.equal(screen.current.event, 'PAYMENT_SUCCESS')
      await screen.expect('IDLE', 30000)
      assert.ok(Date.now() >= Date.parse(until) - 1000)
    }
    screen.close()
    await house.stop()
    await rm(folder, { recursive: true, force: true })
  })
})

describe('cancelling', () => {
  before(openAll)
  after(closeAll)

  test('before payment: IDLE once the gateway agrees', async () => {
    const order = await created(one)
    one.send('CANCEL')
    assert.deepEqual(await one.expect('IDLE'), {})
    assert.equal((await paymentOf(server, order.order_id)).state, 'cancelled')
  })

  test('at once after ORDER: no money hangs', async () => {
    one.send('ORDER', { id: COLA })
    one.send('CANCEL')
    one.send('CANCEL')
    await one.expect('MENU_CLICKED')
    let frame = await one.next()
    if (frame.event === 'ORDER_CREATED') frame = await one.next()
    assert.equal(frame.event, 'IDLE')
  })

  test('after it was paid: the sale stands', async () => {
    const order = await created(one)
    await sandbox.payer(order.pay_url, 'pay')
    one.send('CANCEL')
    const frame = await one.next()
    if (frame.event === 'PAYMENT_SUCCESS') one.send('VENDED', { order_id: order.order_id })
    while (one.frames.length) one.frames.shift()
    assert.ok(['PAYMENT_SUCCESS', 'IDLE'].includes(frame.event), frame.event)
    assert.equal((await paymentOf(server, order.order_id)).state, 'paid')
    await eventually(async () => {
      const look = await at('KIOSK1')
      look.close()
      return look.connected.state === 'IDLE'
    }, 'the kiosk to rest')
  })

  test('in IDLE: IDLE again, to that socket only', async () => {
    two.send('CANCEL')
    assert.deepEqual(await two.expect('IDLE'), {})
    const other = await at('KIOSK2')
    two.send('CANCEL')
    await two.expect('IDLE')
    await other.silent()
    other.close()
  })
})

describe('the machine\'s word', () => {
  before(openAll)
  after(closeAll)

  test('VENDED counts once; another word after it does not', async () => {
    const order = await paid(one)
    for (let i = 0; i < 2; i++) {
      one.send('VENDED', { order_id: order.order_id })
      assert.deepEqual(await one.expect('IDLE'), {})
    }
    one.send('VEND_FAILED', { order_id: order.order_id, reason: 'x' })
    await one.refused('move-not-allowed')
    assert.equal((await paymentOf(server, order.order_id)).state, 'paid')
  })

  test('VEND_FAILED gives the money back', async () => {
    const order = await paid(one)
    one.send('VEND_FAILED', { order_id: order.order_id, reason: 'jammed' })
    assert.equal((await one.expect('PAYMENT_FAILED')).reason, 'refunded')
    await eventually(async () => (await paymentOf(server, order.order_id)).state === 'refunded', 'the refund')
    one.send('VEND_FAILED', { order_id: order.order_id, reason: 'jammed' })
    assert.equal((await one.expect('PAYMENT_FAILED')).reason, 'refunded')
    one.send('VENDED', { order_id: order.order_id })
    await one.refused('move-not-allowed')
    await rest(one)
  })

  test('about unpaid, foreign and unknown orders it is refused', async () => {
    const order = await created(one)
    one.send('VENDED', { order_id: order.order_id })
    await one.refused('move-not-allowed')
    two.send('VENDED', { order_id: order.order_id })
    await two.refused('not-found')
    two.send('VEND_FAILED', { order_id: order.order_id, reason: 'x' })
    await two.refused('not-found')
    const counter = await call(`${server.url}/order-ms/USER0001/orders`, { token: tokens.USER0001, body: { coffee_name: 'x', coffee_price: 1 } })
    for (const id of [NOBODY, 'ORD0001', counter.json.order_id]) {
      one.send('VENDED', { order_id: id })
      await one.refused('not-found')
    }
    for (const values of [{}, [], null, 'x', { order_id: 7 }]) {
      one.send('VENDED', values)
      await one.refused('bad-input')
    }
    one.send('VEND_FAILED', { order_id: order.order_id, reason: 'x'.repeat(121) })
    await one.refused('bad-input')
    await rest(one)
  })

  test('staff at the screen are not the machine', async () => {
    const owner = await at('KIOSK1', 'OWNER1')
    const order = await paid(owner)
    owner.send('VENDED', { order_id: order.order_id })
    await owner.refused('forbidden')
    await rest(owner)
    owner.close()
  })
})

describe('what a client may say', () => {
  beforeEach(async () => {
    closeAll()
    await openAll()
    for (const screen of [one, two]) assert.equal(screen.connected.state, 'IDLE')
  })
  after(closeAll)

  const raw = [
    ['an empty frame', '', 'bad-json'],
    ['half an object', '{"event":"ORDER"', 'bad-json'],
    ['plain text', 'hello', 'bad-json'],
    ['an array', '["ORDER",{}]', 'bad-input'],
    ['no event', '{"values":{}}', 'bad-input'],
    ['the seed\'s slip: EVENT', '{"EVENT":"ORDER","values":{}}', 'bad-input'],
    ['an event that is a number', '{"event":1,"values":{}}', 'bad-input'],
    ['one key twice', '{"event":"IDLE","event":"ORDER"}', 'bad-json'],
    ['nested too deep', `{"event":"ORDER","values":${'['.repeat(200)}${']'.repeat(200)}}`, 'bad-json'],
    ['a number beyond all', `{"event":"ORDER","values":{"id":"${COLA}","qty":${'9'.repeat(400)}}}`, 'bad-json'],
    ['an unknown event', '{"event":"SHUTDOWN","values":{}}', 'unknown-event'],
    ['an event in small letters', '{"event":"order","values":{}}', 'unknown-event'],
    ['an event of the server', '{"event":"PAYMENT_SUCCESS","values":{"order_id":"x"}}', 'unknown-event'],
    ['ORDER without values', '{"event":"ORDER"}', 'bad-input'],
  ]
  test('broken frames are answered ERROR, and the socket stays open', async () => {
    for (const [what, text, code] of raw) {
      one.socket.send(text)
      await one.refused(code).catch((error) => assert.fail(`${what}: ${error.message}`))
    }
    one.socket.send(Buffer.from('{"event":"SHOW_MENU"}'), { binary: true })
    await one.refused('bad-json')
    for (const screen of [one, twin, two]) await screen.silent()
  })

  test('orders that cannot be', async () => {
    const bad = [
      [{}, 'bad-input'],
      [null, 'bad-input'],
      [[{ id: COLA }], 'bad-input'],
      ['x', 'bad-input'],
      [{ id: 7 }, 'bad-input'],
      [{ id: 'cola' }, 'unknown-product'],
      [{ id: NOBODY }, 'unknown-product'],
      [{ id: "' OR 1=1 --" }, 'unknown-product'],
      [{ id: COLA, qty: 0 }, 'bad-quantity'],
      [{ id: COLA, qty: -1 }, 'bad-quantity'],
      [{ id: COLA, qty: 100 }, 'bad-quantity'],
      [{ id: COLA, qty: 1e15 }, 'bad-quantity'],
      [{ id: COLA, qty: 1.5 }, 'bad-quantity'],
      [{ id: COLA, qty: '2' }, 'bad-quantity'],
      [{ id: COLA, qty: null }, 'bad-quantity'],
      [{ items: [] }, 'bad-input'],
      [{ items: {} }, 'bad-input'],
      [{ items: [COLA] }, 'bad-input'],
      [{ items: Array(51).fill({ id: COLA }) }, 'bad-input'],
      [{ items: [{ id: COLA }, { id: NOBODY }] }, 'unknown-product'],
      [{ items: [{ id: COLA }, { id: COLA, qty: 0 }] }, 'bad-quantity'],
    ]
    for (const [values, code] of bad) {
      one.send('ORDER', values)
      await one.refused(code).catch((error) => assert.fail(`${JSON.stringify(values)}: ${error.message}`))
    }
    for (const screen of [one, twin, two]) await screen.silent()
    assert.equal((await at('KIOSK1')).connected.state, 'IDLE')
  })

  test('a total beyond the largest amount', async () => {
    const was = (await call(`${server.url}/v1/products/${LEMON}`)).json.price
    assert.equal((await asOwner(`/v1/products/${LEMON}`, { price: { amount: 1e15, currency: 'IDR' } })).status, 200)
    await one.expect('SHOW_MENU')
    one.send('ORDER', { id: LEMON, qty: 2 })
    await one.refused('amount-overflow')
    await asOwner(`/v1/products/${LEMON}`, { price: was })
    await one.expect('SHOW_MENU')
  })

  test('a second ORDER while one is open', async () => {
    one.send('ORDER', { id: COLA })
    twin.send('ORDER', { id: COLA })
    const frames = await Promise.all([one.next(), twin.next()])
    one.send('ORDER', { id: COLA })
    const rejections = [...frames, await one.next(), await one.next()].filter((f) => f.event === 'ERROR')
    assert.ok(rejections.length > 0)
    for (const { values } of rejections) assert.equal(values.code, 'order-open')
    await rest(two)
    await rest(one)
  })

  test('a flood is told to wait, and the kiosk goes on', async () => {
    for (let i = 0; i < 100; i++) one.send('NOISE')
    const codes = new Set()
    for (let i = 0; i < 100; i++) codes.add((await one.expect('ERROR')).code)
    assert.deepEqual([...codes].sort(), ['too-many', 'unknown-event'])
    await two.silent()
  })
})

describe('who may open it', () => {
  const refusedWith = (status, query, headers) =>
    assert.rejects(
      Screen.open(server, query, headers).then((screen) => screen.close()),
      (error) => assert.equal(error.status, status, `${query}: ${error.message}`) === undefined,
    )

  test('in the demo a bare socket is KIOSK1, as its machine', async () => {
    const screen = await Screen.at(server)
    assert.equal(screen.connected.kiosk, 'KIOSK1')
    const order = await paid(screen)
    screen.send('VENDED', { order_id: order.order_id })
    await screen.expect('IDLE')
    screen.close()
  })

  test('a device token knows its kiosk', async () => {
    const screen = await Screen.at(server, `?token=${tokens.KIOSK2}`)
    assert.equal(screen.connected.kiosk, 'KIOSK2')
    screen.close()
    const header = await Screen.at(server, '', { Authorization: `Bearer ${tokens.KIOSK2}` })
    assert.equal(header.connected.kiosk, 'KIOSK2')
    header.close()
  })

  test('nobody else, before the upgrade', async () => {
    await refusedWith(401, '?kiosk=KIOSK1')
    await refusedWith(401, '?kiosk=KIOSK1&token=nonsense')
    await refusedWith(401, '?token=')
    await refusedWith(401, '?kiosk=KIOSK1', { Authorization: 'Bearer x.y.z' })
    await refusedWith(403, `?kiosk=KIOSK2&token=${tokens.KIOSK1}`)
    await refusedWith(403, `?kiosk=KIOSK1&token=${tokens.USER0001}`)
    await refusedWith(403, `?kiosk=KIOSK1&token=${tokens.COURIER1}`)
    await refusedWith(400, `?token=${tokens.OWNER1}`)
    await refusedWith(400, `?kiosk=a:b&token=${tokens.OWNER1}`)
    await refusedWith(400, `?kiosk=${'x'.repeat(65)}&token=${tokens.OWNER1}`)
  })

  test('staff open the kiosks of their shop; others do not exist', async () => {
    for (const who of ['OWNER1', 'ADMIN1']) {
      const screen = await at('KIOSK2', who)
      assert.equal(screen.connected.kiosk, 'KIOSK2')
      screen.close()
    }
    const stranger = await Screen.open(server, `?kiosk=KIOSK9&token=${tokens.OWNER1}`)
    await stranger.refused('not-found')
    assert.equal((await stranger.closed()).code, 1008)
  })
})

describe('staff', () => {
  before(openAll)
  after(closeAll)
  const kiosks = (who) => call(`${server.url}/v1/kiosks`, { token: tokens[who] })

  test('a changed menu is pushed to every screen of the shop', async () => {
    const change = (body) => asOwner(`/v1/products/${COLA}`, body)
    const started = Date.now()
    assert.equal((await change({ price: { amount: 800000, currency: 'IDR' }, available: false })).status, 200)
    for (const screen of [one, twin, two]) {
      const menu = await screen.expect('SHOW_MENU')
      assert.equal(menu[0].price, 8000)
      assert.equal(menu[0].available, false)
    }
    assert.ok(Date.now() - started < 5000)
    one.send('ORDER', { id: COLA })
    await one.refused('sold-out')
    await change({ price: { amount: 700000, currency: 'IDR' }, available: true })
    for (const screen of [one, twin, two]) assert.equal((await screen.expect('SHOW_MENU'))[0].price, 7000)
    await change({ available: true })
    for (const screen of [one, twin, two]) await screen.silent()
  })

  test('the price of an open order stays', async () => {
    const order = await created(one)
    await asOwner(`/v1/products/${COLA}`, { price: { amount: 900000, currency: 'IDR' } })
    await one.expect('SHOW_MENU')
    const again = await at('KIOSK1')
    assert.equal(again.current.values.amount, order.amount)
    again.close()
    await asOwner(`/v1/products/${COLA}`, { price: { amount: 700000, currency: 'IDR' } })
    await one.expect('SHOW_MENU')
    await rest(one)
    for (const screen of [one, twin, two]) screen.frames.length = 0
  })

  test('a kiosk out of order says so and takes no orders', async () => {
    closeAll()
    await openAll()
    assert.equal((await asOwner('/v1/kiosks/KIOSK2', { in_order: false, name: ' Lobi ' })).json.name, 'Lobi')
    assert.deepEqual(await two.expect('OUT_OF_ORDER'), {})
    two.send('ORDER', { id: COLA })
    await two.refused('out-of-order')
    const again = await at('KIOSK2')
    assert.equal(again.connected.in_order, false)
    assert.equal(again.current.event, 'OUT_OF_ORDER')
    again.close()
    assert.equal((await asOwner('/v1/kiosks/KIOSK2', { in_order: false })).json.in_order, false)
    await two.silent()
    assert.equal((await asOwner('/v1/kiosks/KIOSK2', { in_order: true })).json.in_order, true)
    assert.deepEqual(await two.expect('IDLE'), {})
    await one.silent()
  })

  test('the list of kiosks, for staff only', async () => {
    const { status, json } = await kiosks('OWNER1')
    assert.equal(status, 200)
    assert.deepEqual(json.map((k) => k.id), ['KIOSK1', 'KIOSK2'])
    assert.deepEqual(Object.keys(json[0]), ['id', 'shop_id', 'name', 'state', 'order_id', 'in_order', 'changed_at'])
    assert.equal((await kiosks('ADMIN1')).json.length, 2)
    for (const who of ['USER0001', 'COURIER1', 'KIOSK1']) assert.equal((await kiosks(who)).status, 403)
    assert.equal((await kiosks('none')).status, 401)
    assert.equal((await asOwner('/v1/kiosks/KIOSK9', {})).status, 404)
    const bad = await asOwner('/v1/kiosks/KIOSK1', { in_order: 1, name: '' })
    assert.equal(bad.status, 400)
    assert.deepEqual(bad.json.errors.map((e) => e.pointer), ['/in_order', '/name'])
    const customer = await call(`${server.url}/v1/kiosks/KIOSK1`, { token: tokens.USER0001, method: 'PATCH', body: { in_order: false } })
    assert.equal(customer.status, 403)
  })
})
