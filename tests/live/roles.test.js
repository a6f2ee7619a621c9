// roles.test.js - who may do what: every route as everybody there is, against one table. A route that is missing here,
// or is here and nowhere else, fails too.
import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { castOf, PASSWORD, SERVICE_KEY, SHOP, signIn } from '../lib/cast.js'
import { call, COLA, eventually, Sandbox } from '../lib/sale.js'
import { runPesan, startPesan } from '../lib/server.js'
import { Socket } from '../lib/socket.js'

// What everybody is answered: `ok` is any 2xx, and for a socket that it opens. The customer is whom the order belongs
// to and whom {user_id} names, and who alone of them is in the room; the order is the demo shop's, where owner, manager,
// barista and courier work; foreign owns another shop, and the guest has the link of that order.
const TABLE = `
                                              nobody customer other owner manager barista courier foreign admin kiosk guest service
GET /livez                                    ok     ok       ok    ok    ok      ok      ok      ok      ok    ok    ok    ok
GET /readyz                                   ok     ok       ok    ok    ok      ok      ok      ok      ok    ok    ok    ok
GET /health-check                             ok     ok       ok    ok    ok      ok      ok      ok      ok    ok    ok    ok
GET /metrics                                  ok     ok       ok    ok    ok      ok      ok      ok      ok    ok    ok    ok
GET /problems/{slug}                          ok     ok       ok    ok    ok      ok      ok      ok      ok    ok    ok    ok
GET /v1/journal                               401    403      403   403   403     403     403     403     403   403   403   ok
POST /auth/users/create                       ok     ok       ok    ok    ok      ok      ok      ok      ok    ok    ok    ok
POST /auth/token/create                       ok     ok       ok    ok    ok      ok      ok      ok      ok    ok    ok    ok
POST /auth/token/refresh                      ok     ok       ok    ok    ok      ok      ok      ok      ok    ok    ok    ok
POST /this/is/hard/to/find                    ok     ok       ok    ok    ok      ok      ok      ok      ok    ok    ok    ok
POST /auth/token/destroy                      401    ok       ok    ok    ok      ok      ok      ok      ok    ok    403   ok
GET /v1/sessions                              401    ok       ok    ok    ok      ok      ok      ok      ok    403   403   403
DELETE /v1/sessions/{id}                      401    ok       ok    ok    ok      ok      ok      ok      ok    403   403   403
DELETE /v1/sessions                           401    ok       ok    ok    ok      ok      ok      ok      ok    403   403   403
GET /v1/me                                    ok     ok       ok    ok    ok      ok      ok      ok      ok    ok    ok    ok
PATCH /v1/me                                  401    ok       ok    ok    ok      ok      ok      ok      ok    403   403   403
POST /v1/me/password                          401    ok       ok    ok    ok      ok      ok      ok      ok    403   403   403
GET /users                                    401    403      403   403   403     403     403     403     ok    403   403   403
POST /users                                   401    403      403   403   403     403     403     403     ok    403   403   403
GET /users/{id}                               401    ok       403   403   403     403     403     403     ok    403   403   403
PATCH /v1/users/{id}                          401    403      403   403   403     403     403     403     ok    403   403   403
GET /v1/shops                                 ok     ok       ok    ok    ok      ok      ok      ok      ok    ok    ok    ok
GET /v1/shops/{shop_id}                       ok     ok       ok    ok    ok      ok      ok      ok      ok    ok    ok    ok
POST /v1/shops                                401    403      403   403   403     403     403     403     ok    403   403   403
PATCH /v1/shops/{shop_id}                     401    403      403   ok    ok      403     403     403     ok    403   403   403
GET /v1/shops/{shop_id}/staff                 401    403      403   ok    ok      403     403     403     ok    403   403   403
POST /v1/shops/{shop_id}/staff                401    403      403   ok    ok      403     403     403     ok    403   403   403
DELETE /v1/shops/{shop_id}/staff/{user}       401    403      403   ok    ok      403     403     403     ok    403   403   403
GET /v1/shops/{shop_id}/presence              401    403      403   ok    ok      ok      403     403     ok    403   403   403
GET /v1/shops/{shop_id}/menu                  ok     ok       ok    ok    ok      ok      ok      ok      ok    ok    ok    ok
GET /v1/shops/{shop_id}/products              ok     ok       ok    ok    ok      ok      ok      ok      ok    ok    ok    ok
POST /v1/shops/{shop_id}/products             401    403      403   ok    ok      403     403     403     ok    403   403   403
GET /v1/products/{id}                         ok     ok       ok    ok    ok      ok      ok      ok      ok    ok    ok    ok
PATCH /v1/products/{id}                       401    403      403   ok    ok      ok      403     403     ok    403   403   403
DELETE /v1/products/{id}                      401    403      403   ok    ok      403     403     403     ok    403   403   403
POST /v1/shops/{shop_id}/categories           401    403      403   ok    ok      403     403     403     ok    403   403   403
PATCH /v1/categories/{id}                     401    403      403   ok    ok      403     403     403     ok    403   403   403
DELETE /v1/categories/{id}                    401    403      403   ok    ok      403     403     403     ok    403   403   403
GET /order-ms                                 ok     ok       ok    ok    ok      ok      ok      ok      ok    ok    ok    ok
POST /order-ms/{user_id}/orders               401    ok       403   ok    ok      ok      403     403     ok    403   403   403
GET /order-ms/{user_id}/orders                401    ok       403   ok    ok      ok      403     ok      ok    403   403   403
GET /order-ms/{user_id}/orders/{order_id}     401    ok       403   ok    ok      ok      403     404     ok    403   403   403
DELETE /order-ms/{user_id}/orders/{order_id}  401    ok       403   ok    ok      ok      403     404     ok    403   403   403
POST /order                                   401    ok       ok    ok    ok      ok      ok      ok      ok    403   403   403
PATCH /order-receive/{order_id}               401    403      403   ok    ok      ok      403     404     ok    403   403   403
GET /v1/kiosks                                401    403      403   ok    ok      ok      403     ok      ok    403   403   403
PATCH /v1/kiosks/{id}                         401    403      403   ok    ok      ok      403     404     ok    403   403   403
SOCKET /ws                                    ok     403      403   ok    ok      ok      403     403     ok    ok    403   403
GET /v1/orders/{order_id}/payment             401    ok       404   ok    ok      ok      404     404     ok    404   403   403
GET /v1/payments/{payment_id}/qr.svg          ok     ok       ok    ok    ok      ok      ok      ok      ok    ok    ok    ok
GET /v1/payments                              401    403      403   ok    ok      ok      403     ok      ok    403   403   403
POST /v1/payments/{payment_id}/refund         401    403      403   ok    ok      403     403     404     ok    403   403   403
POST /payments/midtrans/notification          403    403      403   403   403     403     403     403     403   403   403   403
GET /delivery-ms/{status}                     401    403      403   ok    ok      ok      ok      ok      ok    403   403   403
GET /delivery-ms/{user_id}/{order_id}         401    ok       403   ok    ok      ok      ok      404     ok    403   403   403
PATCH /delivery-ms/{user_id}/{order_id}       401    403      403   ok    ok      ok      ok      404     ok    403   403   403
GET /v1/track/{link}                          ok     ok       ok    ok    ok      ok      ok      ok      ok    ok    ok    ok
SOCKET /ws/track                              ok     ok       ok    ok    ok      ok      ok      ok      ok    ok    ok    ok
SOCKET /v1/events                             401    ok       ok    ok    ok      ok      ok      ok      ok    403   403   403
GET /v1/notifications                         401    ok       ok    ok    ok      ok      ok      ok      ok    403   403   403
GET /v1/notifications/state                   401    ok       ok    ok    ok      ok      ok      ok      ok    403   403   403
POST /v1/notifications/seen                   401    ok       ok    ok    ok      ok      ok      ok      ok    403   403   403
POST /v1/notifications/{seq}/acknowledge      401    ok       404   ok    ok      ok      404     404     404   403   403   403
GET /v1/orders/{order_id}/alerts              401    ok       404   ok    ok      ok      404     404     ok    403   403   403
GET /v1/shops/{shop_id}/ring                  401    403      403   ok    ok      403     403     403     ok    403   403   403
PUT /v1/shops/{shop_id}/ring                  401    403      403   ok    ok      403     403     403     ok    403   403   403
POST /api/chats                               401    ok       ok    ok    ok      ok      ok      ok      ok    403   403   403
PATCH /api/chats/{uri}                        401    ok       ok    ok    ok      ok      ok      ok      ok    403   403   403
GET /api/chats/{uri}/messages                 401    ok       404   404   404     404     404     404     404   403   404   403
POST /api/chats/{uri}/messages                401    ok       404   404   404     404     404     404     404   403   404   403
PATCH /api/chats/{uri}/messages/{seq}         401    ok       404   404   404     404     404     404     404   403   403   403
DELETE /api/chats/{uri}/messages/{seq}        401    ok       404   404   404     404     404     404     404   403   403   403
GET /api/chats/{uri}/messages/{seq}/history   401    ok       404   404   404     404     404     404     404   403   403   403
POST /api/chats/{uri}/read                    401    ok       404   404   404     404     404     404     404   403   404   403
POST /api/chats/{uri}/delivered               401    ok       404   404   404     404     404     404     404   403   404   403
POST /v1/chats                                401    ok       ok    ok    ok      ok      ok      ok      ok    403   403   403
GET /v1/chats                                 401    ok       ok    ok    ok      ok      ok      ok      ok    403   403   403
GET /v1/chats/unread                          401    ok       ok    ok    ok      ok      ok      ok      ok    403   403   403
GET /v1/chats/{uri}                           401    ok       404   404   404     404     404     404     404   403   403   403
PATCH /v1/chats/{uri}                         401    ok       404   404   404     404     404     404     404   403   403   403
PATCH /v1/chats/{uri}/me                      401    ok       404   404   404     404     404     404     404   403   403   403
PATCH /v1/chats/{uri}/members/{username}      401    ok       404   404   404     404     404     404     404   403   403   403
DELETE /v1/chats/{uri}/members/{username}     401    ok       404   404   404     404     404     404     404   403   403   403
POST /v1/chats/{uri}/invites                  401    ok       404   404   404     404     404     404     404   403   403   403
GET /v1/chats/{uri}/invites                   401    ok       404   404   404     404     404     404     404   403   403   403
DELETE /v1/chats/{uri}/invites/{id}           401    ok       404   404   404     404     404     404     404   403   403   403
GET /v1/invites/{code}                        401    ok       ok    ok    ok      ok      ok      ok      ok    403   403   403
POST /v1/invites/{code}                       401    ok       ok    ok    ok      ok      ok      ok      ok    403   403   403
GET /v1/invites/{code}/qr.svg                 ok     ok       ok    ok    ok      ok      ok      ok      ok    ok    ok    ok
SOCKET /ws/chats/{uri}                        401    ok       404   404   404     404     404     404     404   404   404   404
SOCKET /{uri}                                 401    ok       404   404   404     404     404     404     404   404   404   404
POST /v1/orders/{order_id}/thread             401    ok       404   ok    ok      ok      ok      404     ok    403   403   403
POST /v1/track/{link}/thread                  ok     ok       ok    ok    ok      ok      ok      ok      ok    ok    ok    ok
GET /v1/shops/{shop_id}/threads               401    403      403   ok    ok      ok      ok      403     ok    403   403   403
POST /sandbox/v2/charge                       401    401      401   401   401     401     401     401     401   401   401   401
GET /sandbox/v2/{id}/status                   401    401      401   401   401     401     401     401     401   401   401   401
POST /sandbox/v2/{id}/cancel                  401    401      401   401   401     401     401     401     401   401   401   401
POST /sandbox/v2/{id}/expire                  401    401      401   401   401     401     401     401     401   401   401   401
POST /sandbox/v2/{id}/refund                  401    401      401   401   401     401     401     401     401   401   401   401
POST /sandbox/v2/{id}/refund/online/direct    401    401      401   401   401     401     401     401     401   401   401   401
POST /sandbox/v2/{id}/approve                 401    401      401   401   401     401     401     401     401   401   401   401
POST /sandbox/v2/{id}/deny                    401    401      401   401   401     401     401     401     401   401   401   401
GET /sandbox/v2/qris/{id}/qr-code             ok     ok       ok    ok    ok      ok      ok      ok      ok    ok    ok    ok
GET /sandbox/v2/gopay/{id}/qr-code            ok     ok       ok    ok    ok      ok      ok      ok      ok    ok    ok    ok
GET /sandbox/pay/{id}                         ok     ok       ok    ok    ok      ok      ok      ok      ok    ok    ok    ok
POST /sandbox/pay/{id}                        ok     ok       ok    ok    ok      ok      ok      ok      ok    ok    ok    ok
GET /sandbox/faults                           ok     ok       ok    ok    ok      ok      ok      ok      ok    ok    ok    ok
POST /sandbox/faults                          ok     ok       ok    ok    ok      ok      ok      ok      ok    ok    ok    ok
POST /sandbox/clock                           ok     ok       ok    ok    ok      ok      ok      ok      ok    ok    ok    ok
`

/** Routes by "METHOD /path", with what each role is answered. */
function readTable(text) {
  const [head, ...rows] = text.trim().split('\n').map((line) => line.trim().split(/\s+/))
  return new Map(rows.map(([method, path, ...answers]) => {
    assert.equal(answers.length, head.length, `${method} ${path}`)
    return [`${method} ${path}`, Object.fromEntries(head.map((role, i) => [role, answers[i]]))]
  }))
}

const expected = readTable(TABLE)
const NOBODY = '0198c0de-0000-7000-8000-00000000ffff'
const roles = Object.keys(expected.values().next().value)
let server, sandbox, cast, order, track, paid, paidByGopay, uri

const ask = (token, method, path, body, headers) => call(server.url + path, { method, token, body, headers })

/** What it takes to be there for the table; each a yes. */
async function must(token, method, path, body, headers) {
  const answer = await ask(token, method, path, body, headers)
  assert.ok(answer.status < 300, `${method} ${path}: ${answer.text}`)
  return answer.json
}

let orders = 0
/** A new order of the customer at the demo shop. */
async function newOrder(more = {}) {
  const body = { shop_id: SHOP, items: [{ product_id: COLA, qty: 1 }], ...more }
  const json = await must(cast.tokens.customer, 'POST', `/order-ms/${cast.names.customer}/orders`, body, { 'Idempotency-Key': `roles-${orders++}` })
  return json.order_id
}

/** A payment of a new order, with its QR. */
async function newPayment(pay = 'qris') {
  const order = await newOrder({ pay })
  return eventually(async () => {
    const { json } = await ask(cast.tokens.customer, 'GET', `/v1/orders/${order}/payment`)
    return json?.state === 'pending' && json
  }, 'the QR')
}

/** The same, paid. */
async function newPaid() {
  const payment = await newPayment()
  await sandbox.payer(payment.pay_url, 'pay')
  return eventually(async () => {
    const { json } = await ask(cast.tokens.customer, 'GET', `/v1/orders/${payment.order_id}/payment`)
    return json.state === 'paid' && json
  }, 'the money')
}

/** A new order that was accepted, and moved on. */
async function accepted(moves) {
  const id = await newOrder()
  await must(cast.tokens.owner, 'PATCH', `/order-receive/${id}`, {})
  for (const status of moves) await must(cast.tokens.owner, 'PATCH', `/delivery-ms/${cast.names.customer}/${id}`, { status })
  return id
}

/** The token of a new session of this role; what is no person has only the one. */
async function fresh(role) {
  const name = cast.names[role]
  return name ? signIn(server, name, cast.passwords[role]) : cast.tokens[role]
}

/** The session behind a token. */
async function sessionOf(token) {
  const { json } = await ask(token, 'GET', '/v1/sessions')
  return Array.isArray(json) ? json.find((s) => s.current).id : NOBODY
}

const renewable = {} // tokens that everybody renews: whoever has one may
let made = 0
const number = () => `n${++made}`

const product = { name: 'Kue', price: { amount: 500000, currency: 'IDR' } }

async function newProduct() {
  return (await must(cast.tokens.owner, 'POST', `/v1/shops/${SHOP}/products`, product)).id
}

async function newCategory() {
  return (await must(cast.tokens.owner, 'POST', `/v1/shops/${SHOP}/categories`, { name: `Kind ${number()}` })).id
}

/** The seq of a notice that was just told to a shop's staff, or to the customer. */
async function newNotice(role) {
  const token = cast.tokens[role === 'customer' ? 'customer' : 'owner']
  await (role === 'customer' ? accepted([]) : newOrder())
  return (await must(token, 'GET', '/v1/notifications?limit=1'))[0].seq
}

/** Somebody who is hired, to be dismissed. */
async function newCourier() {
  const username = `courier-${number()}`
  const { user_id: id } = await must(cast.tokens.admin, 'POST', '/users', { name: username, email: `${username}@example.com` })
  await must(cast.tokens.owner, 'POST', `/v1/shops/${SHOP}/staff`, { username: id, role: 'courier' })
  return id
}

const QUIET = { invite_only: true, members: ['USER0002'] }

/** A room of the customer's; its uri. */
const newRoom = async (how) => (await must(cast.tokens.customer, 'POST', '/v1/chats', how)).uri
const newMessage = async () => (await must(cast.tokens.customer, 'POST', `/api/chats/${uri}/messages`, { message: 'Halo' })).seq
const newInvite = (to = uri) => must(cast.tokens.customer, 'POST', `/v1/chats/${to}/invites`, {})

/**
 * What is sent to a route, by its name: {params, query, body, headers, token}, or a function of the role that gives it.
 * Params not said here are those of the customer's order at the demo shop.
 */
const HOW = {
  'house.problem': { params: { slug: 'not-found' } },
  'account.sign_up': () => ({ body: { username: `new-${number()}`, email: `${number()}@example.com`, password: PASSWORD } }),
  'account.log_in': { body: { username: 'bob', password: PASSWORD } },
  'account.renew': async () => ({ body: { token: await (renewable.one ??= fresh('other')) } }),
  'account.renew_hidden': async () => ({ body: { token: await (renewable.two ??= fresh('other')) } }),
  'account.log_out': async (role) => ({ token: await fresh(role) }),
  'session.end': async (role) => ({ params: { id: await sessionOf(await fresh(role)) } }),
  'me.change': { body: { name: 'Somebody' } },
  'me.password': (role) => ({ body: { old_password: cast.passwords[role] ?? PASSWORD, new_password: cast.passwords[role] ?? PASSWORD } }),
  'user.get': { params: { id: 'ann' } },
  'user.add': () => ({ body: { name: 'Somebody', email: `${number()}@example.com` } }),
  'user.change': { params: { id: 'ann' }, body: { language: 'id' } },
  'shop.add': { body: { name: 'Warung', currency: 'IDR', language: 'id', timezone: 'Asia/Jakarta', owner: 'fred' } },
  'shop.change': { body: { paused: false } },
  'shop.hire': { body: { username: 'cora', role: 'courier' } },
  'shop.dismiss': async () => ({ params: { user: await newCourier() } }),
  'menu.add': { body: product },
  'menu.remove': async () => ({ params: { id: await newProduct() } }),
  'menu.add_category': () => ({ body: { name: `Kind ${number()}` } }),
  'menu.change_category': async () => ({ params: { id: await newCategory() }, body: { name: `Kind ${number()}` } }),
  'menu.remove_category': async () => ({ params: { id: await newCategory() } }),
  'menu.get': { params: { id: COLA } },
  'menu.change': { params: { id: COLA }, body: { available: true } },
  'order.place': { body: { shop_id: SHOP, items: [{ product_id: COLA }] } },
  'order.cancel': async () => ({ params: { order_id: await newOrder() } }),
  'order.submit': { body: { shop_id: SHOP, items: [{ menu_id: COLA, count: 1 }] } },
  'order.receive': async () => ({ params: { order_id: await newOrder() } }),
  'kiosk.change': { params: { id: 'KIOSK1' }, body: { in_order: true } },
  'payment.of_order': () => ({ params: { order_id: paid.order_id } }),
  'payment.qr': () => ({ params: { payment_id: paid.payment_id } }),
  'payment.refund': async () => ({ params: { payment_id: (await newPaid()).payment_id }, body: {} }),
  'payment.notification': { body: { order_id: 'x', status_code: '200', gross_amount: '1.00', signature_key: 'guess' } },
  'delivery.list': { params: { status: 'received' } },
  'delivery.move': async (role) =>
    role === 'courier' // makes nothing, brings what is made
      ? { params: { order_id: await accepted(['preparing', 'ready']) }, body: { status: 'delivering' } }
      : { params: { order_id: await accepted([]) }, body: { status: 'preparing' } },
  'delivery.track': () => ({ params: { link: track } }),
  'notify.see': { body: { seq: 1 } },
  'notify.acknowledge': async (role) => ({ params: { seq: await newNotice(role) } }),
  'ring.set': { body: { every_s: 20 } },
  'chat.join': async (role) => ({ params: { uri: await newRoom({}) }, body: { username: cast.names[role] } }),
  'chat.post': { body: { message: 'Halo' } },
  'chat.edit': { body: { message: 'Halo!' } },
  'chat.delete': async () => ({ params: { seq: await newMessage() } }),
  'chat.read': { body: { seq: 1 } },
  'chat.delivered': { body: { seq: 1 } },
  'chat.change': { body: { name: 'Dapur' } },
  'chat.mute': { body: { muted: false } },
  'chat.rank': { params: { username: 'USER0002' }, body: { role: 'member' } },
  'chat.remove': async () => ({ params: { uri: await newRoom(QUIET), username: 'USER0002' } }),
  'chat.invite_drop': async () => ({ params: { id: (await newInvite()).id } }),
  'chat.invite_look': async () => ({ params: { code: (await newInvite()).code } }),
  'chat.invite_take': async () => ({ params: await newInvite(await newRoom(QUIET)) }),
  'chat.invite_qr': async () => ({ params: await newInvite() }),
  room: { query: 'after=0' }, // what was said is told again
  room_at_root: { query: 'after=0' },
  'thread.open_guest': () => ({ params: { link: track } }),
  'sandbox.payer': () => ({ params: { id: paid.pay_url.split('/').at(-1) } }),
  'sandbox.pay': async () => ({ params: { id: (await newPayment()).pay_url.split('/').at(-1) }, body: { action: 'pay' } }),
  'sandbox.qr': () => ({ params: { id: paid.pay_url.split('/').at(-1) } }),
  'sandbox.qr_gopay': () => ({ params: { id: paidByGopay.pay_url.split('/').at(-1) } }),
  'sandbox.faults': { body: {} },
  'sandbox.clock': { body: { advance_s: 1 } },
  kiosk: (role) => ({ query: role === 'nobody' ? '' : 'kiosk=KIOSK1' }), // the demo's first kiosk needs no token
  track: () => ({ query: `link=${track}` }),
}

/** What only the database knows is refused on the open socket, by ERROR, or by its close alone: the problem's slug. */
async function refusalOf(socket) {
  const got = await socket.wire.event()
  if (got?.kind === 'close') return got.payload.toString()
  const { event, values } = JSON.parse(got.payload.toString())
  return event === 'ERROR' ? values.code : undefined
}

async function tryOne({ method, pattern, name }, role) {
  const how = typeof HOW[name] === 'function' ? await HOW[name](role) : (HOW[name] ?? {})
  const params = { shop_id: SHOP, user_id: cast.names.customer, order_id: order, id: NOBODY, uri, seq: 1, ...how.params }
  const where = pattern.replace(/\{(\w+)\}/g, (_, param) => encodeURIComponent(params[param])) + (how.query ? `?${how.query}` : '')
  const token = how.token ?? cast.tokens[role]
  if (method !== 'SOCKET') return ask(token, method, where, how.body, how.headers)
  const headers = token ? { Authorization: `Bearer ${token}` } : {}
  const socket = await Socket.open(server, where, headers).catch((error) => error)
  if (!(socket instanceof Socket)) return { status: socket.status, text: JSON.stringify(socket.problem ?? socket.message) }
  const refusal = await refusalOf(socket)
  socket.destroy()
  return refusal ? (await call(`${server.url}/problems/${refusal}`)).json : { status: 101 }
}

const isYes = (status) => status === 101 || (status >= 200 && status < 300)

before(async () => {
  server = await startPesan(['--service-key', SERVICE_KEY, '--sweep-ms', '200'])
  sandbox = new Sandbox(server.url)
  cast = await castOf(server)
  cast.passwords = Object.fromEntries(Object.entries(cast.names).map(([role, name]) => [role, /^[A-Z]/.test(name) ? 'pesan-demo' : PASSWORD]))
  const placed = await must(cast.tokens.customer, 'POST', '/order-ms/ann/orders', { shop_id: SHOP, items: [{ product_id: COLA }] })
  order = placed.order_id
  track = placed.track.split('/').at(-1)
  cast.tokens.guest = (await must(undefined, 'POST', `/v1/track/${track}/thread`)).token
  paid = await newPayment()
  paidByGopay = await newPayment('gopay')
  uri = await newRoom(QUIET)
  await newMessage()
})
after(() => server?.stop())

const told = (await runPesan(['routes'])).stdout.trim().split('\n').map((line) => {
  const [method, pattern, name, who] = line.split(' ')
  return { method, pattern, name: who === undefined ? name : name, who: who ?? 'anyone' }
})
const key = ({ method, pattern }) => `${method} ${pattern}`

test('the table has every route, and no other', () => {
  const there = new Set(told.map(key))
  assert.deepEqual(told.map(key).filter((each) => !expected.has(each)), [], 'missing in the table')
  assert.deepEqual([...expected.keys()].filter((each) => !there.has(each)), [], 'in the table only')
  const names = new Set(told.map(({ name }) => name))
  assert.deepEqual(Object.keys(HOW).filter((name) => !names.has(name)), [], 'sent to nobody')
})

describe('everybody is answered as the table says', () => {
  for (const route of told)
    test(key(route), async () => {
      const answers = expected.get(key(route))
      if (!answers) return
      for (const role of roles) {
        const { status, text } = await tryOne(route, role)
        const got = isYes(status) ? 'ok' : String(status)
        assert.equal(got, answers[role], `${role}: ${text?.slice(0, 300)}`)
      }
    })
})

test('who works elsewhere sees nothing of this shop', async () => {
  for (const where of [`/order-ms/${cast.names.customer}/orders`, '/delivery-ms/received', '/v1/kiosks', '/v1/payments'])
    assert.deepEqual((await ask(cast.tokens.foreign, 'GET', where)).json, [], where)
  for (const where of ['/delivery-ms/received', '/v1/payments', '/v1/kiosks'])
    assert.equal((await ask(cast.tokens.foreign, 'GET', `${where}?shop_id=${SHOP}`)).status, 403, where)
})

test('a role in one shop is none in another', async () => {
  await must(cast.tokens.owner, 'POST', `/v1/shops/${SHOP}/staff`, { username: 'fred', role: 'courier' })
  const fred = (method, where, body) => ask(cast.tokens.foreign, method, where, body)
  for (const where of ['/v1/kiosks', '/v1/payments']) assert.deepEqual((await fred('GET', where)).json, [], where)
  for (const where of ['/v1/kiosks', '/v1/payments']) assert.equal((await fred('GET', `${where}?shop_id=${SHOP}`)).status, 403, where)
  assert.equal((await fred('GET', `/delivery-ms/received?shop_id=${SHOP}`)).status, 200)
  assert.notEqual((await fred('PATCH', `/order-receive/${order}`, {})).status, 200)
  assert.notEqual((await fred('PATCH', `/v1/products/${COLA}`, { available: true })).status, 200)
  await must(cast.tokens.owner, 'DELETE', `/v1/shops/${SHOP}/staff/fred`)
})

test('who is dismissed may nothing more, though his token says otherwise', async () => {
  const orders = () => ask(cast.tokens.barista, 'GET', `/order-ms/${cast.names.customer}/orders`)
  assert.equal((await orders()).status, 200)
  await must(cast.tokens.owner, 'DELETE', `/v1/shops/${SHOP}/staff/${cast.names.barista}`)
  assert.equal((await orders()).status, 403)
  await must(cast.tokens.owner, 'POST', `/v1/shops/${SHOP}/staff`, { username: cast.names.barista, role: 'barista' })
  assert.equal((await orders()).status, 200)
})
