// life.test.js - an order's whole life, from its placing to each of its ends, through the routes that everybody uses;
// and at each end all who know the order agree, and the journal has told each thing once.
import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { Sandbox, call, eventually, openKiosk, order as buyCola, paymentOf, reaches, until } from '../lib/sale.js'
import { startPesan } from '../lib/server.js'

const SERVICE_KEY = 'a-key-between-processes'
const SHOP = '0198c0de-0000-7000-8000-000000000001'

let server, sandbox
const tokens = {}
before(async () => {
  server = await startPesan(['--service-key', SERVICE_KEY, '--sweep-ms', '200'])
  sandbox = new Sandbox(server.url)
  for (const name of ['USER0001', 'OWNER1', 'BARISTA1', 'COURIER1']) tokens[name] = await server.token(name)
})
after(() => server?.stop())

const ask = (who, path, options = {}) => call(server.url + path, { token: tokens[who], ...options })

async function ok(answer, status = 200) {
  const { status: got, text, json } = await answer
  assert.equal(got, status, text)
  return json
}

/** Places an order of the seed; its id. */
async function place(more = {}) {
  const body = { coffee_name: "today's coffee", coffee_price: '5000', coffee_qty: '3', ...more }
  return (await ok(ask('USER0001', '/order-ms/USER0001/orders', { body }), 201)).order_id
}

const orderOf = (id) => ok(ask('USER0001', `/order-ms/USER0001/orders/${id}`))
const deliveryOf = (id, user = 'USER0001') => ok(ask('BARISTA1', `/delivery-ms/${user}/${id}`))
const receive = (id, body = {}) => ok(ask('BARISTA1', `/order-receive/${id}`, { method: 'PATCH', body }))
const cancel = (id, status = 200) => ok(ask('USER0001', `/order-ms/USER0001/orders/${id}`, { method: 'DELETE' }), status)
const move = (id, status, who = 'BARISTA1') => ok(ask(who, `/delivery-ms/USER0001/${id}`, { method: 'PATCH', body: { status } }))
const becomes = (id, status) => eventually(async () => (await orderOf(id)).status === status, `the order to be ${status}`)

/** Pays an order at the gateway, as the customer does. */
async function pay(id, action = 'pay') {
  const { pay_url: url } = await eventually(async () => {
    const { json } = await ask('USER0001', `/v1/orders/${id}/payment`)
    return json?.pay_url && json
  }, 'a QR')
  await sandbox.payer(url, action)
}

/** What the journal told of an order, but for what is shown on screens. */
async function toldOf(id) {
  const told = []
  let epoch = ''
  for (let after_ = 0; ; ) {
    const page = await ok(call(`${server.url}/v1/journal?after=${after_}&limit=256${epoch}`, { token: SERVICE_KEY }))
    for (const { topic, key, payload } of page.events)
      if (key === id && /^(order|delivery|payment|kiosk\.vend)/.test(topic) && topic !== 'delivery.track')
        told.push(topic === 'delivery.moved' ? `delivery.${payload.status}` : topic)
    if (page.next >= page.head) return told
    after_ = page.next
    epoch = `&epoch=${page.epoch}`
  }
}

/** Waits until order, delivery and the shop's list agree that it came to this end, by this way. */
async function ended(id, way, { user = 'USER0001' } = {}) {
  const end = way.at(-1)
  if (user === 'USER0001') await becomes(id, end)
  const delivery = await eventually(async () => {
    const one = await deliveryOf(id, user)
    return one.status === end && one
  }, `the delivery to be ${end}`)
  assert.deepEqual(delivery.history.map(({ status }) => status), way)
  const times = delivery.history.map(({ at }) => at)
  assert.deepEqual(times, [...times].sort())
  const listed = async (status) => (await ok(ask('BARISTA1', `/delivery-ms/${status}?limit=200`))).some((one) => one.order_id === id)
  assert.ok(await listed(end))
  for (const status of way.slice(0, -1)) assert.ok(!(await listed(status)), status)
  const track = (await ok(call(`${server.url}/v1${delivery.track}`))).history
  assert.deepEqual(track.map(({ status, at }) => [status, at]), delivery.history.map(({ status, at }) => [status, at]))
  if (user === 'USER0001') assert.deepEqual((await orderOf(id)).history.map(({ status }) => status), way.slice(1))
}

/** Each of these was told, once, and in this order; other events of the order may stand between. */
async function told(id, topics) {
  const all = await toldOf(id)
  assert.deepEqual(all.filter((topic) => topics.includes(topic)), topics, JSON.stringify(all))
  const moves = all.filter((topic) => /^(order|delivery)\./.test(topic))
  assert.equal(new Set(moves).size, moves.length, JSON.stringify(all))
}

describe('paid at the counter', () => {
  test('fetched', async () => {
    const id = await place()
    await receive(id, { accept: true, eta_minutes: 5 })
    for (const status of ['preparing', 'ready', 'delivered']) await move(id, status)
    await ended(id, ['received', 'accepted', 'preparing', 'ready', 'delivered'])
    await told(id, ['order.placed', 'order.accepted', 'delivery.preparing', 'delivery.ready', 'delivery.delivered'])
  })

  test('brought', async () => {
    const id = await place()
    await receive(id)
    for (const status of ['제작중', 'ready']) await move(id, status)
    for (const status of ['delivering', '배송완료']) await move(id, status, 'COURIER1')
    await ended(id, ['received', 'accepted', 'preparing', 'ready', 'delivering', 'delivered'])
    await told(id, ['order.placed', 'order.accepted', 'delivery.preparing', 'delivery.ready', 'delivery.delivering', 'delivery.delivered'])
  })

  test('lost on its way', async () => {
    const id = await place()
    await receive(id)
    for (const status of ['preparing', 'ready']) await move(id, status)
    for (const status of ['delivering', 'failed']) await move(id, status, 'COURIER1')
    await ended(id, ['received', 'accepted', 'preparing', 'ready', 'delivering', 'failed'])
  })

  test('rejected', async () => {
    const id = await place()
    await receive(id, { accept: false, reason: 'no beans' })
    await ended(id, ['received', 'rejected'])
    await told(id, ['order.placed', 'order.rejected'])
    assert.equal((await deliveryOf(id)).history.at(-1).note, 'no beans')
  })

  test('cancelled at once', async () => {
    const id = await place()
    await cancel(id)
    await cancel(id)
    await ended(id, ['received', 'cancelled'])
    await told(id, ['order.placed', 'order.cancelled'])
  })

  test('accepted, and cancelled before anybody began', async () => {
    const id = await place()
    await receive(id)
    await cancel(id, 202)
    await ended(id, ['received', 'accepted', 'cancelled'])
    await told(id, ['order.placed', 'order.accepted', 'order.cancel_requested', 'delivery.cancelled', 'order.cancelled'])
  })

  test('nobody accepted it in time', async () => {
    await ok(ask('OWNER1', `/v1/shops/${SHOP}`, { method: 'PATCH', body: { accept_seconds: 10 } }))
    const id = await place()
    await ok(ask('OWNER1', `/v1/shops/${SHOP}`, { method: 'PATCH', body: { accept_seconds: 0 } }))
    await ended(id, ['received', 'cancelled'])
    await told(id, ['order.placed', 'order.cancelled'])
  })
})

describe('paid online', () => {
  test('delivered, and the money stays', async () => {
    const id = await place({ pay: 'qris' })
    await pay(id)
    await becomes(id, 'received')
    await receive(id)
    for (const status of ['preparing', 'ready', 'delivered']) await move(id, status)
    await eventually(async () => (await orderOf(id)).status === 'delivered', 'it to be delivered')
    assert.equal((await paymentOf(server, id)).state, 'paid')
    await told(id, ['order.placed', 'payment.paid', 'order.paid', 'order.accepted', 'delivery.preparing', 'delivery.ready', 'delivery.delivered'])
    assert.deepEqual((await deliveryOf(id)).history.map(({ status }) => status), ['received', 'accepted', 'preparing', 'ready', 'delivered'])
  })

  for (const [what, end, act] of [
    ['rejected', 'rejected', (id) => receive(id, { accept: false, reason: 'closing' })],
    ['cancelled', 'cancelled', (id) => cancel(id)],
    ['accepted and cancelled', 'cancelled', async (id) => (await receive(id), await cancel(id, 202))],
    ['failed', 'failed', async (id) => (await receive(id), await move(id, 'preparing'), await move(id, 'failed'))],
  ])
    test(`${what}, and the money goes back`, async () => {
      const id = await place({ pay: 'qris' })
      await pay(id)
      await becomes(id, 'received')
      await act(id)
      await becomes(id, end)
      const payment = await reaches(server, id, 'refunded')
      assert.deepEqual(payment.refunded, payment.amount)
      const all = await toldOf(id)
      assert.equal(all.filter((topic) => topic === 'payment.refunded').length, 1, JSON.stringify(all))
    })

  for (const action of ['deny', 'expire'])
    test(`not paid (${action}): delivery never hears of it`, async () => {
      const id = await place({ pay: 'qris' })
      await pay(id, action)
      await becomes(id, 'cancelled')
      assert.equal((await ask('USER0001', `/delivery-ms/USER0001/${id}`)).status, 404)
      await told(id, ['order.placed', 'payment.failed', 'order.cancelled'])
    })

  test('given up before it was paid', async () => {
    const id = await place({ pay: 'qris' })
    await cancel(id, 202)
    await becomes(id, 'cancelled')
    assert.equal((await ask('USER0001', `/delivery-ms/USER0001/${id}`)).status, 404)
  })
})

describe('at a kiosk', () => {
  for (const [word, values, way] of [
    ['VENDED', {}, ['received', 'accepted', 'preparing', 'ready', 'delivered']],
    ['VEND_FAILED', { reason: 'jam' }, ['received', 'accepted', 'failed']],
  ])
    test(`the machine says ${word} as soon as it hears of the money`, async () => {
      const kiosk = await openKiosk(server)
      const { order_id: id, pay_url: url } = await buyCola(kiosk)
      await sandbox.payer(url, 'pay')
      await until(kiosk, 'PAYMENT_SUCCESS')
      await kiosk.send(word, { order_id: id, ...values })
      await until(kiosk, 'IDLE')
      await ended(id, way, { user: 'KIOSK1' })
      if (word === 'VEND_FAILED') await reaches(server, id, 'refunded')
      kiosk.destroy()
    })
})
