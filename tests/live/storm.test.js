// storm.test.js - orders are placed and moved while the network breaks in every way it can and the server is killed again
// and again: in the end every device has every event of its channels once and in order, and every order exists once.
// STORM_SECONDS makes it longer, STORM_SEED plays the same dice again.
import assert from 'node:assert/strict'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { after, before, describe, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { SERVICE_KEY, SHOP } from '../lib/cast.js'
import { PollingDevice, SocketIoDevice, StreamDevice, WebSocketDevice } from '../lib/device.js'
import { randomOf } from '../lib/game.js'
import { call, eventually } from '../lib/sale.js'
import { freePort, startPesan } from '../lib/server.js'
import { hasHeard, mustHear, readJournal } from '../lib/truth.js'
import { startWeather } from '../lib/weather.js'

const SECONDS = Number(process.env.STORM_SECONDS ?? 25)
const SEED = Number(process.env.STORM_SEED ?? Date.now() % 1e9)
const PATIENCE = 60000
const random = randomOf(SEED)

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

let folder, port, server, weather
const devices = []
const tokens = {}
const orders = [] // {id, user, key}

const start = async () => (server = await startPesan(['--service-key', SERVICE_KEY], { data: path.join(folder, 'data'), listen: port }))

before(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'pesan-storm-'))
  port = await freePort()
  await start()
  weather = await startWeather(port, random)
  const body = { username: 'ann', email: 'ann@example.com', password: 'correct horse battery' }
  assert.equal((await call(`${server.url}/auth/users/create/`, { body })).status, 201)
  for (const name of Object.keys(PEOPLE)) tokens[name] = await server.token(name, '--ttl', '86400')
})
after(async () => {
  await Promise.all(devices.map((device) => device.close()))
  await weather?.stop()
  await server?.stop()
  await rm(folder, { recursive: true, force: true })
})

/** Everybody's devices, connected, each knowing where it began. */
async function connectAll() {
  for (const [username, makes] of Object.entries(PEOPLE)) {
    for (const make of makes)
      devices.push(make({ url: weather.url, token: tokens[username], name: `device ${devices.length} of ${username}` }))
  }
  for (const device of devices) device.account = (await device.ready()).told[0].values.account_id
}

/** Asks through the storm until an answer is as `good` says. */
function insist(url, options, good) {
  return eventually(async () => {
    const answer = await call(weather.url + url, options).catch(() => undefined)
    return answer && good.includes(answer.status) && answer
  }, `${options.method ?? 'POST'} ${url}`, PATIENCE)
}

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

/** It has not ended by itself, nor has a sanitizer found anything. */
function judgeServer() {
  const { exitCode, signalCode } = server.child
  assert.deepEqual({ exitCode, signalCode }, { exitCode: null, signalCode: null }, server.log())
  assert.doesNotMatch(server.log(), /Sanitizer|runtime error/)
}

async function killUntil(over) {
  let kills = 0
  while (!over()) {
    await sleep(1500 + random.below(3500))
    judgeServer()
    await server.kill9()
    await sleep(random.below(600))
    await start()
    kills++
  }
  return kills
}

/** Waits until every device has what the journal has by now; whoever has not is told with what he lacks. */
async function judge() {
  const events = await readJournal(server.url, SERVICE_KEY)
  const head = events.at(-1).seq
  const must = new Map(devices.map((device) => [device, mustHear(events, device.account, device.base)]))
  const caughtUp = (device) => hasHeard(device, head).length >= must.get(device).length
  await eventually(() => devices.every(caughtUp), 'all to have caught up', PATIENCE).catch(() => {})
  for (const device of devices) {
    const has = hasHeard(device, head)
    const lacks = must.get(device).filter((line) => !has.includes(line))
    const strange = has.filter((line) => !must.get(device).includes(line))
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

/** The number of the dice is said with whatever goes wrong. */
async function seeded(what) {
  try {
    await what()
  } catch (error) {
    error.message += `\nSTORM_SEED=${SEED} STORM_SECONDS=${SECONDS}`
    throw error
  }
}

describe('a storm', () => {
  test('every device has everything of its channels, once and in order', (t) => seeded(async () => {
    await connectAll()
    let on = true
    const over = () => !on
    weather.storm()
    const workers = Array.from({ length: 12 }, () => workUntil(over))
    const hirer = hireUntil(over)
    const killer = killUntil(over)
    await sleep(SECONDS * 1000)
    on = false
    const kills = await killer
    await Promise.all([...workers, hirer])
    weather.calm()
    judgeOrders(await judge())
    judgeServer()
    const sum = (field) => devices.reduce((all, device) => all + (device[field] ?? 0), 0)
    t.diagnostic(`${orders.length} orders, ${kills} kills, ${sum('opened')} connections, ${sum('recoveries')} recovered, ${sum('doubles')} doubles; ${JSON.stringify(weather.counts)}`)
    for (const device of devices) assert.deepEqual(device.told.filter(({ event }) => event !== 'CONNECTED'), [], device.name)
  }))
})
