// orders.js PORT FOLDER KEY [OWNER] - the peer: the same durable order in Fastify with better-sqlite3, synchronous=FULL.
// It checks the same token and session, looks up and keeps the answer of an Idempotency-Key, prices the same lines from
// its products and writes the same rows: order, lines, event, the event's channels, counter, delivery and answer, in
// one transaction a request. With OWNER, an account's id, it also tells the devices of the shop's staff by Socket.IO
// (live.js) once the order is on disk, and the orders of one turn of the event loop share a transaction: with many a
// second its p99 is a fraction of what it is without.
import Fastify from 'fastify'
import { createHash, randomUUID } from 'node:crypto'
import { bearers, open, together } from './durable.js'
import { live } from './live.js'

const COLA = 'ce33fb74-ba55-40c6-99d7-47bef4cd785e'
const LEMON = '4bdfb8e9-2eb7-4db4-9738-a9be7962055f'
const [port, folder, key, owner] = process.argv.slice(2)
const db = open(folder, `
  CREATE TABLE shops (id TEXT PRIMARY KEY, currency TEXT, open INTEGER, free_form INTEGER) STRICT, WITHOUT ROWID;
  CREATE TABLE staff (shop TEXT, account_id TEXT, role TEXT, PRIMARY KEY (shop, account_id)) STRICT, WITHOUT ROWID;
  CREATE TABLE counters (shop TEXT PRIMARY KEY, n INTEGER NOT NULL) STRICT, WITHOUT ROWID;
  CREATE TABLE orders (id TEXT PRIMARY KEY, number TEXT, shop_id TEXT, account_id TEXT, username TEXT, kiosk_id TEXT, via TEXT,
    pay TEXT, status TEXT, total INTEGER, currency TEXT, language TEXT, placed_at INTEGER, updated_at INTEGER,
    cancel_asked INTEGER, accept_by INTEGER, eta_at INTEGER, reason TEXT) STRICT, WITHOUT ROWID;
  CREATE INDEX orders_account ON orders (account_id, id);
  CREATE TABLE items (order_id TEXT, line INTEGER, product_id TEXT, name TEXT, qty INTEGER, price INTEGER, options TEXT,
    counted INTEGER, PRIMARY KEY (order_id, line)) STRICT, WITHOUT ROWID;
  CREATE TABLE products (id TEXT PRIMARY KEY, shop_id TEXT, name TEXT, price INTEGER, available INTEGER) STRICT;
  CREATE INDEX products_name ON products (shop_id, name);
  CREATE TABLE deliveries (order_id TEXT PRIMARY KEY, number TEXT, shop_id TEXT, account_id TEXT, username TEXT, kiosk_id TEXT,
    status TEXT, via TEXT, pay TEXT, language TEXT, items TEXT, total INTEGER, currency TEXT, ordered_at INTEGER,
    received_at INTEGER, updated_at INTEGER, eta_at INTEGER) STRICT, WITHOUT ROWID;
  CREATE INDEX deliveries_status ON deliveries (shop_id, status, order_id);
  CREATE TABLE answers (id TEXT PRIMARY KEY, body_hash TEXT, status INTEGER, content_type TEXT, headers TEXT, body TEXT,
    at INTEGER) STRICT;
  CREATE INDEX answers_at ON answers (at);
  CREATE TABLE events (seq INTEGER PRIMARY KEY, id TEXT UNIQUE, topic TEXT, key TEXT, at INTEGER, actor TEXT, channels TEXT,
    payload TEXT) STRICT;
  CREATE TABLE channels (channel TEXT, seq INTEGER, PRIMARY KEY (channel, seq)) STRICT, WITHOUT ROWID;
  INSERT INTO shops VALUES ('demo', 'IDR', 1, 1);
  INSERT INTO counters VALUES ('demo', 0);
  INSERT INTO products VALUES ('${COLA}', 'demo', 'Cola', 700000, 1), ('${LEMON}', 'demo', 'Lemon', 1000000, 1);
`)
if (owner) db.prepare("INSERT INTO staff VALUES ('demo', ?, 'owner')").run(owner)
const staff = db.prepare('SELECT account_id FROM staff WHERE shop = ?').pluck()
const shop = db.prepare('SELECT currency, open, free_form FROM shops WHERE id = ?')
const product = db.prepare('SELECT id, shop_id, name, price, available FROM products WHERE id = ?')
const productNamed = db.prepare('SELECT id, shop_id, name, price, available FROM products WHERE shop_id = ? AND name = ?')
const count = db.prepare('UPDATE counters SET n = n + 1 WHERE shop = ?')
const counted = db.prepare('SELECT n FROM counters WHERE shop = ?')
const addOrder = db.prepare('INSERT INTO orders VALUES (?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?)')
const addItem = db.prepare('INSERT INTO items VALUES (?,?,?,?,?,?,?,?)')
const addDelivery = db.prepare('INSERT INTO deliveries VALUES (?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?)')
const addEvent = db.prepare('INSERT INTO events (id, topic, key, at, actor, channels, payload) VALUES (?,?,?,?,?,?,?)')
const addChannel = db.prepare('INSERT INTO channels VALUES (?,?)')
const findAnswer = db.prepare('SELECT body_hash, status, content_type, headers, body FROM answers WHERE id = ?')
const addAnswer = db.prepare('INSERT INTO answers VALUES (?,?,?,?,?,?,?)')
const bearer = bearers(key)

let lastMs = 0
let step = 0
function uuidv7() { // ids that sort by time, so that neither side pays for random inserts
  const now = Date.now()
  step = now === lastMs ? step + 1 : 0
  lastMs = now
  const r = randomUUID()
  const t = now.toString(16).padStart(12, '0')
  return `${t.slice(0, 8)}-${t.slice(8)}-7${(step & 0xfff).toString(16).padStart(3, '0')}-${r.slice(19)}`
}

const hash = (...parts) => createHash('sha256').update(parts.join('\0')).digest('hex').slice(0, 32)
const no = (status, why) => Object.assign(new Error(why), { statusCode: status })

function priced({ items, coffee_name, coffee_price, coffee_qty = 1 }, here) {
  if (!items) {
    const known = productNamed.get('demo', coffee_name)
    if (known && known.price !== coffee_price * 100) throw no(409, 'price')
    if (!known && !here.free_form) throw no(409, 'free form')
    return [{ product_id: known?.id ?? null, name: coffee_name, qty: coffee_qty, price: coffee_price * 100 }]
  }
  return items.map(({ product_id, qty = 1 }) => {
    const p = product.get(product_id)
    if (p?.shop_id !== 'demo') throw no(404, 'product')
    if (!p.available) throw no(409, 'sold out')
    return { product_id, name: p.name, qty, price: p.price }
  })
}

function place(who, body) {
  const here = shop.get('demo')
  if (!here.open) throw no(409, 'closed')
  const lines = priced(body, here)
  const total = lines.reduce((sum, { qty, price }) => sum + qty * price, 0)
  count.run('demo')
  const number = 'A' + counted.get('demo').n % 1000
  const id = uuidv7()
  const now = Date.now() * 1000
  addOrder.run(id, number, 'demo', who.sub, who.username, null, 'api', 'counter', 'received', total, here.currency, 'en', now, now, 0, 0, 0,
    null)
  lines.forEach((line, i) => addItem.run(id, i, line.product_id, line.name, line.qty, line.price, null, 0))
  const told = { order_id: id, number, shop_id: 'demo', account_id: who.sub, username: who.username, via: 'api',
    pay: 'counter', status: 'received', total, currency: here.currency, language: 'en', items: lines }
  const channels = ['shop:demo', `order:${id}`, `account:${who.sub}`]
  const event = uuidv7()
  const seq = addEvent.run(event, 'order.placed', id, now, `account:${who.sub}`, channels.join('\n'), JSON.stringify(told)).lastInsertRowid
  for (const channel of channels) addChannel.run(channel, seq)
  addDelivery.run(id, number, 'demo', who.sub, who.username, null, 'received', 'api', 'counter', 'en', JSON.stringify(lines), total,
    here.currency, now, now, now, null)
  const alert = { seq: Number(seq), id: event, at: new Date(now / 1000).toISOString(), message: '주문이 들어왔습니다.', ...told }
  const named = body.items ? {} : { coffee_name: lines[0].name, coffee_price: lines[0].price / 100, coffee_qty: lines[0].qty }
  const text = JSON.stringify({ ...named, order_id: id, user_id: who.username, number, status: 'received', total: total / 100,
    currency: here.currency, pay: 'counter', ordered_at: new Date(now / 1000).toISOString(),
    items: lines.map((line) => ({ ...line, price: line.price / 100 })) })
  return { text, alert }
}

/** What a request is answered: {status, text}, and the alert of a new order; a key's second time the first answer again. */
const answer = db.transaction((who, { url, headers, body, text: sent }) => {
  const again = headers['idempotency-key']
  if (again === undefined) return { status: 201, ...place(who, body) }
  const name = hash(who.sub, 'POST' + url, again)
  const bodyHash = hash(sent)
  const kept = findAnswer.get(name)
  if (kept && kept.body_hash !== bodyHash) return { status: 422, text: '{"status":422}' }
  if (kept) return { status: kept.status, text: kept.body }
  const placed = place(who, body)
  addAnswer.run(name, bodyHash, 201, 'application/json', '', placed.text, Date.now() * 1000)
  return { status: 201, ...placed }
})

/** Requests that came in one turn of the event loop: one that fails takes none along, for each is a savepoint. */
const answerTogether = together(db, answer)

const app = Fastify()
app.decorateRequest('text', '')
app.addContentTypeParser('application/json', { parseAs: 'string' }, (request, text, done) => {
  request.text = text
  try {
    done(null, JSON.parse(text))
  } catch (error) {
    done(no(400, error.message))
  }
})
const qty = { type: 'integer', minimum: 1, maximum: 99 }
app.post('/order-ms/:user/orders', {
  schema: { body: { type: 'object', anyOf: [{ required: ['items'] }, { required: ['coffee_name', 'coffee_price'] }], properties: {
    coffee_name: { type: 'string', maxLength: 120 }, coffee_price: { type: 'integer', minimum: 0 }, coffee_qty: qty,
    items: { type: 'array', minItems: 1, maxItems: 50, items: { type: 'object', required: ['product_id'], properties: {
      product_id: { type: 'string', minLength: 36, maxLength: 36 }, qty } } } } } },
}, async (request, reply) => {
  const who = bearer(request)
  if (!who) return reply.code(401).send({ status: 401 })
  if (who.username !== request.params.user) return reply.code(403).send({ status: 403 })
  const { status, text, alert } = owner ? await answerTogether(who, request) : answer(who, request)
  if (alert && io) io.to(staff.all('demo').map((id) => `user:${id}`)).emit('SUBMIT_ORDER', alert)
  return reply.code(status).header('content-type', 'application/json').send(text)
})
const io = owner && live(app.server, key)
await app.listen({ port: Number(port), host: '127.0.0.1' })
console.log('listening')
