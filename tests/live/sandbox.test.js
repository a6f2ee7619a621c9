// sandbox.test.js - the simulated gateway as a merchant's program sees it: Midtrans' answers, codes and habits
// (MIDTRANS.md B1 to B7), by a client that is not ours.
import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { once } from 'node:events'
import http from 'node:http'
import path from 'node:path'
import { after, before, describe, test } from 'node:test'
import { KEY, Sandbox, call, eventually } from '../lib/sale.js'
import { build, freePort, startServer } from '../lib/server.js'

describe('the simulated gateway alone', () => {
  let server, sandbox, merchant
  const heard = [] // notifications: {path, body}
  let answer = 200 // to notifications
  let orders = 0

  before(async () => {
    const port = await freePort()
    server = await startServer(path.join(build, 'pesan'), ['sandbox', '--listen', `127.0.0.1:${port}`], { port })
    sandbox = new Sandbox(`http://127.0.0.1:${port}`)
    merchant = http.createServer(async (request, response) => {
      let body = ''
      for await (const part of request) body += part
      heard.push({ path: request.url, body: JSON.parse(body) })
      response.writeHead(answer).end()
    })
    merchant.listen(0, '127.0.0.1')
    await once(merchant, 'listening')
  })
  after(async () => {
    merchant?.close()
    await server?.stop()
  })

  const notify = (...paths) => ({
    'X-Override-Notification': paths.map((p) => `http://127.0.0.1:${merchant.address().port}${p}`).join(','),
  })
  const body = (more = {}, type = 'qris') => ({
    payment_type: type,
    transaction_details: { order_id: `order-${++orders}`, gross_amount: 275000 },
    ...more,
  })
  const charge = async (more, type, headers) => (await sandbox.charge(body(more, type), headers)).json
  const page = (t) => t.actions.find((a) => a.name === 'pesan-pay-page').url
  const pay = (t, action = 'pay') => sandbox.payer(page(t), action)

  test('a key is needed, whichever', async () => {
    const url = `${sandbox.url}/v2/charge`
    for (const headers of [{}, { Authorization: `Basic ${btoa(':')}` }, { Authorization: 'Basic %%' }, { Authorization: 'Bearer x' }]) {
      const refused = await call(url, { body: body(), headers })
      assert.equal(refused.status, 401)
      assert.equal(refused.json.status_code, '401')
      assert.match(refused.json.id, /^[0-9a-f-]{36}$/)
    }
    const other = await call(url, { body: body(), headers: { Authorization: `Basic ${btoa('Mid-server-any:')}` } })
    assert.equal(other.json.status_code, '201')
    assert.equal((await sandbox.status(other.json.order_id)).status_code, '404') // another merchant's
  })

  test('qris: the answer to a charge, all in strings', async () => {
    const t = await charge({ custom_expiry: { expiry_duration: 2, unit: 'hour' } })
    assert.equal(t.status_code, '201')
    assert.equal(t.status_message, 'QRIS transaction is created')
    assert.equal(t.gross_amount, '275000.00')
    assert.equal(t.transaction_status, 'pending')
    assert.equal(t.acquirer, 'gopay')
    assert.match(t.transaction_time, /^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d$/)
    const jakarta = (text) => Date.parse(`${text.replace(' ', 'T')}+07:00`)
    assert.ok(Math.abs(jakarta(t.transaction_time) - Date.now()) < 10000)
    assert.equal(jakarta(t.expiry_time) - jakarta(t.transaction_time), 7200000)
    assert.match(t.qr_string, /0012ID\.PESAN\.SIM/)
    const image = await call(t.actions.find((a) => a.name === 'generate-qr-code').url)
    assert.match(image.headers.get('content-type'), /^image\//)
  })

  test('the other ways to pay', async () => {
    const gopay = await charge({}, 'gopay')
    assert.deepEqual(gopay.actions.map((a) => a.name), ['generate-qr-code', 'deeplink-redirect', 'get-status', 'cancel', 'pesan-pay-page'])
    const bank = await charge({ bank_transfer: { bank: 'bni' } }, 'bank_transfer')
    assert.equal(bank.va_numbers[0].bank, 'bni')
    assert.match(bank.va_numbers[0].va_number, /^\d+$/)
    const mandiri = await charge({ echannel: { bill_info1: 'a', bill_info2: 'b' } }, 'echannel')
    assert.equal(mandiri.biller_code, '70012')
    assert.match(mandiri.bill_key, /^\d+$/)
    const store = await charge({ cstore: { store: 'indomaret' } }, 'cstore')
    assert.equal(store.store, 'indomaret')
    assert.equal((await sandbox.post(store.transaction_id, 'refund')).json.status_code, '412')
  })

  test('what is not valid is told, with HTTP 200', async () => {
    const details = (d) => ({ transaction_details: { order_id: 'x', gross_amount: 1000, ...d } })
    for (const wrong of [
      details({ order_id: '' }), details({ order_id: 'a b' }), details({ order_id: 'x'.repeat(51) }),
      details({ gross_amount: 10.5 }), details({ gross_amount: '1000' }), details({ gross_amount: 0 }),
      { payment_type: 'barter' }, { item_details: [{ price: 1000, quantity: 2 }] },
      { custom_expiry: { expiry_duration: 19, unit: 'second' } }, { custom_expiry: { expiry_duration: 1, unit: 'century' } },
    ]) {
      const refused = await sandbox.charge({ ...body(), ...wrong })
      assert.equal(refused.status, 200)
      assert.equal(refused.json.status_code, '400', JSON.stringify(wrong))
      assert.equal(refused.json.validation_messages.length, 1)
    }
    const items = [{ price: 300000, quantity: 1 }, { price: -25000, quantity: 1 }]
    assert.equal((await charge({ item_details: items })).status_code, '201')
  })

  test('an order_id is taken while pending or paid, free again after', async () => {
    const again = body()
    const first = (await sandbox.charge(again)).json
    assert.equal((await sandbox.charge(again)).json.status_code, '406')
    assert.equal((await sandbox.post(first.order_id, 'cancel')).json.status_message, 'Success, transaction is canceled')
    const second = (await sandbox.charge(again)).json
    assert.equal(second.status_code, '201')
    assert.notEqual(second.transaction_id, first.transaction_id)
    await pay(second)
    assert.equal((await sandbox.charge(again)).json.status_code, '406')
  })

  test('Idempotency-Key: the same answer, whatever the body; an over-long key is ignored', async () => {
    const key = { 'Idempotency-Key': 'k'.repeat(46) }
    const first = await sandbox.charge(body(), key)
    const second = await sandbox.charge(body(), key)
    assert.equal(second.text, first.text)
    const long = { 'Idempotency-Key': 'k'.repeat(47) }
    const third = (await sandbox.charge(body(), long)).json
    assert.notEqual((await sandbox.charge(body(), long)).json.transaction_id, third.transaction_id)
    const failing = { 'Idempotency-Key': 'only-success-is-kept' }
    assert.equal((await sandbox.charge(body({ payment_type: 'barter' }), failing)).json.status_code, '400')
    assert.equal((await sandbox.charge(body(), failing)).json.status_code, '201')
  })

  test('each state has its codes', async () => {
    for (const [action, state, code] of [
      ['pay', 'settlement', '200'], ['deny', 'deny', '202'], ['expire', 'expire', '407'], ['cancel', 'cancel', '200'],
    ]) {
      const t = await charge()
      assert.equal((await sandbox.status(t.order_id)).status_code, '201')
      await pay(t, action)
      const told = await sandbox.status(t.transaction_id)
      assert.equal(told.transaction_status, state)
      assert.equal(told.status_code, code)
      assert.equal((await sandbox.post(t.order_id, 'cancel')).json.status_code, '412')
      assert.equal((await sandbox.post(t.order_id, 'expire')).json.status_code, '412')
    }
    const t = await charge()
    const expired = (await sandbox.post(t.order_id, 'expire')).json
    assert.deepEqual([expired.status_code, expired.status_message], ['407', 'Success, transaction has expired'])
    for (const what of ['approve', 'deny']) assert.equal((await sandbox.post(t.order_id, what)).json.status_code, '412')
    assert.equal((await sandbox.status('nobody')).status_code, '404')
    assert.equal((await sandbox.post('nobody', 'cancel')).json.status_code, '404')
  })

  test('refunds: only what was paid, safe to repeat', async () => {
    const t = await charge()
    const refund = async (more) => (await sandbox.post(t.order_id, 'refund', more)).json
    assert.equal((await refund({ refund_key: 'a', amount: 5000 })).status_code, '412')
    await pay(t)
    assert.equal((await refund({ refund_key: 'a b', amount: 5000 })).status_code, '400')
    assert.equal((await refund({ refund_key: 'a', amount: 275001 })).status_code, '414')
    const part = await refund({ refund_key: 'a', amount: 5000, reason: 'cold' })
    assert.deepEqual([part.status_code, part.transaction_status, part.refund_amount], ['200', 'partial_refund', '5000.00'])
    assert.equal((await refund({ refund_key: 'a', amount: 5000 })).refund_amount, '5000.00')
    assert.equal((await refund({ refund_key: 'a', amount: 6000 })).status_code, '406')
    assert.equal((await refund({ refund_key: 'b', amount: 270001 })).status_code, '414')
    const rest = await refund({ refund_key: 'b' })
    assert.deepEqual([rest.transaction_status, rest.refund_amount, rest.refunds.length], ['refund', '275000.00', 2])
    assert.equal((await refund({ refund_key: 'c', amount: 1 })).status_code, '412')
  })

  test('notifications: signed, to at most three places, one for each state', async () => {
    const t = await charge({}, 'qris', notify('/a', '/b', '/c', '/d'))
    await pay(t)
    const mine = await eventually(() => {
      const found = heard.filter((n) => n.body.order_id === t.order_id)
      return found.length >= 6 && found
    }, 'six notifications')
    assert.deepEqual(mine.map((n) => `${n.path} ${n.body.transaction_status}`).sort(), [
      '/a pending', '/a settlement', '/b pending', '/b settlement', '/c pending', '/c settlement'])
    for (const { body: n } of mine) {
      const text = n.order_id + n.status_code + n.gross_amount + KEY
      assert.equal(n.signature_key, createHash('sha512').update(text).digest('hex'))
      assert.equal(n.status_code, n.transaction_status === 'pending' ? '201' : '200')
    }
  })

  test('a refund is told twice, the second time as confirmed', async () => {
    const t = await charge({}, 'qris', notify('/r'))
    await pay(t)
    await sandbox.post(t.order_id, 'refund', { refund_key: 'r', amount: 1000 })
    const told = await eventually(() => {
      const found = heard.filter((n) => n.body.order_id === t.order_id && n.body.refunds)
      return found.length === 2 && found
    }, 'two notifications')
    assert.deepEqual(told.map((n) => 'bank_confirmed_at' in n.body.refunds[0]).sort(), [false, true])
  })

  test('an unanswered notification is sent again, then not any more', async () => {
    answer = 404
    const t = await charge({}, 'qris', notify('/deaf'))
    const count = () => heard.filter((n) => n.body.order_id === t.order_id).length
    await eventually(() => count() === 3, 'two more tries')
    answer = 200
  })

  test('the clock can be set ahead', async () => {
    const t = await charge({ custom_expiry: { expiry_duration: 20, unit: 'second' } })
    assert.equal((await call(`${sandbox.url}/clock`, { body: { advance_s: 21 } })).status, 200)
    await eventually(async () => (await sandbox.status(t.order_id)).transaction_status === 'expire', 'its end')
    assert.equal((await call(page(t), { body: { action: 'pay' } })).status, 409)
    assert.equal((await call(`${sandbox.url}/clock`, { body: { advance_s: -1 } })).status, 400)
  })

  test('knobs: shown, turned, unknown ones refused', async () => {
    await sandbox.faults({ delay_ms: 5, late: true })
    const { json } = await call(`${sandbox.url}/faults`)
    assert.equal(json.delay_ms, 5)
    assert.equal(json.late, 1)
    assert.equal(json.duplicate, 0)
    await sandbox.faults({ delay_ms: 0, late: false })
    for (const wrong of [{ no_such_knob: 1 }, { late: 'yes' }, { delay_ms: -1 }, []])
      assert.equal((await call(`${sandbox.url}/faults`, { body: wrong })).status, 400)
  })

  test('the payer\'s page: by its id alone', async () => {
    const t = await charge()
    const shown = (await call(page(t))).json
    assert.deepEqual(
      [shown.transaction_id, shown.order_id, shown.gross_amount, shown.currency, shown.transaction_status, shown.payment_type],
      [t.transaction_id, t.order_id, '275000.00', 'IDR', 'pending', 'qris'])
    assert.ok(Date.parse(shown.expiry_time) > Date.now())
    assert.equal((await call(`${sandbox.url}/pay/${t.order_id}`)).status, 404)
    assert.equal((await call(`${sandbox.url}/pay/nonsense`)).status, 404)
    assert.equal((await call(page(t), { body: { action: 'rob' } })).status, 400)
    assert.equal((await call(page(t), { body: {} })).status, 400)
    assert.equal((await call(page(t), { body: { action: 'refund' } })).status, 409)
  })
})
