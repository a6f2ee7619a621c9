// chat-storm.test.js - several rooms are talked in while the network breaks in every way it can and the server is killed
// again and again, and somebody is removed and let in again: in the end each member has each message of his rooms once, in
// order and without a hole, on every transport, and nobody heard a room while he was no member of it.
import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { PASSWORD, SERVICE_KEY } from '../lib/cast.js'
import { ChatSocketIoDevice, ChatWebSocketDevice, RoomDevice, lineOf } from '../lib/chat-device.js'
import { StreamDevice } from '../lib/device.js'
import { call, eventually } from '../lib/sale.js'
import { PATIENCE, Storm } from '../lib/storm.js'
import { readJournal } from '../lib/truth.js'

const storm = new Storm(20)
const { random } = storm

const UPGRADE = ['polling', 'websocket']
const sio = (...transports) => (how) => new ChatSocketIoDevice({ transports, ...how })
const plain = (how) => new ChatWebSocketDevice(how)

/** What each listens with, besides a socket for each of his rooms. */
const PEOPLE = {
  ann: [sio('websocket'), sio(...UPGRADE)],
  bob: [sio('polling'), plain],
  cleo: [sio(...UPGRADE)],
  dan: [plain],
  fay: [sio('websocket')],
  eve: [sio('websocket')],
}
/** Rooms by their owner and the others in them; the last is where fay comes and goes, and eve is in none. */
const ROOMS = [['ann', 'bob', 'cleo', 'dan'], ['bob', 'ann', 'cleo'], ['cleo', 'dan'], ['ann', 'bob', 'fay']]
const GUEST = 'fay'
const STRANGER = 'eve'

const tokens = {}
const ids = {}
const rooms = [] // {uri, members}
const devices = []
const streams = [] // those who hear of their own comings and goings alone
const posted = new Map() // text -> {uri, user, seq, begun}
const absences = [] // {from, until} of the guest

/** A request on the calm server. */
async function must(who, method, where, body) {
  const { status, text, json } = await call(storm.server.url + where, { method, body, token: tokens[who] })
  assert.ok(status >= 200 && status < 300, `${method} ${where}: ${status} ${text}`)
  return json
}

async function makeRoom([owner, ...others], i) {
  const { uri } = await must(owner, 'POST', i === 0 ? '/api/chats/' : '/v1/chats', i === 0 ? {} : { invite_only: true })
  for (const username of others) await must(owner, 'PATCH', `/api/chats/${uri}/`, { username })
  rooms.push({ uri, members: [owner, ...others] })
}

before(async () => {
  await storm.begin()
  for (const username of Object.keys(PEOPLE)) {
    ids[username] = (await must(undefined, 'POST', '/auth/users/create/', { username, email: `${username}@example.com`, password: PASSWORD })).id
    tokens[username] = await storm.server.token(username, '--ttl', '86400')
  }
  for (const [i, people] of ROOMS.entries()) await makeRoom(people, i)
})
after(async () => {
  await Promise.all([...devices, ...streams].map((device) => device.close()))
  await storm.end()
})

const roomsOf = (username) => rooms.filter(({ members }) => members.includes(username)).map(({ uri }) => uri)

/** Everybody's devices; the stranger's listen to a room that was never his. */
function connectAll() {
  for (const [username, makes] of Object.entries(PEOPLE)) {
    const his = username === STRANGER ? [rooms[0].uri] : roomsOf(username)
    const how = (rest) => ({ url: storm.url, token: tokens[username], username, name: `device ${devices.length} of ${username}`, ...rest })
    const add = (device) => devices.push(Object.assign(device, { username }))
    for (const make of makes) add(make(how({ rooms: his })))
    for (const uri of his) add(new RoomDevice(how({ uri })))
    if (username !== STRANGER) streams.push(Object.assign(new StreamDevice({ ...how(), after: 0 }), { username }))
  }
}

/** Says something; now and then it is sent once more, as if the answer had been lost. */
async function talkUntil(over) {
  while (!over()) {
    const { uri, members } = random.pick(rooms)
    const user = random.pick(members.filter((each) => each !== GUEST))
    const message = `storm ${posted.size}`
    const post = { uri, user, begun: Date.now() }
    posted.set(message, post)
    const say = () => storm.insist(`/api/chats/${uri}/messages/`, { body: { message, id: `id of ${message}` }, token: tokens[user] }, [200, 201])
    post.seq = (await say()).json.seq
    if (random.chance(0.2)) {
      const { status, json } = await say()
      assert.deepEqual({ status, seq: json.seq }, { status: 200, seq: post.seq }, message)
    }
    await sleep(random.below(100))
  }
}

/** The guest is removed and let in again. */
async function comeAndGoUntil(over) {
  const { uri, members: [owner] } = rooms.at(-1)
  while (!over()) {
    await sleep(1000 + random.below(1500))
    await storm.insist(`/v1/chats/${uri}/members/${GUEST}`, { method: 'DELETE', token: tokens[owner] }, [200, 204, 404])
    const absence = { from: Date.now() }
    await sleep(500 + random.below(2500))
    absence.until = Date.now()
    absences.push(absence)
    await storm.insist(`/api/chats/${uri}/`, { method: 'PATCH', body: { username: GUEST }, token: tokens[owner] }, [200])
  }
}

// ---- Judging ----

/** What was said in a room by the journal's word: each message that was posted, once, without a hole. */
function truthOf({ uri }, events) {
  const said = events.filter(({ topic, key }) => topic === 'chat.message' && key === uri).map(({ payload }) => payload)
  assert.deepEqual(said.map(({ seq }) => seq), said.map((_, i) => i + 1), 'no hole, none twice')
  const wanted = [...posted].filter(([, post]) => post.uri === uri).map(([message, { seq, user }]) => lineOf({ seq, message, user: { username: user } }))
  assert.deepEqual(said.map(lineOf).sort(), wanted.sort(), 'each that was posted, under the seq that was answered')
  assert.ok(said.length > 0)
  return said.map(lineOf)
}

/** The whole history by its pages, oldest first. */
async function historyOf({ uri, members: [owner] }) {
  const messages = []
  for (let page; (page = (await must(owner, 'GET', `/api/chats/${uri}/messages/?limit=50&after=${messages.at(-1)?.seq ?? 0}`)).messages).length; )
    messages.push(...page)
  return messages.map(lineOf)
}

async function judgeDevices(truth) {
  const members = devices.filter(({ username }) => username !== STRANGER)
  const all = members.flatMap((device) => [...device.rooms].map(([uri, room]) => ({ device, room, must: truth.get(uri) })))
  await eventually(() => all.every(({ room, must }) => room.heard.length >= must.length), 'all to have caught up', PATIENCE).catch(() => {})
  for (const { device, room, must } of all) {
    const about = `${device.name}, whose error was ${device.error}, refusals ${device.refusals}`
    assert.deepEqual(room.heard.map(({ line }) => line), must, about)
    assert.equal(room.doubles, 0, `told twice: ${about}`)
  }
}

/** While he was away the guest heard nothing of what was said then; and the stranger never heard anything. */
function judgeOutsiders() {
  const inside = (time, { from, until }) => time > from && time < until
  for (const device of devices.filter(({ username }) => username === GUEST))
    for (const room of device.rooms.values())
      for (const { message, at, line } of room.heard)
        for (const absence of absences)
          assert.ok(!(inside(posted.get(message).begun, absence) && inside(at, absence)), `${device.name} heard ${line} while away`)
  for (const device of devices.filter(({ username }) => username === STRANGER)) {
    assert.deepEqual([...device.rooms.values()].flatMap(({ heard }) => heard), [], device.name)
    assert.ok(device.refusals.length > 0, `${device.name} was refused`)
  }
}

/** Everybody's stream, which no room is heard on, has told of his own comings and goings. */
async function judgeStreams(events) {
  for (const device of streams) {
    const mine = ({ topic, channels }) => /^chat\.member(_left)?$/.test(topic) && channels.includes(`account:${ids[device.username]}`)
    const must = events.filter(mine).map(({ seq, payload }) => `${seq} ${payload.uri} ${payload.change}`)
    const has = () => device.heard.filter(({ event }) => event === 'CHAT_MEMBER').map(({ values }) => `${values.cursor} ${values.uri} ${values.change}`)
    assert.ok(must.length > 0)
    await eventually(() => has().length >= must.length, 'streams to have caught up', PATIENCE).catch(() => {})
    assert.deepEqual(has(), must, `${device.name}, whose error was ${device.error}`)
    assert.deepEqual(device.heard.filter(({ event }) => event === 'CHAT_MESSAGE'), [], device.name)
  }
}

describe('a storm in which people chat', () => {
  test('each member has each message, once and in order; nobody else has any', (t) => storm.seeded(async () => {
    connectAll()
    const kills = await storm.rage([...Array.from({ length: 8 }, () => talkUntil), comeAndGoUntil])
    const events = await readJournal(storm.server.url, SERVICE_KEY)
    const truth = new Map(rooms.map((room) => [room.uri, truthOf(room, events)]))
    for (const room of rooms) assert.deepEqual(await historyOf(room), truth.get(room.uri), 'what the history says')
    await judgeDevices(truth)
    judgeOutsiders()
    await judgeStreams(events)
    storm.judgeServer()
    const sum = (field) => [...devices, ...streams].reduce((all, device) => all + (device[field] ?? 0), 0)
    t.diagnostic(`${posted.size} messages, ${kills} kills, ${absences.length} absences, ${sum('opened')} connections, ${sum('recoveries')} recovered; ${JSON.stringify(storm.weather.counts)}`)
  }))
})
