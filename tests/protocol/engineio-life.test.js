// engineio-life.test.js - duties 7 and 8: Engine.IO's heartbeat, and the move from polling to a WebSocket with all
// that can go wrong on the way, on one loop and across three.
import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'

import {
  answerOn,
  ask,
  assertSidGone,
  BEATING,
  CALM,
  inTime,
  packetsOf,
  payloadOf,
  Polling,
  refusalOf,
  request,
  resultsWritten,
  Socket,
  Subject,
} from '../lib/engineio.js'
import { CUTS, frame } from '../lib/websocket.js'

const INTERVAL = 300 // pingInterval
const TIMEOUT = 2000 // pingTimeout of the patient server, which a busy machine does not miss
const PATIENT = ['--ping-interval', String(INTERVAL), '--ping-timeout', String(TIMEOUT)]
const GRAIN = 5 // by which clocks of two processes may differ when they measure such times
const UPGRADE_TIMEOUT = 10000

const text = (packet) => frame(0x81, packet)
const now = () => performance.now()

after(resultsWritten)

describe('Engine.IO', { concurrency: 2 }, () => {
  for (const loops of [1, 3])
    describe(`--loops ${loops}`, { concurrency: 1 }, () => {
      const args = ['--loops', String(loops)]
      describe('the usual heartbeat', () => usual(args))
      describe('heartbeat', { concurrency: 12 }, () => heartbeat(args))
      describe('upgrade', { concurrency: 8 }, () => upgrade(args))
    })
})

// ---- Duty 7 ----

/** Waits until `ms` after `start`, to the millisecond. */
async function until(start, ms) {
  await sleep(Math.max(0, start + ms - now() - 5))
  while (now() < start + ms) await sleep(0)
}

/** Unanswered sessions are there until `timeout` after the first ping, and a 400 right then. */
async function assertEnd(subject, timeout) {
  const alive = async () => {
    const asked = now()
    const session = await Polling.open(subject)
    await until(asked, INTERVAL + timeout * 0.7)
    assert.equal((await session.poll()).body, '2')
  }
  const gone = async () => {
    const session = await Polling.open(subject)
    await until(now(), INTERVAL + timeout)
    assert.equal(refusalOf(await session.poll()).code, 1)
  }
  await Promise.all([alive(), ...Array.from({ length: 10 }, gone)])
}

function usual(args) {
  let subject
  before(async () => (subject = await Subject.start(args)))
  after(() => subject.stop())

  test('an unanswered session is a 400 at exactly 500 ms', () => inTime(() => assertEnd(subject, 200), 20))

  test('who never asks again is forgotten', async () => {
    const sessions = await Promise.all(Array.from({ length: 20 }, () => Polling.open(subject)))
    await sleep(500)
    await Promise.all(sessions.map((session) => assertSidGone(subject, session.sid)))
  })

  test('a WebSocket that says nothing is closed', async () => {
    const socket = await Socket.open(subject)
    await socket.assertClosed()
    await assertSidGone(subject, socket.sid)
  })

  test('who sends everything but pongs is closed', async () => {
    const socket = await Socket.open(subject)
    for (const late = now() + 10000; !socket.over; ) {
      assert.ok(now() < late, 'still open after ten seconds')
      await socket.send('4x', '6')
      while (![null, '4x'].includes(await socket.packet()));
    }
  })
}

function heartbeat(args) {
  let beating
  let patient
  before(async () => {
    ;[beating, patient] = await Promise.all([BEATING, PATIENT].map((more) => Subject.start([...args, ...more])))
  })
  after(() => Promise.all([beating.stop(), patient.stop()]))

  test('on polling: pings, an interval after the open packet and after each pong', async () => {
    let from = now()
    const session = await Polling.open(beating)
    for (let i = 0; i < 4; i++) {
      const answer = await session.poll()
      assert.deepEqual([answer.status, answer.body], [200, '2'])
      assert.ok(now() - from >= INTERVAL - GRAIN, `ping after ${now() - from} ms`)
      from = now()
      assert.equal((await session.post('3')).status, 200)
    }
  })

  test('on a WebSocket: the same', async () => {
    let from = now()
    const socket = await Socket.open(beating)
    for (let i = 0; i < 4; i++) {
      assert.equal(await socket.packet(), '2')
      assert.ok(now() - from >= INTERVAL - GRAIN, `ping after ${now() - from} ms`)
      from = now()
      await socket.send('3')
    }
  })

  test('an unanswered session is there until its time, and a 400 right then', () =>
    inTime(() => assertEnd(patient, TIMEOUT)))

  test('on polling without a pong the parked GET gets close', async () => {
    const asked = now()
    const session = await Polling.open(patient)
    assert.equal((await session.poll()).body, '2')
    const last = await session.poll()
    assert.deepEqual([last.status, last.body], [200, '1'])
    assert.ok(now() - asked >= INTERVAL + TIMEOUT - GRAIN, `closed after ${now() - asked} ms`)
    await session.assertGone()
  })

  test('a WebSocket without a pong is closed', async () => {
    const asked = now()
    const socket = await Socket.open(patient)
    assert.equal(await socket.packet(), '2')
    assert.equal(await socket.packet(), null)
    assert.ok(now() - asked >= INTERVAL + TIMEOUT - GRAIN, `closed after ${now() - asked} ms`)
    await assertSidGone(patient, socket.sid)
  })

  test('another packet lengthens the wait for a pong, but only once', () =>
    inTime(async () => {
      const socket = await Socket.open(patient)
      assert.equal(await socket.packet(), '2')
      const pinged = now()
      await until(pinged, TIMEOUT * 0.5)
      await socket.send('4one')
      assert.equal(await socket.packet(), '4one')
      await until(pinged, TIMEOUT * 1.25)
      await socket.send('4two')
      assert.equal(await socket.packet(), '4two')
      while ((await socket.packet()) !== null);
      const took = now() - pinged
      assert.ok(took >= TIMEOUT * 1.5 - 50, `closed after ${took} ms`)
      assert.ok(took < TIMEOUT * 2.2, `closed after ${took} ms, as if lengthened twice`)
    }))

  test('many sessions that do answer stay', async () => {
    const sockets = await Promise.all(Array.from({ length: 30 }, () => Socket.open(beating)))
    const sessions = await Promise.all(Array.from({ length: 10 }, () => Polling.open(beating)))
    const pings = async (socket) => {
      for (let i = 0; i < 4; i++) {
        assert.equal(await socket.packet(), '2')
        await socket.send('3')
      }
      await socket.assertAlive()
    }
    const polls = async (session) => {
      for (let i = 0; i < 4; i++) {
        assert.equal((await session.poll()).body, '2')
        await session.send('3')
      }
      await session.assertAlive()
    }
    await Promise.all([...sockets.map(pings), ...sessions.map(polls)])
  })
}

// ---- Duty 8 ----

function upgrade(args) {
  let calm
  let beating
  let patient
  before(async () => {
    const all = [CALM, BEATING, PATIENT].map((more) => Subject.start([...args, ...more]))
    ;[calm, beating, patient] = await Promise.all(all)
  })
  after(() => Promise.all([calm, beating, patient].map((server) => server.stop())))

  const probe = async (session, options = {}) => {
    const socket = await Socket.connect(session.subject, { sid: session.sid, ...options })
    await socket.send('2probe')
    assert.equal(await socket.packet(), '3probe')
    return socket
  }

  const move = async (session, options) => {
    const socket = await probe(session, options)
    await socket.send('5')
    return socket
  }

  /** Polling means nothing to the session any more. */
  const assertLeft = async (session) => {
    assert.equal((await session.poll()).status, 400)
    assert.equal((await session.post('4x')).status, 400)
  }

  describe('goes well', { concurrency: 8 }, () => {
    for (const [how, cut] of Object.entries(CUTS)) {
      test(`step by step, ${how}`, async () => {
        const session = await Polling.open(calm)
        const socket = await probe(session, { cut })
        assert.equal((await session.poll()).body, '6')
        await socket.send('5', '4hello')
        assert.equal(await socket.packet(), '4hello')
        await assertLeft(session)
        await socket.assertAlive()
      })

      test(`all at once behind the handshake, ${how}`, async () => {
        const session = await Polling.open(calm)
        const behind = ['2probe', '5', '4one', '4two'].map(text)
        const socket = await Socket.connect(calm, { sid: session.sid, cut, behind })
        for (const packet of ['3probe', '4one', '4two']) assert.equal(await socket.packet(), packet)
        await assertLeft(session)
      })
    }

    test('with a parked GET, which the probe lets go', async () => {
      const session = await Polling.open(calm)
      const parked = await session.get()
      await sleep(50)
      const socket = await probe(session)
      assert.equal((await answerOn(parked)).body, '6')
      await socket.send('5')
      await socket.assertAlive()
      await assertLeft(session)
    })

    test('while GETs go on, each gets a noop soon, but not at once', async () => {
      const session = await Polling.open(calm)
      const socket = await probe(session)
      const start = now()
      for (let i = 0; i < 6; i++) assert.equal((await session.poll()).body, '6')
      assert.ok(now() - start > 400, `six noops in ${now() - start} ms`)
      await socket.send('5')
      await socket.assertAlive()
    })

    test('with a GET parked until the very end, which is let go', async () => {
      for (let i = 0; i < 5; i++) {
        const session = await Polling.open(calm)
        const [answer, socket] = await Promise.all([session.poll(), move(session)])
        assert.ok(answer.status === 400 || ['1', '6'].includes(answer.body), JSON.stringify(answer))
        await socket.assertAlive()
        await assertLeft(session)
      }
    })

    test('what waits for a GET comes over the WebSocket instead, binary as binary', async () => {
      const session = await Polling.open(calm)
      const packets = ['4one', Buffer.from([1, 2, 3]), '4한글', Buffer.alloc(0), '4four']
      await session.send(...packets)
      const socket = await move(session)
      for (const packet of packets) assert.deepEqual(await socket.packet(), packet)
    })

    test('packets go by polling until the upgrade packet', async () => {
      const session = await Polling.open(calm)
      const socket = await probe(session)
      await session.send('4x')
      assert.equal(await session.next(), '4x')
      await session.send('4y')
      await socket.send('5')
      assert.equal(await socket.packet(), '4y')
    })

    /** As clients do it: GETs go on until one ends behind the probe's pong, then comes the upgrade packet. */
    const stream = async () => {
      const session = await Polling.open(calm)
      const packets = Array.from({ length: 60 }, (_, i) => (i % 7 ? `4${i}` : Buffer.from(`binary ${i}`)))
      const heard = []
      let moving = false
      const polling = (async () => {
        while (!moving) {
          const answer = await session.poll()
          assert.equal(answer.status, 200)
          heard.push(...packetsOf(answer.body).filter((packet) => packet !== '6'))
        }
      })()
      for (let i = 0; i < 15; i += 3) await session.send(...packets.slice(i, i + 3))
      const [socket] = await Promise.all([probe(session), session.send(...packets.slice(15, 20))])
      await session.send(...packets.slice(20, 25))
      moving = true
      await session.send(...packets.slice(25, 30))
      await polling
      await session.send(...packets.slice(30, 40))
      await socket.send('5', ...packets.slice(40))
      while (heard.length < packets.length) heard.push(await socket.packet())
      assert.deepEqual(heard, packets)
      await socket.assertAlive()
    }

    test('nothing is lost, doubled or reordered', () => Promise.all(Array.from({ length: 12 }, stream)))

    test('the heartbeat moves along', async () => {
      const session = await Polling.open(beating)
      const socket = await move(session)
      for (let i = 0; i < 3; i++) {
        assert.equal(await socket.packet(), '2')
        await socket.send('3')
      }
      await socket.assertAlive()
    })

    test('a ping that polling brought may be answered by the WebSocket', async () => {
      const session = await Polling.open(beating)
      assert.equal((await session.poll()).body, '2')
      const socket = await move(session)
      await socket.send('3')
      assert.equal(await socket.packet(), '2')
      await socket.send('3')
      await socket.assertAlive()
    })

    test('without pongs the moved session is closed', async () => {
      const session = await Polling.open(patient)
      const socket = await move(session)
      assert.equal(await socket.packet(), '2')
      assert.equal(await socket.packet(), null)
      await assertSidGone(patient, session.sid)
    })

    test("the WebSocket's end is the session's", async () => {
      for (const leave of [(socket) => socket.raw(frame(0x88)).then(() => socket.assertClosed()), (socket) => socket.drop()]) {
        const session = await Polling.open(calm)
        const socket = await move(session)
        await socket.assertAlive()
        await leave(socket)
        await assertSidGone(calm, session.sid)
      }
    })
  })

  describe('goes wrong', { concurrency: 12 }, () => {
    for (const [name, packets] of Object.entries({
      'a ping without data': ['2'],
      'a ping with other data': ['2other'],
      'a pong': ['3probe'],
      'a message': ['4hello'],
      'a binary message': [Buffer.from([1, 2, 3])],
      'a close': ['1'],
      'a noop': ['6'],
      'no packet': ['x'],
      'an empty message': [''],
      'an upgrade before the probe': ['5'],
      'a message behind the probe': ['2probe', '4hello'],
      'a pong behind the probe': ['2probe', '3'],
    }))
      test(`${name} kills only the WebSocket`, async () => {
        const session = await Polling.open(calm)
        const socket = await Socket.connect(calm, { sid: session.sid })
        await socket.send(...packets)
        await socket.assertClosed()
        await session.assertAlive()
        const next = await move(session)
        await next.assertAlive()
      })

    for (const [name, bytes] of [
      ['frames that break the rules', frame(0x81, '2probe', { mask: null })],
      ['a message over maxPayload', frame(0x81, '2', { length: 1000001 })],
      ['text that is not UTF-8', frame(0x81, Buffer.from([0x32, 0xff]))],
    ])
      test(`${name}: only the WebSocket dies`, async () => {
        const session = await Polling.open(calm)
        const socket = await Socket.connect(calm, { sid: session.sid })
        await socket.raw(bytes)
        await socket.assertClosed()
        await session.assertAlive()
      })

    for (const [name, leave] of Object.entries({
      'before the probe': async (session) => (await Socket.connect(calm, { sid: session.sid })).drop(),
      'behind the probe': async (session) => (await probe(session)).drop(),
      'with a Close': async (session) => {
        const socket = await probe(session)
        await socket.raw(frame(0x88))
        await socket.assertClosed()
      },
    }))
      test(`a WebSocket dropped ${name} leaves polling as it was, and the next one moves it`, async () => {
        const session = await Polling.open(calm)
        await leave(session)
        await session.assertAlive()
        const next = await inTime(() => move(session), 100)
        await next.assertAlive()
      })

    test('a probe that is never finished is given up after ten seconds', async () => {
      const [silent, half] = await Promise.all([Polling.open(calm), Polling.open(calm)])
      const start = now()
      const sockets = [await Socket.connect(calm, { sid: silent.sid }), await probe(half)]
      await Promise.all(sockets.map((socket) => socket.assertClosed()))
      const took = now() - start
      assert.ok(took > UPGRADE_TIMEOUT - 100 && took < UPGRADE_TIMEOUT * 2, `given up after ${took} ms`)
      for (const session of [silent, half]) {
        await session.assertAlive()
        await (await move(session)).assertAlive()
      }
    })

    test('of ten WebSockets at once one moves the session, the others are closed', async () => {
      const session = await Polling.open(calm)
      const attempt = async () => {
        const socket = await Socket.connect(calm, { sid: session.sid, behind: [text('2probe')] })
        return (await socket.packet()) === '3probe' ? socket : null
      }
      const chosen = (await Promise.all(Array.from({ length: 10 }, attempt))).filter(Boolean)
      assert.equal(chosen.length, 1)
      await session.assertAlive()
      await chosen[0].send('5')
      await chosen[0].assertAlive()
      await assertLeft(session)
    })

    test('a second WebSocket beside a probing one, and beside one that has moved, is closed', async () => {
      const session = await Polling.open(calm)
      const first = await probe(session)
      await (await Socket.connect(calm, { sid: session.sid, behind: [text('2probe')] })).assertClosed()
      await first.send('5')
      await first.assertAlive()
      await (await Socket.connect(calm, { sid: session.sid, behind: ['2probe', '5', '1'].map(text) })).assertClosed()
      await first.assertAlive()
    })

    for (const [name, end] of Object.entries({
      "the client's close": (session) => session.post('1'),
      'a bad packet': (session) => session.post('abc'),
      'GETs that overlap': (session) => Promise.all([session.poll(), session.poll()]),
    }))
      test(`${name} takes the probing WebSocket along`, async () => {
        const session = await Polling.open(calm)
        const socket = await probe(session)
        await end(session)
        await socket.assertClosed()
        await assertSidGone(calm, session.sid)
      })

    test('a session that ends for want of a pong takes its probing WebSocket along', async () => {
      const session = await Polling.open(patient)
      const socket = await probe(session)
      await socket.assertClosed()
      await session.assertGone()
    })

    test('a POST that began before the move is answered or refused behind it, and harms nothing', async () => {
      const session = await Polling.open(calm)
      const body = payloadOf(['4late'])
      const post = await ask(calm, 'POST', session.target, { headers: { 'Content-Length': String(body.length) } })
      await post.send(body.slice(0, 3))
      await sleep(50)
      const socket = await move(session)
      await socket.assertAlive()
      await post.send(body.slice(3))
      const answer = await answerOn(post)
      await socket.send('4mark')
      const heard = await socket.packet()
      if (heard !== '4mark') {
        assert.equal(heard, '4late')
        assert.equal(await socket.packet(), '4mark')
      } else {
        assert.notEqual(answer?.status, 200)
      }
    })

    test('a probe of an unknown or an ended session is 400', async () => {
      const session = await Polling.open(calm)
      await session.post('1')
      const headers = {
        Upgrade: 'websocket',
        Connection: 'Upgrade',
        'Sec-WebSocket-Key': 'dGhlIHNhbXBsZSBub25jZQ==',
        'Sec-WebSocket-Version': '13',
      }
      const answer = await request(calm, 'GET', session.target.replace('polling', 'websocket'), { headers })
      assert.equal(answer.status, 400)
    })

    test('a GET dropped while a WebSocket probes ends both', async () => {
      const session = await Polling.open(calm)
      const socket = await Socket.connect(calm, { sid: session.sid })
      const parked = await session.get()
      await sleep(50)
      parked.close()
      await socket.assertClosed()
      await assertSidGone(calm, session.sid)
    })
  })
}
