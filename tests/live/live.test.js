// live.test.js - a person's devices on the real server, with stock clients: who hears what and who does not, the same on
// every transport; who may not any longer hears nothing more; who was away has missed nothing.
import assert from 'node:assert/strict'
import { after, afterEach, before, describe, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { SERVICE_KEY, SHOP, castOf } from '../lib/cast.js'
import { PollingDevice, SocketIoDevice, StreamDevice, WebSocketDevice } from '../lib/device.js'
import { COLA, Sandbox, call, eventually } from '../lib/sale.js'
import { startPesan } from '../lib/server.js'
import { hasHeard, mustHear, readJournal } from '../lib/truth.js'

const QUIET_MS = 400 // what has not come by then does not come
const TRANSPORTS = { websocket: ['websocket'], polling: ['polling'], upgrade: ['polling', 'websocket'] }

let server, cast, tokens
before(async () => {
  server = await startPesan(['--service-key', SERVICE_KEY, '--sweep-ms', '200'])
  cast = await castOf(server)
  tokens = cast.tokens
})
after(() => server?.stop())

const open = []
afterEach(async () => {
  await Promise.all(open.splice(0).map((device) => device.close()))
})

function keep(device) {
  open.push(device)
  return device
}

/** A device of somebody in the cast by Socket.IO, connected. */
const phone = (who, transport = 'websocket', more = {}) =>
  keep(new SocketIoDevice({ url: server.url, token: tokens[who], name: `${transport} of ${who}`, transports: TRANSPORTS[transport], ...more })).ready()

/** One of each kind, connected. */
async function allKinds(who, more = {}) {
  const how = { url: server.url, token: tokens[who], ...more }
  const others = { stream: StreamDevice, socket: WebSocketDevice, poll: PollingDevice }
  const all = Object.keys(TRANSPORTS).map((transport) => phone(who, transport, more))
  for (const [kind, Kind] of Object.entries(others)) all.push(keep(new Kind({ name: `${kind} of ${who}`, ...how })).ready())
  return Promise.all(all)
}

const ask = (who, method, path, body, headers) => call(server.url + path, { method, body, token: tokens[who], headers })

async function must(...request) {
  const answer = await ask(...request)
  assert.ok(answer.status < 300, `${request}: ${answer.status} ${answer.text}`)
  return answer.json
}

/** A new order of the customer; its id. */
const place = async (who = 'customer', more = {}) =>
  (await must(who, 'POST', `/order-ms/${cast.names[who]}/orders`, { shop_id: SHOP, items: [{ product_id: COLA, qty: 1 }], ...more })).order_id
const receive = (id, body = {}, who = 'owner') => must(who, 'PATCH', `/order-receive/${id}`, body)
const about = (id) => ({ order_id }) => order_id === id

/** Nothing of this order comes to any of the devices. */
async function silent(devices, id) {
  await sleep(QUIET_MS)
  for (const device of devices) assert.deepEqual(device.heard.filter(({ values }) => values.order_id === id), [], device.name)
}

/** What a device heard of an order, by name. */
const namesOf = (device, id) => device.heard.filter(({ values }) => values.order_id === id).map(({ event }) => event)

describe('who hears what', () => {
  test('SUBMIT_ORDER is on all devices of the shop\'s staff, once, and on nobody else\'s', async () => {
    const staff = (await Promise.all(['owner', 'manager', 'barista'].map((who) => allKinds(who)))).flat()
    const strangers = await Promise.all(['other', 'courier', 'foreign'].map((who) => phone(who)))
    const customers = await allKinds('customer')
    const id = await place()
    for (const device of staff) {
      const values = await device.hears('SUBMIT_ORDER', about(id))
      assert.equal(values.message, '주문이 들어왔습니다.', device.name)
      assert.ok(Number.isInteger(values.seq) && values.id && values.at, JSON.stringify(values))
    }
    for (const device of customers) await device.hears('ORDER_PLACED', about(id))
    await silent(strangers, id)
    for (const device of staff) assert.deepEqual(namesOf(device, id), ['SUBMIT_ORDER'], device.name)
    for (const device of customers) assert.deepEqual(namesOf(device, id), ['ORDER_PLACED'], device.name)
  })

  test('APPROVAL_ORDER is on all devices of the customer, once, and on nobody else\'s', async () => {
    const customers = await allKinds('customer')
    const staff = await Promise.all(['owner', 'barista'].map((who) => phone(who)))
    const strangers = await Promise.all(['other', 'courier', 'foreign'].map((who) => phone(who)))
    const id = await place()
    await receive(id)
    for (const device of customers) assert.equal((await device.hears('APPROVAL_ORDER', about(id))).message, '주문이 승인되었습니다.')
    for (const device of staff) await device.hears('ORDER_STATUS', about(id))
    await silent(strangers, id)
    for (const device of customers) assert.deepEqual(namesOf(device, id), ['ORDER_PLACED', 'APPROVAL_ORDER'], device.name)
    for (const device of staff) assert.deepEqual(namesOf(device, id), ['SUBMIT_ORDER', 'ORDER_STATUS'], device.name)
  })

  test('an order paid online alerts when the money is there, not before', async () => {
    const [owner, customer] = [await phone('owner'), await phone('customer')]
    const id = await place('customer', { pay: 'qris' })
    await customer.hears('PAYMENT', about(id))
    await silent([owner], id)
    const payment = await eventually(async () => {
      const { json } = await ask('customer', 'GET', `/v1/orders/${id}/payment`)
      return json?.state === 'pending' && json
    }, 'the QR')
    await new Sandbox(server.url).payer(payment.pay_url, 'pay')
    await owner.hears('SUBMIT_ORDER', about(id))
    await customer.hears('ORDER_PAID', about(id))
    await sleep(QUIET_MS)
    assert.deepEqual(namesOf(owner, id), ['SUBMIT_ORDER'])
  })

  test('somebody who orders from his own shop hears each event once', async () => {
    const devices = await allKinds('owner')
    const id = await place('owner')
    await receive(id)
    for (const device of devices) await device.hears('APPROVAL_ORDER', about(id))
    await sleep(QUIET_MS)
    for (const device of devices) {
      assert.deepEqual(namesOf(device, id), ['SUBMIT_ORDER', 'APPROVAL_ORDER'], device.name)
      assert.equal(device.doubles, 0)
    }
  })

  test('what a client says it has done is acknowledged and alerts nobody', async () => {
    const staff = [await phone('owner'), await phone('barista', 'polling')]
    const customer = await phone('customer')
    const before_ = staff.map((device) => device.heard.length)
    for (const event of ['SUBMIT_ORDER', 'APPROVAL_ORDER']) {
      const forged = { owner_id: staff[0].told[0].values.account_id, client_id: 'x', order_id: SHOP, message: '주문이 들어왔습니다.' }
      assert.equal((await customer.ask(event, forged))?.error, undefined)
    }
    for (const event of ['RING', 'ORDER_STATUS', 'CONNECTED', 'toString']) {
      const answer = await customer.ask(event, { order_id: SHOP })
      assert.ok(answer.error?.code, `${event}: ${JSON.stringify(answer)}`)
    }
    await sleep(QUIET_MS)
    staff.forEach((device, i) => assert.equal(device.heard.length, before_[i], device.name))
  })

  test('a channel that is somebody else\'s is refused, one\'s own is not', async () => {
    const mine = await place()
    const yours = await place('other')
    const customer = await phone('customer')
    const subscribe = (device, channel) => device.ask('SUBSCRIBE', { channel })
    const { account_id } = (await phone('other')).told[0].values
    for (const channel of [`account:${account_id}`, `shop:${SHOP}`, `order:${yours}`, 'kiosk:KIOSK1', 'people', `track:${yours}`, 'chat:0123456789abcde', '', 'x'.repeat(300)]) {
      const answer = await subscribe(customer, channel)
      assert.ok(answer.error?.code && answer.error.message, `${channel}: ${JSON.stringify(answer)}`)
    }
    assert.equal((await subscribe(customer, `order:${mine}`)).error, undefined)
    const barista = await phone('barista')
    assert.equal((await subscribe(barista, 'kiosk:KIOSK1')).error, undefined)
    assert.equal((await subscribe(barista, `order:${yours}`)).error, undefined)
    for (const channel of [`shop:${cast.otherShop}`, `account:${account_id}`]) assert.ok((await subscribe(barista, channel)).error, channel)
    await receive(yours)
    await silent([customer], yours)
  })
})

describe('the inbox', () => {
  test('seen and put away on one device is so on all', async () => {
    const [one, two, three] = [await phone('barista'), await phone('barista', 'polling'), keep(new StreamDevice({ url: server.url, token: tokens.barista }))]
    await three.ready()
    const { seq } = await one.hears('SUBMIT_ORDER', about(await place()))
    const unread = async () => (await must('barista', 'GET', '/v1/notifications/state')).unread
    assert.ok((await unread()) > 0)
    assert.equal((await one.ask('ACKNOWLEDGE', { seq })).error, undefined)
    for (const device of [one, two, three]) await device.hears('ACKNOWLEDGED', (values) => values.notice_seq === seq)
    assert.equal((await one.ask('SEEN', { seq })).error, undefined)
    for (const device of [one, two, three]) assert.equal((await device.hears('SEEN', (values) => values.seen_seq === seq)).unread, 0)
    assert.equal(await unread(), 0)
    assert.equal((await phone('barista')).told[0].values.unread, 0)
    const row = (await must('barista', 'GET', '/v1/notifications')).find((each) => each.seq === seq)
    assert.ok(row.seen && row.acknowledged, JSON.stringify(row))
  })
})

describe('the cursor', () => {
  test('every transport tells the same, replayed and live', async () => {
    const first = await phone('owner')
    const after_ = first.cursor
    for (let i = 0; i < 3; i++) await receive(await place())
    await first.hears('ORDER_STATUS', ({ seq }) => seq > after_)
    const devices = await allKinds('owner', { after: after_ })
    const last = await place()
    for (const device of [first, ...devices]) await device.hears('SUBMIT_ORDER', about(last))
    const events = await readJournal(server.url, SERVICE_KEY)
    const head = events.find(({ topic, key }) => topic === 'order.placed' && key === last).seq
    const truth = mustHear(events.filter(({ seq }) => seq <= head), first.told[0].values.account_id, after_)
    assert.ok(truth.length >= 7, truth.join('\n'))
    for (const device of [first, ...devices]) {
      assert.deepEqual(hasHeard(device, head), truth, device.name)
      assert.equal(device.doubles, 0, device.name)
    }
  })

  test('after 0 is all that is kept, by roles held at the time', async () => {
    const events = await readJournal(server.url, SERVICE_KEY)
    const head = events.at(-1).seq
    for (const who of ['owner', 'barista', 'courier', 'customer', 'foreign']) {
      const device = await phone(who, 'websocket', { after: 0 })
      const truth = mustHear(events, device.told[0].values.account_id)
      await eventually(() => hasHeard(device, head).length >= truth.length, 'all to be replayed')
      assert.deepEqual(hasHeard(device, head), truth, who)
      assert.ok(truth.length > 0, who)
    }
  })

  test('a cursor of another epoch or beyond the head is answered RESYNC, and then live', async () => {
    for (const more of [{ after: 1, epoch: 'another' }, { after: 1e9 }]) {
      const device = keep(new SocketIoDevice({ url: server.url, token: tokens.owner, transports: ['websocket'], after: more.after }))
      device.epoch = more.epoch
      const values = await device.hears('RESYNC')
      assert.ok(values.epoch && values.seq > 1 && 'unread' in values && Array.isArray(values.ringing), JSON.stringify(values))
      const id = await place()
      await device.hears('SUBMIT_ORDER', about(id))
      assert.deepEqual(device.heard.map(({ values: { order_id } }) => order_id), [id])
    }
  })

  test('Socket.IO\'s own recovery: the same socket, what was missed, once', async () => {
    const device = await phone('owner')
    const { id } = device.socket
    await device.hears('SUBMIT_ORDER', about(await place()))
    device.token = tokens.owner
    device.socket.io.engine.transport.ws.terminate()
    const missed = await place()
    await device.hears('SUBMIT_ORDER', about(missed))
    assert.equal(device.recoveries, 1)
    assert.equal(device.socket.id, id)
    assert.equal(device.doubles, 0)
    const next = await place()
    await device.hears('SUBMIT_ORDER', about(next))
    assert.deepEqual(device.heard.slice(-2).map(({ values }) => values.order_id), [missed, next])
  })

  test('recovery is his alone who was lost, and not his who said goodbye', async () => {
    const device = await phone('owner')
    await device.hears('SUBMIT_ORDER', about(await place()))
    const [pid, offset] = [device.socket._pid, device.socket._lastOffset]
    assert.ok(pid && offset)
    const thief = await phone('other')
    device.socket.io.engine.transport.ws.terminate()
    Object.assign(thief.socket, { _pid: pid, _lastOffset: offset })
    const heardBefore = thief.heard.length
    thief.socket.io.engine.transport.ws.terminate()
    await eventually(() => thief.opened > 1 || thief.recoveries, 'the thief to be back')
    assert.equal(thief.recoveries, 0)
    await silent([thief], await place())
    assert.equal(thief.heard.length, heardBefore)
    const leaver = await phone('owner')
    await leaver.hears('SUBMIT_ORDER', about(await place()))
    leaver.socket.disconnect().connect()
    await eventually(() => leaver.opened > 1, 'a new session')
    assert.equal(leaver.recoveries, 0)
  })
})

describe('who may', () => {
  test('no token, a wrong one, one that is over: CONNECT_ERROR that says why', async () => {
    const late = await server.token('USER0001', '--ttl', '1')
    await sleep(2100)
    for (const token of [undefined, '', 'x', `${tokens.customer}x`, late, tokens.kiosk]) {
      for (const transport of Object.keys(TRANSPORTS)) {
        const device = keep(new SocketIoDevice({ url: server.url, token, transports: TRANSPORTS[transport] }))
        await eventually(() => device.refusals.length, `a refusal of ${token}`)
        assert.match(device.refusals[0].data.code, /^(not-logged-in|forbidden)$/, `${token}`)
        assert.equal(device.opened, 0)
        await device.close()
      }
    }
    for (const path of ['/v1/events', '/v1/events?token=x']) assert.equal((await call(server.url + path)).status, 401)
  })

  test('a token\'s end is its socket\'s end, on time; one renewed in band goes on', async () => {
    const token = await server.token('BARISTA1', '--ttl', '4')
    const ends = JSON.parse(Buffer.from(token.split('.')[1], 'base64url')).exp * 1000
    const how = { url: server.url, token }
    const dying = ['websocket', 'polling'].map((transport) => keep(new SocketIoDevice({ ...how, transports: [transport], name: transport })))
    const plain = keep(new WebSocketDevice(how))
    const stream = keep(new StreamDevice(how))
    const renewed = keep(new SocketIoDevice({ ...how, name: 'renewed' }))
    await Promise.all([...dying, plain, stream, renewed].map((device) => device.ready()))
    const answer = await renewed.ask('AUTH', { token: await server.token('BARISTA1', '--ttl', '60') })
    assert.equal(answer.error, undefined, JSON.stringify(answer))
    await eventually(() => dying.every((device) => device.ends.length) && plain.ends.length && (stream.status === 401 || stream.error), 'the ends')
    const late = Date.now() - ends
    assert.ok(late > -1000 && late < 3000, `${late} ms after its end`)
    for (const device of dying) assert.equal(device.ends.at(-1), 'io server disconnect', device.name)
    assert.equal(plain.ends[0].code, 1008)
    const id = await place()
    await renewed.hears('SUBMIT_ORDER', about(id))
    assert.deepEqual(renewed.ends, [])
    await silent([...dying, plain, stream], id)
  })

  test('renewing as somebody else is refused', async () => {
    const device = await phone('customer')
    assert.ok((await device.ask('AUTH', { token: tokens.other })).error?.code)
    assert.ok((await device.ask('AUTH', { token: 'x' })).error?.code)
    const id = await place('other')
    await silent([device], id)
  })

  test('signing out ends the sockets of the session, and no others', async () => {
    const token = (await call(`${server.url}/auth/token/create/`, { body: { username: 'BARISTA1', password: 'pesan-demo' } })).json.auth_token
    const gone = keep(new SocketIoDevice({ url: server.url, token }))
    const stays = keep(new SocketIoDevice({ url: server.url, token: await server.token('BARISTA1') }))
    await Promise.all([gone.ready(), stays.ready()])
    assert.equal((await call(`${server.url}/auth/token/destroy/`, { method: 'POST', token })).status, 204)
    await eventually(() => gone.ends.length, 'the end')
    assert.deepEqual(gone.ends, ['io server disconnect'])
    await stays.hears('SUBMIT_ORDER', about(await place()))
  })
})

describe('three loops', () => {
  let wide
  before(async () => (wide = await startPesan(['--loops', '3'])))
  after(() => wide?.stop())

  test('who is dismissed hears nothing more at once, on every loop; hired again, he does', async () => {
    const names = ['OWNER1', 'BARISTA1', 'USER0001']
    const [owner, barista, customer] = await Promise.all(names.map((name) => wide.token(name)))
    const many = (token, count) => Array.from({ length: count }, (_, i) => keep(new SocketIoDevice({ url: wide.url, token, transports: Object.values(TRANSPORTS)[i % 3], name: `device ${i}` })))
    const [bosses, workers] = [many(owner, 3), many(barista, 9)]
    await Promise.all([...bosses, ...workers].map((device) => device.ready()))
    const order = async () => {
      const { status, json, text } = await call(`${wide.url}/order-ms/USER0001/orders`, { token: customer, body: { coffee_name: 'x', coffee_price: 1000 } })
      assert.equal(status, 201, text)
      return json.order_id
    }
    const staff = `${wide.url}/v1/shops/${SHOP}/staff`
    const known = await order()
    for (const device of [...bosses, ...workers]) await device.hears('SUBMIT_ORDER', about(known))
    assert.equal((await call(`${staff}/BARISTA1`, { method: 'DELETE', token: owner })).status, 204)
    const secret = await order()
    for (const device of bosses) await device.hears('SUBMIT_ORDER', about(secret))
    for (const device of workers) assert.deepEqual((await device.hears('GRANTS')).grants, [], device.name)
    await silent(workers, secret)
    const { status } = await call(staff, { token: owner, body: { username: 'BARISTA1', role: 'barista' } })
    assert.ok(status === 200 || status === 201)
    const news = await order()
    for (const device of workers) await device.hears('SUBMIT_ORDER', about(news))
    for (const device of workers) assert.deepEqual(namesOf(device, secret), [], device.name)
    const again = keep(new SocketIoDevice({ url: wide.url, token: barista, after: 0 }))
    await again.hears('SUBMIT_ORDER', about(news))
    assert.deepEqual(namesOf(again, secret), [], 'catching up shows nothing of the time he was gone')
    assert.deepEqual(namesOf(again, known), ['SUBMIT_ORDER'])
  })
})
