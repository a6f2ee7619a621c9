// notify.test.js - what people are told and find again: the inbox in their language, seen on one device for all, orders
// that ring until they are answered, and who saw what.
import assert from 'node:assert/strict'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { after, before, describe, test } from 'node:test'
import { castOf, SERVICE_KEY, SHOP, signIn } from '../lib/cast.js'
import { call, COLA, eventually, until } from '../lib/sale.js'
import { startPesan } from '../lib/server.js'
import { Socket } from '../lib/socket.js'

const NOBODY = '0198c0de-0000-7000-8000-00000000ffff'
let server, cast

before(async () => {
  server = await startPesan(['--service-key', SERVICE_KEY])
  cast = await castOf(server)
})
after(() => server?.stop())

const ask = (who, where, options = {}) => call(server.url + where, { token: cast.tokens[who] ?? who, ...options })

async function ok(answer) {
  const { status, text, json } = await answer
  assert.ok(status < 300, text)
  return json
}

function refused({ status, text, json }, code, slug, pointers) {
  assert.equal(status, code, text)
  assert.equal(json.type, `/problems/${slug}`, text)
  if (pointers) assert.deepEqual(json.errors.map((e) => e.pointer), pointers)
}

const place = async (who = 'customer') => (await ok(ask(who, '/order', { body: { items: [{ menu_id: COLA, count: 2 }] } }))).order_id
const receive = (id, who = 'owner', body = {}) => ok(ask(who, `/order-receive/${id}`, { method: 'PATCH', body }))
const inbox = (who, query = '', language = 'en') => ok(ask(who, `/v1/notifications${query}`, { headers: { 'Accept-Language': language } }))
const state = (who) => ok(ask(who, '/v1/notifications/state'))
const see = (who, seq) => ask(who, '/v1/notifications/seen', { body: { seq } })
const putAway = (who, seq) => ask(who, `/v1/notifications/${seq}/acknowledge`, { method: 'POST' })
const setRing = (body, who = 'owner') => ask(who, `/v1/shops/${SHOP}/ring`, { method: 'PUT', body })

/** The events of a topic behind a seq. */
async function told(topic, from = 0) {
  const events = []
  for (let at = from; ; ) {
    const page = await ok(call(`${server.url}/v1/journal?after=${at}&limit=256`, { token: SERVICE_KEY }))
    events.push(...page.events.filter((e) => e.topic === topic))
    if (page.next === at) return events
    at = page.next
  }
}

const head = async () => (await state('owner')).seq
const rings = async (id, from = 0) => (await told('notify.ring', from)).map((e) => e.payload).filter((p) => p.order_id === id)

/** A device of somebody: its socket, and what it was told first. */
async function device(who, language = 'ko') {
  const token = cast.tokens[who] ?? who
  const socket = await Socket.open(server, `/v1/events?token=${token}`, { 'Accept-Language': language })
  return Object.assign(socket, { first: await socket.expect('CONNECTED') })
}

/** Reads what a device is told until the first event of this name about this order. */
async function hears(socket, event, id) {
  for (;;) {
    const values = await until(socket, event)
    if (id === undefined || values.order_id === id) return values
  }
}

/** Does what is asked for, and gives what the device is told meanwhile about the order, up to an event of its own. */
async function namesUntilSeen(socket, who) {
  const { seq } = await state(who)
  await socket.send('SEEN', { seq })
  const names = []
  for (;;) {
    const { event, values } = await socket.next()
    if (event === 'SEEN' && values.seen_seq === seq) return names
    names.push(event)
  }
}

// ---- The inbox ----

describe('the inbox', () => {
  test('an order is in the inbox of the staff, its acceptance in the customer\'s', async () => {
    const id = await place()
    for (const who of ['owner', 'manager', 'barista']) {
      const [first] = await inbox(who, '?limit=1')
      assert.equal(first.event, 'SUBMIT_ORDER', who)
      assert.equal(first.order_id, id)
      assert.equal(first.level, 'alert')
      assert.match(first.number, /^[A-Z]\d+$/)
    }
    for (const who of ['customer', 'other', 'courier', 'foreign', 'admin'])
      assert.ok(!(await inbox(who)).some((n) => n.order_id === id), who)
    await receive(id)
    const [accepted] = await inbox('customer')
    assert.equal(accepted.event, 'APPROVAL_ORDER')
    assert.equal(accepted.order_id, id)
    for (const who of ['other', 'courier', 'foreign']) assert.ok(!(await inbox(who)).some((n) => n.order_id === id), who)
  })

  test('it speaks the reader\'s language', async () => {
    await receive(await place())
    const said = async (who, language) => (await inbox(who, '?limit=1', language))[0].message
    assert.deepEqual(
      await Promise.all(['en', 'id', 'ko', 'pl'].map((l) => said('owner', l))),
      ['A new order has come in.', 'Ada pesanan baru.', '주문이 들어왔습니다.', 'Wpłynęło nowe zamówienie.'],
    )
    assert.equal(await said('customer', 'ko'), '주문이 승인되었습니다.')
  })

  test('a courier finds what is ready, the customer what became of it', async () => {
    const id = await place()
    await receive(id)
    for (const status of ['preparing', 'ready', 'delivering'])
      await ok(ask('owner', `/delivery-ms/ann/${id}`, { method: 'PATCH', body: { status } }))
    const of = async (who) => (await inbox(who)).filter((n) => n.order_id === id).map((n) => `${n.event} ${n.level}`)
    assert.deepEqual(await of('courier'), ['ORDER_STATUS alert'])
    assert.deepEqual(await of('customer'), ['ORDER_STATUS info', 'ORDER_STATUS alert', 'ORDER_STATUS info', 'APPROVAL_ORDER alert'])
    assert.deepEqual(await of('barista'), ['SUBMIT_ORDER alert'])
  })

  test('what is seen on one device is seen on all, and told to all', async () => {
    const [id] = [await place(), await place()]
    const phone = await signIn(server, cast.names.barista)
    const [second, first] = await inbox('barista')
    assert.equal(first.order_id, id)
    const before_ = await state('barista')
    assert.ok(before_.unread >= 2)
    const left = await ok(see(phone, first.seq))
    assert.deepEqual(left, { unread: 1, seen_seq: first.seq })
    assert.deepEqual(await state('barista').then(({ unread, seen_seq }) => ({ unread, seen_seq })), left)
    assert.deepEqual((await inbox('barista', '?limit=2')).map((n) => n.seen), [false, true])
    const events = (await told('notify.seen', second.seq)).filter((e) => e.key === cast.ids.barista)
    assert.deepEqual(events.map((e) => [e.payload.seen_seq, e.payload.unread, e.channels]), [[first.seq, 1, [`account:${cast.ids.barista}`]]])
    assert.deepEqual(await ok(see('barista', first.seq - 1)), left)
    assert.equal((await told('notify.seen', second.seq)).filter((e) => e.key === cast.ids.barista).length, 1)
    assert.equal((await state('manager')).seen_seq, 0)
  })

  test('one notice is put away, once, and told', async () => {
    const from = await head()
    await place()
    const [notice] = await inbox('manager', '?limit=1')
    const { unread } = await state('manager')
    for (let times = 0; times < 2; times++) assert.deepEqual(await ok(putAway('manager', notice.seq)), { unread: unread - 1 })
    const events = await told('notify.acknowledged', from)
    assert.deepEqual(events.map((e) => [e.key, e.payload.notice_seq, e.payload.unread]), [[cast.ids.manager, notice.seq, unread - 1]])
    assert.equal((await inbox('manager', '?limit=1'))[0].acknowledged, true)
    assert.equal((await inbox('owner', '?limit=1'))[0].acknowledged, false)
    for (const who of ['customer', 'other', 'courier', 'foreign', 'admin']) refused(await putAway(who, notice.seq), 404, 'not-found')
    for (const seq of ['0', '-1', 'x', '999999999']) refused(await putAway('manager', seq), 404, 'not-found')
  })

  test('pages follow each other', async () => {
    for (let n = 0; n < 3; n++) await place()
    const all = (await inbox('owner', '?limit=200')).map((n) => n.seq)
    assert.deepEqual(all, [...all].sort((a, b) => b - a))
    assert.deepEqual((await inbox('owner', '?limit=2')).map((n) => n.seq), all.slice(0, 2))
    assert.deepEqual((await inbox('owner', `?limit=2&before=${all[1]}`)).map((n) => n.seq), all.slice(2, 4))
    assert.deepEqual((await inbox('owner', '?after=0&limit=2')).map((n) => n.seq), all.slice(-2).reverse())
    assert.deepEqual((await inbox('owner', `?after=${all[1]}`)).map((n) => n.seq), all.slice(0, 1))
    for (const query of ['?limit=0', '?limit=201', '?limit=x', '?after=-1', '?before=x'])
      refused(await ask('owner', `/v1/notifications${query}`), 400, 'bad-input')
  })

  test('what cannot be seen is refused', async () => {
    for (const body of [{}, { seq: 'x' }, { seq: 0 }, { seq: -5 }, { seq: 1.5 }, [], { seq: (await head()) + 1000 }])
      refused(await ask('owner', '/v1/notifications/seen', { body }), 400, 'bad-input', ['/seq'])
  })

  test('who is hired has missed nothing; who is dismissed finds no more of the shop', async () => {
    await place()
    await ok(ask('owner', `/v1/shops/${SHOP}/staff`, { body: { username: 'bob', role: 'barista' } }))
    assert.equal((await state('other')).unread, 0)
    assert.deepEqual(await inbox('other'), [])
    const id = await place()
    assert.deepEqual((await inbox('other')).map((n) => n.order_id), [id])
    assert.equal((await state('other')).unread, 1)
    await call(`${server.url}/v1/shops/${SHOP}/staff/bob`, { method: 'DELETE', token: cast.tokens.owner })
    assert.deepEqual(await inbox('other'), [])
    assert.equal((await state('other')).unread, 0)
  })
})

// ---- Ringing ----

describe('an order rings', () => {
  test('as the shop says, and what is not said stays', async () => {
    const usual = { every_s: 20, escalate_after_s: 60, first: ['owner', 'barista'], max_s: 1800 }
    assert.deepEqual(await ok(ask('manager', `/v1/shops/${SHOP}/ring`)), usual)
    assert.deepEqual(await ok(setRing({ every_s: 7 })), { ...usual, every_s: 7 })
    assert.deepEqual(await ok(setRing({ first: ['manager', 'owner'], max_s: 60 }, 'manager')), { ...usual, every_s: 7, first: ['owner', 'manager'], max_s: 60 })
    assert.deepEqual(await ok(setRing(usual)), usual)
  })

  test('within limits', async () => {
    for (const [body, pointer] of [
      [{ every_s: 0 }, '/every_s'],
      [{ every_s: 601 }, '/every_s'],
      [{ every_s: '5' }, '/every_s'],
      [{ escalate_after_s: -1 }, '/escalate_after_s'],
      [{ max_s: 86401 }, '/max_s'],
      [{ first: [] }, '/first'],
      [{ first: ['courier'] }, '/first'],
      [{ first: 'owner' }, '/first'],
      [{ first: Array(9).fill('owner') }, '/first'],
      [[], ''],
    ])
      refused(await setRing(body), 400, 'bad-input', [pointer])
    refused(await ask('owner', '/v1/shops/x/ring'), 404, 'not-found')
    refused(await ask('owner', `/v1/shops/${NOBODY}/ring`), 403, 'forbidden')
  })

  test('louder and louder, for all after a while, until it is accepted', async () => {
    await ok(setRing({ every_s: 1, escalate_after_s: 5, first: ['owner'] }))
    const board = await device('owner')
    const from = await head()
    const id = await place()
    const heard = await eventually(async () => {
      const all = await rings(id, from)
      return all.some((p) => p.to.length === 3) && all
    }, 'the escalation')
    board.destroy()
    assert.ok(heard.every((p, i) => p.level > (heard[i - 1]?.level ?? 0)), JSON.stringify(heard))
    assert.deepEqual(heard[0].to, ['owner'])
    assert.ok(heard.every((p) => p.waited_s >= p.level && p.shop_id === SHOP))
    await receive(id, 'barista')
    await sleep(2500)
    const accepted = (await told('order.accepted', from)).find((e) => e.key === id)
    const late = (await told('notify.ring', accepted.seq)).filter((e) => e.key === id)
    assert.ok(late.length <= 1, `${late.length} rings of an order that was accepted`) // one may have been on its way
  })

  test('for those who are there, when nobody is who would be rung first', async () => {
    await ok(setRing({ every_s: 1, escalate_after_s: 3600, first: ['owner'] }))
    const barista = await device('barista')
    const id = await place()
    const ring = await hears(barista, 'RING', id)
    assert.deepEqual(ring.to, ['owner', 'manager', 'barista'])
    assert.equal(ring.level, 1)
    assert.equal(ring.message, '아직 승인되지 않은 주문이 있습니다.')
    const late = await device('barista')
    assert.ok(late.first.ringing.some((r) => r.order_id === id && r.level >= 1 && r.number === ring.number && r.shop_id === SHOP))
    await receive(id)
    assert.equal((await hears(barista, 'ORDER_STATUS', id)).status, 'accepted')
    const later = await device('barista')
    assert.ok(!later.first.ringing.some((r) => r.order_id === id))
    for (const socket of [barista, late, later]) socket.destroy()
  })

  test('and goes on after kill -9', async () => {
    const home = await mkdtemp(path.join(tmpdir(), 'pesan-ring-'))
    const data = path.join(home, 'data')
    const start = () => startPesan(['--service-key', SERVICE_KEY], { data, env: { ACCESS_TOKEN_KEY: 'a key that outlives the crash' } })
    const of = async (house, id) => {
      const page = await ok(call(`${house.url}/v1/journal?after=0&limit=500`, { token: SERVICE_KEY }))
      return page.events.filter((e) => e.topic === 'notify.ring' && e.key === id)
    }
    let house = await start()
    const owner = await house.token('OWNER1')
    await ok(call(`${house.url}/v1/shops/${SHOP}/ring`, { method: 'PUT', token: owner, body: { every_s: 1 } }))
    const body = { items: [{ menu_id: COLA, count: 1 }] }
    const { order_id } = await ok(call(`${house.url}/order`, { token: await house.token('USER0001'), body }))
    await house.kill9()
    house = await start()
    await eventually(async () => (await of(house, order_id)).length >= 2, 'two rings')
    await ok(call(`${house.url}/order-receive/${order_id}`, { method: 'PATCH', token: owner, body: {} }))
    await house.kill9()
    house = await start()
    const before_ = (await of(house, order_id)).length
    await sleep(2500)
    assert.equal((await of(house, order_id)).length, before_)
    await house.stop()
    await rm(home, { recursive: true, force: true })
  })
})

// ---- Devices ----

describe('devices', () => {
  test('all of the staff are told of an order, all of the customer of its acceptance, and nobody else', async () => {
    const staff = [await device('owner'), await device('owner'), await device('manager'), await device('barista')]
    const customers = [await device('customer'), await device('customer')]
    const others = ['other', 'courier', 'foreign', 'admin']
    const strangers = await Promise.all(others.map((who) => device(who)))
    const id = await place()
    for (const socket of staff) {
      const values = await hears(socket, 'SUBMIT_ORDER', id)
      assert.equal(values.message, '주문이 들어왔습니다.')
      assert.equal(values.username, 'ann')
      assert.deepEqual(values.total, { amount: 1400000, currency: 'IDR' })
      assert.deepEqual(values.items.map(({ name, qty }) => [name, qty]), [['Cola', 2]])
    }
    for (const socket of customers) assert.equal((await hears(socket, 'ORDER_PLACED', id)).username, undefined)
    await receive(id)
    for (const socket of customers) {
      const values = await hears(socket, 'APPROVAL_ORDER', id)
      assert.equal(values.message, '주문이 승인되었습니다.')
      assert.equal(values.by, undefined)
    }
    for (const socket of staff) assert.equal((await hears(socket, 'ORDER_STATUS', id)).label, '주문승인')
    for (const [i, socket] of strangers.entries()) assert.deepEqual(await namesUntilSeen(socket, others[i]), [], others[i])
    for (const socket of [...staff, ...customers, ...strangers]) socket.destroy()
  })

  test('it is told first where it stands', async () => {
    const mine = await state('manager')
    const socket = await device('manager')
    const { seq, epoch, unread, account_id, username, roles } = socket.first
    assert.ok(seq >= mine.seq)
    assert.deepEqual({ epoch, unread, account_id, username }, { epoch: mine.epoch, unread: mine.unread, account_id: cast.ids.manager, username: 'mia' })
    assert.deepEqual(roles, ['manager'])
    socket.destroy()
  })

  test('what is seen and put away on one is so on the other', async () => {
    const [one, two] = [await device('manager'), await device('manager')]
    const id = await place()
    const { seq } = await hears(one, 'SUBMIT_ORDER', id)
    await one.send('ACKNOWLEDGE', { seq })
    assert.equal((await hears(two, 'ACKNOWLEDGED')).notice_seq, seq)
    await one.send('SEEN', { seq })
    assert.deepEqual(await hears(two, 'SEEN').then(({ seen_seq, unread }) => ({ seen_seq, unread })), { seen_seq: seq, unread: 0 })
    for (const [event, values, code] of [
      ['SEEN', {}, 'bad-input'],
      ['SEEN', { seq: seq + 100000 }, 'bad-input'],
      ['DELIVERED', { seq: 'x' }, 'bad-input'],
      ['ACKNOWLEDGE', { seq: seq + 100000 }, 'not-found'],
    ]) {
      await two.send(event, values)
      for (;;) {
        const got = await two.next()
        if (got.event !== 'ERROR') continue
        assert.equal(got.values.code, code, event)
        break
      }
    }
    one.destroy()
    two.destroy()
  })

  test('a client alerts nobody', async () => {
    const [board, phone] = [await device('owner'), await device('customer')]
    for (const event of ['SUBMIT_ORDER', 'APPROVAL_ORDER']) {
      await phone.send(event, { owner_id: 'OWNER1', client_id: 'ann', order_id: NOBODY, message: 'forged' })
      await board.send(event, { owner_id: 'OWNER1', client_id: 'ann', order_id: NOBODY, message: 'forged' })
    }
    assert.deepEqual(await namesUntilSeen(phone, 'customer'), [])
    const heard = await namesUntilSeen(board, 'owner')
    assert.deepEqual(heard.filter((name) => name !== 'RING'), []) // orders of before may ring on
    board.destroy()
    phone.destroy()
  })
})

// ---- Who saw what ----

describe('who saw what', () => {
  const alerts = (who, id) => ask(who, `/v1/orders/${id}/alerts`)

  test('who answers is noted with his device', async () => {
    const id = await place()
    const token = await signIn(server, cast.names.barista)
    const sessions = await ok(ask(token, '/v1/sessions'))
    await receive(id, token)
    const [line, ...more] = (await ok(alerts('owner', id))).filter((a) => a.acted_at)
    assert.deepEqual(more, [])
    assert.equal(line.username, cast.names.barista)
    assert.equal(line.account_id, cast.ids.barista)
    assert.equal(line.action, 'accepted')
    assert.equal(line.device, sessions.find((s) => s.current).id.slice(-8))
    const refusal = await place()
    await receive(refusal, 'manager', { accept: false, reason: 'no milk' })
    assert.deepEqual((await ok(alerts('owner', refusal))).filter((a) => a.action).map((a) => [a.username, a.action]), [[cast.names.manager, 'rejected']])
  })

  test('sent, delivered, seen and acted on, each device by itself', async () => {
    const token = await signIn(server, cast.names.barista)
    const [till, phone] = [await device('owner'), await device(token)]
    const name = (await ok(ask(token, '/v1/sessions'))).find((s) => s.current).id.slice(-8)
    const id = await place()
    const { seq } = await hears(phone, 'SUBMIT_ORDER', id)
    const line = async (what) => eventually(async () => (await ok(alerts('owner', id))).find((a) => a.device === name && a[what]), what)
    const sent = await line('sent_at')
    assert.deepEqual([sent.event, sent.seq, sent.delivered_at, sent.seen_at, sent.acted_at], ['SUBMIT_ORDER', seq, null, null, null])
    await phone.send('DELIVERED', { seq })
    assert.equal((await line('delivered_at')).seen_at, null)
    await phone.send('SEEN', { seq })
    assert.equal((await line('seen_at')).acted_at, null)
    await receive(id, token)
    assert.equal((await line('acted_at')).action, 'accepted')
    const others = (await ok(alerts('owner', id))).filter((a) => a.username === 'OWNER1')
    assert.ok(others.length > 0 && others.every((a) => a.sent_at && !a.delivered_at && !a.seen_at && !a.acted_at))
    till.destroy()
    phone.destroy()
  })

  test('the customer sees his own devices only, others nothing', async () => {
    const id = await place()
    await receive(id)
    assert.deepEqual(await ok(alerts('customer', id)), [])
    for (const who of ['other', 'courier', 'foreign']) refused(await alerts(who, id), 404, 'not-found')
    for (const unknown of [NOBODY, 'x']) refused(await alerts('owner', unknown), 404, 'not-found')
  })
})
