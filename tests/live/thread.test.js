// thread.test.js - the thread of an order: who is in it and who is not, by every route and socket; what is said in it as
// the order moves; what its crew has done by a command; its end.
import assert from 'node:assert/strict'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { after, before, describe, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { castOf, SERVICE_KEY, SHOP, signIn } from '../lib/cast.js'
import { call, COLA, eventually, openKiosk, Sandbox, until } from '../lib/sale.js'
import { freePort, startPesan } from '../lib/server.js'
import { Socket } from '../lib/socket.js'

const NOBODY = '0198c0de-0000-7000-8000-00000000ffff'
let server, cast, sandbox

before(async () => {
  server = await startPesan(['--service-key', SERVICE_KEY, '--sweep-ms', '200'])
  sandbox = new Sandbox(server.url)
  cast = await castOf(server)
})
after(() => server?.stop())

const ask = (who, method, path, body, headers) => call(server.url + path, { method, token: cast.tokens[who] ?? who, body, headers })

async function ok(answer, status) {
  const { status: got, text, json } = await answer
  assert.ok(status ? got === status : got < 300, `${got} ${text}`)
  return json
}

async function refused(answer, status, slug) {
  const { status: got, text, json } = await answer
  assert.equal(got, status, text)
  if (slug) assert.equal(json.type, `/problems/${slug}`, text)
  return json
}

/** A new order of the customer's at the demo shop: {id, link}. */
async function place(more = {}) {
  const body = { shop_id: SHOP, items: [{ product_id: COLA, qty: 1 }], ...more }
  const json = await ok(ask('customer', 'POST', '/order-ms/ann/orders', body), 201)
  return { id: json.order_id, link: json.track.split('/').at(-1), number: json.number }
}

const accept = (id, body = {}) => ok(ask('barista', 'PATCH', `/order-receive/${id}`, body))
const move = (id, status, note) => ok(ask('barista', 'PATCH', `/delivery-ms/ann/${id}`, { status, note }))
const open = (who, id) => ask(who, 'POST', `/v1/orders/${id}/thread`)
const openByLink = (link) => call(`${server.url}/v1/track/${link}/thread`, { method: 'POST' })
const post = (who, uri, message, more = {}) => ask(who, 'POST', `/api/chats/${uri}/messages/`, { message, ...more })
const read = async (who, uri) => (await ok(ask(who, 'GET', `/api/chats/${uri}/messages/`))).messages

/** A person's device: what it hears, by name. */
class Listener {
  static async of(who) {
    const socket = await Socket.open(server, `/v1/events?token=${cast.tokens[who]}`)
    const l = new Listener()
    Object.assign(l, { socket, heard: [] })
    l.reading = l.read()
    await l.hears('CONNECTED')
    return l
  }

  async read() {
    for (;;) this.heard.push(await this.socket.next().catch(() => this.heard.push({ event: 'CLOSED', values: {} }) && Promise.reject(new Error('over'))))
  }

  async hears(event, fits = () => true) {
    this.reading.catch(() => {})
    return (await eventually(() => this.heard.find((each) => each.event === event && fits(each.values)), `${event} among ${JSON.stringify(this.heard)}`)).values
  }

  count(event, fits = () => true) {
    return this.heard.filter((each) => each.event === event && fits(each.values)).length
  }

  close() {
    this.socket.destroy()
  }
}

const roomSocket = (token, uri, path = '/ws/chats/') => Socket.open(server, `${path}${uri}?token=${token}`)

describe('everybody of the order talks', () => {
  let order, uri, guest

  test('nothing is there before its first use', async () => {
    order = await place()
    await accept(order.id)
    assert.deepEqual((await ok(ask('owner', 'GET', `/v1/shops/${SHOP}/threads`))).filter((t) => t.order_id === order.id), [])
    assert.deepEqual(await ok(ask('customer', 'GET', '/v1/chats')), [])
  })

  test('the customer opens it, and others find it', async () => {
    const made = await ok(open('customer', order.id), 201)
    uri = made.uri
    assert.match(uri, /^[0-9a-f]{15}$/)
    assert.equal(made.order_id, order.id)
    assert.equal(made.number, order.number)
    assert.equal(made.open, true)
    assert.equal(made.closes_at, undefined)
    assert.equal(made.replies, undefined, 'canned replies are the shop’s')
    for (const who of ['customer', 'owner', 'manager', 'barista', 'courier', 'admin']) {
      const found = await ok(open(who, order.id), 200)
      assert.equal(found.uri, uri, who)
      assert.equal(found.seq, 1, who)
      assert.equal(found.unread, 0, 'what becomes of an order is told elsewhere')
    }
    const { json } = await ask('owner', 'POST', `/v1/orders/${order.id}/thread?lang=id`)
    assert.ok(json.replies.length > 5 && json.replies.every(({ id, text }) => id && text))
    assert.match(json.replies.find(({ id }) => id === 'thanks').text, /Terima kasih/)
  })

  test('by its link, too', async () => {
    guest = await ok(openByLink(order.link), 200)
    assert.equal(guest.uri, uri)
    assert.ok(Date.parse(guest.expires_at) > Date.now() + 3600e3)
    assert.equal(guest.replies, undefined)
    await refused(openByLink('A'.repeat(43)), 404)
  })

  test('each hears all, in order and once, by the socket of the room and by the devices', async () => {
    const everybody = { customer: cast.tokens.customer, owner: cast.tokens.owner, barista: cast.tokens.barista, courier: cast.tokens.courier, guest: guest.token }
    const sockets = await Promise.all(Object.values(everybody).map((token, i) => roomSocket(token, uri, i % 2 ? '/' : '/ws/chats/')))
    const devices = await Promise.all(['customer', 'barista', 'courier'].map((who) => Listener.of(who)))
    const said = []
    for (const [who, token] of Object.entries(everybody)) {
      const { json } = await post(token, uri, `this is ${who}`)
      assert.equal(json.status, 'SUCCESS')
      said.push(json.seq)
    }
    assert.deepEqual(said, [2, 3, 4, 5, 6])
    for (const socket of sockets)
      for (const [i, who] of Object.keys(everybody).entries()) {
        const frame = await socket.next()
        assert.equal(frame.message, `this is ${who}`)
        assert.equal(frame.seq, said[i])
        if (who === 'guest') assert.deepEqual(frame.user, { id: null, username: 'guest', first_name: '', last_name: '' })
      }
    for (const device of devices) {
      await device.hears('CHAT_MESSAGE', (v) => v.seq === 6)
      assert.equal(device.count('CHAT_MESSAGE', (v) => v.uri === uri), 5)
      device.close()
    }
    sockets.forEach((socket) => socket.destroy())
    assert.deepEqual((await read(guest.token, uri)).map(({ seq }) => seq), [1, 2, 3, 4, 5, 6])
  })

  test('who has not read it is told how much, and reading counts', async () => {
    const mine = async (who) => (await ok(ask(who, 'GET', `/v1/shops/${SHOP}/threads`))).find((t) => t.uri === uri)
    const before = await mine('manager')
    assert.equal(before.unread, 5)
    assert.equal(before.number, order.number)
    assert.equal(before.last.message, 'this is guest')
    assert.equal((await ok(ask('manager', 'POST', `/api/chats/${uri}/read`, { seq: 4 }))).unread, 2)
    assert.equal((await mine('manager')).unread, 2)
    assert.equal((await ok(ask(guest.token, 'POST', `/api/chats/${uri}/read`, { seq: 6 }))).unread, 0)
    assert.equal((await ok(ask(guest.token, 'POST', `/api/chats/${uri}/delivered`, { seq: 6 }))).delivered_seq, 6)
    assert.equal((await ok(openByLink(order.link))).unread, 0)
  })

  test('a message of a guest with an id is posted once', async () => {
    const first = await ok(post(guest.token, uri, 'once', { id: 'g-1' }), 201)
    const second = await ok(post(guest.token, uri, 'once', { id: 'g-1' }), 200)
    assert.equal(second.seq, first.seq)
  })
})

describe('nobody else hears or says anything', () => {
  let order, uri, outsiders

  before(async () => {
    order = await place()
    uri = (await ok(open('customer', order.id))).uri
    await ok(post('customer', uri, 'a secret'))
    const elsewhere = await ok(openByLink((await place()).link))
    outsiders = {
      'another customer': cast.tokens.other,
      'the staff of another shop': cast.tokens.foreign,
      'the guest of another order': elsewhere.token,
      'a kiosk': cast.tokens.kiosk,
      'another process': SERVICE_KEY,
      nobody: undefined,
    }
  })

  const ROUTES = [
    ['GET', () => `/api/chats/${uri}/messages/`],
    ['POST', () => `/api/chats/${uri}/messages/`, { message: 'let me in' }],
    ['PATCH', () => `/api/chats/${uri}/messages/2`, { message: 'another text' }],
    ['DELETE', () => `/api/chats/${uri}/messages/2`],
    ['GET', () => `/api/chats/${uri}/messages/2/history`],
    ['POST', () => `/api/chats/${uri}/read`, { seq: 1 }],
    ['POST', () => `/api/chats/${uri}/delivered`, { seq: 1 }],
    ['PATCH', () => `/api/chats/${uri}/`, { username: 'bob' }],
    ['GET', () => `/v1/chats/${uri}`],
    ['PATCH', () => `/v1/chats/${uri}`, { name: 'mine' }],
    ['PATCH', () => `/v1/chats/${uri}/me`, { muted: true }],
    ['PATCH', () => `/v1/chats/${uri}/members/ann`, { role: 'member' }],
    ['DELETE', () => `/v1/chats/${uri}/members/ann`],
    ['POST', () => `/v1/chats/${uri}/invites`, {}],
    ['GET', () => `/v1/chats/${uri}/invites`],
    ['DELETE', () => `/v1/chats/${uri}/invites/${NOBODY}`],
    ['POST', () => `/v1/orders/${order.id}/thread`],
    ['GET', () => `/v1/shops/${SHOP}/threads`],
  ]

  for (const [method, path, body] of ROUTES)
    test(`${method} ${path.toString().slice(7, -1)}`, async () => {
      for (const [who, token] of Object.entries(outsiders)) {
        const { status, text } = await call(server.url + path(), { method, token, body })
        assert.ok([401, 403, 404, 429].includes(status), `${who}: ${status} ${text}`)
        assert.ok(!text.includes('secret'), who)
        if (!token) assert.equal(status, 401)
      }
    })

  test('the sockets of the room', async () => {
    for (const path of ['/ws/chats/', '/'])
      for (const [who, token] of Object.entries(outsiders)) {
        const socket = await (token ? roomSocket(token, uri, path) : Socket.open(server, path + uri)).catch((error) => error)
        if (!(socket instanceof Socket)) {
          assert.ok([401, 403, 404, 429].includes(socket.status), `${who}: ${socket.status}`)
          continue
        }
        const { code, reason } = await socket.closed()
        assert.equal(code, 1008, who)
        assert.ok(['not-found', 'too-many', 'forbidden'].includes(reason), `${who}: ${reason}`)
        socket.destroy()
      }
  })

  test('the channel of the room, and the devices', async () => {
    for (const who of ['other', 'foreign']) {
      const device = await Listener.of(who)
      for (const channel of [`chat:${uri}`, `order:${order.id}`]) {
        await device.socket.send('SUBSCRIBE', { channel })
        const count = device.heard.length
        await eventually(() => device.heard.length > count, 'an answer')
        assert.equal(device.heard.at(-1).event, 'ERROR', JSON.stringify(device.heard.at(-1)))
      }
      await ok(post('customer', uri, 'still a secret'))
      await sleep(100)
      assert.equal(device.count('CHAT_MESSAGE'), 0, who)
      device.close()
    }
  })

  test('nothing was changed by all this', async () => {
    const messages = await read('owner', uri)
    assert.deepEqual([...new Set(messages.map(({ message }) => message))], ['a secret', 'still a secret'])
  })

  test('an unknown order has no thread', async () => {
    await refused(open('customer', NOBODY), 404, 'not-found')
    await refused(open('customer', 'x'), 404, 'not-found')
    await refused(open('other', (await place()).id), 404, 'not-found')
  })
})

test('the token of a guest opens nothing else', async () => {
  const order = await place()
  const { token, uri } = await ok(openByLink(order.link))
  await ok(post(token, uri, 'mine'))
  for (const [method, path, body] of [
    ['GET', '/v1/chats'], ['GET', '/v1/chats/unread'], ['POST', '/api/chats/', {}], ['POST', '/v1/chats', {}], ['GET', `/v1/chats/${uri}`],
    ['PATCH', `/api/chats/${uri}/messages/1`, { message: 'x' }], ['DELETE', `/api/chats/${uri}/messages/1`], ['PATCH', `/api/chats/${uri}/`, { username: 'bob' }],
    ['POST', `/v1/chats/${uri}/invites`, {}], ['POST', `/v1/orders/${order.id}/thread`], ['GET', `/v1/orders/${order.id}/payment`],
    ['GET', `/order-ms/ann/orders/${order.id}`], ['DELETE', `/order-ms/ann/orders/${order.id}`], ['GET', `/delivery-ms/ann/${order.id}`], ['POST', '/order', {}],
    ['PATCH', `/order-receive/${order.id}`, {}], ['GET', '/v1/notifications'], ['PATCH', '/v1/me', { name: 'x' }], ['GET', '/v1/sessions'],
    ['POST', '/auth/token/destroy', {}], ['GET', `/v1/shops/${SHOP}/threads`],
  ])
    await refused(call(server.url + path, { method, token, body }), 403, 'forbidden')
  const renewed = await call(`${server.url}/auth/token/refresh/`, { body: { token } })
  assert.equal(renewed.status, 401, renewed.text)
  for (const path of ['/v1/events', '/ws?kiosk=KIOSK1'])
    await assert.rejects(Socket.open(server, path, { Authorization: `Bearer ${token}` }), ({ status }) => status === 401 || status === 403, path)
  assert.equal((await read(token, uri)).length, 1)
})

describe('what becomes of the order is said', () => {
  test('each move once and in order, whether it came before or after', async () => {
    const order = await place()
    await accept(order.id, { eta_minutes: 10 })
    await move(order.id, 'preparing', 'with much ice')
    const { uri } = await ok(open('courier', order.id))
    const device = await Listener.of('customer')
    for (const status of ['ready', 'delivering', 'delivered']) await move(order.id, status)
    await device.hears('CHAT_MESSAGE', (v) => v.system === 'delivered')
    const messages = await read('customer', uri)
    assert.deepEqual(messages.map(({ system }) => system), ['accepted', 'preparing', 'ready', 'delivering', 'delivered'])
    assert.deepEqual(messages.map(({ seq }) => seq), [1, 2, 3, 4, 5])
    assert.ok(messages.every(({ user, kind }) => user === null && kind === 'system'))
    assert.match(messages[0].message, /10/)
    assert.match(messages[1].message, /with much ice/)
    assert.equal(device.count('CHAT_MESSAGE', (v) => v.uri === uri), 3)
    device.close()
    const again = await ok(open('customer', order.id))
    const hours = (Date.parse(again.closes_at) - Date.now()) / 3600e3
    assert.ok(hours > 47.9 && hours < 48.1, again.closes_at)
    assert.equal(again.open, true)
  })

  test('a rejection with its reason, and what a customer gives up', async () => {
    const rejected = await place()
    const { uri } = await ok(open('customer', rejected.id))
    await ok(ask('owner', 'PATCH', `/order-receive/${rejected.id}`, { accept: false, reason: 'no more milk' }))
    const last = await eventually(async () => (await read('customer', uri)).find(({ system }) => system === 'rejected'), 'it is said')
    assert.match(last.message, /no more milk/)
    const cancelled = await place()
    const thread = await ok(open('customer', cancelled.id))
    await ok(ask('customer', 'DELETE', `/order-ms/ann/orders/${cancelled.id}`))
    await eventually(async () => (await read('customer', thread.uri)).some(({ system }) => system === 'cancelled'), 'it is said')
  })
})

describe('the crew has it done by a command', () => {
  let order, uri

  before(async () => {
    order = await place()
    uri = (await ok(open('customer', order.id))).uri
  })

  const state = async () => (await ok(ask('owner', 'GET', `/order-ms/ann/orders/${order.id}`))).status
  const becomes = (status) => eventually(async () => (await state()) === status, status)

  test('what others say is text', async () => {
    const { token } = await ok(openByLink(order.link))
    await ok(post('customer', uri, '/accept'), 201)
    await ok(post(token, uri, '/accept'), 201)
    await ok(post('owner', uri, '// no command'), 201)
    assert.equal(await state(), 'received')
    assert.deepEqual((await read('owner', uri)).map(({ message }) => message), ['/accept', '/accept', '// no command'])
  })

  test('/accept, /eta, /preparing, /ready, /delivering, /delivered', async () => {
    const answer = await ok(post('barista', uri, '/accept'), 202)
    assert.deepEqual(answer, { status: 'SUCCESS', uri, order_id: order.id, command: 'accept' })
    await becomes('accepted')
    await ok(post('barista', uri, '/eta 25'), 202)
    const eta = async () => (await ok(call(`${server.url}/v1/track/${order.link}`))).eta_at
    await eventually(async () => Math.abs(Date.parse(await eta()) - Date.now() - 25 * 60e3) < 60e3, 'the new eta')
    for (const status of ['preparing', 'ready']) {
      await ok(post('barista', uri, `/${status}`), 202)
      await becomes(status)
    }
    for (const status of ['delivering', 'delivered']) {
      await ok(post('courier', uri, `/${status}`), 202)
      await becomes(status)
    }
    const said = await eventually(async () => {
      const all = (await read('customer', uri)).filter(({ kind }) => kind === 'system').map(({ system }) => system)
      return all.at(-1) === 'delivered' && all
    }, 'all of it')
    assert.deepEqual(said, ['accepted', 'eta', 'preparing', 'ready', 'delivering', 'delivered'])
    assert.ok((await read('customer', uri)).every(({ message }) => !message.startsWith('/ready')))
  })

  test('a command of which the answer was lost is taken once', async () => {
    const owner = await Listener.of('owner')
    await ok(post('owner', uri, '/ready', { id: 'c-1' }), 202)
    await ok(post('owner', uri, '/ready', { id: 'c-1' }), 202)
    await owner.hears('CHAT_COMMAND', (v) => v.outcome === 'refused')
    assert.equal(owner.count('CHAT_COMMAND', (v) => v.outcome === 'asked'), 1)
    owner.close()
  })

  test('what cannot be done is refused with its reason, to the crew alone', async () => {
    const [owner, customer] = await Promise.all(['owner', 'customer'].map((who) => Listener.of(who)))
    await ok(post('barista', uri, '/preparing'), 202)
    const asked = await owner.hears('CHAT_COMMAND', (v) => v.outcome === 'asked')
    assert.equal(asked.uri, uri)
    const no = await owner.hears('CHAT_COMMAND', (v) => v.outcome === 'refused')
    assert.equal(no.command, 'preparing')
    assert.equal(no.order_id, order.id)
    assert.equal(no.reason, 'move-not-allowed')
    assert.ok(no.message)
    await ok(post('barista', uri, '/refund 5000'), 202)
    assert.equal((await owner.hears('CHAT_COMMAND', (v) => v.command === 'refund' && v.outcome === 'refused')).reason, 'not-found')
    await ok(post('courier', uri, '/accept'), 202)
    assert.equal((await owner.hears('CHAT_COMMAND', (v) => v.command === 'accept' && v.outcome === 'refused')).reason, 'forbidden')
    assert.equal(customer.count('CHAT_COMMAND'), 0)
    owner.close()
    customer.close()
  })

  test('what is no command is named, and what there is', async () => {
    const no = await refused(post('barista', uri, '/sing'), 400, 'unknown-command')
    assert.deepEqual(no.commands.map(({ command }) => command), ['accept', 'decline', 'eta', 'preparing', 'ready', 'delivering', 'delivered', 'failed', 'refund', 'reply'])
    assert.equal((await ok(post('barista', uri, '/help'), 202)).commands.length, 10)
    for (const text of ['/eta', '/eta soon', '/eta 0', '/decline', '/ready ' + 'x'.repeat(201)]) await refused(post('barista', uri, text), 400, 'bad-input')
  })

  test('/reply is a message that is ready, in the language of the order', async () => {
    const said = await ok(post('barista', uri, '/reply thanks'), 201)
    assert.ok(said.message.length > 5 && !said.message.startsWith('/'), said.message)
    assert.equal(said.user.username, 'ben')
    const no = await refused(post('barista', uri, '/reply never'), 400, 'bad-input')
    assert.ok(no.replies.length > 5)
  })

  test('/decline with its reason', async () => {
    const other = await place()
    const thread = await ok(open('barista', other.id))
    await ok(post('barista', thread.uri, '/decline we have no more milk'), 202)
    const last = await eventually(async () => (await read('customer', thread.uri)).find(({ system }) => system === 'rejected'), 'it is said')
    assert.match(last.message, /we have no more milk/)
  })

  test('/refund by the heads of the shop, in major units, and not by the barista', async () => {
    const paid = await place({ pay: 'qris' })
    const thread = await ok(open('owner', paid.id))
    const payment = async () => (await ask('customer', 'GET', `/v1/orders/${paid.id}/payment`)).json
    const pending = await eventually(async () => ((await payment())?.state === 'pending' ? payment() : false), 'the QR')
    await sandbox.payer(pending.pay_url, 'pay')
    await eventually(async () => (await payment()).state === 'paid', 'the money')
    const owner = await Listener.of('owner')
    await ok(post('barista', thread.uri, '/refund 5000'), 202)
    assert.equal((await owner.hears('CHAT_COMMAND', (v) => v.outcome === 'refused')).reason, 'forbidden')
    await ok(post('owner', thread.uri, '/refund 5000 it was cold'), 202)
    await eventually(async () => (await payment()).refunded.amount === 500000, 'the money back')
    await ok(post('owner', thread.uri, '/refund 5000'), 202)
    assert.equal((await owner.hears('CHAT_COMMAND', (v) => v.reason === 'conflict')).command, 'refund')
    owner.close()
    const said = (await read('customer', thread.uri)).map(({ system, message }) => `${system}: ${message}`)
    assert.equal(said[0].slice(0, 5), 'paid:')
    assert.match(said[1], /^refund-started: .*5000 IDR/)
    assert.match(said[2], /^refunded: .*5000 IDR/)
    assert.equal(said.length, 3)
  })
})

test('who is dismissed hears no more at once, and is told no more', async () => {
  const order = await place()
  const { uri } = await ok(open('customer', order.id))
  await ok(post('barista', uri, 'here I am'))
  const room = await roomSocket(cast.tokens.barista, uri)
  const device = await Listener.of('barista')
  await device.socket.send('SUBSCRIBE', { channel: `chat:${uri}` })
  await device.hears('SUBSCRIBED')
  await ok(ask('owner', 'DELETE', `/v1/shops/${SHOP}/staff/ben`))
  await ok(post('customer', uri, 'not for him'))
  await room.closed()
  await device.hears('UNSUBSCRIBED')
  await sleep(100)
  assert.equal(device.count('CHAT_MESSAGE', (v) => v.message === 'not for him'), 0)
  device.close()
  room.destroy()
  await refused(ask('barista', 'GET', `/api/chats/${uri}/messages/`), 404)
  await refused(post('barista', uri, '/accept'), 404)
  await refused(open('barista', order.id), 404)
  assert.ok((await ok(ask('barista', 'GET', '/v1/chats'))).every((each) => each.uri !== uri))
  const socket = await roomSocket(cast.tokens.barista, uri)
  assert.deepEqual(await socket.closed(), { code: 1008, reason: 'not-found' })
  socket.destroy()
  await ok(ask('owner', 'POST', `/v1/shops/${SHOP}/staff`, { username: 'ben', role: 'barista' }))
  cast.tokens.barista = await signIn(server, 'ben')
  assert.equal((await read('barista', uri)).at(-1).message, 'not for him')
})

test('an order of a kiosk has a thread of its shop’s people', async () => {
  const kiosk = await openKiosk(server)
  await kiosk.send('ORDER', { id: COLA })
  const { order_id: id } = await until(kiosk, 'ORDER_CREATED')
  const { uri } = await ok(open('owner', id), 201)
  await ok(post('owner', uri, 'is it full?'), 201)
  await refused(open('customer', id), 404)
  await refused(open('kiosk', id), 403)
  await kiosk.send('CANCEL', {})
  await eventually(async () => (await read('barista', uri)).at(-1).system === 'cancelled', 'its end')
  kiosk.destroy()
})

test('what was taken is done once, though the server is killed before it is', async () => {
  const folder = await mkdtemp(path.join(tmpdir(), 'pesan-thread-'))
  const first = await startPesan([], { data: folder })
  const tokens = { ann: await signIn(first, 'USER0001', 'pesan-demo'), owner: await signIn(first, 'OWNER1', 'pesan-demo') }
  const body = { shop_id: SHOP, items: [{ product_id: COLA }] }
  const threads = []
  for (let i = 0; i < 5; i++) {
    const order = await ok(call(`${first.url}/order-ms/USER0001/orders`, { token: tokens.ann, body }), 201)
    threads.push(await ok(call(`${first.url}/v1/orders/${order.order_id}/thread`, { method: 'POST', token: tokens.ann }), 201))
  }
  const say = (server, uri) => call(`${server.url}/api/chats/${uri}/messages`, { token: tokens.owner, body: { message: '/accept', id: 'c-1' } })
  await Promise.all(threads.map(({ uri }) => ok(say(first, uri), 202)))
  await first.kill9()
  const second = await startPesan([], { data: folder })
  for (const { uri, order_id: id } of threads) {
    await ok(say(second, uri), 202)
    const messages = () => call(`${second.url}/api/chats/${uri}/messages`, { token: tokens.ann })
    const said = await eventually(async () => {
      const all = (await ok(messages())).messages
      return all.length > 0 && all
    }, 'it is done')
    assert.deepEqual(said.map(({ system }) => system), ['accepted'])
    const { history } = await ok(call(`${second.url}/order-ms/USER0001/orders/${id}`, { token: tokens.ann }))
    assert.equal(history.filter(({ status }) => status === 'accepted').length, 1)
  }
  await second.stop()
  await rm(folder, { recursive: true, force: true })
})

describe('in two processes', () => {
  const KEY = 'the-key-between-two-processes'
  const env = { PESAN_ACCESS_TOKEN_KEY: 'one key that signs the tokens of both' }
  const sides = {}

  before(async () => {
    for (const name of ['trade', 'talk']) sides[name] = { port: await freePort() }
    const start = (name, other, services) =>
      startPesan(['--services', services, '--service-key', KEY, '--source', `${other}=http://127.0.0.1:${sides[other].port}`, '--source-key', KEY], {
        env,
        listen: sides[name].port,
      })
    sides.trade.server = await start('trade', 'talk', 'account,shop,menu,order,kiosk,payment,sandbox')
    sides.talk.server = await start('talk', 'trade', 'delivery,notify,chat')
  })
  after(async () => {
    for (const { server: side } of Object.values(sides)) await side?.stop()
  })

  test('an order of one is talked about in the other, and moved from there', async () => {
    const [trade, talk] = [sides.trade.server, sides.talk.server]
    const tokens = { ann: await signIn(trade, 'USER0001', 'pesan-demo'), owner: await signIn(trade, 'OWNER1', 'pesan-demo') }
    const body = { shop_id: SHOP, items: [{ product_id: COLA }] }
    const order = await ok(call(`${trade.url}/order-ms/USER0001/orders`, { token: tokens.ann, body }), 201)
    const thread = await eventually(async () => {
      const { status, json } = await call(`${talk.url}/v1/orders/${order.order_id}/thread`, { method: 'POST', token: tokens.ann })
      return status === 201 && json
    }, 'the thread')
    const say = (message) => call(`${talk.url}/api/chats/${thread.uri}/messages`, { token: tokens.owner, body: { message } })
    const saidNow = async () => (await ok(call(`${talk.url}/api/chats/${thread.uri}/messages`, { token: tokens.ann }))).messages.map(({ system, message }) => system ?? message)
    const becomes = (word) => eventually(async () => (await saidNow()).at(-1) === word, word)
    await eventually(async () => (await say('hello')).status === 201, 'the owner is known')
    await ok(say('/accept 10'), 202)
    await becomes('accepted')
    for (const word of ['preparing', 'ready']) {
      await ok(say(`/${word}`), 202)
      await becomes(word)
    }
    assert.deepEqual(await saidNow(), ['hello', 'accepted', 'preparing', 'ready'])
    await eventually(async () => (await ok(call(`${trade.url}/order-ms/USER0001/orders/${order.order_id}`, { token: tokens.ann }))).status === 'ready', 'ready in both')
  })
})

describe('some time after the end it is closed for writing', () => {
  let brief, was

  before(async () => {
    was = { server, cast }
    brief = await startPesan(['--service-key', SERVICE_KEY, '--thread-close-s', '2'])
    server = brief
    cast = await castOf(brief)
  })
  after(async () => {
    await brief?.stop()
    ;({ server, cast } = was)
  })

  test('and read as ever', async () => {
    const order = await place()
    const { uri } = await ok(open('customer', order.id))
    const guest = await ok(openByLink(order.link))
    const device = await Listener.of('customer')
    await ok(post('customer', uri, 'hello'))
    await ok(ask('owner', 'PATCH', `/order-receive/${order.id}`, { accept: false, reason: 'closed' }))
    await eventually(async () => (await ok(open('customer', order.id))).closes_at, 'the end is known')
    await ok(post('customer', uri, 'why?'), 201)
    const closed = await device.hears('CHAT_ROOM', (v) => v.uri === uri && v.open === false)
    assert.equal(closed.kind, 'order')
    device.close()
    for (const token of [cast.tokens.customer, cast.tokens.owner, guest.token]) {
      await refused(post(token, uri, 'too late'), 409, 'room-closed')
      assert.deepEqual((await read(token, uri)).map(({ message, system }) => system ?? message), ['hello', 'rejected', 'why?'])
    }
    await refused(post('owner', uri, '/accept'), 409, 'room-closed')
    assert.equal((await ok(open('customer', order.id))).open, false)
    assert.deepEqual(await ok(ask('owner', 'GET', `/v1/shops/${SHOP}/threads`)), [])
  })

  test('and is not made any more', async () => {
    const order = await place()
    await ok(ask('customer', 'DELETE', `/order-ms/ann/orders/${order.id}`))
    await sleep(2100)
    await refused(open('customer', order.id), 409, 'room-closed')
    await refused(openByLink(order.link), 409, 'room-closed')
  })
})
