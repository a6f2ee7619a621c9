// orders.test.js - ordering at /order-ms and the menu at /v1: prices, limits, whose is whose, cancelling.
import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { Sandbox, call, eventually } from '../lib/sale.js'
import { Screen } from '../lib/screen.js'
import { startPesan } from '../lib/server.js'

const SHOP = '0198c0de-0000-7000-8000-000000000001'
const COLA = 'ce33fb74-ba55-40c6-99d7-47bef4cd785e'
const LEMON = '4bdfb8e9-2eb7-4db4-9738-a9be7962055f'
const NOBODY = '0198c0de-0000-7000-8000-00000000ffff'
const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/

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
const list = (user, path = '', who = user) => ask(who, `/order-ms/${user}/orders${path}`)
const order = (user, body, who = user) => ask(who, `/order-ms/${user}/orders`, { body })
const cancel = (user, id, who = user) => ask(who, `/order-ms/${user}/orders/${id}`, { method: 'DELETE' })
const coffee = (more = {}) => ({ coffee_name: 'jslee', coffee_price: 1000, ...more })

/** The newest order of a user, to see that a refusal wrote nothing. */
const newest = async (user = 'USER0001') => (await list(user, '?limit=1')).json[0]?.order_id

async function refused(answer, status, slug, pointers) {
  assert.equal(answer.status, status, answer.text)
  assert.equal(answer.json.type, `/problems/${slug}`, answer.text)
  if (pointers) assert.deepEqual(answer.json.errors.map((e) => e.pointer), pointers)
}

describe('placing', () => {
  test('the service greets', async () => {
    const answer = await ask(undefined, '/order-ms')
    assert.equal(answer.status, 200)
    assert.equal(answer.text, 'Welcome to ORDER Microservice!')
    assert.equal((await ask(undefined, '/order-ms/')).status, 200)
  })

  test('numbers as strings come back as numbers', async () => {
    const { status, json } = await order('USER0001', { coffee_name: "today's coffee", coffee_price: '5000', coffee_qty: '3' })
    assert.equal(status, 201)
    assert.equal(json.coffee_name, "today's coffee")
    assert.strictEqual(json.coffee_price, 5000)
    assert.strictEqual(json.coffee_qty, 3)
    assert.strictEqual(json.total, 15000)
    assert.equal(json.currency, 'IDR')
    assert.equal(json.user_id, 'USER0001')
    assert.equal(json.status, 'received')
    assert.match(json.order_id, UUID)
    assert.match(json.number, /^A\d{2,3}$/)
    assert.match(json.ordered_at, /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d+Z$/)
    assert.ok(Math.abs(Date.parse(json.ordered_at) - Date.now()) < 60000)
  })

  test('one is ordered when no quantity is said', async () => {
    const { json } = await order('USER0001', coffee({ coffee_price: '12.50' }))
    assert.strictEqual(json.coffee_qty, 1)
    assert.strictEqual(json.total, 12.5)
  })

  test('names keep every letter', async () => {
    for (const name of ['오늘의 커피 ☕', '"><script>alert(1)</script>', "Robert'); DROP TABLE orders;--", 'ß\u00e9\u{1f9cb}', 'x'.repeat(120), '음'.repeat(120)]) {
      const { status, json } = await order('USER0001', coffee({ coffee_name: name }))
      assert.equal(status, 201)
      assert.equal(json.coffee_name, name)
      const again = await ask('USER0001', `/order-ms/USER0001/orders/${json.order_id}`)
      assert.deepEqual(again.json, { ...json, history: [] })
    }
  })

  test('what the menu knows costs what the menu says', async () => {
    const { status, json } = await order('USER0001', coffee({ coffee_name: ' cOLA ', coffee_price: 7000, coffee_qty: 2 }))
    assert.equal(status, 201)
    assert.equal(json.coffee_name, 'Cola')
    assert.equal(json.total, 14000)
    assert.equal(json.items[0].product_id, COLA)
    for (const price of [0, 6999, 7001, '7000.01'])
      await refused(await order('USER0001', coffee({ coffee_name: 'Cola', coffee_price: price })), 409, 'price-changed', ['/coffee_price'])
  })

  test('several products at once', async () => {
    const { status, json } = await order('USER0001', { items: [{ product_id: COLA, qty: 2 }, { product_id: LEMON.toUpperCase() }], shop_id: SHOP, pay: 'counter' })
    assert.equal(status, 201)
    assert.equal(json.total, 24000)
    assert.deepEqual(json.items, [
      { product_id: COLA, name: 'Cola', qty: 2, price: 7000 },
      { product_id: LEMON, name: 'Lemon', qty: 1, price: 10000 },
    ])
    assert.equal(json.coffee_name, undefined)
  })

  test('who names a price buys at that price or not at all', async () => {
    const cola = (price) => order('USER0001', { items: [{ product_id: LEMON, qty: 1 }, { product_id: COLA, qty: 2, price }] })
    assert.equal((await cola(7000)).json.total, 24000)
    assert.equal((await cola('7000.00')).json.total, 24000)
    const before = await newest()
    await refused(await cola(6999), 409, 'price-changed', ['/items/1/price'])
    await refused(await cola(7000.001), 400, 'bad-input', ['/items/1/price'])
    for (const price of [-1, 'free', true, [7000], null]) await refused(await cola(price), 400, 'bad-input', ['/items/1/price'])
    assert.equal(await newest(), before)
  })

  test('one body, one key: one order', async () => {
    const headers = { 'Idempotency-Key': 'k-1' }
    const first = await ask('USER0001', '/order-ms/USER0001/orders', { body: coffee(), headers })
    const again = await ask('USER0001', '/order-ms/USER0001/orders', { body: coffee(), headers })
    assert.equal(first.status, 201)
    assert.equal(again.text, first.text)
    await refused(await ask('USER0001', '/order-ms/USER0001/orders', { body: coffee({ coffee_qty: 2 }), headers }), 422, 'idempotency-key-reused')
  })

  test('many at once: numbers without hole or double', async () => {
    const answers = await Promise.all(Array.from({ length: 64 }, () => order('USER0002', coffee())))
    for (const { status } of answers) assert.equal(status, 201)
    const numbers = answers.map(({ json }) => Number(json.number.slice(1))).sort((a, b) => a - b)
    for (let i = 1; i < numbers.length; i++) assert.equal(numbers[i], numbers[i - 1] + 1)
    const ids = new Set((await list('USER0002', '?limit=200')).json.map((o) => o.order_id))
    for (const { json } of answers) assert.ok(ids.has(json.order_id))
  })
})

describe('what is refused, and writes nothing', () => {
  const bad = [
    ['nothing', undefined, ['/coffee_name', '/coffee_price']],
    ['no name', { coffee_price: 1 }, ['/coffee_name']],
    ['an empty name', coffee({ coffee_name: ' \t ' }), ['/coffee_name']],
    ['a name too long', coffee({ coffee_name: 'x'.repeat(121) }), ['/coffee_name']],
    ['a name with a line end', coffee({ coffee_name: 'a\nb' }), ['/coffee_name']],
    ['a name with an escape', coffee({ coffee_name: 'a\u001b[2Jb' }), ['/coffee_name']],
    ['a name that is a number', coffee({ coffee_name: 5 }), ['/coffee_name']],
    ['a price below zero', coffee({ coffee_price: -1 }), ['/coffee_price']],
    ['a price below zero as text', coffee({ coffee_price: '-1000' }), ['/coffee_price']],
    ['a price in words', coffee({ coffee_price: 'free' }), ['/coffee_price']],
    ['a price with an exponent', coffee({ coffee_price: '1e3' }), ['/coffee_price']],
    ['an empty price', coffee({ coffee_price: '' }), ['/coffee_price']],
    ['a price that is null', coffee({ coffee_price: null }), ['/coffee_price']],
    ['a price that is a list', coffee({ coffee_price: [1000] }), ['/coffee_price']],
    ['a price finer than the currency', coffee({ coffee_price: '1.001' }), ['/coffee_price']],
    ['a pay nobody knows', coffee({ pay: 'gold' }), ['/pay']],
    ['a pay that is a number', coffee({ pay: 1 }), ['/pay']],
    ['a shop that is no id', coffee({ shop_id: 'kedai' }), ['/shop_id']],
    ['no items', { items: [] }, ['/items']],
    ['items that are no list', { items: { product_id: COLA } }, ['/items']],
    ['51 items', { items: Array(51).fill({ product_id: COLA }) }, ['/items']],
    ['an item that is no object', { items: [COLA] }, ['/items/0']],
    ['a product that is no id', { items: [{ product_id: COLA }, { product_id: 'cola' }] }, ['/items/1/product_id']],
    ['items and a coffee', coffee({ items: [{ product_id: COLA }] }), ['/items']],
    ['a list', [coffee()], ['']],
    ['everything wrong', { coffee_name: '', coffee_price: -1, coffee_qty: 0, shop_id: 7 }, ['/shop_id', '/coffee_name', '/coffee_price', '/coffee_qty']],
  ]
  for (const [what, body, pointers] of bad) {
    test(what, async () => {
      const before = await newest()
      await refused(await ask('USER0001', '/order-ms/USER0001/orders', { method: 'POST', body }), 400, 'bad-input', pointers)
      assert.equal(await newest(), before)
    })
  }

  test('quantities that are not 1 to 99', async () => {
    const before = await newest()
    for (const qty of [0, -1, 100, 1e9, 2 ** 53, 1.5, '1.5', '', 'three', null, [1], true, '99999999999999999999'])
      await refused(await order('USER0001', coffee({ coffee_qty: qty })), 400, 'bad-quantity', ['/coffee_qty'])
    await refused(await order('USER0001', { items: [{ product_id: COLA, qty: 0 }] }), 400, 'bad-quantity', ['/items/0/qty'])
    assert.equal(await newest(), before)
  })

  test('amounts beyond the largest', async () => {
    const before = await newest()
    for (const more of [
      { coffee_price: 10_000_000_000_001 },
      { coffee_price: '9'.repeat(39) },
      { coffee_price: Number.MAX_SAFE_INTEGER, coffee_qty: 99 },
      { coffee_price: 1_000_000_000_000, coffee_qty: 99 },
    ])
      await refused(await order('USER0001', coffee(more)), 400, 'amount-overflow', ['/coffee_price'])
    assert.equal(await newest(), before)
  })

  test('unknown products and shops', async () => {
    await refused(await order('USER0001', { items: [{ product_id: NOBODY }] }), 404, 'unknown-product', ['/items/0/product_id'])
    await refused(await order('USER0001', coffee({ shop_id: NOBODY })), 404, 'not-found', ['/shop_id'])
  })

  test('nothing to pay online', async () => {
    await refused(await order('USER0001', coffee({ coffee_price: 0, pay: 'qris' })), 400, 'bad-input', ['/pay'])
    assert.equal((await order('USER0001', coffee({ coffee_price: 0 }))).status, 201)
  })
})

describe('whose is whose', () => {
  let mine
  before(async () => {
    mine = (await order('USER0001', coffee())).json.order_id
  })

  test('nobody without a token', async () => {
    await refused(await list('USER0001', '', null), 401, 'not-logged-in')
    await refused(await order('USER0001', coffee(), null), 401, 'not-logged-in')
  })

  test('customers and couriers see and change their own only', async () => {
    for (const who of ['USER0002', 'COURIER1']) {
      await refused(await list('USER0001', '', who), 403, 'forbidden')
      await refused(await list('USER0001', `/${mine}`, who), 403, 'forbidden')
      await refused(await order('USER0001', coffee(), who), 403, 'forbidden')
      await refused(await cancel('USER0001', mine, who), 403, 'forbidden')
      await refused(await list(who, `/${mine}`), 404, 'not-found')
      await refused(await cancel(who, mine), 404, 'not-found')
    }
  })

  test('a kiosk\'s token is no person', async () => {
    await refused(await list('USER0001', '', 'KIOSK1'), 403, 'forbidden')
    await refused(await list('KIOSK1'), 403, 'forbidden')
  })

  test('staff see the orders their shop makes, and order for customers', async () => {
    for (const who of ['OWNER1', 'BARISTA1', 'ADMIN1']) {
      assert.equal((await list('USER0001', `/${mine}`, who)).json.order_id, mine)
      assert.ok((await list('USER0001', '?limit=200', who)).json.some((o) => o.order_id === mine))
      await refused(await list('NOBODY9', '', who), 404, 'not-found')
      const { status, json } = await order('USER0002', coffee(), who)
      assert.equal(status, 201)
      assert.equal(json.user_id, 'USER0002')
      assert.equal(await newest('USER0002'), json.order_id)
    }
  })

  test('ids that are none, or nobody\'s', async () => {
    for (const id of ['ORD0001', NOBODY, '0', "'", '%00', `${mine}x`]) {
      const answer = await list('USER0001', `/${id}`)
      assert.ok(answer.status === 404 || answer.status === 400, answer.text)
    }
    assert.equal((await list('USER0001', `/${mine.toUpperCase()}`)).status, 200)
  })
})

describe('lists', () => {
  test('newest first, paged by id', async () => {
    const all = (await list('USER0001', '?limit=200')).json
    assert.ok(all.length > 5)
    for (let i = 1; i < all.length; i++) assert.ok(all[i].order_id < all[i - 1].order_id)
    const paged = []
    for (let before = ''; ; before = `&before=${paged.at(-1).order_id}`) {
      const page = (await list('USER0001', `?limit=3${before}`)).json
      paged.push(...page)
      if (page.length < 3) break
    }
    assert.deepEqual(paged, all)
  })

  test('limits that are none', async () => {
    for (const query of ['limit=0', 'limit=201', 'limit=-1', 'limit=x', 'limit=', 'limit=99999999999999999999', 'before=x', 'before=%27'])
      await refused(await list('USER0001', `?${query}`), 400, 'bad-input')
    assert.equal((await list('COURIER1')).json.length, 0)
  })

  test('200 orders of 50 lines are one answer', async () => {
    const items = Array.from({ length: 50 }, (_, i) => ({ product_id: i % 2 ? COLA : LEMON, qty: 99 }))
    for (let i = 0; i < 200; i += 20)
      await Promise.all(Array.from({ length: 20 }, () => order('ADMIN1', { items })))
    const answer = await list('ADMIN1', '?limit=200')
    assert.equal(answer.status, 200)
    assert.equal(answer.json.length, 200)
    assert.equal(answer.json[199].items.length, 50)
  })
})

describe('cancelling', () => {
  test('before anybody has looked: done, and done again', async () => {
    const { order_id: id } = (await order('USER0001', coffee())).json
    const first = await cancel('USER0001', id)
    assert.equal(first.status, 200)
    assert.equal(first.json.status, 'cancelled')
    const again = await cancel('USER0001', id)
    assert.equal(again.status, 200)
    assert.deepEqual(again.json, first.json)
    assert.equal((await list('USER0001', `/${id}`)).json.status, 'cancelled')
  })

  test('by the shop\'s staff', async () => {
    const { order_id: id } = (await order('USER0001', coffee())).json
    assert.equal((await cancel('USER0001', id, 'BARISTA1')).json.status, 'cancelled')
  })

  test('an unpaid online order is cancelled once payment agrees', async () => {
    const { json } = await order('USER0001', { items: [{ product_id: COLA }], pay: 'qris' })
    assert.equal(json.status, 'unpaid')
    const asked = await cancel('USER0001', json.order_id)
    assert.ok(asked.status === 202 || asked.status === 200, asked.text)
    await eventually(async () => (await list('USER0001', `/${json.order_id}`)).json.status === 'cancelled', 'the order to be cancelled')
    assert.equal((await cancel('USER0001', json.order_id)).status, 200)
  })

  test('a paid order is received, and its money goes back when it is cancelled', async () => {
    const { order_id: id } = (await order('USER0002', { items: [{ product_id: COLA }], pay: 'gopay' })).json
    const payment = () => ask('OWNER1', `/v1/orders/${id}/payment`)
    const open = await eventually(async () => {
      const { json } = await payment()
      return json?.state === 'pending' && json
    }, 'the payment to be open')
    await sandbox.payer(open.pay_url ?? `${server.url}/sandbox/pay/${(await sandbox.status(open.payment_id)).transaction_id}`, 'pay')
    await eventually(async () => (await list('USER0002', `/${id}`)).json.status === 'received', 'the order to be received')
    const done = await cancel('USER0002', id)
    assert.equal(done.status, 200)
    assert.equal(done.json.status, 'cancelled')
    await eventually(async () => (await payment()).json.state === 'refunded', 'the money to go back')
  })
})

describe('the menu', () => {
  const products = `/v1/shops/${SHOP}/products`
  const change = (who, id, body) => ask(who, `/v1/products/${id}`, { method: 'PATCH', body })

  test('anybody may read it', async () => {
    const { status, json } = await ask(undefined, products)
    assert.equal(status, 200)
    const { category_id: category, description, ...cola } = json[0]
    assert.match(`${category} ${description}`, /^[0-9a-f-]{36} .+/)
    assert.deepEqual(cola, {
      id: COLA, shop_id: SHOP, name: 'Cola', icon: '/icons/cola.svg', price: { amount: 700000, currency: 'IDR' }, available: true, sold_out: false, position: 0, options: [],
    })
    assert.deepEqual((await ask(undefined, `/v1/products/${COLA}`)).json, json[0])
    await refused(await ask(undefined, `/v1/shops/${NOBODY}/products`), 404, 'not-found')
    await refused(await ask(undefined, `/v1/products/${NOBODY}`), 404, 'not-found')
  })

  test('staff change it', async () => {
    const changed = await change('OWNER1', LEMON, { price: { amount: 1050000, currency: 'IDR' }, available: false, name: ' Lemon Dingin ' })
    assert.equal(changed.status, 200)
    assert.deepEqual(changed.json.price, { amount: 1050000, currency: 'IDR' })
    assert.equal(changed.json.name, 'Lemon Dingin')
    assert.equal(changed.json.available, false)
    await refused(await order('USER0001', { items: [{ product_id: LEMON }] }), 409, 'sold-out', ['/items/0/product_id'])
    await refused(await order('USER0001', coffee({ coffee_name: 'lemon dingin', coffee_price: 10500 })), 409, 'sold-out', ['/coffee_name'])
    const back = await change('OWNER1', LEMON, { price: { amount: 1000000, currency: 'IDR' }, available: true, name: 'Lemon' })
    assert.equal(back.json.available, true)
    assert.deepEqual((await change('OWNER1', LEMON, {})).json, back.json)
  })

  test('nobody else does', async () => {
    await refused(await change('USER0001', COLA, { available: false }), 403, 'forbidden')
    await refused(await change('COURIER1', COLA, { available: false }), 403, 'forbidden')
    await refused(await change('KIOSK1', COLA, { available: false }), 403, 'forbidden')
    await refused(await change(undefined, COLA, { available: false }), 401, 'not-logged-in')
  })

  test('bad changes change nothing', async () => {
    const before = (await ask(undefined, `/v1/products/${COLA}`)).json
    for (const [body, pointer] of [
      [{ price: 7000 }, '/price'],
      [{ price: { amount: 1.5, currency: 'IDR' } }, '/price/amount'],
      [{ price: { amount: -1, currency: 'IDR' } }, '/price/amount'],
      [{ price: { amount: 1e15 + 1, currency: 'IDR' } }, '/price/amount'],
      [{ price: { amount: '700000', currency: 'IDR' } }, '/price/amount'],
      [{ price: { amount: 700000, currency: 'XXX' } }, '/price/currency'],
      [{ price: { amount: 700000, currency: 'KRW' } }, '/price/currency'],
      [{ available: 'yes' }, '/available'],
      [{ name: '' }, '/name'],
      [{ name: 'a\u0000b' }, ''],
      [{ name: 7 }, '/name'],
      [[], ''],
    ]) {
      const answer = await change('OWNER1', COLA, body)
      assert.equal(answer.status, 400, JSON.stringify(body))
      if (pointer) assert.deepEqual(answer.json.errors.map((e) => e.pointer), [pointer])
    }
    await refused(await change('OWNER1', NOBODY, { available: false }), 404, 'not-found')
    assert.deepEqual((await ask(undefined, `/v1/products/${COLA}`)).json, before)
  })
})

describe('a house without the payment service', () => {
  let alone
  before(async () => {
    alone = await startPesan(['--services', 'account,shop,menu,order,kiosk'])
  })
  after(() => alone?.stop())

  test('online payment is refused, the counter is open', async () => {
    const token = await alone.token('USER0001')
    const placed = (body) => call(`${alone.url}/order-ms/USER0001/orders`, { token, body })
    for (const pay of ['qris', 'gopay']) await refused(await placed(coffee({ pay })), 503, 'payment-unavailable')
    assert.equal((await placed(coffee({ pay: 'counter' }))).status, 201)
  })

  test('a kiosk sells nothing', async () => {
    const screen = await Screen.at(alone)
    screen.send('ORDER', { id: COLA })
    await screen.refused('payment-unavailable')
    screen.close()
  })
})
