// payment.test.js - money: the kiosk's sale end to end against the simulated gateway, and all that can go wrong
// with a gateway on the way.
import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { after, afterEach, before, describe, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { COLA, KEY, Sandbox, attention, call, eventually, metric, openKiosk, order, paymentOf, reaches, until } from '../lib/sale.js'
import { build, freePort, runPesan, startPesan, startServer } from '../lib/server.js'

const RESET = {
  drop_notifications: 0, delay_ms: 0, duplicate: 0, reorder: 0, wrong_signature: 0, wrong_amount: 0, pay_amount: 0,
  charge_503: 0, charge_lost: 0, charge_202: 0, cancel_503: 0, status_503: 0, late: 0, refund_414: 0, refund_503: 0,
}

const signature = (orderId, code, gross, key = KEY) =>
  createHash('sha512').update(orderId + code + gross + key).digest('hex')

/** Posts a notification as the gateway would. */
function notify(server, fields, key = KEY) {
  const body = { currency: 'IDR', payment_type: 'qris', fraud_status: 'accept', ...fields }
  body.signature_key ??= signature(body.order_id, body.status_code, body.gross_amount, key)
  return call(`${server.url}/payments/midtrans/notification`, { body })
}

/** What `pesan serve` says when it refuses to start. */
async function refusal(args) {
  const folder = await mkdtemp(path.join(tmpdir(), 'pesan-pay-'))
  const all = ['serve', '--demo', '--listen', '127.0.0.1:0', '--data', path.join(folder, 'data'), ...args]
  const { code, stderr } = await runPesan(all)
  await rm(folder, { recursive: true, force: true })
  assert.equal(code, 2, stderr)
  return stderr.split('\n').find((line) => line.startsWith('pesan: '))
}

describe('payment with the built-in sandbox', () => {
  let server, sandbox, kiosk
  before(async () => {
    server = await startPesan(['--sweep-ms', '200'])
    sandbox = new Sandbox(server.url)
    kiosk = await openKiosk(server)
  })
  after(() => {
    kiosk?.destroy()
    return server?.stop()
  })
  afterEach(() => sandbox.faults(RESET))

  test('a sale: QR, paid on the payer\'s page, success on the screen, the machine delivers', async () => {
    const created = await order(kiosk)
    assert.equal(created.amount, 7000)
    assert.equal(created.currency, 'IDR')
    assert.match(created.qr_string, /^000201.*ID\.PESAN\.SIM.*54077000\.00.*6304[0-9A-F]{4}$/)
    assert.match(created.pay_url, /\/sandbox\/pay\//)
    const qr = await call(server.url + created.qr_url)
    assert.equal(qr.status, 200)
    assert.match(qr.headers.get('content-type'), /^image\/svg\+xml/)
    assert.match(qr.headers.get('cache-control'), /max-age/)
    assert.equal((await paymentOf(server, created.order_id)).state, 'pending')

    const page = await call(created.pay_url)
    assert.equal(page.json.gross_amount, '7000.00')
    assert.equal(page.json.transaction_status, 'pending')
    const started = Date.now()
    assert.equal((await sandbox.payer(created.pay_url, 'pay')).transaction_status, 'settlement')
    assert.equal((await until(kiosk, 'PAYMENT_SUCCESS')).order_id, created.order_id)
    assert.ok(Date.now() - started < 5000)
    const paid = await paymentOf(server, created.order_id)
    assert.equal(paid.state, 'paid')
    assert.deepEqual(paid.amount, { amount: 700000, currency: 'IDR' })
    assert.deepEqual(paid.ledger.map((l) => [l.kind, l.amount]), [['charge', 700000], ['paid', 700000]])
    await kiosk.send('VENDED', { order_id: created.order_id })
    await until(kiosk, 'IDLE')
  })

  test('the payer is refused: the screen says so', async () => {
    const created = await order(kiosk)
    await sandbox.payer(created.pay_url, 'deny')
    assert.deepEqual(await until(kiosk, 'PAYMENT_FAILED').then((v) => [v.order_id, v.reason]), [created.order_id, 'denied'])
    assert.equal((await paymentOf(server, created.order_id)).state, 'denied')
  })

  test('its time runs out: the screen says so', async () => {
    const created = await order(kiosk)
    await sandbox.payer(created.pay_url, 'expire')
    assert.equal((await until(kiosk, 'PAYMENT_FAILED')).reason, 'expired')
  })

  test('the gateway expires it by itself when the time is over', async () => {
    const created = await order(kiosk)
    assert.equal((await call(`${sandbox.url}/clock`, { body: { advance_s: 3600 } })).status, 200)
    assert.equal((await until(kiosk, 'PAYMENT_FAILED')).reason, 'expired')
    assert.equal((await sandbox.status((await paymentOf(server, created.order_id)).payment_id)).transaction_status, 'expire')
  })

  test('a notification that never comes: the sweep finds the money', async () => {
    await sandbox.faults({ drop_notifications: 1 })
    const created = await order(kiosk)
    await sandbox.payer(created.pay_url, 'pay')
    assert.equal((await until(kiosk, 'PAYMENT_SUCCESS')).order_id, created.order_id)
  })

  test('notifications twice, in wrong order and late change nothing', async () => {
    await sandbox.faults({ duplicate: 1, reorder: 1 })
    const created = await order(kiosk)
    await sandbox.payer(created.pay_url, 'pay')
    await until(kiosk, 'PAYMENT_SUCCESS')
    const { payment_id: id } = await paymentOf(server, created.order_id)
    await sleep(1300) // the notification of the charge comes after that of the money
    for (const [code, status] of [['201', 'pending'], ['200', 'settlement'], ['202', 'expire']]) {
      const { status: http } = await notify(server, {
        order_id: id, status_code: code, transaction_status: status, gross_amount: '7000.00',
      })
      assert.equal(http, 200)
    }
    await sleep(500)
    const payment = await paymentOf(server, created.order_id)
    assert.equal(payment.state, 'paid')
    assert.equal(payment.ledger.filter((l) => l.kind === 'paid').length, 1)
  })

  test('a forged notification is refused, kept and shown, and moves nothing', async () => {
    const created = await order(kiosk)
    const { payment_id: id } = await paymentOf(server, created.order_id)
    const forged = { order_id: id, status_code: '200', transaction_status: 'settlement', gross_amount: '7000.00' }
    const answer = await notify(server, forged, 'SB-Mid-server-guess')
    assert.equal(answer.status, 403)
    assert.equal(answer.json.type, '/problems/bad-signature')
    assert.equal((await notify(server, { ...forged, signature_key: 'x' })).status, 403)
    await sleep(400)
    assert.equal((await paymentOf(server, created.order_id)).state, 'pending')
    const seen = (await attention(server)).filter((a) => a.kind === 'notification' && a.payment_id === id)
    assert.deepEqual(seen.map((a) => a.attention), ['bad-signature', 'bad-signature'])
    assert.ok(!server.log().includes(signature(id, '200', '7000.00')))
    await kiosk.send('CANCEL', {})
    await until(kiosk, 'IDLE')
  })

  test('a genuine notification that lies is not believed: only the status counts', async () => {
    const created = await order(kiosk)
    const { payment_id: id } = await paymentOf(server, created.order_id)
    const lie = { order_id: id, status_code: '200', transaction_status: 'settlement', gross_amount: '7000.00' }
    assert.equal((await notify(server, lie)).status, 200)
    await sleep(400)
    assert.equal((await paymentOf(server, created.order_id)).state, 'pending')
    await kiosk.send('CANCEL', {})
    await until(kiosk, 'IDLE')
  })

  test('a notification of another amount is shown; the status decides', async () => {
    await sandbox.faults({ wrong_amount: 1 })
    const created = await order(kiosk)
    await sandbox.payer(created.pay_url, 'pay')
    await until(kiosk, 'PAYMENT_SUCCESS')
    const { payment_id: id } = await paymentOf(server, created.order_id)
    const seen = await attention(server)
    assert.ok(seen.some((a) => a.kind === 'notification' && a.payment_id === id && a.attention === 'wrong-amount'))
  })

  test('another amount was really paid: never served, given back, visible', async () => {
    await sandbox.faults({ pay_amount: 5000 })
    const created = await order(kiosk)
    await sandbox.payer(created.pay_url, 'pay')
    assert.equal((await until(kiosk, 'PAYMENT_FAILED')).reason, 'failed')
    const payment = await reaches(server, created.order_id, 'refunded')
    assert.equal(payment.attention, 'wrong-amount')
    assert.deepEqual(payment.refunded, { amount: 500000, currency: 'IDR' })
  })

  test('bad notifications: not JSON, fields missing, unknown order', async () => {
    const url = `${server.url}/payments/midtrans/notification`
    const raw = (body) => fetch(url, { method: 'POST', body }).then((a) => a.status)
    assert.equal(await raw('{"order_id":'), 400)
    assert.equal(await raw('[]'), 400)
    assert.equal(await raw('{}'), 400)
    assert.equal(await raw(' '.repeat(70000)), 413)
    const unknown = { order_id: 'nobody-knows-me', status_code: '200', transaction_status: 'settlement', gross_amount: '1.00' }
    assert.equal((await notify(server, unknown)).status, 200)
    assert.ok((await attention(server)).some((a) => a.claims_order_id === 'nobody-knows-me' && a.attention === 'unknown-order'))
  })

  test('paid after it expired: given back and visible', async () => {
    const created = await order(kiosk)
    await sandbox.payer(created.pay_url, 'expire')
    await until(kiosk, 'PAYMENT_FAILED')
    await sandbox.faults({ late: 1 })
    await sandbox.payer(created.pay_url, 'pay')
    const payment = await reaches(server, created.order_id, 'refunded')
    assert.equal(payment.late, true)
    assert.equal(payment.attention, 'late')
    assert.deepEqual(payment.ledger.map((l) => l.kind), ['charge', 'paid', 'refund'])
    const told = await sandbox.status(payment.payment_id)
    assert.equal(told.transaction_status, 'refund')
    assert.equal(told.refund_amount, '7000.00')
    assert.ok((await attention(server)).some((a) => a.payment_id === payment.payment_id && a.attention === 'late'))
  })

  test('paid late and nobody is told: the watch finds it', async () => {
    const created = await order(kiosk)
    await sandbox.payer(created.pay_url, 'expire')
    await until(kiosk, 'PAYMENT_FAILED')
    await sandbox.faults({ late: 1, drop_notifications: 1 })
    await sandbox.payer(created.pay_url, 'pay')
    assert.equal((await reaches(server, created.order_id, 'refunded')).late, true)
  })

  test('cancel before it is paid: the gateway is told', async () => {
    const created = await order(kiosk)
    await kiosk.send('CANCEL', {})
    await until(kiosk, 'IDLE')
    const payment = await paymentOf(server, created.order_id)
    assert.equal(payment.state, 'cancelled')
    assert.equal((await sandbox.status(payment.payment_id)).transaction_status, 'cancel')
  })

  test('cancel races the money and loses: it is a sale', async () => {
    await sandbox.faults({ drop_notifications: 1 })
    const created = await order(kiosk)
    await sandbox.payer(created.pay_url, 'pay')
    await kiosk.send('CANCEL', {})
    assert.equal((await until(kiosk, 'PAYMENT_SUCCESS')).order_id, created.order_id)
    assert.equal((await paymentOf(server, created.order_id)).state, 'paid')
  })

  test('cancel and pay at the same moment: one of them, never both', async () => {
    for (let i = 0; i < 5; i++) {
      const created = await order(kiosk)
      const [paid] = await Promise.all([call(created.pay_url, { body: { action: 'pay' } }), kiosk.send('CANCEL', {})])
      const got = await kiosk.next()
      assert.equal(got.event, paid.status === 200 ? 'PAYMENT_SUCCESS' : 'IDLE')
      await reaches(server, created.order_id, paid.status === 200 ? 'paid' : 'cancelled')
      if (paid.status === 200) {
        await kiosk.send('VENDED', { order_id: created.order_id })
        await until(kiosk, 'IDLE')
      }
    }
  })

  test('cancel while the gateway is away: it waits for its word', async () => {
    const created = await order(kiosk)
    await sandbox.faults({ cancel_503: 2 })
    await kiosk.send('CANCEL', {})
    await until(kiosk, 'IDLE')
    assert.equal((await paymentOf(server, created.order_id)).state, 'cancelled')
  })

  test('a charge in flight is cancelled once it is known', async () => {
    await sandbox.faults({ charge_503: 1 })
    await kiosk.send('ORDER', { id: COLA })
    await until(kiosk, 'MENU_CLICKED')
    await kiosk.send('CANCEL', {})
    await until(kiosk, 'IDLE')
  })

  test('the gateway stumbles at the charge: asked again, one transaction', async () => {
    await sandbox.faults({ charge_503: 1 })
    const first = await order(kiosk)
    await sandbox.payer(first.pay_url, 'pay')
    await until(kiosk, 'PAYMENT_SUCCESS')
    await sandbox.faults({ charge_202: 2 })
    const second = await order(kiosk)
    await sandbox.payer(second.pay_url, 'pay')
    await until(kiosk, 'PAYMENT_SUCCESS')
  })

  test('the answer to a charge is lost, and with it the QR: called off, no money hangs', async () => {
    await sandbox.faults({ charge_lost: 1 })
    await kiosk.send('ORDER', { id: COLA })
    const failed = await until(kiosk, 'PAYMENT_FAILED')
    assert.equal(failed.reason, 'unavailable')
    const { payment_id: id } = await paymentOf(server, failed.order_id)
    assert.equal((await sandbox.status(id)).transaction_status, 'cancel')
  })

  test('nothing came out of the machine: the money goes back', async () => {
    const created = await order(kiosk)
    await sandbox.payer(created.pay_url, 'pay')
    await until(kiosk, 'PAYMENT_SUCCESS')
    await kiosk.send('VEND_FAILED', { order_id: created.order_id, reason: 'jammed' })
    const payment = await reaches(server, created.order_id, 'refunded')
    assert.equal(payment.ledger.at(-1).reason, 'vend-failed')
    assert.deepEqual(payment.refunded, payment.amount)
    assert.equal((await sandbox.status(payment.payment_id)).transaction_status, 'refund')
  })

  test('the gateway stumbles at the refund: asked again, given back once', async () => {
    const created = await order(kiosk)
    await sandbox.payer(created.pay_url, 'pay')
    await until(kiosk, 'PAYMENT_SUCCESS')
    await sandbox.faults({ refund_503: 2 })
    await kiosk.send('VEND_FAILED', { order_id: created.order_id, reason: 'jammed' })
    const payment = await reaches(server, created.order_id, 'refunded')
    assert.equal((await sandbox.status(payment.payment_id)).refunds.length, 1)
  })

  test('the gateway refuses the refund: owed as a credit, and visible', async () => {
    await sandbox.faults({ refund_414: 1 })
    const created = await order(kiosk)
    await sandbox.payer(created.pay_url, 'pay')
    await until(kiosk, 'PAYMENT_SUCCESS')
    await kiosk.send('VEND_FAILED', { order_id: created.order_id, reason: 'jammed' })
    const payment = await reaches(server, created.order_id, 'credited')
    assert.equal(payment.attention, 'refund-failed')
    assert.deepEqual(payment.ledger.map((l) => `${l.kind} ${l.state}`), ['charge done', 'paid done', 'refund refused', 'credit done'])
  })

  test('staff give back a part, then the rest; never more than was paid', async () => {
    const created = await order(kiosk)
    await sandbox.payer(created.pay_url, 'pay')
    await until(kiosk, 'PAYMENT_SUCCESS')
    const { payment_id: id } = await paymentOf(server, created.order_id)
    const refund = (body, token = server.owner) => call(`${server.url}/v1/payments/${id}/refund`, { body, token })
    assert.equal((await refund({ amount: 200050 })).status, 400)
    assert.equal((await refund({ amount: 800000 })).status, 409)
    assert.equal((await refund({ amount: 200000, reason: 'half cold' })).status, 202)
    await eventually(async () => (await paymentOf(server, created.order_id)).refunded.amount === 200000, 'the first part')
    assert.equal((await paymentOf(server, created.order_id)).state, 'paid')
    assert.equal((await refund({ amount: 500100 })).status, 409)
    const two = await Promise.all([refund({}), refund({})])
    assert.deepEqual(two.map((a) => a.status).sort(), [202, 409])
    const payment = await reaches(server, created.order_id, 'refunded')
    assert.deepEqual(payment.refunded, payment.amount)
    assert.equal((await refund({})).status, 409)
    const strangers = ['USER0001', 'BARISTA1', 'COURIER1']
    for (const name of strangers) assert.equal((await refund({}, await server.token(name))).status, 403)
    assert.equal((await refund({}, await server.token('ADMIN1'))).status, 409)
    assert.equal((await refund({}, null)).status, 401)
  })

  test('refunded on the gateway\'s own pages: the ledger knows', async () => {
    const created = await order(kiosk)
    await sandbox.payer(created.pay_url, 'pay')
    await until(kiosk, 'PAYMENT_SUCCESS')
    await sandbox.payer(created.pay_url, 'refund')
    const payment = await reaches(server, created.order_id, 'refunded')
    assert.equal(payment.ledger.at(-1).reason, 'gateway')
  })

  test('settled, then denied: the reversal is visible', async () => {
    const created = await order(kiosk)
    await sandbox.payer(created.pay_url, 'pay')
    await until(kiosk, 'PAYMENT_SUCCESS')
    await sandbox.payer(created.pay_url, 'reverse')
    const payment = await reaches(server, created.order_id, 'denied')
    assert.equal(payment.attention, 'reversed')
    assert.equal(payment.ledger.at(-1).kind, 'reversal')
  })

  test('who may see a payment', async () => {
    const created = await order(kiosk)
    const url = `${server.url}/v1/orders/${created.order_id}/payment`
    const sees = async (name) => (await call(url, { token: name && (await server.token(name)) })).status
    assert.equal(await sees(null), 401)
    for (const name of ['OWNER1', 'BARISTA1', 'ADMIN1', 'KIOSK1']) assert.equal(await sees(name), 200, name)
    for (const name of ['USER0001', 'COURIER1']) assert.equal(await sees(name), 404, name)
    assert.equal((await call(`${server.url}/v1/orders/nonsense/payment`, { token: server.owner })).status, 404)
    assert.equal((await call(`${server.url}/v1/payments/${created.order_id}/qr.svg`)).status, 404)
    assert.equal((await call(`${server.url}/v1/payments`, { token: await server.token('USER0001') })).status, 403)
    await kiosk.send('CANCEL', {})
    await until(kiosk, 'IDLE')
  })

  test('an order over the API is paid by its customer', async () => {
    const token = await server.token('USER0001')
    const placed = await call(`${server.url}/order-ms/USER0001/orders`, {
      token, body: { items: [{ product_id: COLA, qty: 2, options: [] }], pay: 'qris' },
    })
    assert.equal(placed.status, 201, placed.text)
    const url = `${server.url}/v1/orders/${placed.json.order_id}/payment`
    const payment = await eventually(async () => {
      const { json } = await call(url, { token })
      return json.state === 'pending' && json
    }, 'the QR')
    assert.deepEqual(payment.amount, { amount: 1400000, currency: 'IDR' })
    await sandbox.payer(payment.pay_url, 'pay')
    await eventually(async () => (await call(url, { token })).json.state === 'paid', 'the money')
    const other = await server.token('USER0002')
    assert.equal((await call(url, { token: other })).status, 404)
  })

  test('gopay is paid at its own page', async () => {
    const token = await server.token('USER0001')
    const items = [{ product_id: COLA, qty: 1, options: [] }]
    const placed = await call(`${server.url}/order-ms/USER0001/orders`, { token, body: { items, pay: 'gopay' } })
    assert.equal(placed.status, 201, placed.text)
    const payment = await reaches(server, placed.json.order_id, 'pending')
    assert.equal(payment.method, 'gopay')
    assert.equal((await sandbox.status(payment.payment_id)).payment_type, 'gopay')
    await sandbox.payer(payment.pay_url, 'pay')
    await reaches(server, placed.json.order_id, 'paid')
  })

  test('what came in is counted', async () => {
    assert.ok((await metric(server.url, 'pesan_payments_paid_total')) >= 10)
    assert.ok((await metric(server.url, 'pesan_payments_failed_total')) >= 5)
    assert.equal(await metric(server.url, 'pesan_webhook_refused_total'), 2)
  })

  test('a flood of forged notifications is counted, not kept', async () => {
    const forged = { order_id: 'flood', status_code: '200', transaction_status: 'settlement', gross_amount: '1.00' }
    const answers = await Promise.all(Array.from({ length: 150 }, () => notify(server, forged, 'guess')))
    assert.ok(answers.every(({ status }) => status === 403))
    const url = `${server.url}/v1/payments?attention=1&limit=200`
    const { json } = await call(url, { token: server.owner })
    assert.equal(json.filter((a) => a.attention === 'bad-signature').length, 100)
    assert.equal(await metric(server.url, 'pesan_webhook_refused_total'), 152)
  })

  test('the list pages by id', async () => {
    const list = async (query) => (await call(`${server.url}/v1/payments?${query}`, { token: server.owner })).json
    for (const kind of ['', 'attention=1&']) {
      const all = await list(`${kind}limit=200`)
      const ids = all.map((p) => p.id)
      assert.deepEqual(ids, [...ids].sort().reverse())
      const paged = []
      for (let before = ''; ; before = `&before=${paged.at(-1)}`) {
        const page = await list(`${kind}limit=7${before}`)
        paged.push(...page.map((p) => p.id))
        if (page.length < 7) break
      }
      assert.deepEqual(paged.slice(0, ids.length), ids)
    }
    assert.equal((await call(`${server.url}/v1/payments?limit=0`, { token: server.owner })).status, 400)
  })
})

describe('payment with a gateway elsewhere', () => {
  let gateway, port
  before(async () => {
    port = await freePort()
    gateway = await startServer(path.join(build, 'pesan'), ['sandbox', '--listen', `127.0.0.1:${port}`], { port })
  })
  after(() => gateway?.stop())

  test('killed between QR and money, paid meanwhile: the screen reaches success after the restart', async () => {
    const folder = await mkdtemp(path.join(tmpdir(), 'pesan-pay-'))
    const data = path.join(folder, 'data')
    const elsewhere = ['--midtrans-url', `http://127.0.0.1:${port}/sandbox`, '--sweep-ms', '200']
    let server = await startPesan(elsewhere, { data })
    let kiosk = await openKiosk(server)
    const created = await order(kiosk)
    kiosk.destroy()
    await server.kill9()
    await new Sandbox(`http://127.0.0.1:${port}`).payer(created.pay_url, 'pay')
    server = await startPesan(elsewhere, { data })
    kiosk = await openKiosk(server)
    assert.equal((await until(kiosk, 'PAYMENT_SUCCESS')).order_id, created.order_id)
    kiosk.destroy()
    await server.stop()
    await rm(folder, { recursive: true, force: true })
  })

  test('killed at any moment of a charge: after the restart there is one transaction, and it can be paid', async () => {
    const folder = await mkdtemp(path.join(tmpdir(), 'pesan-pay-'))
    const data = path.join(folder, 'data')
    const elsewhere = ['--midtrans-url', `http://127.0.0.1:${port}/sandbox`, '--sweep-ms', '200']
    for (const wait of [0, 5, 20]) {
      let server = await startPesan(elsewhere, { data })
      let kiosk = await openKiosk(server)
      await kiosk.send('ORDER', { id: COLA })
      await until(kiosk, 'MENU_CLICKED')
      await sleep(wait)
      kiosk.destroy()
      await server.kill9()
      server = await startPesan(elsewhere, { data })
      kiosk = await openKiosk(server)
      const created = await until(kiosk, 'ORDER_CREATED')
      await new Sandbox(`http://127.0.0.1:${port}`).payer(created.pay_url, 'pay')
      await until(kiosk, 'PAYMENT_SUCCESS')
      await kiosk.send('VENDED', { order_id: created.order_id })
      await until(kiosk, 'IDLE')
      kiosk.destroy()
      await server.stop()
    }
    await rm(folder, { recursive: true, force: true })
  })

  test('a gateway that is not there: the sale fails in time', async () => {
    const nobody = await freePort()
    const server = await startPesan(['--midtrans-url', `http://127.0.0.1:${nobody}`, '--sweep-ms', '200'])
    const kiosk = await openKiosk(server)
    const started = Date.now()
    await kiosk.send('ORDER', { id: COLA })
    assert.equal((await until(kiosk, 'PAYMENT_FAILED')).reason, 'unavailable')
    assert.ok(Date.now() - started < 25000)
    kiosk.destroy()
    await server.stop()
  })

  test('a bad configuration is refused with one clear line', async () => {
    for (const [args, why] of [
      [['--payment-minutes', '0'], /payment-minutes/],
      [['--midtrans-server-key', 'two words'], /midtrans-server-key/],
      [['--midtrans-url', 'ftp://example'], /midtrans-url/],
      [['--midtrans-server-key', 'Mid-server-live', '--midtrans-url', 'http://example.com'], /midtrans-url/],
    ])
      assert.match(await refusal(args), why)
  })

  test('no gateway: start-up says so', async () => {
    const server = await startPesan([], { demo: false })
    await eventually(() => server.log().includes('PAYMENT-COUNTER-ONLY'), 'the line')
    assert.equal((await call(`${server.url}/sandbox/faults`)).status, 404)
    assert.equal((await call(`${server.url}/payments/midtrans/notification`, { body: {} })).status, 503)
    await server.stop()
  })
})
