// storm.test.js - orders are placed and moved while the network breaks in every way it can and the server is killed again
// and again: in the end every device has every event of its channels once and in order, and every order exists once.
import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { SERVICE_KEY, SHOP } from '../lib/cast.js'
import { PollingDevice, SocketIoDevice, StreamDevice, WebSocketDevice } from '../lib/device.js'
import { call, eventually } from '../lib/sale.js'
import { PATIENCE, Storm } from '../lib/storm.js'
import { hasHeard, mustHear, readJournal } from '../lib/truth.js'

const storm = new Storm(25)
const { random } = storm

const UPGRADE = ['polling', 'websocket']
const PEOPLE = {
  OWNER1: [sio('websocket'), sio(...UPGRADE)],
  BARISTA1: [sio('polling'), sio('websocket')],
  COURIER1: [sio('websocket')],
  USER0001: [sio('polling'), (how) => new StreamDevice(how)],
  USER0002: [sio('websocket'), (how) => new WebSocketDevice(how)],
  ann: [sio(...UPGRADE), (how) => new PollingDevice(how)],
}
const CUSTOMERS = ['USER0001', 'USER0002', 'ann', 'OWNER1']

function sio(...transports) {
  return (how) => new SocketIoDevice({ transports, returns: true, ...how })
}

const devices = []
const tokens = {}
const orders = [] // {id, user, key}

before(async () => {
  await storm.begin()
  const body = { username: 'ann', email: 'ann@example.com', password: 'correct horse battery' }
  assert.equal((await call(`${storm.server.url}/auth/users/create/`, { body })).status, 201)
  for (const name of Object.keys(PEOPLE)) tokens[name] = await storm.server.token(name, '--ttl', '86400')
})
after(async () => {
  await Promise.all(devices.map((device) => device.close()))
  await storm.end()
})

/** Everybody's devices, connected, each knowing where it began. */
async function connectAll() {
  for (const [username, makes] of Object.entries(PEOPLE)) {
    for (const make of makes)
      devices.push(make({ url: storm.url, token: tokens[username], name: `device ${devices.length} of ${username}` }))
  }
  for (const device of devices) device.account = (await device.ready()).told[0].values.account_id
}

const insist = (...what) => storm.insist(...what)

let keys = 0
async function place(user) {
  const key = `storm-${keys++}`
  const body = { coffee_name: key, coffee_price: 1000 }
  const { json } = await insist(`/order-ms/${user}/orders`, { body, token: tokens[user], headers: { 'Idempotency-Key': key } }, [201])
  orders.push({ id: json.order_id, user, key })
  return orders.at(-1)
}

const receive = ({ id }, body) => insist(`/order-receive/${id}`, { method: 'PATCH', body, token: tokens.OWNER1 }, [200, 409])
const move = ({ id, user }, status) =>
  insist(`/delivery-ms/${user}/${id}`, { method: 'PATCH', body: { status }, token: tokens.OWNER1 }, [200, 202, 409])
const cancel = ({ id, user }) => insist(`/order-ms/${user}/orders/${id}`, { method: 'DELETE', token: tokens[user] }, [200, 202, 204, 409])

/** What may become of an order. */
const LIVES = [
  async () => {},
  async (order) => receive(order, {}),
  async (order) => receive(order, { accept: false, reason: 'sold out' }),
  async (order) => cancel(order),
  async (order) => {
    await receive(order, {})
    for (const status of ['preparing', 'ready', 'delivering', 'delivered']) await move(order, status)
  },
]

async function workUntil(over) {
  while (!over()) {
    await random.pick(LIVES)(await place(random.pick(CUSTOMERS)))
    await sleep(random.below(100))
  }
}

/** One of the staff is dismissed and hired again: what happens in between is not for him. */
async function hireUntil(over) {
  const staff = `/v1/shops/${SHOP}/staff`
  while (!over()) {
    await sleep(1000 + random.below(3000))
    await insist(`${staff}/BARISTA1`, { method: 'DELETE', token: tokens.OWNER1 }, [204, 404])
    await sleep(random.below(3000))
    await insist(staff, { body: { username: 'BARISTA1', role: 'barista' }, token: tokens.OWNER1 }, [200, 201, 409])
  }
}

/** Waits until every device has what the journal has by now; whoever has not is told with what he lacks. */
async function judge() {
  const events = await readJournal(storm.server.url, SERVICE_KEY)
  const head = events.at(-1).seq
  const must = new Map(devices.map((device) => [device, mustHear(events, device.account, device.base)]))
  const caughtUp = (device) => hasHeard(device, head).length >= must.get(device).length
  await eventually(() => devices.every(caughtUp), 'all to have caught up', PATIENCE).catch(() => {})
  for (const device of devices) {
    const has = hasHeard(device, head)
    const [hasSet, mustSet] = [new Set(has), new Set(must.get(device))]
    const lacks = must.get(device).filter((line) => !hasSet.has(line))
    const strange = has.filter((line) => !mustSet.has(line))
    assert.deepEqual({ lacks, strange }, { lacks: [], strange: [] }, `${device.name}, whose error was ${device.error}`)
    assert.deepEqual(has, must.get(device), `order of what ${device.name} heard`)
    assert.ok(has.length > 0, device.name)
  }
  return events
}

function judgeOrders(events) {
  const placed = events.filter(({ topic }) => topic === 'order.placed').map(({ key }) => key)
  assert.equal(new Set(placed).size, placed.length)
  assert.deepEqual([...placed].sort(), orders.map(({ id }) => id).sort(), 'each order exists once')
}

describe('a storm', () => {
  test('every device has everything of its channels, once and in order', (t) => storm.seeded(async () => {
    await connectAll()
    const kills = await storm.rage([...Array.from({ length: 12 }, () => workUntil), hireUntil])
    judgeOrders(await judge())
    storm.judgeServer()
    const sum = (field) => devices.reduce((all, device) => all + (device[field] ?? 0), 0)
    t.diagnostic(`${orders.length} orders, ${kills} kills, ${sum('opened')} connections, ${sum('recoveries')} recovered, ${sum('doubles')} doubles; ${JSON.stringify(storm.weather.counts)}`)
    for (const device of devices) assert.deepEqual(device.told.filter(({ event }) => event !== 'CONNECTED'), [], device.name)
  }))
})
