// flood.test.js - clients that mean harm, or are broken: they never read, never stop talking, or speak for others. Each is
// answered or sent away by name, what it may cost is bounded, and nobody else notices.
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { after, afterEach, before, describe, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import WebSocket from 'ws'
import { signIn } from '../lib/cast.js'
import { SocketIoDevice } from '../lib/device.js'
import { call, eventually, metric } from '../lib/sale.js'
import { build, startPesan } from '../lib/server.js'

const SANITIZED = /san/.test(build) // which keeps freed memory for a while
const GROWTH_MAX = 48 << 20

let server, bystander
const tokens = {}
before(async () => {
  server = await startPesan()
  await signIn(server, 'USER0001', 'pesan-demo') // the demo's passwords are hashed by then, which takes 64 MB for a while
  for (const name of ['OWNER1', 'USER0001', 'USER0002']) tokens[name] = await server.token(name)
  bystander = await new SocketIoDevice({ url: server.url, token: tokens.OWNER1, transports: ['websocket'] }).ready()
})
after(async () => {
  bystander?.close()
  await server?.stop()
})

const open = []
afterEach(() => open.splice(0).forEach((socket) => socket.terminate()))

const resident = () => Number(/^VmRSS:\s+(\d+)/m.exec(readFileSync(`/proc/${server.child.pid}/status`, 'utf8'))[1]) * 1024

/** Socket.IO on a bare WebSocket, in its namespace; `socket.said` is what came. */
async function bare(token) {
  const socket = new WebSocket(`${server.url.replace('http', 'ws')}/socket.io/?EIO=4&transport=websocket`)
  open.push(socket)
  socket.said = []
  socket.on('message', (data) => socket.said.push(data.toString()))
  socket.on('error', () => {})
  socket.on('close', (code) => (socket.code = code))
  await new Promise((done) => socket.once('open', done))
  socket.send(`40${JSON.stringify({ token })}`)
  await eventually(() => socket.said.some((text) => text.startsWith('42["CONNECTED"')), 'CONNECTED')
  return socket
}

/** An order placed now comes to the bystander's screen. */
async function othersAreWell() {
  const { status, json, text } = await call(`${server.url}/order-ms/USER0002/orders`, { token: tokens.USER0002, body: { coffee_name: 'x', coffee_price: 1000 } })
  assert.equal(status, 201, text)
  await bystander.hears('SUBMIT_ORDER', ({ order_id }) => order_id === json.order_id)
  assert.deepEqual(bystander.ends, [])
}

/** Plays `harm` while others place and hear orders; memory is looked at in between and afterwards. */
async function bounded(harm) {
  await othersAreWell()
  const before_ = resident()
  let most = before_
  const watch = setInterval(() => (most = Math.max(most, resident())), 50)
  const done = harm()
  await othersAreWell()
  await done
  await othersAreWell()
  clearInterval(watch)
  if (!SANITIZED) assert.ok(most - before_ < GROWTH_MAX, `${(most - before_) >> 20} MB more`)
}

const slowOnes = () => metric(server.url, 'pesan_websockets_slow_total')

/**
 * A client that asks, by `ask(socket)`, as fast as it goes and reads nothing; ends when the server has hung up. It reads on
 * only after the server has called it slow, or a server that is behind would find a reader who has caught up.
 */
async function neverReads(ask) {
  const before = await slowOnes()
  const socket = await bare(tokens.USER0001)
  socket.pause()
  let judged = false
  const poured = (async () => {
    while (!judged && socket.readyState === WebSocket.OPEN) {
      const full = socket.bufferedAmount > 1 << 20
      for (let i = 0; i < 200 && !full; i++) ask(socket)
      await sleep(full ? 5 : 0)
    }
  })()
  await eventually(async () => (await slowOnes()) > before, 'the server to call it slow', 120000)
  judged = true
  await poured
  socket.resume()
  await eventually(() => socket.code !== undefined, 'the end')
  assert.notEqual(socket.code, 1000)
}

describe('who never reads', () => {
  test('but asks and asks is sent away', () => bounded(() => neverReads((socket) => socket.send('421["SEEN",{"seq":0}]'))))

  test('and lets the server answer pings is sent away', () => {
    const load = Buffer.alloc(125, 'x')
    return bounded(() => neverReads((socket) => socket.ping(load)))
  })

  test('on long-polling is sent away, too', () => bounded(async () => {
    const url = `${server.url}/socket.io/?EIO=4&transport=polling`
    const { sid } = JSON.parse((await call(url)).text.slice(1))
    const post = (text) => fetch(`${url}&sid=${sid}`, { method: 'POST', body: text, headers: { 'Content-Type': 'text/plain;charset=UTF-8' } })
    assert.equal((await post(`40${JSON.stringify({ token: tokens.USER0001 })}`)).status, 200)
    const many = Array(1000).fill('421["SEEN",{"seq":1}]').join('\x1e')
    let status = 200
    for (let i = 0; i < 100 && status === 200; i++) status = (await post(many)).status
    assert.ok(status === 400 || status === 413, `${status}`)
    assert.equal((await call(`${url}&sid=${sid}`)).json.code, 1)
  }))
})

describe('who never stops talking', () => {
  test('is told so by name, and goes on once he is calm', () => bounded(async () => {
    const device = await new SocketIoDevice({ url: server.url, token: tokens.USER0001, transports: ['websocket'] }).ready()
    const answers = await Promise.all(Array.from({ length: 2000 }, () => device.ask('SUBMIT_ORDER', {})))
    const refused = answers.filter((answer) => answer?.error)
    assert.ok(refused.length > 1000 && refused.length < 2000, `${refused.length} of 2000`)
    assert.deepEqual([...new Set(refused.map(({ error }) => error.code))], ['too-many'])
    await sleep(1500)
    assert.equal((await device.ask('SUBMIT_ORDER', {}))?.error, undefined)
    assert.deepEqual(device.ends, [])
    device.close()
  }))

  test('asks for ten thousand namespaces, of which there is one', () => bounded(async () => {
    const socket = await bare(tokens.USER0001)
    for (let i = 0; i < 10000 && socket.readyState === WebSocket.OPEN; i++) socket.send(`40/${i},{}`)
    const refusals = () => socket.said.filter((text) => text.startsWith('44/'))
    await eventually(() => refusals().length === 10000 || socket.code !== undefined, 'the refusals')
    if (socket.code === undefined) assert.equal(refusals()[0], '44/0,{"message":"Invalid namespace"}')
  }))

  test('says more than a command may hold', () => bounded(async () => {
    const socket = await bare(tokens.USER0001)
    socket.send(`421["SEEN",{"seq":0,"x":"${'x'.repeat(20000)}"}]`)
    await eventually(() => socket.said.some((text) => /^431\[\{"error":\{"code":"too-large"/.test(text)), 'the refusal')
    socket.send(`421["SEEN",${'['.repeat(5000)}${']'.repeat(5000)}]`)
    await eventually(() => socket.code !== undefined || socket.said.filter((text) => text.startsWith('431[{"error"')).length > 1, 'the other')
  }))
})

describe('who speaks for others', () => {
  test('a sid nobody has', async () => {
    for (const sid of ['nobody', 'A'.repeat(20), '%00', 'x'.repeat(2000)]) {
      for (const method of ['GET', 'POST']) {
        const { status, json } = await call(`${server.url}/socket.io/?EIO=4&transport=polling&sid=${sid}`, { method })
        assert.equal(status, 400)
        assert.equal(json.code, 1, JSON.stringify(json))
      }
      const socket = new WebSocket(`${server.url.replace('http', 'ws')}/socket.io/?EIO=4&transport=websocket&sid=${sid}`)
      const status = await new Promise((done) => socket.on('unexpected-response', (_, answer) => done(answer.statusCode)).on('error', () => {}))
      assert.equal(status, 400)
      socket.terminate()
    }
  })

  test('the sid of another account', async () => {
    const url = `${server.url}/socket.io/?EIO=4&transport=polling`
    const { sid } = JSON.parse((await call(url, { token: tokens.USER0001 })).text.slice(1))
    for (const method of ['GET', 'POST']) {
      const { status, json } = await call(`${url}&sid=${sid}`, { method, token: tokens.USER0002 })
      assert.equal(status, 400, method)
      assert.equal(json.code, 1)
    }
    const mine = await fetch(`${url}&sid=${sid}`, { method: 'POST', body: '40', headers: { Authorization: `Bearer ${tokens.USER0001}`, 'Content-Type': 'text/plain' } })
    assert.equal(mine.status, 200)
    assert.match((await call(`${url}&sid=${sid}`, { token: tokens.USER0001 })).text, /^40/)
  })
})
