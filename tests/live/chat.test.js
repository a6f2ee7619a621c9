// chat.test.js - rooms on the real server, with stock clients: what is said is kept and told once, to whoever is in the
// room and to nobody else, on every route and transport.
import assert from 'node:assert/strict'
import { once } from 'node:events'
import { after, afterEach, before, describe, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import WebSocket from 'ws'
import { castOf, PASSWORD, SERVICE_KEY, signIn } from '../lib/cast.js'
import { PollingDevice, SocketIoDevice, StreamDevice, WebSocketDevice } from '../lib/device.js'
import { call, eventually } from '../lib/sale.js'
import { startPesan } from '../lib/server.js'
import { readJournal } from '../lib/truth.js'

const QUIET_MS = 300 // what has not come by then does not come
const NOWHERE = '0123456789abcde'

let server, cast, tokens, names
before(async () => {
  server = await startPesan(['--service-key', SERVICE_KEY])
  cast = await castOf(server)
  ;({ tokens, names } = cast)
})
after(() => server?.stop())

const open = []
afterEach(async () => {
  await Promise.all(open.splice(0).map((each) => each.close()))
})

function keep(each) {
  open.push(each)
  return each
}

// ---- What people do ----

const ask = (who, method, path, body, headers) => call(server.url + path, { method, body, token: tokens[who] ?? who, headers })

async function must(...request) {
  const answer = await ask(...request)
  assert.ok(answer.status < 300, `${request}: ${answer.status} ${answer.text}`)
  return answer.json
}

async function refused(request, code, slug) {
  const { status, text, json } = await ask(...request)
  assert.equal(status, code, `${request}: ${text}`)
  assert.equal(json.type, `/problems/${slug}`, text)
  return json
}

const start = async (who = 'customer') => (await must(who, 'POST', '/api/chats/')).uri
const join = (who, uri, username = names[who]) => must(who, 'PATCH', `/api/chats/${uri}/`, { username })
const say = (who, uri, message, more = {}) => must(who, 'POST', `/api/chats/${uri}/messages/`, { message, ...more })
const history = async (who, uri, query = '') => (await must(who, 'GET', `/api/chats/${uri}/messages/${query}`)).messages
const room = (who, uri) => must(who, 'GET', `/v1/chats/${uri}`)
const texts = (messages) => messages.map(({ message }) => message)

/** A room of the customer and these others, who came by the uri. */
async function roomOf(...others) {
  const uri = await start()
  for (const who of others) await join(who, uri)
  return uri
}

/** Somebody nobody knows yet. */
let strangers = 0
async function stranger() {
  const username = `stranger${++strangers}`
  await must(undefined, 'POST', '/auth/users/create/', { username, email: `${username}@example.com`, password: PASSWORD })
  return { username, token: await signIn(server, username) }
}

const phone = (who, more = {}) => keep(new SocketIoDevice({ url: server.url, token: tokens[who] ?? who, name: `phone of ${who}`, ...more })).ready()
const plain = (who, more = {}) => keep(new WebSocketDevice({ url: server.url, token: tokens[who] ?? who, name: `socket of ${who}`, ...more })).ready()

/** A phone that listens to a room. */
async function listening(who, uri, more = {}) {
  const device = await phone(who)
  const told = await device.ask('SUBSCRIBE', { channel: `chat:${uri}`, ...more })
  assert.equal(told.channel, `chat:${uri}`, JSON.stringify(told))
  return device
}

/** The room's own socket, as a stock client opens it. */
async function roomSocket(who, uri, { path = `/${uri}`, query = '' } = {}) {
  const socket = new WebSocket(`${server.url.replace(/^http/, 'ws')}${path}?token=${tokens[who] ?? who}${query}`)
  const heard = []
  socket.on('message', (data) => heard.push(JSON.parse(data)))
  socket.on('error', () => {})
  const closed = new Promise((done) => socket.on('close', (code, reason) => done({ code, reason: reason.toString() })))
  const opened = await Promise.race([once(socket, 'open').then(() => true, () => false), closed.then(() => false)])
  return keep({
    socket,
    heard,
    closed,
    opened,
    close: () => socket.terminate(),
    hears: (message) => eventually(() => heard.find((each) => each.message === message), `${message} on the room's socket`),
  })
}

/** Whoever has this device hears nothing of the room. */
async function silent(device, uri) {
  await sleep(QUIET_MS)
  assert.deepEqual(device.heard.filter(({ values }) => values.uri === uri), [], device.name)
}

// ---- Tests ----

describe('the calls of seed 4', () => {
  test('create, join by the uri, post, read back', async () => {
    const created = await ask('customer', 'POST', '/api/chats/', undefined, { Authorization: `JWT ${tokens.customer}` })
    assert.equal(created.status, 201)
    assert.match(created.json.uri, /^[0-9a-f]{15}$/)
    assert.equal(created.json.status, 'SUCCESS')
    assert.equal(created.json.message, 'New chat session created')
    const { uri } = created.json
    const joined = await join('other', uri)
    assert.deepEqual(joined.members.map((m) => m.username), [names.customer, names.other])
    assert.equal(joined.message, `${names.other} joined the chat`)
    assert.deepEqual(joined.user, { id: cast.ids.other, username: names.other, first_name: '', last_name: '' })
    assert.ok(!JSON.stringify(joined).includes('@'), 'no e-mail address')
    assert.deepEqual(await join('other', uri), joined, 'again is no change')
    const posted = await say('other', uri, 'Cześć!')
    assert.deepEqual([posted.status, posted.uri, posted.message, posted.seq], ['SUCCESS', uri, 'Cześć!', 1])
    assert.equal(posted.user.username, names.other)
    const kept = await must('customer', 'GET', `/api/chats/${uri}/messages/`)
    assert.equal(kept.uri, uri)
    assert.deepEqual(texts(kept.messages), ['Cześć!'])
  })

  test('as a form, too', async () => {
    const uri = await roomOf()
    const form = { 'Content-Type': 'application/x-www-form-urlencoded', Authorization: `JWT ${tokens.customer}` }
    const joined = await fetch(`${server.url}/api/chats/${uri}/`, { method: 'PATCH', headers: form, body: `username=${names.other}` })
    assert.equal(joined.status, 200)
    const body = `message=${encodeURIComponent('a & b = ☕')}`
    const posted = await fetch(`${server.url}/api/chats/${uri}/messages/`, { method: 'POST', headers: form, body })
    assert.equal(posted.status, 201)
    assert.deepEqual(texts(await history('other', uri)), ['a & b = ☕'])
  })

  for (const path of ['/', '/ws/chats/'])
    test(`the room's socket at ${path}{uri} tells what is new, bare`, async () => {
      const uri = await roomOf('other')
      await say('customer', uri, 'before')
      const socket = await roomSocket('other', uri, { path: path + uri })
      await say('customer', uri, 'after')
      const { cursor, at, ...frame } = await socket.hears('after')
      assert.deepEqual(frame, { seq: 2, message: 'after', user: { id: cast.ids.customer, username: names.customer, first_name: '', last_name: '' } })
      assert.ok(Number.isInteger(cursor) && Date.parse(at) > 0)
      await join('manager', uri)
      await sleep(QUIET_MS)
      assert.deepEqual(texts(socket.heard), ['after'])
    })

  test('it goes on from a cursor', async () => {
    const uri = await roomOf('other')
    const first = await roomSocket('other', uri)
    for (let i = 1; i <= 5; i++) await say('customer', uri, `m${i}`)
    const { cursor } = await first.hears('m2')
    await first.hears('m5')
    const again = await roomSocket('other', uri, { query: `&after=${cursor}` })
    await again.hears('m5')
    await say('customer', uri, 'm6')
    await again.hears('m6')
    assert.deepEqual(texts(again.heard), ['m3', 'm4', 'm5', 'm6'])
    const lost = await roomSocket('other', uri, { query: '&after=999999999' })
    assert.equal(lost.opened, false, 'a cursor that is not known is refused before the upgrade')
  })

  test('what was committed while it opened is not lost', async () => {
    const uri = await roomOf('other')
    for (let i = 0; i < 10; i++) {
      const [socket] = await Promise.all([roomSocket('other', uri), sleep(i % 3)])
      await Promise.all([1, 2, 3].map((n) => say('customer', uri, `${i}.${n}`)))
      for (const n of [1, 2, 3]) await socket.hears(`${i}.${n}`)
      const seqs = socket.heard.map(({ seq }) => seq)
      assert.deepEqual(seqs, [...new Set(seqs)].sort((a, b) => a - b), 'each once, in order')
      socket.close()
    }
  })

  test('pages and other paths are not swallowed', async () => {
    const page = await fetch(`${server.url}/`, { headers: { Accept: 'text/html' } })
    assert.ok(page.status < 500)
    assert.equal((await ask(undefined, 'GET', '/0123456789abcdef')).status, 404)
    assert.equal((await ask(undefined, 'GET', '/0123456789ABCDE')).status, 404)
    assert.equal((await ask(undefined, 'GET', `/${NOWHERE}`)).status, 426)
    assert.equal((await ask(undefined, 'GET', '/livez')).status, 200)
  })
})

describe('what is said', () => {
  test('a retry with the same id is one message', async () => {
    const uri = await roomOf('other')
    const first = await ask('customer', 'POST', `/api/chats/${uri}/messages/`, { message: 'once', id: 'm-1' })
    const again = await Promise.all([1, 2, 3].map(() => ask('customer', 'POST', `/api/chats/${uri}/messages/`, { message: 'once', id: 'm-1' })))
    assert.equal(first.status, 201)
    for (const each of again) {
      assert.equal(each.status, 200)
      assert.deepEqual(each.json, first.json)
    }
    assert.equal((await say('other', uri, 'another', { id: 'm-1' })).seq, 2, 'ids are each author\'s own')
    assert.deepEqual(texts(await history('other', uri)), ['once', 'another'])
    const racing = await Promise.all([1, 2, 3, 4].map(() => ask('other', 'POST', `/api/chats/${uri}/messages/`, { message: 'race', id: 'm-2' })))
    assert.deepEqual(racing.map(({ status }) => status).sort(), [200, 200, 200, 201])
    await refused(['customer', 'POST', `/api/chats/${uri}/messages/`, { message: 'x', id: 'i'.repeat(65) }], 400, 'bad-input')
  })

  test('numbers of a room have no holes, whoever writes at once', async () => {
    const uri = await roomOf('other', 'manager')
    const all = await Promise.all(Array.from({ length: 60 }, (_, i) => say(['customer', 'other', 'manager'][i % 3], uri, `n${i}`)))
    assert.deepEqual(all.map(({ seq }) => seq).sort((a, b) => a - b), Array.from({ length: 60 }, (_, i) => i + 1))
    const kept = await history('customer', uri)
    assert.deepEqual(kept.map(({ seq }) => seq), Array.from({ length: 60 }, (_, i) => i + 1))
    for (const { seq, message } of all) assert.equal(kept[seq - 1].message, message)
  })

  test('history is paged by number', async () => {
    const uri = await roomOf()
    for (let i = 1; i <= 12; i++) await say('customer', uri, `${i}`)
    assert.deepEqual(texts(await history('customer', uri, '?limit=3')), ['10', '11', '12'])
    assert.deepEqual(texts(await history('customer', uri, '?before=10&limit=3')), ['7', '8', '9'])
    assert.deepEqual(texts(await history('customer', uri, '?before=2')), ['1'])
    assert.deepEqual(texts(await history('customer', uri, '?before=1')), [])
    assert.deepEqual(texts(await history('customer', uri, '?after=0&limit=2')), ['1', '2'])
    assert.deepEqual(texts(await history('customer', uri, '?after=10')), ['11', '12'])
    assert.deepEqual(texts(await history('customer', uri, '?after=3&before=6')), ['4', '5'])
    await refused(['customer', 'GET', `/api/chats/${uri}/messages?after=x`], 400, 'bad-input')
    await refused(['customer', 'GET', `/api/chats/${uri}/messages?limit=201`], 400, 'bad-input')
  })

  test('text is measured in characters, and must be one', async () => {
    const uri = await roomOf()
    const post = (message) => ['customer', 'POST', `/api/chats/${uri}/messages/`, { message }]
    for (const character of ['a', '가', '😀', 'ż']) {
      assert.equal((await ask(...post(character.repeat(2000)))).status, 201, character)
      await refused(post(character.repeat(2001)), 400, 'message-too-long')
    }
    const kept = await history('customer', uri, '?limit=1&before=4')
    assert.equal(kept[0].message, '😀'.repeat(2000))
    for (const empty of ['', ' ', '\n\t  ', '\u3000\u00a0', '\u200b\u200d', '\u2800', undefined]) await refused(post(empty), 400, 'message-empty')
    for (const bad of ['a\u0007', 'a\r\nb', 'a\u007f', 'a\u0085', '\u001b[2J', 'a\u202eb', '\u2066a', '\u200ea', 'a\u061c']) await refused(post(bad), 400, 'message-characters')
    for (const wrong of [1, {}, [], true]) await refused(post(wrong), 400, 'bad-input')
    for (const good of ['<script>alert(1)</script>', "'; DROP TABLE chat_rooms; --", '👩‍👩‍👧‍👦', 'a\n\tb', '\\u0000', '%00']) {
      const { message } = await say('customer', uri, good)
      assert.equal(message, good)
    }
    const raw = await fetch(`${server.url}/api/chats/${uri}/messages/`, {
      method: 'POST',
      headers: { Authorization: `Bearer ${tokens.customer}`, 'Content-Type': 'application/json' },
      body: Buffer.from([...Buffer.from('{"message":"'), 0xff, 0xfe, ...Buffer.from('"}')]),
    })
    assert.equal(raw.status, 400)
  })

  test('an answer names its message', async () => {
    const uri = await roomOf('other')
    await say('customer', uri, 'question')
    assert.equal((await say('other', uri, 'answer', { reply_to: 1 })).reply_to, 1)
    assert.equal((await history('customer', uri))[1].reply_to, 1)
    await refused(['other', 'POST', `/api/chats/${uri}/messages/`, { message: 'x', reply_to: 9 }], 400, 'bad-input')
  })

  test('who wrote it changes it, who keeps order takes it back, and the owner reads what it was', async () => {
    const uri = await roomOf('other', 'manager')
    const device = await listening('manager', uri)
    await say('other', uri, 'frist')
    const path = `/api/chats/${uri}/messages/1`
    assert.equal((await must('other', 'PATCH', path, { message: 'first' })).message, 'first')
    assert.equal((await device.hears('CHAT_EDITED', ({ seq }) => seq === 1)).message, 'first')
    await refused(['customer', 'PATCH', path, { message: 'mine' }], 403, 'forbidden')
    await refused(['manager', 'DELETE', path], 403, 'forbidden')
    await refused(['other', 'PATCH', path, { message: ' ' }], 400, 'message-empty')
    await refused(['other', 'PATCH', `/api/chats/${uri}/messages/2`, { message: 'x' }], 404, 'not-found')
    assert.equal((await ask('customer', 'DELETE', path)).status, 204)
    assert.equal((await ask('customer', 'DELETE', path)).status, 204)
    assert.equal((await device.hears('CHAT_DELETED', ({ seq }) => seq === 1)).user.username, names.customer)
    await refused(['other', 'PATCH', path, { message: 'again' }], 409, 'conflict')
    const [gone] = await history('other', uri)
    assert.deepEqual([gone.message, gone.deleted], ['', true])
    const was = await must('customer', 'GET', `${path}/history`)
    assert.deepEqual(was.map(({ message, by }) => [message, by]), [['frist', names.other], ['first', names.customer]])
    await refused(['other', 'GET', `${path}/history`], 403, 'forbidden')
    assert.equal(device.heard.filter(({ event }) => event === 'CHAT_DELETED').length, 1, 'once')
  })
})

describe('who is in', () => {
  test('members add others, and strangers only themselves', async () => {
    const uri = await roomOf('other')
    await refused(['foreign', 'PATCH', `/api/chats/${uri}/`, { username: names.manager }], 404, 'not-found')
    await join('other', uri, names.manager)
    await refused(['other', 'PATCH', `/api/chats/${uri}/`, { username: 'nobody-of-this-name' }], 404, 'unknown-user')
    await refused(['other', 'PATCH', `/api/chats/${uri}/`, {}], 400, 'bad-input')
    const { members, member_count } = await room('manager', uri)
    assert.deepEqual(members.map(({ user, role }) => [user.username, role]), [[names.customer, 'owner'], [names.other, 'member'], [names.manager, 'member']])
    assert.equal(member_count, 3)
  })

  test('rooms that are not to be found by their uri', async () => {
    const made = await must('customer', 'POST', '/v1/chats', { name: 'Quiet', invite_only: true, members: [names.other] })
    assert.deepEqual([made.name, made.kind, made.role, made.member_count], ['Quiet', 'invite', 'owner', 2])
    const unknown = await refused(['foreign', 'PATCH', `/api/chats/${NOWHERE}/`, { username: names.foreign }], 404, 'not-found')
    const closed = await refused(['foreign', 'PATCH', `/api/chats/${made.uri}/`, { username: names.foreign }], 404, 'not-found')
    assert.deepEqual(closed, unknown, 'told alike')
    await must('customer', 'PATCH', `/v1/chats/${made.uri}`, { invite_only: false, name: 'Loud' })
    await join('foreign', made.uri)
    assert.equal((await room('foreign', made.uri)).name, 'Loud')
    await refused(['foreign', 'PATCH', `/v1/chats/${made.uri}`, { name: 'Mine' }], 403, 'forbidden')
    await refused(['customer', 'POST', '/v1/chats', { members: ['nobody-of-this-name'] }], 404, 'unknown-user')
    for (const name of ['x'.repeat(101), ' ', '\u202eevil', 'a\nb', '\u200b', 1])
      await refused(['customer', 'POST', '/v1/chats', { name }], 400, 'bad-input')
  })

  test('rank, leaving and being sent away', async () => {
    const uri = await roomOf('other', 'manager')
    const place = (who) => `/v1/chats/${uri}/members/${names[who]}`
    await refused(['other', 'PATCH', place('manager'), { role: 'moderator' }], 403, 'forbidden')
    await refused(['other', 'DELETE', place('manager')], 403, 'forbidden')
    await must('customer', 'PATCH', place('other'), { role: 'moderator' })
    await refused(['other', 'DELETE', place('customer')], 403, 'forbidden')
    assert.equal((await ask('other', 'DELETE', place('manager'))).status, 204)
    await refused(['manager', 'GET', `/v1/chats/${uri}`], 404, 'not-found')
    await refused(['customer', 'DELETE', place('manager')], 404, 'unknown-user')
    await refused(['customer', 'PATCH', place('customer'), { role: 'member' }], 409, 'conflict')
    assert.equal((await ask('customer', 'DELETE', place('customer'))).status, 204)
    assert.deepEqual((await room('other', uri)).members.map(({ user, role }) => [user.username, role]), [[names.other, 'owner']], 'somebody follows')
  })

  test('an invitation holds for a while, for so many, until it is taken back', async () => {
    const { uri } = await must('customer', 'POST', '/v1/chats', { invite_only: true })
    const invite = (body) => must('customer', 'POST', `/v1/chats/${uri}/invites`, body)
    const once = await invite({ uses: 1, role: 'moderator', expires_in_s: 60 })
    assert.equal(once.url, `/chats/join/${once.code}`)
    assert.equal((await must('other', 'GET', `/v1/invites/${once.code}`)).uri, uri)
    assert.equal((await must('other', 'POST', `/v1/invites/${once.code}`)).role, 'moderator')
    assert.equal((await must('other', 'POST', `/v1/invites/${once.code}`)).role, 'moderator', 'again is no use')
    await refused(['manager', 'POST', `/v1/invites/${once.code}`], 404, 'invite-over')
    const brief = await invite({ expires_in_s: 1 })
    await sleep(1100)
    const over = await refused(['manager', 'POST', `/v1/invites/${brief.code}`], 404, 'invite-over')
    const back = await invite({})
    assert.equal((await must('customer', 'GET', `/v1/chats/${uri}/invites`)).length, 3)
    assert.equal((await ask('customer', 'DELETE', `/v1/chats/${uri}/invites/${back.id}`)).status, 204)
    assert.deepEqual(await refused(['manager', 'GET', `/v1/invites/${back.code}`], 404, 'invite-over'), over)
    assert.deepEqual(await refused(['manager', 'GET', `/v1/invites/${'A'.repeat(22)}`], 404, 'invite-over'), over, 'told alike')
    const qr = await ask(undefined, 'GET', once.qr_url)
    assert.equal(qr.status, 200)
    assert.match(qr.text, /^<svg /)
    await refused(['other', 'POST', `/v1/chats/${uri}/invites`, { role: 'moderator' }], 403, 'forbidden')
    await refused(['foreign', 'POST', `/v1/chats/${uri}/invites`, {}], 404, 'not-found')
    await refused(['customer', 'POST', `/v1/chats/${uri}/invites`, { uses: 0 }], 400, 'bad-input')
  })
})

describe('live', () => {
  test('two people hear each other, on every device, each message once', async () => {
    const uri = await roomOf('other')
    const devices = [await listening('customer', uri), await listening('other', uri), await listening('other', uri)]
    const socket = await plain('other')
    socket.say('SUBSCRIBE', { channel: `chat:${uri}` })
    await socket.hears('SUBSCRIBED')
    await say('customer', uri, 'hello', { id: 'c-1' })
    await say('other', uri, 'hi', { reply_to: 1 })
    for (const device of [...devices, socket]) {
      const first = await device.hears('CHAT_MESSAGE', (v) => v.message === 'hello')
      assert.deepEqual([first.uri, first.seq, first.kind, first.id], [uri, 1, 'text', 'c-1'])
      assert.ok(Number.isInteger(first.cursor))
      assert.equal((await device.hears('CHAT_MESSAGE', (v) => v.message === 'hi')).reply_to, 1)
      assert.deepEqual(device.heard.map(({ values }) => values.seq), [1, 2], device.name)
    }
  })

  test('who was away reads on from his cursor', async () => {
    const uri = await roomOf('other')
    await say('customer', uri, 'one')
    const device = await listening('other', uri)
    await say('customer', uri, 'two')
    const { cursor } = await device.hears('CHAT_MESSAGE')
    device.close()
    for (const text of ['three', 'four']) await say('customer', uri, text)
    const again = await listening('other', uri, { after: cursor })
    await say('customer', uri, 'five')
    await again.hears('CHAT_MESSAGE', (v) => v.message === 'five')
    assert.deepEqual(again.heard.filter(({ event }) => event === 'CHAT_MESSAGE').map(({ values }) => values.message), ['three', 'four', 'five'])
  })

  test('marks are the same on all devices, never go back, and are counted without counting', async () => {
    const uri = await roomOf('other')
    const [mine, theirs] = [await listening('other', uri), await listening('customer', uri)]
    const second = await phone('other')
    for (const text of ['a', 'b', 'c']) await say('customer', uri, text)
    assert.equal((await room('other', uri)).unread, 3)
    assert.equal((await room('customer', uri)).unread, 0, 'one has read what one wrote')
    const before = await must('other', 'GET', '/v1/chats/unread')
    assert.deepEqual(await must('other', 'POST', `/api/chats/${uri}/read`, { seq: 2 }), { read_seq: 2, unread: 1 })
    assert.equal((await must('other', 'GET', '/v1/chats/unread')).unread, before.unread - 2)
    for (const device of [mine, theirs, second]) {
      const read = await device.hears('CHAT_READ', (v) => v.uri === uri && v.read_seq === 2)
      assert.equal(read.account_id, cast.ids.other, device.name)
    }
    assert.deepEqual(await must('other', 'POST', `/api/chats/${uri}/read`, { seq: 1 }), { read_seq: 2, unread: 1 })
    assert.deepEqual(await must('other', 'POST', `/api/chats/${uri}/read`, { seq: 99 }), { read_seq: 3, unread: 0 })
    await say('customer', uri, 'd')
    await second.ask('CHAT_DELIVERED', { uri, seq: 4 })
    await theirs.hears('CHAT_READ', (v) => v.delivered_seq === 4 && v.read_seq === 3)
    assert.equal((await second.ask('CHAT_READ', { uri, seq: 4 })).unread, 0)
    const { members } = await room('customer', uri)
    assert.deepEqual(members.map(({ read_seq, delivered_seq }) => [read_seq, delivered_seq]), [[4, 4], [4, 4]])
    assert.equal((await must('other', 'PATCH', `/v1/chats/${uri}/me`, { muted: true })).muted, true)
    await say('customer', uri, 'e')
    const badge = await must('other', 'GET', '/v1/chats/unread')
    assert.equal(badge.unread, before.unread - 3, 'a muted room does not count')
    await refused(['other', 'POST', `/api/chats/${uri}/read`, { seq: -1 }], 400, 'bad-input')
  })

  test('rooms are listed by what was said last', async () => {
    const { username, token } = await stranger()
    const uris = []
    for (let i = 0; i < 3; i++) uris.push((await must(token, 'POST', '/v1/chats', { name: `r${i}` })).uri)
    await say(token, uris[0], 'last')
    const list = await must(token, 'GET', '/v1/chats')
    assert.deepEqual(list.map(({ uri }) => uri), [uris[0], uris[2], uris[1]])
    assert.deepEqual([list[0].last.message, list[0].last.user.username, list[1].last], ['last', username, null])
    assert.deepEqual((await must(token, 'GET', '/v1/chats?limit=1')).map(({ uri }) => uri), [uris[0]])
    assert.deepEqual((await must(token, 'GET', `/v1/chats?before=${uris[0]}`)).map(({ uri }) => uri), [uris[2], uris[1]])
    const foreign = await start('other')
    await say(token, uris[1], 'later than that room')
    for (const uri of [foreign, NOWHERE]) assert.equal((await must(token, 'GET', `/v1/chats?before=${uri}`)).length, 3, 'tells nothing of it')
  })

  test('who is there is seen', async () => {
    const uri = await roomOf('other')
    const present = async () => (await room('customer', uri)).members.filter((m) => m.present).map(({ user }) => user.username)
    assert.ok(!(await present()).includes(names.other))
    const socket = await roomSocket('other', uri)
    await eventually(async () => (await present()).includes(names.other), 'the other is there')
    socket.close()
    await eventually(async () => !(await present()).includes(names.other), 'the other is gone')
  })

  test('typing is passed on at most once in two seconds, to others, and kept nowhere', async () => {
    const uri = await roomOf('other')
    const [writer, own, reader] = [await listening('customer', uri), await listening('customer', uri), await listening('other', uri)]
    const from = await head()
    for (let i = 0; i < 5; i++) await writer.ask('TYPING', { uri })
    const typing = await reader.hears('CHAT_TYPING')
    assert.deepEqual([typing.uri, typing.user.username], [uri, names.customer])
    await sleep(QUIET_MS)
    const count = (device) => device.heard.filter(({ event }) => event === 'CHAT_TYPING').length
    assert.deepEqual([count(reader), count(writer), count(own)], [1, 0, 0])
    assert.equal(await head(), from, 'the journal has nothing of it')
    const stranger = await phone('foreign')
    assert.equal((await stranger.ask('TYPING', { uri })).error.code, 'not-found')
    assert.equal((await stranger.ask('TYPING', { uri: NOWHERE })).error.code, 'not-found')
    await sleep(2000)
    await writer.ask('TYPING', { uri })
    await eventually(() => count(reader) === 2, 'typing again')
  })

  test('a socket that ends badly disturbs nobody', async () => {
    const uri = await roomOf('other', 'manager')
    const good = await roomSocket('other', uri)
    const bad = []
    for (let i = 0; i < 8; i++) bad.push(await roomSocket(['other', 'manager'][i % 2], uri))
    const phones = [await listening('manager', uri), await listening('manager', uri)]
    const posts = Promise.all(Array.from({ length: 20 }, (_, i) => say('customer', uri, `p${i}`)))
    for (const { socket } of bad) socket._socket.resetAndDestroy()
    for (const { socket } of phones) socket.io.engine.transport.ws?.terminate?.() ?? socket.disconnect()
    await posts
    await eventually(() => good.heard.length === 20, 'all twenty')
    assert.deepEqual(good.heard.map(({ seq }) => seq), Array.from({ length: 20 }, (_, i) => i + 1))
    assert.equal((await ask(undefined, 'GET', '/livez')).status, 200)
  })
})

const head = async () => (await must('service', 'GET', '/v1/journal?after=0&limit=1')).head

describe('outsiders', () => {
  /** Every request about a room, as somebody might send it. */
  const requests = (uri) => [
    ['GET', `/api/chats/${uri}/messages`],
    ['POST', `/api/chats/${uri}/messages`, { message: 'x' }],
    ['PATCH', `/api/chats/${uri}`, { username: names.customer }],
    ['PATCH', `/api/chats/${uri}/messages/1`, { message: 'x' }],
    ['DELETE', `/api/chats/${uri}/messages/1`],
    ['GET', `/api/chats/${uri}/messages/1/history`],
    ['POST', `/api/chats/${uri}/read`, { seq: 1 }],
    ['POST', `/api/chats/${uri}/delivered`, { seq: 1 }],
    ['GET', `/v1/chats/${uri}`],
    ['PATCH', `/v1/chats/${uri}`, { name: 'x' }],
    ['PATCH', `/v1/chats/${uri}/me`, { muted: true }],
    ['PATCH', `/v1/chats/${uri}/members/${names.other}`, { role: 'member' }],
    ['DELETE', `/v1/chats/${uri}/members/${names.other}`],
    ['POST', `/v1/chats/${uri}/invites`, {}],
    ['GET', `/v1/chats/${uri}/invites`],
    ['DELETE', `/v1/chats/${uri}/invites/0198c0de-0000-7000-8000-00000000ffff`],
  ]

  test('every route tells a room of others and one that is not alike', async () => {
    const { uri } = await must('customer', 'POST', '/v1/chats', { invite_only: true, members: [names.other] })
    await say('customer', uri, 'secret')
    for (const [i, [method, path, body]] of requests(uri).entries()) {
      const { token } = await stranger()
      const theirs = await refused([token, method, path, body], 404, 'not-found')
      const [, unknown, same] = requests(NOWHERE)[i]
      assert.deepEqual(theirs, await refused([token, method, unknown, same], 404, 'not-found'), `${method} ${path}`)
      await refused([undefined, method, path, body], 401, 'not-logged-in')
      const kiosk = await ask('kiosk', method, path, body)
      assert.equal(kiosk.status, 403, `${method} ${path}: ${kiosk.text}`)
    }
    assert.deepEqual(texts(await history('customer', uri)), ['secret'])
    assert.equal((await room('customer', uri)).member_count, 2)
  })

  test('no socket, stream or poll hears a room it is not in', async () => {
    const uri = await roomOf('other')
    const { token } = await stranger()
    const how = { url: server.url, token }
    const devices = [await phone(token), await phone(token, { transports: ['polling'] }), await plain(token)]
    for (const Kind of [StreamDevice, PollingDevice]) devices.push(await keep(new Kind({ ...how, name: Kind.name })).ready())
    for (const channel of [`chat:${uri}`, `chat:${NOWHERE}`, 'chat:', `chat:${uri}x`]) {
      assert.equal((await devices[0].ask('SUBSCRIBE', { channel })).error.code, 'not-found', channel)
      assert.equal((await devices[1].ask('SUBSCRIBE', { channel, after: 0 })).error.code, 'not-found', channel)
    }
    devices[2].say('SUBSCRIBE', { channel: `chat:${uri}` })
    await devices[2].hears('ERROR')
    for (const path of [`/${uri}`, `/${NOWHERE}`, `/ws/chats/${uri}`, `/ws/chats/${NOWHERE}`]) {
      for (const query of ['', '&after=0']) {
        const socket = await roomSocket(token, '', { path, query })
        const { code, reason } = await socket.closed
        assert.deepEqual([code, reason, socket.heard], [1008, 'not-found', []], path)
      }
      assert.equal((await roomSocket('nonsense', '', { path })).opened, false)
      assert.equal((await roomSocket('', '', { path })).opened, false)
    }
    assert.equal((await roomSocket(token, '', { path: '/ws/chats/UPPER' })).opened, false)
    await say('customer', uri, 'for us alone')
    for (const device of devices) await silent(device, uri)
  })

  test('who is sent away hears no more, at once, on every device', async () => {
    const uri = await roomOf('other', 'manager')
    const phones = [await listening('other', uri), await listening('other', uri), await listening('other', uri)]
    const sockets = [await roomSocket('other', uri), await roomSocket('other', uri), await roomSocket('other', uri, { path: `/ws/chats/${uri}` })]
    const stays = await listening('manager', uri)
    await say('customer', uri, 'before')
    for (const each of phones) await each.hears('CHAT_MESSAGE')
    for (const each of sockets) await each.hears('before')
    assert.equal((await ask('customer', 'DELETE', `/v1/chats/${uri}/members/${names.other}`)).status, 204)
    await say('customer', uri, 'after')
    await stays.hears('CHAT_MESSAGE', (v) => v.message === 'after')
    for (const each of sockets) assert.equal((await each.closed).code, 1008)
    for (const each of phones) {
      const gone = await each.hears('CHAT_MEMBER', (v) => v.change === 'removed')
      assert.equal(gone.user.username, names.other)
      assert.equal((await each.hears('UNSUBSCRIBED')).channel, `chat:${uri}`)
      assert.equal((await each.ask('TYPING', { uri })).error.code, 'not-found', 'a member removed while typing')
      assert.equal((await each.ask('SUBSCRIBE', { channel: `chat:${uri}` })).error.code, 'not-found')
    }
    await sleep(QUIET_MS)
    for (const each of [...phones, ...sockets]) assert.ok(!JSON.stringify(each.heard).includes('after'))
    await refused(['other', 'POST', `/api/chats/${uri}/messages/`, { message: 'x' }], 404, 'not-found')
    await refused(['other', 'GET', `/api/chats/${uri}/messages/`], 404, 'not-found')
  })

  test('leaving and asking to listen at once leaves nobody listening', async () => {
    const uri = await roomOf()
    const device = await phone('other')
    for (let i = 0; i < 10; i++) {
      await join('other', uri)
      await Promise.all([device.ask('SUBSCRIBE', { channel: `chat:${uri}` }), ask('other', 'DELETE', `/v1/chats/${uri}/members/${names.other}`)])
      await say('customer', uri, `after ${i}`)
    }
    await sleep(QUIET_MS)
    assert.deepEqual(device.heard.filter(({ event }) => event === 'CHAT_MESSAGE'), [])
  })

  test('a phone that comes back asks again for its rooms', async () => {
    const uri = await roomOf('other')
    const device = await listening('other', uri)
    await say('customer', uri, 'here')
    await device.hears('CHAT_MESSAGE')
    device.socket.io.engine.close()
    await ask('customer', 'DELETE', `/v1/chats/${uri}/members/${names.other}`)
    await say('customer', uri, 'behind his back')
    await eventually(() => device.socket.connected, 'back again')
    await sleep(QUIET_MS)
    assert.ok(!JSON.stringify(device.heard).includes('behind his back'))
  })

  test('uris cannot be guessed', async () => {
    const uri = await roomOf('other')
    const { token, username } = await stranger()
    const guess = () => Array.from({ length: 15 }, () => '0123456789abcdef'[Math.floor(Math.random() * 16)]).join('')
    for (let i = 0; i < 30; i++) await refused([token, 'GET', `/api/chats/${guess()}/messages`], 404, 'not-found')
    const over = await ask(token, 'GET', `/v1/chats/${guess()}`)
    assert.equal(over.status, 429)
    assert.ok(Number(over.headers.get('retry-after')) > 0)
    await refused([token, 'PATCH', `/api/chats/${uri}/`, { username }], 429, 'too-many')
    await refused([token, 'GET', `/v1/invites/${'A'.repeat(22)}`], 429, 'too-many')
    const device = await phone(token)
    for (const channel of [`chat:${uri}`, `chat:${guess()}`]) assert.equal((await device.ask('SUBSCRIBE', { channel })).error.code, 'too-many')
    assert.equal((await roomSocket(token, uri)).opened, false)
    await say('other', uri, 'others are not held up')
  })
})

describe('in a process of its own', () => {
  const key = 'the-key-between-two-processes'
  const env = { PESAN_ACCESS_TOKEN_KEY: 'one key that signs the tokens of both' }
  const TRADE = 'account,shop,menu,order,kiosk,payment,delivery,notify,sandbox'
  let trade, chat
  before(async () => {
    trade = await startPesan(['--services', TRADE, '--service-key', key], { env })
    chat = await startPesan(['--services', 'chat', '--source', `trade=${trade.url}`, '--source-key', key], { env })
  })
  after(async () => {
    await chat?.stop()
    await trade?.stop()
  })

  test('rooms know people by what the other process tells', async () => {
    const [one, two] = await Promise.all(['USER0001', 'USER0002'].map((name) => signIn(trade, name, 'pesan-demo')))
    const there = (token, method, path, body) => call(chat.url + path, { method, token, body })
    const { json: { uri } } = await there(one, 'POST', '/api/chats/')
    await eventually(async () => (await there(one, 'PATCH', `/api/chats/${uri}/`, { username: 'USER0002' })).status === 200, 'the other is known')
    const socket = new WebSocket(`${chat.url.replace(/^http/, 'ws')}/${uri}?token=${two}`)
    const frame = once(socket, 'message')
    await once(socket, 'open')
    assert.equal((await there(one, 'POST', `/api/chats/${uri}/messages/`, { message: 'alone' })).status, 201)
    assert.equal(JSON.parse((await frame)[0]).message, 'alone')
    socket.close()
    assert.equal((await call(`${trade.url}/v1/chats`, { token: one })).status, 404)
  })
})
