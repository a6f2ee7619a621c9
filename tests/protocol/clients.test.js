// clients.test.js - stock socket.io-client, each minor version from 4.1 to 4.8, over polling, over a WebSocket and
// with the upgrade from one to the other, against the protocol server on one loop and on three.
import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'

import { assertSidGone, BEATING, CALM, request, resultsWritten, Subject } from '../lib/engineio.js'
import { startWire } from '../lib/wire.js'

const PATIENCE = 30000
const TRANSPORTS = {
  polling: ['polling'],
  'a WebSocket': ['websocket'],
  'an upgrade': ['polling', 'websocket'],
}
const VERSIONS = ['4.1', '4.2', '4.3', '4.4', '4.5', '4.6', '4.7', '4.8']

/** Since this version clients ask to be recovered. */
const RECOVERING = VERSIONS.slice(VERSIONS.indexOf('4.6'))

/** The arguments of the next `event` of a socket or manager. */
function next(emitter, event) {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(new Error(`waited in vain for ${event}`)), PATIENCE)
    emitter.once(event, (...args) => {
      clearTimeout(timer)
      resolve(args)
    })
  })
}

async function until(condition, what) {
  for (const late = Date.now() + PATIENCE; !condition(); await sleep(10))
    assert.ok(Date.now() < late, `waited in vain for ${what}`)
}

/** An answer to an event that asks for one. */
function asked(socket, ...args) {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(new Error('waited in vain for an ack')), PATIENCE)
    socket.emit(...args, (...answer) => {
      clearTimeout(timer)
      resolve(answer)
    })
  })
}

async function echoed(socket, ...args) {
  const back = next(socket, 'message-back')
  socket.emit('message', ...args)
  assert.deepEqual(await back, args)
}

after(resultsWritten)

describe('socket.io-client', { concurrency: 2 }, () => {
  for (const loops of [1, 3]) describe(`--loops ${loops}`, { concurrency: 8 }, () => suite(['--loops', String(loops)]))
})

function suite(args) {
  let calm
  let beating
  let recovering
  const sockets = new Set()
  const wires = new Set()

  before(async () => {
    const all = [CALM, BEATING, [...CALM, '--recovery']].map((more) => Subject.start([...args, ...more]))
    ;[calm, beating, recovering] = await Promise.all(all)
  })
  after(async () => {
    for (const socket of sockets) socket.disconnect()
    await Promise.all([...wires].map((wire) => wire.stop()))
    await Promise.all([calm.stop(), beating.stop(), recovering.stop()])
  })

  const wireTo = async (subject) => {
    const wire = await startWire(subject)
    wires.add(wire)
    return wire
  }

  /** A client of a manager of its own. */
  const connect = async (version, url, options) => {
    const { io } = await import(`sio-${version}`)
    const socket = io(url, { forceNew: true, reconnectionDelay: 20, reconnectionDelayMax: 40, ...options })
    sockets.add(socket)
    return socket
  }

  const moved = async (socket, transports) => {
    const wanted = transports.at(-1)
    await until(() => socket.io.engine.transport.name === wanted, `the transport ${wanted}`)
  }

  const talk = async (version, transports) => {
    const auth = { token: `for ${version}`, deep: [{ a: null }, '한글 🥤'] }
    const socket = await connect(version, `http://127.0.0.1:${calm.port}`, { transports, auth })
    const [welcome] = await Promise.all([next(socket, 'auth'), next(socket, 'connect')])
    assert.deepEqual(welcome, [auth])

    await echoed(socket)
    await echoed(socket, 1, '2', { 3: [true, null, -0.5] }, '한글 🥤\n"\\')
    assert.deepEqual(await asked(socket, 'message-with-ack', 'x', { y: [] }), ['x', { y: [] }])
    await moved(socket, transports)
    await echoed(socket, 'x'.repeat(200000))

    const bytes = Buffer.from([0, 1, 254, 255])
    await echoed(socket, bytes)
    await echoed(socket, { image: { data: bytes }, list: [Buffer.from('second'), 'text'] }, Buffer.alloc(50000, 'x'))
    assert.deepEqual(await asked(socket, 'message-with-ack', bytes, { bytes }), [bytes, { bytes }])

    const heard = []
    socket.on('message-back', (i) => heard.push(i))
    const numbers = Array.from({ length: 100 }, (_, i) => i)
    for (const i of numbers) socket.emit('message', i)
    await until(() => heard.length >= numbers.length, 'a hundred messages')
    assert.deepEqual(heard, numbers)
    return socket
  }

  /** Other namespaces over the same connection. */
  const branch = async (socket) => {
    const custom = socket.io.socket('/custom', { auth: { token: 'custom' } })
    const [welcome] = await Promise.all([next(custom, 'auth'), custom.connect()])
    assert.deepEqual(welcome, [{ token: 'custom' }])
    assert.notEqual(custom.id, socket.id)

    const random = socket.io.socket('/random')
    random.connect()
    const [error] = await next(random, 'connect_error')
    assert.equal(error.message, 'Invalid namespace')

    custom.disconnect()
    await echoed(socket, 'still here')
    const again = next(custom, 'connect')
    custom.connect()
    await again
    custom.disconnect()
  }

  /** A polling client that was cut off is missed by its heartbeat alone: end its session for it. */
  const forgotten = async (sid) => {
    await request(recovering, 'POST', `/socket.io/?EIO=4&transport=polling&sid=${sid}`, { body: '1' })
    await assertSidGone(recovering, sid, '/socket.io/')
  }

  /** The connection is cut and comes back; what was said meanwhile is not lost. */
  const reconnect = async (version, transports) => {
    const wire = await wireTo(calm)
    const socket = await connect(version, wire.url, { transports, auth: { name: 'again' } })
    await next(socket, 'connect')
    await moved(socket, transports)
    for (let i = 0; i < 2; i++) {
      const before = socket.id
      const [gone, welcome, back] = ['disconnect', 'auth', 'message-back'].map((event) => next(socket, event))
      wire.cut()
      assert.match((await gone)[0], /^transport (close|error)$/)
      socket.emit('message', `meanwhile ${i}`)
      await sleep(60)
      wire.heal()
      assert.deepEqual(await welcome, [{ name: 'again' }])
      assert.notEqual(socket.id, before)
      assert.deepEqual(await back, [`meanwhile ${i}`])
      await moved(socket, transports)
    }
    const gone = next(socket, 'disconnect')
    socket.disconnect()
    assert.equal((await gone)[0], 'io client disconnect')
    await wire.stop()
  }

  for (const version of VERSIONS)
    for (const [name, transports] of Object.entries(TRANSPORTS)) {
      test(`${version} over ${name} talks`, async () => branch(await talk(version, transports)))

      test(`${version} over ${name} comes back when it was cut off`, () => reconnect(version, transports))

      test(`${version} over ${name} answers pings`, async () => {
        const socket = await connect(version, `http://127.0.0.1:${beating.port}`, { transports })
        await next(socket, 'connect')
        const { id } = socket
        for (let i = 0; i < 4; i++) await next(socket.io, 'ping')
        await echoed(socket, 'still here')
        assert.equal(socket.id, id)
      })
    }

  for (const version of RECOVERING)
    for (const [name, transports] of Object.entries(TRANSPORTS)) {
      test(`${version} over ${name} is recovered with what it missed, once and in order`, async () => {
        const wire = await wireTo(recovering)
        const socket = await connect(version, wire.url, { transports, reconnectionDelay: 50, reconnectionDelayMax: 100 })
        await next(socket, 'connect')
        await moved(socket, transports)
        assert.equal(socket.recovered, false)
        const { id } = socket
        const heard = []
        socket.on('message-back', (word) => heard.push(word))
        socket.emit('message', 'first')
        await until(() => heard.length === 1, 'the first message')

        // On polling the next POST waits for the answer to the first.
        const sid = socket.io.engine.id
        const words = transports.at(-1) === 'polling' ? ['one'] : ['one', 'two', 'three']
        const lost = wire.deafen()
        for (const word of words) socket.emit('message', word)
        await until(() => lost.text.includes(words.at(-1)), 'the words that get lost')
        wire.cut()
        await forgotten(sid)
        const back = next(socket, 'connect')
        wire.heal()
        await back
        await until(() => heard.includes(words.at(-1)), 'what was missed')
        socket.emit('message', 'last')
        await until(() => heard.includes('last'), 'the next message')
        assert.deepEqual(heard, ['first', ...words, 'last'])
        assert.deepEqual([socket.recovered, socket.id], [true, id])
        socket.disconnect()
        await wire.stop()
      })

      test(`${version} over ${name} is not recovered behind its own disconnect`, async () => {
        const socket = await connect(version, `http://127.0.0.1:${recovering.port}`, { transports })
        await next(socket, 'connect')
        const { id } = socket
        socket.emit('message', 'word')
        assert.equal((await next(socket, 'message-back'))[0], 'word')
        socket.disconnect()
        const back = next(socket, 'connect')
        socket.connect()
        await back
        assert.equal(socket.recovered, false)
        assert.notEqual(socket.id, id)
      })
    }
}
