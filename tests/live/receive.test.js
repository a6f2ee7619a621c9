// receive.test.js - the notifications page's two routes: a customer submits an order (POST /order), the shop receives
// it (PATCH /order-receive); and what becomes of it then: accepted, rejected, cancelled, not accepted in time.
import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { Sandbox, call, eventually } from '../lib/sale.js'
import { startPesan } from '../lib/server.js'

const SHOP = '0198c0de-0000-7000-8000-000000000001'
const OWNER = '0198c0de-0000-7000-8000-0000000000a1'
const USER1 = '0198c0de-0000-7000-8000-0000000000b1'
const COLA = 'ce33fb74-ba55-40c6-99d7-47bef4cd785e'
const LEMON = '4bdfb8e9-2eb7-4db4-9738-a9be7962055f'
const NOBODY = '0198c0de-0000-7000-8000-00000000ffff'

let server, sandbox
const tokens = {}
before(async () => {
  server = await startPesan(['--sweep-ms', '200'])
  sandbox = new Sandbox(server.url)
  for (const name of ['USER0001', 'USER0002', 'OWNER1', 'BARISTA1', 'COURIER1', 'ADMIN1', 'KIOSK1'])
    tokens[name] = await server.token(name)
})
after(() => server?.stop())

const ask = (who, path, options = {}) => call(server.url + path, { token: tokens[who], ...options })
const submit = (body, who = 'USER0001', more = {}) => ask(who, '/order', { method: 'POST', body, ...more })
const receive = (id, body, who = 'BARISTA1') => ask(who, `/order-receive/${id}`, { method: 'PATCH', body })
const one = async (id, user = 'USER0001', who = user) => (await ask(who, `/order-ms/${user}/orders/${id}`)).json
const cancel = (id, user = 'USER0001', who = user) => ask(who, `/order-ms/${user}/orders/${id}`, { method: 'DELETE' })
const deliver = (id, status, who = 'BARISTA1', more = {}) => ask(who, `/delivery-ms/USER0001/${id}`, { method: 'PATCH', body: { status, ...more } })
const change = (path, body, who = 'OWNER1') => ask(who, path, { method: 'PATCH', body })
const cola = (count = 1, more = {}) => ({ items: [{ menu_id: COLA, count, ...more }] })
const becomes = (id, status, user = 'USER0001') =>
  eventually(async () => {
    const order = await one(id, user)
    return order.status === status && order
  }, `order ${id} to be ${status}`)
const steps = (order) => order.history.map(({ status }) => status)
const newest = async (user = 'USER0001') => (await ask(user, `/order-ms/${user}/orders?limit=1`)).json[0]?.order_id

async function submitted(body = cola(), who = 'USER0001') {
  const answer = await submit(body, who)
  assert.equal(answer.status, 201, answer.text)
  return answer.json.order_id
}

function refused(answer, status, slug, pointers) {
  assert.equal(answer.status, status, answer.text)
  assert.equal(answer.json.type, `/problems/${slug}`, answer.text)
  if (pointers) assert.deepEqual(answer.json.errors.map((e) => e.pointer), pointers)
}

/** A body as bytes, whatever it claims to be. */
const raw = (path, method, body, type, who = 'USER0001', language) =>
  fetch(server.url + path, {
    method,
    headers: {
      Authorization: `Bearer ${tokens[who]}`,
      ...(type ? { 'Content-Type': type } : {}),
      ...(language ? { 'Accept-Language': language } : {}),
    },
    body,
  }).then(async (answer) => {
    const text = await answer.text()
    return { status: answer.status, text, json: JSON.parse(text), headers: answer.headers }
  })

/** A paid order of USER0001. */
async function paid() {
  const id = await submitted({ ...cola(), pay: 'gopay' })
  const open = await eventually(async () => {
    const { json } = await ask('OWNER1', `/v1/orders/${id}/payment`)
    return json?.state === 'pending' && json
  }, 'the payment to be open')
  await sandbox.payer(open.pay_url ?? `${server.url}/sandbox/pay/${(await sandbox.status(open.payment_id)).transaction_id}`, 'pay')
  await becomes(id, 'received')
  return id
}

const refundOf = (id) =>
  eventually(async () => {
    const { json } = await ask('OWNER1', `/v1/orders/${id}/payment`)
    return json.state === 'refunded' && json
  }, 'the money to go back')

describe('submitting', () => {
  const bodies = {
    'by the shop': { shop_id: SHOP, ...cola(2) },
    'by the owner\'s id': { owner_id: OWNER, ...cola(2) },
    'by the owner\'s name': { owner_id: 'OWNER1', ...cola(2) },
    'by its items': cola(2),
    'as a bare list': [{ menu_id: COLA, count: 2 }],
    'with a count as text': [{ menu_id: COLA.toUpperCase(), count: '2' }],
  }
  for (const [how, body] of Object.entries(bodies)) {
    test(how, async () => {
      const { status, json } = await submit(body)
      assert.equal(status, 201)
      assert.equal(json.owner_id, OWNER)
      assert.equal(json.shop_id, SHOP)
      assert.equal(json.total, 14000)
      assert.equal(json.currency, 'IDR')
      assert.equal(json.status, 'received')
      assert.match(json.number, /^A\d+$/)
      assert.equal((await one(json.order_id)).number, json.number)
      assert.equal((await ask(undefined, `/v1${json.track}`)).json.number, json.number)
    })
  }

  test('as the page\'s own fetch sends it: text/plain', async () => {
    const answer = await raw('/order', 'POST', JSON.stringify([{ menu_id: COLA, count: 1 }]))
    assert.equal(answer.status, 201, answer.text)
  })

  test('to be paid online', async () => {
    const { status, json } = await submit({ ...cola(), pay: 'qris' })
    assert.equal(status, 201)
    assert.equal(json.status, 'unpaid')
    await eventually(async () => (await ask('USER0001', `/v1/orders/${json.order_id}/payment`)).json?.state === 'pending', 'the payment')
  })

  test('one key, one order', async () => {
    const headers = { 'Idempotency-Key': 'o-1' }
    const first = await submit(cola(), 'USER0001', { headers })
    assert.equal((await submit(cola(), 'USER0001', { headers })).text, first.text)
    refused(await submit(cola(2), 'USER0001', { headers }), 422, 'idempotency-key-reused')
  })

  test('messages are Korean unless another language is wished', async () => {
    const korean = await raw('/order', 'POST', '[]', 'application/json')
    assert.equal(korean.json.message, '입력한 내용을 확인해 주세요.')
    assert.equal(korean.headers.get('content-language'), 'ko')
    const english = await raw('/order', 'POST', '[]', 'application/json', 'USER0001', 'en')
    assert.equal(english.json.message, 'Please check what you entered.')
    assert.equal((await receive(NOBODY)).json.message, '찾을 수 없습니다.')
  })
})

describe('what is no order, and writes nothing', () => {
  const bad = [
    ['nothing', {}, 400, 'bad-input', ['/items']],
    ['an empty list', [], 400, 'bad-input', ['']],
    ['text', 'cola', 400, 'bad-input', ['']],
    ['a number for an id', [{ menu_id: 1, count: 2 }], 400, 'bad-input', ['/0/menu_id']],
    ['no count like that', [{ menu_id: COLA, count: 0 }, { menu_id: COLA, count: 1.5 }], 400, 'bad-quantity', ['/0/count', '/1/count']],
    ['a shop and an owner', { shop_id: SHOP, owner_id: OWNER, ...cola() }, 400, 'bad-input', ['/owner_id']],
    ['an owner that is a number', { owner_id: 7, ...cola() }, 400, 'bad-input', ['/owner_id']],
    ['an owner with a bell', { owner_id: 'OWNER1\u0007', ...cola() }, 400, 'bad-input', ['/owner_id']],
    ['an owner nobody knows', { owner_id: 'NOBODY9', ...cola() }, 404, 'not-found', ['/owner_id']],
    ['an owner who owns nothing', { owner_id: 'USER0002', ...cola() }, 404, 'not-found', ['/owner_id']],
    ['a shop nobody knows', { shop_id: NOBODY, ...cola() }, 404, 'not-found', ['/shop_id']],
    ['a product nobody knows', [{ menu_id: NOBODY, count: 1 }], 404, 'unknown-product', ['/0/menu_id']],
    ['options of what has none', cola(1, { options: ['large'] }), 400, 'bad-options', ['/items/0/options']],
    ['options that are no list', cola(1, { options: 'large' }), 400, 'bad-options', ['/items/0/options']],
    ['17 options', cola(1, { options: Array(17).fill('a') }), 400, 'bad-options', ['/items/0/options']],
    ['51 items', { items: Array(51).fill({ menu_id: COLA, count: 1 }) }, 400, 'bad-input', ['/items']],
    ['100,000 items', Array(100_000).fill({ menu_id: COLA, count: 1 }), 413, 'too-large'],
    ['a pay nobody knows', { ...cola(), pay: 'gold' }, 400, 'bad-input', ['/pay']],
  ]
  for (const [what, body, status, slug, pointers] of bad) {
    test(what, async () => {
      const was = await newest()
      refused(await submit(body), status, slug, pointers)
      assert.equal(await newest(), was)
    })
  }

  const item = `{"menu_id":"${COLA}","count":1}`
  const unreadable = [
    ['a member twice', `{"items":[${item}],"items":[${item}]}`, 'application/json', 400, 'bad-json'],
    ['a NUL', `{"owner_id":"OWNER1\\u0000","items":[${item}]}`, 'application/json', 400, 'bad-json'],
    ['deep nesting', `${'['.repeat(1000)}${']'.repeat(1000)}`, 'application/json', 400, 'bad-json'],
    ['half of it', `{"items":[${item}`, 'text/plain', 400, 'bad-json'],
    ['XML', '<order/>', 'text/xml', 415, 'media-type'],
    ['10 MB', `{"items":[${item}],"note":"${'x'.repeat(10 << 20)}"}`, 'application/json', 413, 'too-large'],
  ]
  for (const [what, body, type, status, slug] of unreadable) {
    test(what, async () => {
      const was = await newest()
      refused(await raw('/order', 'POST', body, type), status, slug)
      assert.equal(await newest(), was)
    })
  }

  test('whoever is no person', async () => {
    refused(await submit(cola(), null), 401, 'not-logged-in')
    refused(await submit(cola(), 'KIOSK1'), 403, 'forbidden')
  })
})

describe('accepting and rejecting', () => {
  test('accepted once, however often it is said', async () => {
    const id = await submitted()
    const first = await receive(id, { eta_minutes: 15 })
    assert.equal(first.status, 200)
    assert.equal(first.json.order_id, id)
    assert.equal(first.json.client_id, USER1)
    assert.equal(first.json.status, 'accepted')
    const again = await receive(id, undefined, 'OWNER1')
    assert.deepEqual(again.json, first.json)
    const order = await one(id)
    assert.equal(order.eta_at, first.json.eta_at)
    assert.equal(Date.parse(order.eta_at) - Date.parse(order.updated_at), 15 * 60000)
    assert.equal(order.history.length, 1)
    assert.equal(order.history[0].status, 'accepted')
    assert.equal(order.history[0].by, 'BARISTA1')
    assert.equal(order.history[0].at, order.updated_at)
  })

  test('a body that cannot be read says nothing, unless it says that it is JSON', async () => {
    for (const [body, type] of [['[object Object]', undefined], ['', 'text/plain'], ['\u00ff\u0000', 'application/octet-stream'], ['accept=true', 'application/x-www-form-urlencoded']]) {
      const answer = await raw(`/order-receive/${await submitted()}`, 'PATCH', body, type, 'BARISTA1')
      assert.equal(answer.json.status, 'accepted', answer.text)
    }
    const id = await submitted()
    refused(await raw(`/order-receive/${id}`, 'PATCH', '{"accept":false', 'application/json', 'BARISTA1'), 400, 'bad-json')
    assert.equal((await one(id)).status, 'received')
    const no = await raw(`/order-receive/${id}`, 'PATCH', '{"accept":false,"reason":"no milk"}', 'text/plain', 'BARISTA1')
    assert.equal(no.json.status, 'rejected', no.text)
  })

  test('rejected with a reason, once', async () => {
    const id = await submitted()
    const first = await receive(id, { accept: false, reason: ' 우유가 없습니다 ' })
    assert.equal(first.status, 200, first.text)
    assert.equal(first.json.status, 'rejected')
    assert.equal(first.json.reason, '우유가 없습니다')
    assert.deepEqual((await receive(id, { accept: false, reason: 'x' })).json, first.json)
    const order = await one(id)
    assert.equal(order.reason, '우유가 없습니다')
    assert.deepEqual(steps(order), ['rejected'])
    refused(await receive(id), 409, 'move-not-allowed')
    refused(await cancel(id), 409, 'move-not-allowed')
  })

  const bad = [
    ['no reason', { accept: false }, ['/reason']],
    ['an empty reason', { accept: false, reason: '  ' }, ['/reason']],
    ['a reason too long', { accept: false, reason: '음'.repeat(201) }, ['/reason']],
    ['a reason of two lines', { accept: false, reason: 'a\nb' }, ['/reason']],
    ['a reason that is a number', { accept: false, reason: 5 }, ['/reason']],
    ['neither yes nor no', { accept: 'maybe' }, ['/accept']],
    ['no minutes', { eta_minutes: 0 }, ['/eta_minutes']],
    ['too many minutes', { eta_minutes: 601 }, ['/eta_minutes']],
    ['minutes in words', { eta_minutes: 'soon' }, ['/eta_minutes']],
    ['half minutes', { eta_minutes: 1.5 }, ['/eta_minutes']],
    ['a list', [], ['']],
    ['all of it', { accept: false, eta_minutes: -1, reason: '' }, ['/eta_minutes', '/reason']],
  ]
  for (const [what, body, pointers] of bad) {
    test(`${what} is refused`, async () => {
      const id = await submitted()
      refused(await receive(id, body), 400, 'bad-input', pointers)
      assert.equal((await one(id)).status, 'received')
    })
  }

  test('the longest reason and the longest wait are taken', async () => {
    assert.equal((await receive(await submitted(), { accept: false, reason: '음'.repeat(200) })).status, 200)
    assert.equal((await receive(await submitted(), { eta_minutes: '600' })).status, 200)
  })

  test('what is unpaid or over is not accepted, and the answer says what is allowed', async () => {
    const unpaid = await receive(await submitted({ ...cola(), pay: 'qris' }))
    refused(unpaid, 409, 'move-not-allowed')
    assert.match(unpaid.json.detail, /unpaid may become: received, cancelled/)
    const id = await submitted()
    await cancel(id)
    const over = await receive(id)
    refused(over, 409, 'move-not-allowed')
    assert.match(over.json.detail, /cancelled may become: nothing more/)
  })

  test('by the shop\'s staff alone', async () => {
    const id = await submitted()
    refused(await receive(id, undefined, null), 401, 'not-logged-in')
    for (const who of ['USER0001', 'COURIER1', 'KIOSK1']) refused(await receive(id, undefined, who), 403, 'forbidden')
    for (const other of [NOBODY, 'ORD0001', "'", `${id}x`]) refused(await receive(other), 404, 'not-found')
    assert.equal((await receive(id, undefined, 'ADMIN1')).status, 200)
  })

  test('a rejected order\'s money goes back', async () => {
    const id = await paid()
    assert.equal((await receive(id, { accept: false, reason: 'closed early' })).status, 200)
    await refundOf(id)
  })
})

describe('cancelling what was accepted', () => {
  test('delivery grants it while nobody has begun', async () => {
    const id = await submitted()
    await receive(id)
    const asked = await cancel(id)
    assert.equal(asked.status, 202, asked.text)
    const order = await becomes(id, 'cancelled')
    assert.equal(order.reason, 'customer')
    assert.equal(order.cancel_asked, undefined)
    assert.deepEqual(steps(order), ['accepted', 'cancelled'])
    assert.equal(order.history[1].by, 'USER0001')
    assert.equal((await cancel(id)).status, 200)
    assert.equal((await ask('USER0001', `/delivery-ms/USER0001/${id}`)).json.status, 'cancelled')
  })

  test('and the money goes back', async () => {
    const id = await paid()
    await receive(id)
    assert.equal((await cancel(id, 'USER0001', 'BARISTA1')).status, 202)
    assert.equal((await becomes(id, 'cancelled')).reason, 'staff')
    const payment = await refundOf(id)
    assert.equal(payment.refunded.amount, payment.amount.amount)
  })

  test('from preparing on it is too late', async () => {
    const id = await submitted()
    await receive(id)
    for (const status of ['제작중', 'ready', 'delivered']) {
      const moved = await deliver(id, status)
      assert.equal(moved.status, 200, moved.text)
      assert.equal((await one(id)).status, moved.json.status)
      refused(await cancel(id), 409, 'move-not-allowed')
    }
    assert.deepEqual(steps(await one(id)), ['accepted', 'preparing', 'ready', 'delivered'])
  })

  test('what could not be brought is refunded', async () => {
    const id = await paid()
    await receive(id)
    assert.equal((await eventually(async () => {
      const moved = await deliver(id, 'failed', 'BARISTA1', { note: 'oven broke' })
      return moved.status === 200 && moved
    }, 'delivery to know of it')).status, 200)
    const order = await becomes(id, 'failed')
    assert.equal(order.reason, 'oven broke')
    await refundOf(id)
  })
})

describe('two at once', () => {
  const rounds = Array.from({ length: 12 })

  test('accept and cancel', async () => {
    await Promise.all(rounds.map(async () => {
      const id = await submitted()
      const [yes, no] = await Promise.all([receive(id), cancel(id)])
      assert.ok((yes.status === 409 && no.status === 200) || (yes.status === 200 && no.status === 202), `${yes.status} ${no.status}`)
      const order = await becomes(id, 'cancelled')
      assert.deepEqual(steps(order), yes.status === 200 ? ['accepted', 'cancelled'] : ['cancelled'])
    }))
  })

  test('accept and reject', async () => {
    await Promise.all(rounds.map(async () => {
      const id = await submitted()
      const [yes, no] = await Promise.all([receive(id), receive(id, { accept: false, reason: 'no' }, 'OWNER1')])
      assert.deepEqual([yes.status, no.status].sort(), [200, 409])
      assert.deepEqual(steps(await one(id)), [yes.status === 200 ? 'accepted' : 'rejected'])
    }))
  })

  test('cancel and prepare', async () => {
    await Promise.all(rounds.map(async () => {
      const id = await submitted()
      await receive(id)
      const [begun, asked] = await Promise.all([deliver(id, 'preparing'), cancel(id)])
      assert.ok([202, 409].includes(asked.status), asked.text)
      assert.ok([200, 409].includes(begun.status), begun.text)
      const order = await becomes(id, begun.status === 200 ? 'preparing' : 'cancelled')
      assert.equal((await ask('USER0001', `/delivery-ms/USER0001/${id}`)).json.status, order.status)
      assert.equal(order.cancel_asked, undefined)
    }))
  })
})

describe('what a shop sets', () => {
  const shop = `/v1/shops/${SHOP}`

  test('what nobody accepts in time is cancelled, and refunded', async () => {
    assert.equal((await change(shop, { accept_seconds: 1 })).status, 200)
    const id = await submitted()
    const waiting = await one(id)
    assert.equal(Date.parse(waiting.accept_by) - Date.parse(waiting.ordered_at), 1000)
    const mine = await submitted()
    await receive(mine)
    const online = await paid()
    const order = await becomes(id, 'cancelled')
    assert.equal(order.reason, 'not-accepted')
    assert.equal(order.accept_by, undefined)
    assert.deepEqual(order.history.map(({ by }) => by), ['service:order'])
    assert.equal((await becomes(online, 'cancelled')).reason, 'not-accepted')
    await refundOf(online)
    assert.equal((await one(mine)).status, 'accepted')
    assert.equal((await change(shop, { accept_seconds: 0 })).status, 200)
  })

  test('a shop that pauses takes no orders', async () => {
    assert.equal((await change(shop, { paused: true })).status, 200)
    refused(await submit(cola()), 409, 'shop-closed', ['/shop_id'])
    refused(await ask('USER0001', '/order-ms/USER0001/orders', { body: { coffee_name: 'x', coffee_price: 1 } }), 409, 'shop-closed', ['/shop_id'])
    assert.equal((await change(shop, { paused: false })).status, 200)
    await submitted()
  })

  test('stock is taken by an order and given back when it comes to nothing', async () => {
    const lemon = `/v1/products/${LEMON}`
    const left = async () => (await ask('OWNER1', `/v1/shops/${SHOP}/menu`)).json.products.find(({ id }) => id === LEMON).stock
    const three = { items: [{ menu_id: LEMON, count: 2 }, { menu_id: LEMON, count: 1 }] }
    assert.equal((await change(lemon, { stock: 4 })).status, 200)
    const id = await submitted(three)
    assert.equal(await left(), 1)
    refused(await submit(three), 409, 'sold-out', ['/items/0/count'])
    await cancel(id)
    await cancel(id)
    assert.equal(await left(), 4)
    const second = await submitted(three)
    await receive(second, { accept: false, reason: 'no' })
    assert.equal(await left(), 4)
    const both = await Promise.all([submit(three), submit(three, 'USER0002')])
    assert.deepEqual(both.map(({ status }) => status).sort(), [201, 409])
    assert.equal(await left(), 1)
    assert.equal((await change(lemon, { stock: null })).status, 200)
  })

  test('options cost what the menu says', async () => {
    const price = (amount) => ({ amount, currency: 'IDR' })
    const options = [{ id: 'size', name: 'Size', min: 1, max: 1, choices: [{ id: 'regular', name: 'Regular', price: price(0) }, { id: 'large', name: 'Large', price: price(500000) }] }]
    assert.equal((await change(`/v1/products/${LEMON}`, { options })).status, 200)
    const { status, json } = await submit({ items: [{ menu_id: LEMON, count: 2, options: ['large'] }, { menu_id: LEMON, count: 1 }] })
    assert.equal(status, 201)
    assert.equal(json.total, 2 * 15000 + 10000)
    assert.deepEqual(json.items[0].options, [{ id: 'large', name: 'Large', price: 5000 }])
    assert.deepEqual((await one(json.order_id)).items[1].options, [{ id: 'regular', name: 'Regular', price: 0 }])
    refused(await submit([{ menu_id: LEMON, count: 1, options: ['large', 'regular'] }]), 400, 'bad-options', ['/0/options'])
    assert.equal((await change(`/v1/products/${LEMON}`, { options: [] })).status, 200)
  })
})

describe('two shops', () => {
  const price = (amount) => ({ amount, currency: 'KRW' })
  let second, tea
  before(async () => {
    const made = await ask('ADMIN1', '/v1/shops', { body: { name: '두번째 가게', currency: 'KRW', language: 'ko', timezone: 'Asia/Seoul', owner: 'USER0002' } })
    assert.equal(made.status, 201, made.text)
    second = made.json.id
    const sold = await ask('USER0002', `/v1/shops/${second}/products`, { body: { name: '녹차', price: price(3000) } })
    assert.equal(sold.status, 201, sold.text)
    tea = sold.json.id
  })

  test('the shop follows from the items', async () => {
    const { status, json } = await submit([{ menu_id: tea, count: 2 }])
    assert.equal(status, 201)
    assert.equal(json.shop_id, second)
    assert.equal(json.owner_id, '0198c0de-0000-7000-8000-0000000000b2')
    assert.equal(json.total, 6000)
    assert.equal(json.currency, 'KRW')
    assert.equal((await submit({ owner_id: 'USER0002', items: [{ menu_id: tea }] })).json.shop_id, second)
    const items = [{ product_id: tea }]
    assert.equal((await ask('USER0001', '/order-ms/USER0001/orders', { body: { items } })).json.shop_id, second)
  })

  test('items of several shops are refused', async () => {
    const was = await newest()
    refused(await submit([{ menu_id: COLA, count: 1 }, { menu_id: tea, count: 1 }]), 404, 'unknown-product', ['/1/menu_id'])
    refused(await submit({ shop_id: second, ...cola() }), 404, 'unknown-product', ['/items/0/menu_id'])
    assert.equal(await newest(), was)
  })

  test('a coffee must say which shop, and only where it is taken at any price', async () => {
    const coffee = { coffee_name: 'jslee', coffee_price: 1000 }
    refused(await ask('USER0001', '/order-ms/USER0001/orders', { body: coffee }), 404, 'not-found', ['/shop_id'])
    refused(await ask('USER0001', '/order-ms/USER0001/orders', { body: { ...coffee, shop_id: second } }), 409, 'free-form-refused', ['/coffee_name'])
  })

  test('staff of one shop know nothing of the other\'s orders', async () => {
    const id = (await submit([{ menu_id: tea, count: 1 }])).json.order_id
    refused(await receive(id), 404, 'not-found')
    refused(await cancel(id, 'USER0001', 'BARISTA1'), 404, 'not-found')
    refused(await ask('BARISTA1', `/order-ms/USER0001/orders/${id}`), 404, 'not-found')
    const listed = async (who, query = '') => (await ask(who, `/order-ms/USER0001/orders?limit=200${query}`)).json.map(({ shop_id }) => shop_id)
    assert.deepEqual(new Set(await listed('BARISTA1')), new Set([SHOP]))
    assert.deepEqual(new Set(await listed('USER0002')), new Set([second]))
    assert.deepEqual(new Set(await listed('ADMIN1')), new Set([SHOP, second]))
    refused(await ask('BARISTA1', `/order-ms/USER0001/orders?shop_id=${second}`), 403, 'forbidden')
    refused(await receive(id, undefined, 'OWNER1'), 404, 'not-found')
    assert.equal((await receive(id, undefined, 'USER0002')).status, 200)
  })

  test('whoever works in several says which', async () => {
    const hired = await ask('USER0002', `/v1/shops/${second}/staff`, { body: { username: 'BARISTA1', role: 'barista' } })
    assert.ok(hired.status < 300, hired.text)
    const listed = async (query) => (await ask('BARISTA1', `/order-ms/USER0001/orders?limit=200&${query}`)).json.map(({ shop_id }) => shop_id)
    assert.deepEqual(new Set(await listed(`shop_id=${second}`)), new Set([second]))
    assert.deepEqual(new Set(await listed(`shop_id=${SHOP}`)), new Set([SHOP]))
    const items = [{ product_id: tea }]
    const body = { shop_id: second, items }
    const placed = await ask('BARISTA1', '/order-ms/USER0001/orders', { body })
    assert.equal(placed.status, 201, placed.text)
    assert.equal((await receive(placed.json.order_id)).json.status, 'accepted')
    refused(await ask('OWNER1', '/order-ms/USER0001/orders', { body }), 403, 'forbidden')
  })
})
