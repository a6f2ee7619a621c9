// orders.js PORT FOLDER KEY - the peer: the same durable order in Fastify with better-sqlite3, synchronous=FULL.
// It checks the same token, prices the same line and writes the same rows: the order, its line, the event
// and the event's channels, in one transaction a request.
import Fastify from 'fastify'
import Database from 'better-sqlite3'
import { createVerifier } from 'fast-jwt'
import { randomUUID } from 'node:crypto'

const [port, folder, key] = process.argv.slice(2)
const db = new Database(`${folder}/peer.db`)
db.pragma('journal_mode = WAL')
db.pragma('synchronous = FULL')
db.exec(`
  CREATE TABLE counters (shop TEXT PRIMARY KEY, n INTEGER NOT NULL) STRICT, WITHOUT ROWID;
  CREATE TABLE orders (id TEXT PRIMARY KEY, number TEXT, shop_id TEXT, account_id TEXT, username TEXT, via TEXT, pay TEXT,
    status TEXT, total INTEGER, currency TEXT, language TEXT, placed_at INTEGER, updated_at INTEGER) STRICT, WITHOUT ROWID;
  CREATE INDEX orders_account ON orders (account_id, id);
  CREATE TABLE items (order_id TEXT, line INTEGER, product_id TEXT, name TEXT, qty INTEGER, price INTEGER,
    PRIMARY KEY (order_id, line)) STRICT, WITHOUT ROWID;
  CREATE TABLE products (id TEXT PRIMARY KEY, shop_id TEXT, name TEXT, price INTEGER) STRICT;
  CREATE INDEX products_name ON products (shop_id, name);
  CREATE TABLE events (seq INTEGER PRIMARY KEY, id TEXT UNIQUE, topic TEXT, key TEXT, at INTEGER, actor TEXT, payload TEXT) STRICT;
  CREATE TABLE channels (channel TEXT, seq INTEGER, PRIMARY KEY (channel, seq)) STRICT, WITHOUT ROWID;
  INSERT INTO counters VALUES ('demo', 0);
`)
const product = db.prepare('SELECT id, price FROM products WHERE shop_id = ? AND name = ?')
const count = db.prepare('UPDATE counters SET n = n + 1 WHERE shop = ?')
const counted = db.prepare('SELECT n FROM counters WHERE shop = ?')
const addOrder = db.prepare('INSERT INTO orders VALUES (?,?,?,?,?,?,?,?,?,?,?,?,?)')
const addItem = db.prepare('INSERT INTO items VALUES (?,?,?,?,?,?)')
const addEvent = db.prepare('INSERT INTO events (id, topic, key, at, actor, payload) VALUES (?,?,?,?,?,?)')
const addChannel = db.prepare('INSERT INTO channels VALUES (?,?)')
const verify = createVerifier({ key, algorithms: ['HS256'], cache: true })

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

const place = db.transaction((who, name, price, qty) => {
  const known = product.get('demo', name)
  if (known && known.price !== price) throw new Error('price')
  count.run('demo')
  const number = 'A' + counted.get('demo').n % 1000
  const id = uuidv7()
  const now = Date.now() * 1000
  const total = price * qty
  addOrder.run(id, number, 'demo', who.sub, who.username, 'api', 'counter', 'received', total, 'IDR', 'en', now, now)
  addItem.run(id, 1, known?.id ?? null, name, qty, price)
  const payload = JSON.stringify({ order_id: id, number, shop_id: 'demo', account_id: who.sub, username: who.username, via: 'api',
    pay: 'counter', status: 'received', total, currency: 'IDR', language: 'en', items: [{ name, qty, price }] })
  const seq = addEvent.run(uuidv7(), 'order.placed', id, now, `account:${who.sub}`, payload).lastInsertRowid
  for (const channel of ['shop:demo', `order:${id}`, `account:${who.sub}`]) addChannel.run(channel, seq)
  return { order_id: id, number, total, now }
})

const app = Fastify()
app.post('/order-ms/:user/orders', {
  schema: { body: { type: 'object', required: ['coffee_name', 'coffee_price'], properties: {
    coffee_name: { type: 'string', maxLength: 120 }, coffee_price: { type: 'integer', minimum: 0 },
    coffee_qty: { type: 'integer', minimum: 1, maximum: 99, default: 1 } } } },
}, (request, reply) => {
  let who
  try {
    who = verify((request.headers.authorization ?? '').slice(7))
  } catch {
    return reply.code(401).send({ status: 401 })
  }
  if (who.username !== request.params.user) return reply.code(403).send({ status: 403 })
  const { coffee_name, coffee_price, coffee_qty } = request.body
  const placed = place(who, coffee_name, coffee_price, coffee_qty)
  reply.code(201).send({ coffee_name, coffee_price, coffee_qty, order_id: placed.order_id, user_id: who.username,
    status: 'received', number: placed.number, total: placed.total, currency: 'IDR',
    ordered_at: new Date(placed.now / 1000).toISOString() })
})
await app.listen({ port: Number(port), host: '127.0.0.1' })
console.log('listening')
