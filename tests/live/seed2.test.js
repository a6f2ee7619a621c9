// seed2.test.js - the calls of the coffee shop's two microservices as their own clients made them (numbers as text, paths
// with and without the last slash, Korean status words), given only the token they forgot to ask for.
import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { signIn } from '../lib/cast.js'
import { call } from '../lib/sale.js'
import { startPesan } from '../lib/server.js'

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/
const SEEDS = [
  { coffee_name: "today's coffee", coffee_price: '5000', coffee_qty: '3' },
  { coffee_name: 'jslee', coffee_price: '1000', coffee_qty: '5' },
]
let server
const tokens = {}
before(async () => {
  server = await startPesan()
  for (const name of ['USER0001', 'USER0002', 'OWNER1', 'BARISTA1', 'COURIER1', 'ADMIN1']) tokens[name] = await signIn(server, name, 'pesan-demo')
})
after(() => server?.stop())

const ask = (who, path, options = {}) => call(server.url + encodeURI(path), { token: tokens[who], ...options })
/** Both ways to write a path. */
const ways = (path) => [path, `${path}/`]
const place = async (body, who = 'USER0001', path = `/order-ms/${who}/orders/`) => (await ask(who, path, { body })).json

describe('ORDER', () => {
  test('says who it is', async () => {
    for (const path of ways('/health-check')) assert.equal((await ask(undefined, path)).text, `Server is running on ${server.port} port`)
    for (const path of ways('/order-ms')) assert.equal((await ask(undefined, path)).text, 'Welcome to ORDER Microservice!')
  })

  test('takes an order with its numbers as text: 201, numbers, an id and a time', async () => {
    for (const path of ways('/order-ms/USER0001/orders'))
      for (const body of SEEDS) {
        const { status, json } = await ask('USER0001', path, { body })
        assert.equal(status, 201)
        assert.equal(json.coffee_name, body.coffee_name)
        assert.strictEqual(json.coffee_price, Number(body.coffee_price))
        assert.strictEqual(json.coffee_qty, Number(body.coffee_qty))
        assert.equal(json.user_id, 'USER0001')
        assert.equal(json.status, 'received')
        assert.match(json.order_id, UUID)
        assert.match(json.ordered_at, /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)$/)
      }
  })

  test('takes it as numbers, one when no quantity is said, and as a form', async () => {
    assert.strictEqual((await place({ coffee_name: 'jslee', coffee_price: 1000 })).coffee_qty, 1)
    const answer = await fetch(`${server.url}/order-ms/USER0001/orders`, {
      method: 'POST',
      headers: { authorization: `Bearer ${tokens.USER0001}` },
      body: new URLSearchParams(SEEDS[0]),
    })
    assert.equal(answer.status, 201)
    assert.strictEqual((await answer.json()).coffee_price, 5000)
  })

  test('lists them newest first, as objects', async () => {
    const before = (await ask('USER0002', '/order-ms/USER0002/orders')).json
    assert.deepEqual(before, [])
    const ids = []
    for (const body of [...SEEDS, SEEDS[0]]) ids.unshift((await place(body, 'USER0002')).order_id)
    for (const path of ways('/order-ms/USER0002/orders')) {
      const { status, json } = await ask('USER0002', path)
      assert.equal(status, 200)
      assert.deepEqual(json.map((o) => o.order_id), ids)
      assert.strictEqual(json[1].coffee_price, 1000)
    }
  })

  test('tells of one', async () => {
    const placed = await place(SEEDS[0])
    for (const path of ways(`/order-ms/USER0001/orders/${placed.order_id}`)) {
      const { status, json } = await ask('USER0001', path)
      assert.equal(status, 200)
      for (const field of ['order_id', 'user_id', 'coffee_name', 'coffee_price', 'coffee_qty', 'ordered_at', 'status'])
        assert.deepEqual(json[field], placed[field], field)
    }
    assert.equal((await ask('USER0001', '/order-ms/USER0001/orders/ORD0001')).status, 404)
  })

  test('cancels before it is made, not after', async () => {
    for (const slash of ['', '/']) {
      const { order_id: id } = await place(SEEDS[0])
      assert.equal((await ask('USER0001', `/order-ms/USER0001/orders/${id}${slash}`, { method: 'DELETE' })).json.status, 'cancelled')
      const { order_id: made } = await place(SEEDS[0])
      assert.equal((await ask('OWNER1', `/order-receive/${made}${slash}`, { method: 'PATCH' })).status, 200)
      assert.equal((await ask('BARISTA1', `/delivery-ms/USER0001/${made}${slash}`, { method: 'PATCH', body: { status: '제작중' } })).status, 200)
      assert.equal((await ask('USER0001', `/order-ms/USER0001/orders/${made}${slash}`, { method: 'DELETE' })).status, 409)
    }
  })
})

describe('DELIVERY', () => {
  const words = { received: '접수완료', preparing: '제작중', delivered: '배송완료', cancelled: '취소' }
  const move = (id, status) => ask('BARISTA1', `/delivery-ms/USER0001/${id}`, { method: 'PATCH', body: { status } })
  const inStatus = async (word, slash = '') => {
    const { status, json } = await ask('OWNER1', `/delivery-ms/${word}${slash}?limit=200`)
    assert.equal(status, 200)
    return json
  }

  test('has an order under its status, in both languages, at every step', async () => {
    const { order_id: id } = await place(SEEDS[1])
    const steps = [
      ['received', () => {}],
      ['accepted', () => ask('OWNER1', `/order-receive/${id}`, { method: 'PATCH', body: {} })],
      ['preparing', () => move(id, '제작중')],
      ['ready', () => move(id, 'ready')],
      ['delivered', () => move(id, '배송완료')],
    ]
    for (const [i, [word, step]] of steps.entries()) {
      await step()
      for (const slash of ['', '/']) {
        for (const name of [word, words[word]].filter(Boolean)) {
          const [found] = (await inStatus(name, slash)).filter((d) => d.order_id === id)
          assert.equal(found?.status, word, name)
          assert.equal(found.user_id, 'USER0001')
        }
        const { status, json } = await ask('USER0001', `/delivery-ms/USER0001/${id}${slash}`)
        assert.equal(status, 200)
        assert.equal(json.order_id, id)
        assert.equal(json.status, word)
        assert.ok(json.label)
        assert.deepEqual(json.history.map((h) => h.status), steps.slice(0, i + 1).map(([each]) => each))
        assert.ok(json.history.every((h) => h.at && h.by))
      }
      for (const [other] of steps.filter(([each]) => each !== word)) assert.ok(!(await inStatus(other)).some((d) => d.order_id === id), other)
    }
  })

  test('lists what was cancelled, newest first', async () => {
    const ids = []
    for (let i = 0; i < 3; i++) {
      const { order_id: id } = await place(SEEDS[0])
      ids.unshift(id)
      await ask('USER0001', `/order-ms/USER0001/orders/${id}`, { method: 'DELETE' })
    }
    for (const word of ['취소', 'cancelled']) assert.deepEqual((await inStatus(word)).slice(0, 3).map((d) => d.order_id), ids)
  })

  test('says in Korean what is asked in Korean', async () => {
    const { order_id: id } = await place(SEEDS[0])
    const { json } = await ask('USER0001', `/delivery-ms/USER0001/${id}`, { headers: { 'Accept-Language': 'ko' } })
    assert.equal(json.label, '접수완료')
  })

  test('knows no other status, and nobody else\'s orders', async () => {
    assert.equal((await ask('OWNER1', '/delivery-ms/배달중')).status, 404)
    assert.equal((await ask('USER0001', '/delivery-ms/received')).status, 403)
    assert.equal((await ask(undefined, '/delivery-ms/received')).status, 401)
  })
})

describe('users', () => {
  test('are made by name and e-mail: 201, a UUID and a time', async () => {
    for (const [i, path] of ways('/users').entries()) {
      const body = { name: 'test1', email: `test${i}@example.com` }
      const { status, json } = await ask('ADMIN1', path, { body })
      assert.equal(status, 201)
      assert.equal(json.name, 'test1')
      assert.equal(json.email, body.email)
      assert.match(json.user_id, UUID)
      assert.ok(Math.abs(Date.parse(json.created_at) - Date.now()) < 60000)
      for (const each of ways(`/users/${json.user_id}`)) assert.equal((await ask('ADMIN1', each)).status, 200)
    }
  })

  test('are listed', async () => {
    for (const path of ways('/users')) {
      const { status, json } = await ask('ADMIN1', path)
      assert.equal(status, 200)
      assert.ok(Array.isArray(json) && json.length >= 6)
    }
    for (const path of ways('/users/USER0001')) assert.equal((await ask('USER0001', path)).status, 200)
  })
})
