// hostile.test.js - clients of Engine.IO and Socket.IO that ask for too much, send too much, read nothing or send
// noise: each is answered with an error or closed, and bystanders are served as ever, on one loop and across three.
import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'

import { ask, answerOn, CALM, Polling, request, resultsWritten, Socket, Subject } from '../lib/engineio.js'
import { assertEcho, join, parse, PATH, ways } from '../lib/socketio.js'
import { frame } from '../lib/websocket.js'

const MAX = 1000000 // maxPayload
const whole = ways.filter(([way]) => !way.includes('byte'))
const slot = (num) => `{"_placeholder":true,"num":${num}}`

after(resultsWritten)

describe('hostile clients', { concurrency: 2 }, () => {
  for (const loops of [1, 3]) describe(`--loops ${loops}`, { concurrency: 3 }, () => suite(['--loops', String(loops)]))
})

function suite(args) {
  let calm
  let usual
  before(async () => {
    ;[calm, usual] = await Promise.all([Subject.start([...args, ...CALM]), Subject.start(args)])
  })
  after(() => Promise.all([calm.stop(), usual.stop()]))

  /** Runs `attack` while bystanders go on talking: each answer must come within the patience of their wires. */
  const unharmed = async (attack) => {
    const bystanders = await Promise.all([Socket, Polling].map((Kind) => Kind.open(calm, { path: PATH })))
    let over = false
    const talk = async (session, name) => {
      await join(session)
      for (let i = 0; !over || i < 3; i++) {
        await assertEcho(session, `${name} ${i}`)
        await sleep(50)
      }
      await session.drop()
    }
    await Promise.all([...bystanders.map(talk), attack().finally(() => (over = true))])
  }

  const hostile = (name, attack) => test(name, () => unharmed(attack))

  // ---- Too much asked ----

  for (const [way, open] of whole) {
    hostile(`10,000 namespaces are refused one by one, ${way}`, async () => {
      const session = await open(calm)
      await join(session)
      for (let from = 0; from < 10000; from += 1000) {
        const names = Array.from({ length: 1000 }, (_, i) => `/room-${from + i}`)
        await session.send(...names.map((name) => `40${name},{"token":"x"}`))
        for (const name of names) assert.equal(await session.next(), `44${name},{"message":"Invalid namespace"}`)
      }
      await assertEcho(session)
    })

    for (const [name, nsp] of Object.entries({
      '100,000 characters': `/${'x'.repeat(100000)}`,
      '100,000 slashes': '/'.repeat(100000),
      'control characters': '/\u0000\u0001\n\u001f"\\',
    }))
      hostile(`a namespace of ${name} is refused or closes, ${way}`, async () => {
        const session = await open(calm)
        await join(session)
        await session.send(`40${nsp},`)
        const answer = await session.next()
        if (answer === null) return
        assert.ok(answer.startsWith('44/'), answer.slice(0, 100))
        await assertEcho(session)
      })
  }

  hostile('500 sids that nobody has', async () => {
    for (let i = 0; i < 10; i++) {
      const guesses = Array.from({ length: 50 }, (_, j) => Buffer.from(`${i * 50 + j}`.padStart(18, 'x')).toString('base64url'))
      const answers = await Promise.all(
        guesses.map((sid) => request(calm, 'GET', `${PATH}?EIO=4&transport=polling&sid=${sid}`)))
      for (const { status, body } of answers) assert.deepEqual([status, JSON.parse(body).code], [400, 1])
    }
  })

  hostile('200 sessions that say nothing more', async () => {
    for (let i = 0; i < 4; i++) {
      const opening = Array.from({ length: 50 }, (_, j) => (j % 5 ? Polling : Socket).open(usual, { path: PATH }))
      for (const session of await Promise.all(opening)) if (session instanceof Socket) session.drop()
    }
    await (await Socket.open(usual)).assertAlive()
  })

  // ---- Too much sent ----

  for (const [name, options] of [
    ['announced', { body: `4${'x'.repeat(MAX)}` }],
    ['in chunks', {
      body: `${(MAX + 1).toString(16)}\r\n4${'x'.repeat(MAX)}\r\n0\r\n\r\n`,
      headers: { 'Content-Length': null, 'Transfer-Encoding': 'chunked' },
    }],
  ])
    hostile(`a POST over the limit, ${name}, is 413 each time`, async () => {
      for (let i = 0; i < 5; i++) {
        const session = await Polling.open(calm, { path: PATH })
        assert.equal((await request(calm, 'POST', session.target, options))?.status, 413)
      }
    })

  hostile('half a million packets in one POST: taken or refused', async () => {
    const session = await Polling.open(calm)
    const answer = await session.post(Buffer.alloc(MAX - 1, '4\x1e'))
    assert.ok(answer === null || [200, 400].includes(answer.status), `answered with ${answer?.status}`)
    if (answer?.status !== 200) await session.assertGone()
  })

  hostile('5,000 messages without a pause come back in order', async () => {
    const socket = await Socket.open(calm, { path: PATH })
    await join(socket)
    const count = 5000
    const batches = Array.from({ length: count / 500 }, (_, batch) =>
      Buffer.concat(Array.from({ length: 500 }, (_, i) => frame(0x81, `42["message",${batch * 500 + i}]`))))
    const sending = (async () => {
      for (const batch of batches) await socket.raw(batch)
    })()
    for (let i = 0; i < count; i++) assert.equal(await socket.next(), `42["message-back",${i}]`)
    await sending
  })

  hostile('10,000 pings of the WebSocket, with a message among them', async () => {
    const socket = await Socket.open(calm)
    const pings = Buffer.concat(Array.from({ length: 1000 }, () => frame(0x89, 'x')))
    for (let i = 0; i < 10; i++) await socket.raw(pings)
    await socket.assertAlive()
  })

  hostile('10,000 packets in each of two POSTs come back', async () => {
    const session = await Polling.open(calm)
    const packets = Array.from({ length: 10000 }, (_, i) => `4${i}`)
    for (let i = 0; i < 2; i++) {
      assert.equal(await session.send(...packets), 200)
      for (const packet of packets) assert.equal(await session.next(), packet)
    }
  })

  // ---- Nothing read ----

  /** Writes without reading until the server closes, or takes no more for some time: how much it took. */
  const pour = async (socket, bytes, most) => {
    const { wire } = socket
    wire.socket.pause()
    let total = 0
    const ended = new Promise((done) => wire.socket.once('close', done).once('error', done))
    const write = () => Promise.race([new Promise((done) => wire.socket.write(bytes, () => done(true))), ended])
    while (total < most) {
      const taken = await Promise.race([write(), sleep(4000, 'stuck')])
      if (taken !== true) return total
      total += bytes.length
    }
    return total
  }

  for (const [name, path, packet] of [
    ['Engine.IO', '/engine.io/', `4${'x'.repeat(900000)}`],
    ['Socket.IO', PATH, `42["message","${'x'.repeat(900000)}"]`],
  ]) {
    hostile(`a client of ${name} that never reads its WebSocket is closed, or read no further`, async () => {
      const socket = await Socket.open(calm, { path })
      if (path === PATH) await join(socket)
      const most = 256 << 20
      const took = await pour(socket, frame(0x81, packet), most)
      assert.ok(took < most, `${took} bytes were taken from a client that reads nothing`)
    })

    hostile(`a client of ${name} that never polls is closed`, async () => {
      const session = await Polling.open(calm, { path })
      if (path === PATH) await join(session)
      let posts = 0
      while ((await session.post(packet))?.status === 200)
        assert.ok(++posts < 10, `${posts} posts of 900,000 bytes wait for a client that never polls`)
    })
  }

  hostile('a GET whose answer is never read', async () => {
    const session = await Polling.open(calm)
    await session.send(`4${'x'.repeat(900000)}`)
    const wire = await ask(calm, 'GET', session.target)
    wire.socket.pause()
    await sleep(200)
    wire.close()
  })

  hostile('POSTs whose bodies never come', async () => {
    const sessions = await Promise.all(Array.from({ length: 20 }, () => Polling.open(calm)))
    const posts = sessions.map((session) => ask(calm, 'POST', session.target, { headers: { 'Content-Length': String(MAX) } }))
    for (const post of await Promise.all(posts)) await post.send('4half')
    await sleep(200)
    for (const post of await Promise.all(posts)) post.close()
  })

  // ---- Attachments ----

  for (const [way, open] of whole) {
    hostile(`attachments that never come, ${way}`, async () => {
      const sessions = await Promise.all(Array.from({ length: 10 }, () => open(calm)))
      for (const session of sessions) {
        await join(session)
        await session.send(`452-["message",${slot(0)},${slot(1)}]`, Buffer.alloc(100000))
      }
      await sleep(200)
      for (const session of sessions.slice(0, 5)) await session.drop()
      for (const session of sessions.slice(5)) {
        await session.send('42["message"]')
        assert.equal(await session.next(), null)
      }
    })

    hostile(`attachments that are too much together, ${way}`, async () => {
      const session = await open(calm)
      await join(session)
      await session.send(`4510-["message",${Array.from({ length: 10 }, (_, i) => slot(i)).join(',')}]`)
      for (let i = 0; i < 10 && !session.over; i++) await session.send(Buffer.alloc(600000, i))
      const answer = await session.next()
      if (answer !== null) assert.ok(answer.startsWith('4510-["message-back",'))
    })

    hostile(`attachments that nobody announced, ${way}`, async () => {
      for (let i = 0; i < 10; i++) {
        const session = await open(calm)
        await join(session)
        await session.send(Buffer.alloc(100000), Buffer.alloc(100000))
        assert.equal(await session.next(), null)
      }
    })
  }

  test('who waits with its attachments and does not pong is closed', async () => {
    const socket = await Socket.open(usual, { path: PATH })
    await socket.send('40', `451-["message",${slot(0)}]`)
    await socket.assertClosed()
  })

  // ---- Upgrades ----

  hostile('a hundred sessions whose upgrades break off in every way', async () => {
    const endings = [
      (socket) => socket.drop(),
      (socket) => socket.send('2probe').then(() => socket.drop()),
      (socket) => socket.send('2probe', '5').then(() => socket.drop()),
      (socket) => socket.raw(frame(0x81, '2probe').subarray(0, 5)).then(() => socket.drop()),
      (socket) => socket.send('5', '5', '1'),
      (socket) => socket.raw(Buffer.alloc(2000, 0xff)),
    ]
    const once = async (i) => {
      const session = await Polling.open(calm)
      const parked = i % 2 ? await session.get() : null
      const sockets = await Promise.all([0, 1].map(() => Socket.connect(calm, { sid: session.sid }).catch(() => null)))
      for (const socket of sockets) await (socket && endings[i % endings.length](socket))
      if (i % 3 === 0) await session.post('1')
      parked?.close()
    }
    for (let i = 0; i < 100; i += 10) await Promise.all(Array.from({ length: 10 }, (_, j) => once(i + j)))
  })

  // ---- Noise ----

  /** The same numbers in each run. */
  const random = (seed) => () => {
    seed = (seed + 0x6d2b79f5) | 0
    let t = Math.imul(seed ^ (seed >>> 15), 1 | seed)
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296
  }

  const SEEDS = [
    '42["message",1,{"a":[true,null,"x"]}]',
    '40/custom,{"token":"abc"}',
    '41/custom,',
    '4212["message-with-ack",{"b":-1.5e3}]',
    `452-/custom,7["message",${slot(0)},${slot(1)}]`,
    `461-3[${slot(0)}]`,
    '44/custom,{"message":"x"}',
  ]
  const LETTERS = '0123456789[]{}",:-/\\\u0000 e.4\x1eé'

  /** A packet with some letters changed, left out or put in. */
  const mutated = (next) => {
    const letters = Array.from(SEEDS[Math.floor(next() * SEEDS.length)])
    for (let changes = 1 + Math.floor(next() * 4); changes > 0; changes--) {
      const at = Math.floor(next() * letters.length)
      const letter = LETTERS[Math.floor(next() * LETTERS.length)]
      letters.splice(at, next() < 0.7 ? 1 : 0, ...(next() < 0.7 ? [letter] : []))
    }
    return letters.join('')
  }

  for (const [way, open] of whole)
    hostile(`changed packets are taken or close the connection, ${way}`, async () => {
      const next = random(20)
      const once = async (packet) => {
        const session = await open(calm)
        await join(session)
        await session.send(packet, '42["message","mark"]')
        for (let heard; (heard = await session.next()) !== null;) {
          if (Buffer.isBuffer(heard)) continue
          if (heard === '42["message-back","mark"]') break
          parse(heard)
        }
        await session.drop()
      }
      for (let i = 0; i < 10; i++) await Promise.all(Array.from({ length: 20 }, () => once(mutated(next))))
    })

  hostile('random bytes for a payload', async () => {
    const next = random(4)
    for (let i = 0; i < 50; i++) {
      const session = await Polling.open(calm, { path: PATH })
      const body = Buffer.from(Array.from({ length: 1 + Math.floor(next() * 300) }, () => Math.floor(next() * 256)))
      const answer = await session.post(body)
      assert.ok(answer === null || [200, 400].includes(answer.status), `answered with ${answer?.status}`)
    }
  })

  hostile('random bytes for frames', async () => {
    const next = random(8)
    for (let i = 0; i < 50; i++) {
      const socket = await Socket.open(calm, { path: PATH })
      await socket.raw(Buffer.from(Array.from({ length: 1 + Math.floor(next() * 300) }, () => Math.floor(next() * 256))))
      socket.wire.socket.end()
      await socket.assertClosed()
    }
  })

  test('a request for another path of theirs is no session', async () => {
    for (const path of ['/engine.io/x', '/socket.io/../x', '/socket.iox/']) {
      const wire = await ask(calm, 'GET', `${path}?EIO=4&transport=polling`)
      assert.notEqual((await answerOn(wire))?.status, 500)
    }
  })
}
