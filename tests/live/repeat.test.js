// repeat.test.js - Idempotency-Key on a real server: in flight, repeated byte for byte, with another body, after kill -9.
import assert from 'node:assert/strict'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { after, before, describe, test } from 'node:test'
import { call, eventually } from '../lib/sale.js'
import { startPesan } from '../lib/server.js'

const coffee = (more = {}) => ({ coffee_name: 'jslee', coffee_price: 1000, ...more })

let folder, server, token
before(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'pesan-repeat-'))
  server = await startPesan(['--loops', '2'], { data: path.join(folder, 'data') })
  token = await server.token('USER0001', '--ttl', '3600')
})
after(async () => {
  await server?.stop()
  await rm(folder, { recursive: true, force: true })
})

const order = (key, body = coffee()) =>
  call(`${server.url}/order-ms/USER0001/orders`, { body, token, headers: key === undefined ? {} : { 'Idempotency-Key': key } })

/** All orders of the customer, newest first. */
async function orders() {
  const all = []
  for (let before = ''; ; before = `&before=${all.at(-1).order_id}`) {
    const { status, json, text } = await call(`${server.url}/order-ms/USER0001/orders?limit=200${before}`, { token })
    assert.equal(status, 200, text)
    all.push(...json)
    if (json.length < 200) return all
  }
}

function inFlight(answer) {
  assert.equal(answer.status, 409, answer.text)
  assert.equal(answer.json.type, '/problems/idempotency-key-in-flight')
  assert.equal(answer.headers.get('retry-after'), '1')
}

describe('Idempotency-Key', () => {
  test('many at once with one key: one order, and everybody else is told to come back or hears the same', async () => {
    const count = (await orders()).length
    let told = 0
    for (let round = 0; round < 40; round++) {
      const answers = await Promise.all(Array.from({ length: 12 }, () => order(`many-${round}`)))
      const good = answers.filter(({ status }) => status === 201)
      assert.ok(good.length >= 1)
      for (const answer of answers.filter(({ status }) => status !== 201)) inFlight(answer)
      told += answers.length - good.length
      for (const { text } of good) assert.equal(text, good[0].text)
      const again = await order(`many-${round}`)
      assert.equal(again.status, 201)
      assert.equal(again.text, good[0].text)
    }
    assert.ok(told > 0, 'nobody met a request in flight')
    assert.equal((await orders()).length, count + 40)
  })

  test('while slow work is at it, and no such work for a repeat', async () => {
    // A password's hash takes a while: the others arrive during it.
    const admin = await server.token('ADMIN1')
    const add = (n, more = {}) => call(`${server.url}/users`, {
      body: { name: 'Slow', username: `SLOW${n}`, email: `slow${n}@example.com`, password: 'a long pass word', ...more }, token: admin, headers: { 'Idempotency-Key': `slow-${n}` },
    })
    for (let n = 0; n < 4; n++) {
      const answers = await Promise.all([add(n), add(n), add(n)])
      const [good] = answers.filter(({ status }) => status === 201)
      assert.ok(good, answers[0].text)
      const others = answers.filter((answer) => answer !== good)
      for (const answer of others) {
        if (answer.status === 201) assert.equal(answer.text, good.text)
        else inFlight(answer)
      }
      assert.equal((await add(n)).text, good.text)
      assert.equal((await add(n, { name: 'Other' })).status, 422)
    }
  })

  test('another body is refused, another path is another key', async () => {
    const first = await order('body')
    assert.equal(first.status, 201)
    const other = await order('body', coffee({ coffee_qty: 2 }))
    assert.equal(other.status, 422)
    assert.equal(other.json.type, '/problems/idempotency-key-reused')
    assert.equal((await order('body')).text, first.text)
    const elsewhere = await call(`${server.url}/order`, { body: [{ menu_id: 'ce33fb74-ba55-40c6-99d7-47bef4cd785e', count: 1 }], token, headers: { 'Idempotency-Key': 'body' } })
    assert.equal(elsewhere.status, 201, elsewhere.text)
  })

  test('a refusal does not use the key up', async () => {
    assert.equal((await order('refused', coffee({ coffee_price: -1 }))).status, 400)
    const good = await order('refused')
    assert.equal(good.status, 201)
    assert.equal((await order('refused')).text, good.text)
  })

  test('keys of a wrong length', async () => {
    for (const key of ['', 'x'.repeat(256)]) assert.equal((await order(key)).status, 400)
    assert.equal((await order('x'.repeat(255))).status, 201)
  })

  test('after kill -9 under load: what was answered is answered again byte for byte, and no key made two orders', async () => {
    const count = (await orders()).length
    const answered = new Map()
    let on = true
    let sent = 0
    const load = Array.from({ length: 8 }, async () => {
      while (on) {
        const key = `load-${sent++}`
        const answer = await order(key).catch(() => undefined)
        if (answer?.status === 201) answered.set(key, answer.text)
        else answered.set(key, undefined)
      }
    })
    await eventually(() => answered.size > 200, 'orders to be placed')
    await server.kill9()
    on = false
    await Promise.all(load)
    server = await startPesan(['--loops', '2'], { data: path.join(folder, 'data') })
    for (const [key, text] of answered) {
      const again = await order(key)
      assert.equal(again.status, 201, again.text)
      if (text !== undefined) assert.equal(again.text, text)
    }
    assert.equal((await orders()).length, count + answered.size)
  })
})
