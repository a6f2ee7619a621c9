// badinput.test.js - what strangers may send: every route that takes a body is sent what it must not take. Each is told
// what is wrong and where, nothing is written, and the server goes on.
import assert from 'node:assert/strict'
import { createHmac } from 'node:crypto'
import { readFileSync } from 'node:fs'
import path from 'node:path'
import { after, before, describe, test } from 'node:test'
import { castOf, PASSWORD, SERVICE_KEY, SHOP } from '../lib/cast.js'
import { Wire } from '../lib/http.js'
import { call, COLA, eventually } from '../lib/sale.js'
import { runPesan, startPesan } from '../lib/server.js'
import { Socket } from '../lib/socket.js'

const NOBODY = '0198c0de-0000-7000-8000-00000000ffff'
let server, cast, routes, order, payment, somebody, category, room

/** What does not fit where a text, a number ... belongs. */
const BAD = {
  text: [7, true, ['x'], {}, 'a\u0007b', 'a\u001b[2Jb', 'a\nb', 'x'.repeat(2000)],
  name: [7, true, ['x'], {}, '', ' \t ', 'a\u0007b', 'a\nb', 'x'.repeat(2000)],
  id: [7, true, [], {}, '', 'kedai', '../../etc/passwd', `${NOBODY}0`, "' OR 1=1 --"],
  bool: ['yes', 1, 0, [], {}, ''],
  qty: [0, -1, 1.5, '1.5', '', 'three', '1e1', '0x10', null, [1], {}, true, 100, 1e9, 2 ** 53, '99999999999999999999'],
  major: [-1, '-1', 'free', '1e3', '', null, [1000], {}, true, '1.001', '9'.repeat(39), 1e300, 10_000_000_000_001],
  minor: [-1, 1.5, '700000', 'x', null, [1], true, 1e16],
  count: [-1, 1.5, 'x', [1], {}, true, 1e16],
  word: ['gold', '', 1, true, [], {}, '\u0007'],
  list: ['x', 7, true, {}],
  money: [7000, '7000', [], true, {}, { amount: 1, currency: 'ZZZ' }, { amount: 1 }, { currency: 'IDR' }],
}

const BAD_MESSAGES = [
  7, true, ['x'], {}, null, '', ' \t\n', '\u200b\u3000', 'x'.repeat(2001), '\u{1f600}'.repeat(2001), 'a\u0007b', 'a\u001b[2Jb', 'a\r\nb',
  'a\u0085', 'a\u202eb', 'a\u2066b', '\u200fab',
]

/** How to send a good body to a route, and what kind of thing its fields are. */
const ROUTES = {
  'account.sign_up': {
    as: 'nobody', path: () => '/auth/users/create/',
    body: () => ({ username: 'zoe', email: 'zoe@example.com', password: 'a good password' }),
    fields: {
      '/username': ['ab', 'a b', 'x'.repeat(65), 'KIOSK1', 'ann', '../etc', 'zo\u0007e', '', 7, null, [], {}],
      '/email': [
        'zoe', 'zoe@', '@example.com', 'a b@example.com', 'ann@example.com', `${'x'.repeat(200)}@example.com`, 7, [],
        {},
      ],
      '/password': ['short', 'password', '', 'x'.repeat(200), 12345678, null, [], {}],
    },
  },
  'account.log_in': {
    as: 'nobody', path: () => '/auth/token/create/',
    body: () => ({ username: 'ann', password: 'x' }),
    fields: { '/username': [7, null, [], {}], '/password': [7, null, [], {}] },
  },
  'account.renew': {
    as: 'nobody', path: () => '/auth/token/refresh/',
    body: () => ({ token: 'x' }),
    fields: { '/token': [7, true, [], {}] },
  },
  'account.renew_hidden': {
    as: 'nobody', path: () => '/this/is/hard/to/find/',
    body: () => ({ token: 'x' }),
    fields: { '/token': [7, true, [], {}] },
  },
  'account.log_out': { as: 'other', path: () => '/auth/token/destroy/', body: () => ({}), unread: true },
  'me.change': {
    as: 'customer', path: () => '/v1/me',
    body: () => ({ name: 'Ann', language: 'id' }),
    fields: { '/name': 'text', '/language': ['fr', 7, true, [], {}] },
  },
  'me.password': {
    as: 'customer', path: () => '/v1/me/password',
    body: () => ({ old_password: PASSWORD, new_password: 'another good password' }),
    fields: {
      '/old_password': [7, null, [], {}],
      '/new_password': ['short', 'password', '', 'x'.repeat(200), 7, null, [], {}],
    },
  },
  'user.add': {
    as: 'admin', path: () => '/users',
    body: () => ({ name: 'Zoe', email: 'zoe@example.com' }),
    fields: {
      '/name': 'name',
      '/email': ['zoe', 'zoe@', '@example.com', 'a b@example.com', 'ann@example.com', 7, null, [], {}],
    },
  },
  'user.change': {
    as: 'admin', path: () => `/v1/users/${somebody}`,
    body: () => ({
      role: 'customer', password: 'another good password', name: 'Cy', email: 'cy2@example.com', language: 'id',
    }),
    fields: {
      '/role': ['owner', 'king', 7, true, [], {}],
      '/password': ['short', 7, [], {}],
      '/name': 'text',
      '/email': ['zoe', 'bob@example.com', 7, [], {}],
      '/language': ['fr', 7, true, [], {}],
    },
  },
  'order.place': {
    as: 'customer', path: () => '/order-ms/ann/orders',
    body: () => ({ shop_id: SHOP, pay: 'counter', items: [{ product_id: COLA, qty: 1, options: [] }] }),
    fields: {
      '/shop_id': 'id',
      '/pay': 'word',
      '/items': [...BAD.list, [], Array(51).fill({ product_id: COLA })],
      '/items/0': ['x', 7, true, null, []],
      '/items/0/product_id': 'id',
      '/items/0/qty': 'qty',
      '/items/0/options': ['x', 7, true, {}, [7], ['no-such-choice'], Array(17).fill('x')],
    },
  },
  'order.submit': {
    as: 'customer', path: () => '/order', any: true, list: true,
    body: () => ({ shop_id: SHOP, pay: 'counter', items: [{ menu_id: COLA, count: 1 }] }),
    fields: {
      '/shop_id': 'id',
      '/pay': 'word',
      '/items': [...BAD.list, [], Array(51).fill({ menu_id: COLA })],
      '/items/0': ['x', 7, true, null, []],
      '/items/0/menu_id': 'id',
      '/items/0/count': 'qty',
    },
  },
  'order.receive': {
    as: 'owner', path: () => `/order-receive/${order}`, any: true,
    body: () => ({ accept: true, eta_minutes: 5, reason: 'x' }),
    fields: {
      '/accept': ['yes', 1, 0, [], {}, ''],
      '/eta_minutes': [-1, 1.5, 'x', 1e9, [], {}, true],
      '/reason': [7, true, [], {}, 'a\u0007b', 'x'.repeat(2000)],
    },
  },
  'kiosk.change': {
    as: 'owner', path: () => '/v1/kiosks/KIOSK1',
    body: () => ({ name: 'Door', in_order: true }),
    fields: { '/name': 'name', '/in_order': 'bool' },
  },
  'payment.refund': {
    as: 'owner', path: () => `/v1/payments/${payment}/refund`,
    body: () => ({ amount: 100, reason: 'x' }),
    fields: { '/amount': [0, -100, 1, 1.5, '700000', null, [], true, 1e300], '/reason': 'text' },
  },
  'delivery.move': {
    as: 'owner', path: () => `/delivery-ms/ann/${order}`,
    body: () => ({ status: 'preparing', note: 'x' }),
    fields: { '/status': ['배달중', '', 'gold', 7, true, null, [], {}], '/note': 'text' },
  },
  'menu.change': {
    as: 'owner', path: () => `/v1/products/${COLA}`,
    body: () => ({ name: 'Cola', available: true, price: { amount: 700000, currency: 'IDR' } }),
    fields: {
      '/name': 'name',
      '/available': 'bool',
      '/price': 'money',
      '/price/amount': 'minor',
      '/price/currency': ['ZZZ', 'KRW', 7, null, [], {}],
    },
  },
  'shop.add': {
    as: 'admin', path: () => '/v1/shops',
    body: () => ({ name: 'Warung', currency: 'IDR', language: 'id', timezone: 'Asia/Jakarta', owner: 'bob' }),
    fields: {
      '/name': 'name',
      '/currency': ['ZZZ', '', 7, null, [], {}],
      '/language': 'word',
      '/timezone': ['Mars/Olympus', '../../etc/passwd', '/etc/passwd', 'Asia/Jakarta\u0007', '', 7, null, [], {}],
      '/owner': ['nobody-at-all', '', 7, null, [], {}],
    },
  },
  'shop.change': {
    as: 'owner', path: () => `/v1/shops/${SHOP}`,
    body: () => ({
      name: 'Kedai Demo', language: 'id', timezone: 'Asia/Jakarta', free_form: true, paused: false,
      accept_seconds: 0, hours: null,
    }),
    fields: {
      '/name': 'name',
      '/language': 'word',
      '/timezone': ['Mars/Olympus', '../../etc/passwd', '', 7, [], {}],
      '/free_form': 'bool',
      '/paused': 'bool',
      '/accept_seconds': [-1, 1.5, '60', 1e9, [], {}, true],
      '/hours': [
        'x', 7, true, {}, [7], [{ day: 'mon' }], [{ day: 'funday', from: '08:00', to: '22:00' }],
        [{ day: 'mon', from: '8', to: '22:00' }], [{ day: 'mon', from: '08:00', to: '25:00' }],
        [{ day: 'mon', from: '08:61', to: '22:00' }], [{ day: 1, from: '08:00', to: '22:00' }],
        Array(60).fill({ day: 'mon', from: '08:00', to: '09:00' }),
      ],
    },
  },
  'shop.hire': {
    as: 'owner', path: () => `/v1/shops/${SHOP}/staff`,
    body: () => ({ username: 'bob', role: 'barista' }),
    fields: {
      '/username': ['nobody-at-all', '', 7, null, [], {}],
      '/role': ['king', 'admin', 'customer', '', 7, null, [], {}],
    },
  },
  'menu.add': {
    as: 'owner', path: () => `/v1/shops/${SHOP}/products`,
    body: () => ({
      name: 'Kue', price: { amount: 500000, currency: 'IDR' }, available: true, stock: 5, position: 1,
      description: 'x', category_id: null, icon: '/icons/cola.svg',
      options: [{
        id: 'size', name: 'Size', min: 1, max: 1,
        choices: [{ id: 'large', name: 'Large', price: { amount: 0, currency: 'IDR' }, available: true }],
      }],
    }),
    fields: {
      '/name': 'name',
      '/price': 'money',
      '/price/amount': 'minor',
      '/price/currency': ['ZZZ', 'KRW', 7, null, [], {}],
      '/available': 'bool',
      '/stock': 'count',
      '/position': 'count',
      '/description': [7, true, [], {}, 'a\u0007b', 'x'.repeat(5000)],
      '/category_id': ['kedai', 7, true, [], {}, NOBODY],
      '/icon': [
        7, true, [], {}, 'https://evil.example/x.svg', '//evil.example/x.svg', '/icons/../x', 'javascript:alert(1)',
        'a\u0007b',
      ],
      '/options': [
        'x', 7, true, {}, Array(9).fill({ id: 'a', name: 'A', min: 0, max: 1, choices: [] }),
        [{ id: 'a', name: 'A', min: 0, max: 1, choices: [{ id: 'b', name: 'B', price: { amount: 1, currency: 'KRW' } }] }],
      ],
      '/options/0': ['x', 7, true, []],
      '/options/0/id': ['', 'A B', 'x'.repeat(33), 7, null, [], {}],
      '/options/0/name': ['', 7, null, [], {}, 'a\u0007b'],
      '/options/0/min': [-1, 1.5, 'x', 99, [], {}],
      '/options/0/max': [-1, 0, 1.5, 'x', 99, [], {}],
      '/options/0/choices': ['x', 7, {}, [], null],
      '/options/0/choices/0': ['x', 7, true, []],
      '/options/0/choices/0/id': ['', 'A B', 7, null, [], {}],
      '/options/0/choices/0/name': ['', 7, null, [], {}],
      '/options/0/choices/0/price': [
        'x', true, [], { amount: -1, currency: 'IDR' }, { amount: 1.5, currency: 'IDR' },
        { amount: '1', currency: 'IDR' }, { amount: 1e16, currency: 'IDR' },
      ],
      '/options/0/choices/0/available': 'bool',
    },
  },
  'menu.add_category': {
    as: 'owner', path: () => `/v1/shops/${SHOP}/categories`,
    body: () => ({ name: 'Kinds', position: 1 }),
    fields: { '/name': 'name', '/position': 'count' },
  },
  'menu.change_category': {
    as: 'owner', path: () => `/v1/categories/${category}`,
    body: () => ({ name: 'Kinds', position: 1 }),
    fields: { '/name': 'name', '/position': 'count' },
  },
  'notify.see': {
    as: 'customer', path: () => '/v1/notifications/seen',
    body: () => ({ seq: 1 }),
    fields: { '/seq': [-1, 1.5, '7x', null, [], {}, true] },
  },
  'notify.acknowledge': { as: 'customer', path: () => '/v1/notifications/1/acknowledge', body: () => ({}), unread: true },
  'chat.create_seed': {
    as: 'customer', path: () => '/api/chats/',
    body: () => ({ name: 'Dapur', invite_only: false }),
    fields: { '/name': 'name', '/invite_only': 'bool' },
  },
  'chat.create': {
    as: 'customer', path: () => '/v1/chats',
    body: () => ({ name: 'Dapur', invite_only: true, members: ['bob'] }),
    fields: {
      '/name': 'name',
      '/invite_only': 'bool',
      '/members': [...BAD.list, Array(101).fill('bob')],
      '/members/0': [7, true, null, [], {}],
    },
  },
  'chat.join': {
    as: 'customer', path: () => `/api/chats/${room}/`,
    body: () => ({ username: 'bob' }),
    fields: { '/username': [7, true, null, [], {}, ''] },
  },
  'chat.post': {
    as: 'customer', path: () => `/api/chats/${room}/messages/`,
    body: () => ({ message: 'Halo', id: 'm-1', reply_to: 1 }),
    fields: {
      '/message': BAD_MESSAGES,
      '/id': [7, true, [], {}, '', ' ', 'x'.repeat(65), 'a\u0007b', 'a\nb'],
      '/reply_to': [0, -1, 1.5, 'x', '1x', [], {}, true, 99, 1e300],
    },
  },
  'chat.edit': {
    as: 'customer', path: () => `/api/chats/${room}/messages/1`,
    body: () => ({ message: 'Halo!' }),
    fields: { '/message': BAD_MESSAGES },
  },
  'chat.read': {
    as: 'customer', path: () => `/api/chats/${room}/read`,
    body: () => ({ seq: 1 }),
    fields: { '/seq': [-1, 1.5, '7x', null, [], {}, true] },
  },
  'chat.delivered': {
    as: 'customer', path: () => `/api/chats/${room}/delivered`,
    body: () => ({ seq: 1 }),
    fields: { '/seq': [-1, 1.5, '7x', null, [], {}, true] },
  },
  'chat.change': {
    as: 'customer', path: () => `/v1/chats/${room}`,
    body: () => ({ name: 'Dapur', invite_only: true }),
    fields: { '/name': 'name', '/invite_only': 'bool' },
  },
  'chat.mute': {
    as: 'customer', path: () => `/v1/chats/${room}/me`,
    body: () => ({ muted: false }),
    fields: { '/muted': [...BAD.bool, null] },
  },
  'chat.rank': {
    as: 'customer', path: () => `/v1/chats/${room}/members/ann`,
    body: () => ({ role: 'owner' }),
    fields: { '/role': [...BAD.word, null] },
  },
  'chat.invite': {
    as: 'customer', path: () => `/v1/chats/${room}/invites`,
    body: () => ({ role: 'member', expires_in_s: 60, uses: 1 }),
    fields: {
      '/role': [...BAD.word, 'owner'],
      '/expires_in_s': [0, -1, 1.5, 'x', '', [], {}, true, 1e9],
      '/uses': [0, -1, 1.5, 'x', '', [], {}, true, 10001],
    },
  },
  'chat.invite_take': { as: 'customer', path: () => `/v1/invites/${'A'.repeat(22)}`, body: () => ({}), unread: true },
  'thread.open': { as: 'customer', path: () => `/v1/orders/${NOBODY}/thread`, body: () => ({}), unread: true },
  'thread.open_guest': { as: 'nobody', path: () => `/v1/track/${'A'.repeat(43)}/thread`, body: () => ({}), unread: true },
  'ring.set': {
    as: 'owner', path: () => `/v1/shops/${SHOP}/ring`,
    body: () => ({ every_s: 20, escalate_after_s: 60, first: ['owner'], max_s: 600 }),
    fields: {
      '/every_s': [0, -1, 1.5, '20', null, [], {}, true, 1e9],
      '/escalate_after_s': [-1, 1.5, '20', null, [], {}, true, 1e9],
      '/first': ['owner', 7, true, null, [], {}, ['king'], ['courier'], ['customer'], [7], Array(20).fill('owner')],
      '/max_s': [-1, 1.5, '20', null, [], {}, true, 1e9],
    },
  },
}

/** Routes whose form is not ours (the gateway's own API, and what it sends): they refuse in their own words. */
const OTHERS_FORM = /^(sandbox\.|payment\.notification)/

/** The problem of an answer, judged as every problem must be. */
function judge({ status, headers, json, text }, want, sent = '') {
  assert.ok([want].flat().includes(status), `${sent.slice(0, 100)}: ${status} ${text}`)
  assert.match(headers.get('content-type'), /^application\/problem\+json/)
  assert.equal(json.status, status)
  assert.match(json.type, /^\/problems\/[a-z-]+$/)
  assert.ok(json.title && json.message, text)
  return json
}

const head = async () => (await call(`${server.url}/v1/journal?after=0&limit=1`, { token: SERVICE_KEY })).json.head

/** Does it, and nothing may have been written by it. */
async function writesNothing(deed) {
  const before = await head()
  await deed()
  assert.equal(await head(), before, 'something was written')
  assert.equal((await call(`${server.url}/livez`)).status, 200)
}

/** A copy of `body` with another value at a JSON pointer. */
function withValue(body, pointer, value) {
  const copy = structuredClone(body)
  const keys = pointer.slice(1).split('/')
  const last = keys.pop()
  keys.reduce((at, key) => at[key], copy)[last] = value
  return copy
}

/** Sends text as it is to a route of the table. */
async function raw(name, text, type = 'application/json', token) {
  const r = ROUTES[name]
  const { method } = routes.find((each) => each.name === name)
  const bearer = token ?? cast.tokens[r.as]
  const answer = await fetch(server.url + r.path(), {
    method,
    body: text,
    headers: { 'Content-Type': type, ...(bearer ? { Authorization: `Bearer ${bearer}` } : {}) },
  })
  const got = await answer.text()
  return { status: answer.status, headers: answer.headers, text: got, json: got && JSON.parse(got) }
}

before(async () => {
  server = await startPesan(['--service-key', SERVICE_KEY, '--sweep-ms', '200'])
  cast = await castOf(server)
  const { stdout } = await runPesan(['routes'])
  routes = stdout.trim().split('\n').map((line) => {
    const [method, pattern, name, who] = line.split(' ')
    return { method, pattern, name, who }
  })
  const made = await call(`${server.url}/users`, { token: cast.tokens.admin, body: { name: 'Cy', email: 'cy@example.com' } })
  assert.equal(made.status, 201, made.text)
  somebody = made.json.user_id
  const kind = await call(`${server.url}/v1/shops/${SHOP}/categories`, { token: cast.tokens.owner, body: { name: 'Snacks' } })
  assert.equal(kind.status, 201, kind.text)
  category = kind.json.id
  const talk = await call(`${server.url}/v1/chats`, { token: cast.tokens.customer, body: {} })
  assert.equal(talk.status, 201, talk.text)
  room = talk.json.uri
  const said = await call(`${server.url}/api/chats/${room}/messages/`, { token: cast.tokens.customer, body: { message: 'Halo' } })
  assert.equal(said.status, 201, said.text)
  const body = { shop_id: SHOP, items: [{ product_id: COLA }], pay: 'qris' }
  const placed = await call(`${server.url}/order-ms/ann/orders`, { token: cast.tokens.customer, body })
  assert.equal(placed.status, 201, placed.text)
  order = placed.json.order_id
  payment = await eventually(async () => {
    const { json } = await call(`${server.url}/v1/orders/${order}/payment`, { token: cast.tokens.customer })
    return json?.state === 'pending' && json.payment_id
  }, 'the QR')
})
after(() => server?.stop())

test('every route that takes a body is in the table', () => {
  const taking = routes.filter(({ method }) => method === 'POST' || method === 'PATCH' || method === 'PUT').map(({ name }) => name)
  const known = (name) => name in ROUTES || OTHERS_FORM.test(name)
  assert.deepEqual(taking.filter((name) => !known(name)), [], 'not in the table')
  assert.deepEqual(Object.keys(ROUTES).filter((name) => !taking.includes(name)), [], 'in the table only')
})

for (const [name, { fields = {}, body, any, unread, list }] of Object.entries(ROUTES))
  describe(name, () => {
    if (!unread) {
      test('what is no JSON', () =>
        writesNothing(async () => {
          const deep = (n) => '['.repeat(n) + ']'.repeat(n)
          const inside = '{"a":'.repeat(500) + '1' + '}'.repeat(500)
          const twice = '{"a":1,"a":2}'
          for (const text of ['{', '{"a":1}x', twice, '{"a":"\u0000"}', '{"a":"\\u0000"}', '{"a":NaN}', deep(100), deep(1900), inside])
            assert.equal(judge(await raw(name, text), 400).type, '/problems/bad-json', text.slice(0, 40))
          const broken = Buffer.from([0x7b, 0x22, 0x61, 0x22, 0x3a, 0x22, 0xff, 0x22, 0x7d])
          assert.equal(judge(await raw(name, broken), 400).type, '/problems/bad-json')
        }))

      if (!any)
        test('another media type', () =>
          writesNothing(async () => {
            for (const type of ['text/xml', 'application/octet-stream', 'multipart/form-data; boundary=x'])
              assert.equal(judge(await raw(name, JSON.stringify(body()), type), 415).type, '/problems/media-type')
          }))

      test('JSON that is no object', () =>
        writesNothing(async () => {
          for (const text of ['"x"', '7', 'true', `[${'1,'.repeat(500)}1]`]) judge(await raw(name, text), 400)
          if (!list) judge(await raw(name, '[]'), 400)
        }))
    }

    test('100,000 items, and ten megabytes', () =>
      writesNothing(async () => {
        const item = JSON.stringify({ product_id: COLA, qty: 1 })
        const many = `{"items":[${`${item},`.repeat(99_999)}${item}]}`
        for (const text of [many, `[${'1,'.repeat(99_999)}1]`]) judge(await raw(name, text), 413)
        const { method } = routes.find((each) => each.name === name)
        for (const chunked of [false, true]) assert.equal(await tenMegabytes(method, ROUTES[name], chunked), 413)
      }))

    for (const [pointer, kind] of Object.entries(fields))
      test(`${pointer} that ${typeof kind === 'string' ? `is no ${kind}` : 'may not be'}`, () =>
        writesNothing(async () => {
          const { method } = routes.find((each) => each.name === name)
          for (const value of typeof kind === 'string' ? BAD[kind] : kind) {
            const sent = withValue(body(), pointer, value)
            const answer = await call(server.url + ROUTES[name].path(), { method, token: cast.tokens[ROUTES[name].as], body: sent })
            const { errors, type } = judge(answer, 400, JSON.stringify(value))
            const blamed = (errors ?? []).map((e) => e.pointer)
            const near = kind === 'money' || kind === 'list' || Array.isArray(value) || typeof value === 'object'
            const fits = (p) => p === pointer || (near && p.startsWith(`${pointer}/`))
            assert.ok(blamed.some(fits), `${JSON.stringify(value)}: ${type} blames ${blamed}`)
            assert.ok(errors.every((e) => e.reason))
          }
        }))
  })

/** Ten megabytes, with their length or in chunks: the status they are answered with. */
async function tenMegabytes(method, { path: where, as }, chunked) {
  const wire = await Wire.open(server.port)
  const token = cast.tokens[as]
  const long = chunked ? 'Transfer-Encoding: chunked' : `Content-Length: ${10 << 20}`
  const lines = [`${method} ${where()} HTTP/1.1`, 'Host: x', 'Content-Type: application/json', long]
  if (token) lines.push(`Authorization: Bearer ${token}`)
  await wire.send(`${lines.join('\r\n')}\r\n\r\n`)
  const part = Buffer.alloc(65536, ' ')
  for (let sent = 0; sent < 10 << 20 && !wire.ended && wire.received.length === 0; sent += part.length) {
    if (chunked) await wire.send('10000\r\n')
    await wire.send(part)
    if (chunked) await wire.send('\r\n')
  }
  const [answer] = await wire.answers(1)
  wire.close()
  return answer.status
}

describe('routes of another form', () => {
  test('never fall over what they are sent', () =>
    writesNothing(async () => {
      const others = routes.filter(({ name, method }) => OTHERS_FORM.test(name) && method === 'POST' && !/faults|clock/.test(name))
      for (const { pattern } of others)
        for (const text of ['', '{', '[]', '7', '{"a":1,"a":2}', '['.repeat(5000), '{"order_id":7}', `"${'x'.repeat(70000)}"`]) {
          const url = server.url + pattern.replace(/\{\w+\}/g, NOBODY)
          const answer = await fetch(url, { method: 'POST', body: text, headers: { 'Content-Type': 'application/json' } })
          assert.ok(answer.status < 500 && answer.status >= 200, `${pattern}: ${answer.status}`)
          await answer.arrayBuffer()
        }
    }))
})

describe('what is not there, or not yours', () => {
  const place = (body, user = 'ann') => call(`${server.url}/order-ms/${user}/orders`, { token: cast.tokens.customer, body })

  test('an unknown shop', () =>
    writesNothing(async () => {
      const { type, errors } = judge(await place({ coffee_name: 'x', coffee_price: 1, shop_id: NOBODY }), 404)
      assert.equal(type, '/problems/not-found')
      assert.deepEqual(errors.map((e) => e.pointer), ['/shop_id'])
    }))

  test('an unknown product', () =>
    writesNothing(async () => {
      const { type, errors } = judge(await place({ items: [{ product_id: COLA }, { product_id: NOBODY }], shop_id: SHOP }), 404)
      assert.equal(type, '/problems/unknown-product')
      assert.deepEqual(errors.map((e) => e.pointer), ['/items/1/product_id'])
    }))

  test('prices that overflow, alone and as a sum', () =>
    writesNothing(async () => {
      for (const [price, qty] of [[10_000_000_000_001, 1], [1_000_000_000_000, 99], ['9'.repeat(39), 1]]) {
        const body = { shop_id: SHOP, coffee_name: 'x', coffee_price: price, coffee_qty: qty }
        assert.equal(judge(await place(body), 400).type, '/problems/amount-overflow')
      }
    }))

  test('a foreign user_id', () =>
    writesNothing(async () => {
      const body = { items: [{ product_id: COLA }], shop_id: SHOP }
      for (const user of ['bob', 'USER0001', 'OWNER1', 'ANN', 'nobody', cast.ids.other, '%61nn%00', "'"])
        judge(await place(body, user), [400, 403, 404])
    }))
})

describe('paths that climb', () => {
  const climbs = [
    '/../../etc/passwd', '/..%2f..%2fetc/passwd', '/%2e%2e/%2e%2e/etc/passwd', '//etc/passwd', '/./livez',
    '/assets/../../../etc/passwd', '/assets/..%2f..%2f..%2fetc%2fpasswd', '/icons/..\\..\\etc\\passwd',
    '/order-ms/..%2f..%2fusers/orders', '/order-ms/ann/orders/..%2f..%2f..%2fpesan.db', '/v1/products/..%2fshops',
    '/delivery-ms/..%2fusers', '/problems/..%2f..%2fetc%2fpasswd', '/livez/../../etc/passwd', '/users/..%2f..%2ftoken.key',
  ]
  test('lead nowhere', () =>
    writesNothing(async () => {
      for (const where of climbs) {
        const wire = await Wire.open(server.port)
        await wire.send(`GET ${where} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${cast.tokens.customer}\r\nConnection: close\r\n\r\n`)
        const [{ status, body }] = await wire.answers(1)
        wire.close()
        assert.ok([400, 403, 404].includes(status), `${where}: ${status}`)
        assert.doesNotMatch(body, /root:|SQLite format/)
      }
    }))
})

describe('tokens', () => {
  const encode = (value) => Buffer.from(typeof value === 'string' ? value : JSON.stringify(value)).toString('base64url')
  const secret = () => Buffer.from(readFileSync(path.join(server.data, 'token.key'), 'utf8'), 'base64')
  const claims = () => JSON.parse(Buffer.from(cast.tokens.owner.split('.')[1], 'base64url'))
  const forge = (header, payload, key = secret()) => {
    const content = `${encode(header)}.${encode(payload)}`
    return `${content}.${createHmac('sha256', key).update(content).digest('base64url')}`
  }
  const hs256 = { alg: 'HS256', typ: 'JWT' }
  const forgeries = {
    expired: () => forge(hs256, { ...claims(), exp: Math.floor(Date.now() / 1000) - 1 }),
    'alg none': () => `${encode({ alg: 'none', typ: 'JWT' })}.${encode(claims())}.`,
    'alg none, signed': () => forge({ alg: 'none' }, claims()),
    'alg HS512': () => forge({ alg: 'HS512', typ: 'JWT' }, claims()),
    'another key': () => forge(hs256, claims(), 'another key, long enough to be one'),
    'claims of another': () => cast.tokens.customer.replace(/\.[^.]+\./, `.${encode({ ...claims(), role: 'admin' })}.`),
    'not a service key': () => `${SERVICE_KEY}x`,
    'half a service key': () => SERVICE_KEY.slice(0, 16),
  }

  test('our own key makes valid ones, so the forgeries below fail for their own reason', async () => {
    assert.equal((await call(`${server.url}/delivery-ms/received`, { token: forge(hs256, claims()) })).status, 200)
  })

  for (const [what, make] of Object.entries(forgeries))
    test(`${what}: 401 wherever somebody must be somebody`, () =>
      writesNothing(async () => {
        const token = make()
        for (const { method, pattern, who } of routes.filter((r) => r.method !== 'SOCKET' && r.who !== 'anyone')) {
          const url = server.url + pattern.replace(/\{user_id\}/g, 'ann').replace(/\{\w+\}/g, NOBODY)
          const answer = await call(url, { method, token, body: method === 'GET' || method === 'DELETE' ? undefined : {} })
          assert.equal(judge(answer, 401).type, '/problems/not-logged-in', `${method} ${pattern} ${who}`)
          assert.ok(answer.headers.get('www-authenticate'))
        }
        for (const { pattern } of routes.filter((r) => r.method === 'SOCKET' && !/track/.test(r.pattern)))
          await assert.rejects(Socket.open(server, `${pattern.replace('{uri}', room)}?token=${encodeURIComponent(token)}`), { status: 401 })
      }))
})
