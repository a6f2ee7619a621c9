// chat.js PORT FOLDER KEY MEMBERS COMMITS - the peer of the chat: a message in Fastify with better-sqlite3, synchronous=FULL, told
// to the room's devices by Socket.IO (live.js) once it is on disk.
// There is one room, ROOM, of the accounts account-0 and so on. A message is checked as ours is: token and session, the
// room and that it is open, membership, 2000 characters, nothing but spaces, control and bidi characters; a client's id
// that was there before is answered again. It writes the same rows: the room's sequence, the message under (room, seq),
// its id, how far its author has read, the event and its channel. COMMITS is "alone": each message has a transaction of its
// own; or "together": those of one turn of the event loop share one, which is many times that. A device joins by the event
// SUBSCRIBE, members only; to a room socket.io encodes a message once.
import Fastify from 'fastify'
import { randomUUID } from 'node:crypto'
import { alone, bearers, open, together } from './durable.js'
import { live } from './live.js'

const ROOM = '000000000000001'
const TEXT_MAX = 2000 // characters
const [port, folder, key, members, commits] = process.argv.slice(2)
const db = open(folder, `
  CREATE TABLE rooms (uri TEXT PRIMARY KEY, kind TEXT, name TEXT, open INTEGER, seq INTEGER, at INTEGER) STRICT, WITHOUT ROWID;
  CREATE TABLE members (uri TEXT, account_id TEXT, username TEXT, role TEXT, muted INTEGER, read_seq INTEGER,
    delivered_seq INTEGER, PRIMARY KEY (uri, account_id)) STRICT, WITHOUT ROWID;
  CREATE TABLE messages (uri TEXT, seq INTEGER, at INTEGER, account_id TEXT, username TEXT, message TEXT, client_id TEXT,
    reply_to INTEGER, PRIMARY KEY (uri, seq)) STRICT, WITHOUT ROWID;
  CREATE TABLE sent (client_id TEXT, account_id TEXT, uri TEXT, seq INTEGER, PRIMARY KEY (client_id, account_id, uri))
    STRICT, WITHOUT ROWID;
  CREATE TABLE events (seq INTEGER PRIMARY KEY, id TEXT, topic TEXT, key TEXT, at INTEGER, actor TEXT, channels TEXT,
    payload TEXT) STRICT;
  CREATE TABLE channels (channel TEXT, seq INTEGER, PRIMARY KEY (channel, seq)) STRICT, WITHOUT ROWID;
  INSERT INTO rooms VALUES ('${ROOM}', 'open', '', 1, 0, 0);
`)
db.transaction(() => {
  const member = db.prepare('INSERT INTO members VALUES (?,?,?,?,0,0,0)')
  for (let i = 0; i < Number(members); i++) member.run(ROOM, `account-${i}`, `customer${i}`, i ? 'member' : 'owner')
})()

const room = db.prepare('SELECT open, seq FROM rooms WHERE uri = ?')
const member = db.prepare('SELECT username FROM members WHERE uri = ? AND account_id = ?')
const sent = db.prepare(`SELECT m.seq, m.message, m.at FROM sent s JOIN messages m ON m.uri = s.uri AND m.seq = s.seq
  WHERE s.uri = ? AND s.account_id = ? AND s.client_id = ?`)
const count = db.prepare('UPDATE rooms SET seq = ?, at = ? WHERE uri = ?')
const addMessage = db.prepare('INSERT INTO messages VALUES (?,?,?,?,?,?,?,?)')
const addSent = db.prepare('INSERT INTO sent (uri, account_id, client_id, seq) VALUES (?,?,?,?)')
const read = db.prepare('UPDATE members SET read_seq = ? WHERE uri = ? AND account_id = ?')
const addEvent = db.prepare('INSERT INTO events (id, topic, key, at, actor, channels, payload) VALUES (?,?,?,?,?,?,?)')
const addChannel = db.prepare('INSERT INTO channels VALUES (?,?)')
const bearer = bearers(key)
const iso = (us) => new Date(us / 1000).toISOString()
const no = (status, why) => Object.assign(new Error(why), { statusCode: status })

const UNWANTED = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]/
function checkText(text) {
  let length = text.length
  if (length > TEXT_MAX) for (const each of text) length -= each.length - 1
  if (length > TEXT_MAX || UNWANTED.test(text) || !/\S/.test(text)) throw no(400, 'text')
}

function post(who, uri, { message, id, reply_to }) {
  const here = room.get(uri)
  const as = here && member.get(uri, who.sub)
  if (!as) throw no(404, 'room')
  if (!here.open) throw no(409, 'closed')
  const user = { id: who.sub, username: as.username, first_name: '', last_name: '' }
  const before = id && sent.get(uri, who.sub, id)
  if (before) return { status: 200, answer: { status: 'SUCCESS', uri, user, id, ...before, at: iso(before.at) } }
  if (reply_to > here.seq) throw no(400, 'reply_to')
  const seq = here.seq + 1
  const now = Date.now() * 1000
  const at = iso(now)
  count.run(seq, now, uri)
  addMessage.run(uri, seq, now, who.sub, as.username, message, id ?? null, reply_to ?? null)
  if (id) addSent.run(uri, who.sub, id, seq)
  read.run(seq, uri, who.sub)
  const told = { uri, seq, message, kind: 'text', user, id, reply_to }
  const channel = `chat:${uri}`
  const event = randomUUID()
  const cursor = Number(addEvent.run(event, 'chat.message', uri, now, `account:${who.sub}`, channel, JSON.stringify(told)).lastInsertRowid)
  addChannel.run(channel, cursor)
  return { status: 201, answer: { status: 'SUCCESS', uri, message, user, seq, at, id }, told: { cursor, at, ...told } }
}

/** A message is refused before it has written anything. */
const postDurably = { alone: alone(db, post), together: together(db, post, (error) => error.statusCode) }[commits]

const app = Fastify()
const id = { type: 'string', minLength: 1, maxLength: 64 }
app.post('/api/chats/:uri/messages/', {
  schema: { body: { type: 'object', required: ['message'], properties: {
    message: { type: 'string' }, id, reply_to: { type: 'integer', minimum: 1 } } } },
}, async (request, reply) => {
  const who = bearer(request)
  if (!who) return reply.code(401).send({ status: 401 })
  checkText(request.body.message)
  const { status, answer, told } = await postDurably(who, request.params.uri, request.body)
  if (told) io.to(`chat:${told.uri}`).emit('CHAT_MESSAGE', told)
  return reply.code(status).send(answer)
})
const io = live(app.server, key)
io.on('connection', (socket) => socket.on('SUBSCRIBE', ({ channel }, answer) => {
  const [, uri] = /^chat:(\w{15})$/.exec(channel) ?? []
  if (!uri || !member.get(uri, socket.data.account)) return answer({ error: { code: 'not-found' } })
  socket.join(channel)
  answer({ channel })
}))
await app.listen({ port: Number(port), host: '127.0.0.1' })
console.log('listening')
