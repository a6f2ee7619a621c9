// engineio.test.js - duties 1 to 6 and 9: Engine.IO v4's handshakes, refusals, polling, packets and sizes, on one
// loop and across three. What is about time and the move to a WebSocket is in engineio-life.test.js.
import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'

import {
  answerOn,
  ask,
  assertSidGone,
  CALM,
  openOf,
  packetsOf,
  payloadOf,
  Polling,
  refusalOf,
  request,
  requestBytes,
  resultsWritten,
  Socket,
  Subject,
  WAYS,
} from '../lib/engineio.js'
import { cuts, parseAnswers, Wire } from '../lib/http.js'
import { CUTS, frame, handshake } from '../lib/websocket.js'

const MAX = 1000000 // maxPayload
const OPEN = '/engine.io/?EIO=4&transport=polling'

const TRANSPORT = { status: 400, code: 0, message: 'Transport unknown' }
const SID = { status: 400, code: 1, message: 'Session ID unknown' }
const METHOD = { status: 400, code: 2, message: 'Bad handshake method' }
const REQUEST = { status: 400, code: 3, message: 'Bad request' }
const VERSION = { status: 400, code: 5, message: 'Unsupported protocol version' }

after(resultsWritten)

describe('Engine.IO', { concurrency: 2 }, () => {
  for (const loops of [1, 3]) describe(`--loops ${loops}`, { concurrency: 3 }, () => suite(loops))
})

function suite(loops) {
  let calm
  let usual
  before(async () => {
    const args = ['--loops', String(loops)]
    ;[calm, usual] = await Promise.all([Subject.start([...args, ...CALM]), Subject.start(args)])
  })
  after(() => Promise.all([calm.stop(), usual.stop()]))

  /** A test whole and a byte at a time. */
  const each = (name, body) => {
    for (const [how, cut] of Object.entries(cuts)) test(`${name}, ${how}`, () => body(cut))
  }

  // ---- Duty 1 ----

  describe('opening', { concurrency: 8 }, () => {
    const assertOpen = (open, upgrades) => {
      assert.deepEqual(Object.keys(open).sort(), ['maxPayload', 'pingInterval', 'pingTimeout', 'sid', 'upgrades'])
      assert.deepEqual({ ...open, sid: '' }, { sid: '', upgrades, pingInterval: 300, pingTimeout: 200, maxPayload: MAX })
      assert.match(open.sid, /^[\w-]{16,64}$/)
    }

    each('on polling', async (cut) => {
      const answer = await request(usual, 'GET', OPEN, { cut })
      assert.equal(answer.status, 200)
      assert.equal(answer.fields['content-type'], 'text/plain; charset=UTF-8')
      assert.match(answer.fields['cache-control'], /\bno-store\b/)
      assertOpen(openOf(answer.body), ['websocket'])
    })

    for (const [how, cut] of Object.entries(CUTS))
      test(`on a WebSocket, ${how}`, async () => assertOpen((await Socket.open(usual, { cut })).open, []))

    for (const query of [
      'transport=polling&EIO=4',
      't=abc&EIO=4&transport=polling',
      'EIO=4&transport=polling&t=NrU5s.1',
      'b64=1&EIO=4&transport=polling',
      'EIO=4&transport=polling&sid=',
      'EIO=4&transport=polling&token=%22%26%00&x',
      '&&EIO=4&&transport=polling&',
    ])
      test(`with the query ${query}`, async () => {
        const answer = await request(usual, 'GET', `/engine.io/?${query}`)
        assert.equal(answer.status, 200)
        assertOpen(openOf(answer.body), ['websocket'])
      })

    test('with any Origin', async () => {
      for (const origin of ['http://localhost:8080', 'https://shop.example', 'null'])
        assert.equal((await request(usual, 'GET', OPEN, { headers: { Origin: origin } })).status, 200)
    })

    test('sids are unguessable and never the same', async () => {
      const sids = []
      for (let i = 0; i < 20; i++) {
        const answers = await Promise.all(Array.from({ length: 15 }, () => request(usual, 'GET', OPEN)))
        sids.push(...answers.map((answer) => openOf(answer.body).sid))
      }
      assert.equal(new Set(sids).size, 300)
      // A place of random base64 shows nearly all its 64 characters in 300 tries; 14 such places are 84 bits.
      const free = Array.from(sids[0], (_, at) => new Set(sids.map((sid) => sid[at])).size).filter((n) => n > 40)
      assert.ok(free.length >= 14, `${free.length} places of ${sids[0]} are random`)
    })
  })

  // ---- Duty 2 ----

  describe('refusals', { concurrency: 8 }, () => {
    for (const [name, method, query, expected] of [
      ['no query', 'GET', '', TRANSPORT],
      ['no transport', 'GET', 'EIO=4', TRANSPORT],
      ['an empty transport', 'GET', 'EIO=4&transport=', TRANSPORT],
      ['an unknown transport', 'GET', 'EIO=4&transport=abc', TRANSPORT],
      ['a transport in capitals', 'GET', 'EIO=4&transport=Polling', TRANSPORT],
      ['webtransport', 'GET', 'EIO=4&transport=webtransport', TRANSPORT],
      ['constructor for a transport', 'GET', 'EIO=4&transport=constructor', TRANSPORT],
      ['a transport too long', 'GET', `EIO=4&transport=${'polling'.repeat(1000)}`, TRANSPORT],
      ['transport before all else', 'PUT', 'transport=abc&sid=abc', TRANSPORT],
      ['an unknown sid', 'GET', 'EIO=4&transport=polling&sid=abc', SID],
      ['an unknown sid of the right length', 'GET', `EIO=4&transport=polling&sid=${'A'.repeat(24)}`, SID],
      ['a sid of other characters', 'GET', 'EIO=4&transport=polling&sid=%00%ff/../', SID],
      ['a sid of 8,000 characters', 'GET', `EIO=4&transport=polling&sid=${'a'.repeat(8000)}`, SID],
      ['__proto__ for a sid', 'GET', 'EIO=4&transport=polling&sid=__proto__', SID],
      ['an unknown sid on a POST', 'POST', 'EIO=4&transport=polling&sid=abc', SID],
      ['sid before method', 'PUT', 'EIO=4&transport=polling&sid=abc', SID],
      ['sid before protocol', 'GET', 'EIO=3&transport=polling&sid=abc', SID],
      ['sid before the want of an upgrade', 'GET', 'EIO=4&transport=websocket&sid=abc', SID],
      ['a handshake by POST', 'POST', 'EIO=4&transport=polling', METHOD],
      ['a handshake by PUT', 'PUT', 'EIO=4&transport=polling', METHOD],
      ['a handshake by DELETE', 'DELETE', 'EIO=4&transport=polling', METHOD],
      ['a handshake for a WebSocket by POST', 'POST', 'EIO=4&transport=websocket', METHOD],
      ['method before protocol', 'POST', 'EIO=3&transport=polling', METHOD],
      ['a WebSocket without an upgrade', 'GET', 'EIO=4&transport=websocket', REQUEST],
      ['the want of an upgrade before protocol', 'GET', 'EIO=3&transport=websocket', REQUEST],
      ['no EIO', 'GET', 'transport=polling', VERSION],
      ['an empty EIO', 'GET', 'EIO=&transport=polling', VERSION],
      ['EIO=abc', 'GET', 'EIO=abc&transport=polling', VERSION],
      ['EIO=3', 'GET', 'EIO=3&transport=polling', VERSION],
      ['EIO=5', 'GET', 'EIO=5&transport=polling', VERSION],
      ['EIO=04', 'GET', 'EIO=04&transport=polling', VERSION],
      ['EIO=4.0', 'GET', 'EIO=4.0&transport=polling', VERSION],
    ])
      each(name, async (cut) => {
        const body = method === 'POST' ? '4x' : undefined
        const short = query.length < 100 ? cut : cuts.whole
        const answer = await request(calm, method, `/engine.io/?${query}`, { body, cut: short })
        assert.deepEqual(refusalOf(answer), expected)
      })

    test('polling on a session that is a WebSocket', async () => {
      const socket = await Socket.open(calm)
      const target = `${OPEN}&sid=${socket.sid}`
      assert.deepEqual(refusalOf(await request(calm, 'GET', target)), REQUEST)
      assert.deepEqual(refusalOf(await request(calm, 'POST', target, { body: '4x' })), REQUEST)
      await socket.assertAlive()
    })

    test('the transport websocket without an upgrade on a session', async () => {
      const session = await Polling.open(calm)
      const target = session.target.replace('polling', 'websocket')
      assert.deepEqual(refusalOf(await request(calm, 'GET', target)), REQUEST)
      await session.assertAlive()
    })

    test('other methods on a session leave it alone', async () => {
      const session = await Polling.open(calm)
      for (const method of ['PUT', 'DELETE', 'PATCH']) {
        const { status } = await request(calm, method, session.target, { body: '4x' })
        assert.ok(status >= 400, `${method} was answered with ${status}`)
      }
      await session.assertAlive()
    })

    test('a refusal leaves the connection good for more', async () => {
      const wire = calm.keep(await Wire.open(calm.port))
      await wire.send(requestBytes('GET', '/engine.io/?EIO=4&transport=x'))
      await wire.answers(1)
      await wire.send(requestBytes('GET', OPEN))
      assert.deepEqual((await wire.answers(2)).map(({ status }) => status), [400, 200])
      wire.close()
    })
  })

  // ---- Duty 3 ----

  describe('bad WebSocket handshakes', { concurrency: 8 }, () => {
    const good = 'EIO=4&transport=websocket'
    const attempt = async (query, headers, line) => {
      const path = `/engine.io/?${query}`
      const wire = calm.keep(await Wire.open(calm.port))
      await wire.send(handshake({ host: 'x', port: 1, path }, headers, line && line.replace('PATH', path)))
      const answer = await answerOn(wire)
      return answer.status
    }

    for (const [name, query, headers, line] of [
      ['no EIO', 'transport=websocket'],
      ['EIO=abc', 'EIO=abc&transport=websocket'],
      ['no transport', 'EIO=4'],
      ['an unknown transport', 'EIO=4&transport=abc'],
      ['an unknown sid', `${good}&sid=abc`],
      ['no key', good, { 'Sec-WebSocket-Key': null }],
      ['a short key', good, { 'Sec-WebSocket-Key': 'AAAA' }],
      ['no version', good, { 'Sec-WebSocket-Version': null }],
      ['version 12', good, { 'Sec-WebSocket-Version': '12' }],
      ['another protocol to upgrade to', good, { Upgrade: 'h2c' }],
      ['a POST', good, { 'Content-Length': '0' }, 'POST PATH HTTP/1.1'],
    ])
      test(name, async () => {
        const status = await attempt(query, headers, line)
        assert.ok(status === 400 || (status === 426 && /version/.test(name)), `answered with ${status}`)
      })

    test('an upgrade of a polling handshake makes no WebSocket', async () => {
      assert.ok([200, 400].includes(await attempt('EIO=4&transport=polling')))
    })

    test('a second WebSocket on a session that was opened on one', async () => {
      const first = await Socket.open(calm)
      const second = await Socket.connect(calm, { sid: first.sid })
      await second.send('2probe')
      await second.assertClosed()
      await first.assertAlive()
    })
  })

  // ---- Duty 4 ----

  describe('POST', { concurrency: 8 }, () => {
    const exchange = (name, packets, options = {}) =>
      each(name, async (cut) => {
        const session = await Polling.open(calm, { cut })
        const answer = await session.post(payloadOf(packets), options)
        assert.deepEqual([answer.status, answer.body], [200, 'ok'])
        const poll = await session.poll()
        assert.equal(poll.status, 200)
        assert.equal(poll.fields['content-type'], 'text/plain; charset=UTF-8')
        assert.match(poll.fields['cache-control'], /\bno-store\b/)
        assert.deepEqual(packetsOf(poll.body), packets)
      })

    exchange('one packet', ['4hello'])
    exchange('an empty message', ['4'])
    exchange('three packets', ['4one', '4two', '4three'])
    exchange('text of many lengths', ['4é', '4한글 주문', '4🥤', '4\u0000\u007f\u0080', '4line\nline\r\n'])
    exchange('a message that looks like packets', ['442["x"]', '4bAQID', '42', '41'])
    exchange('binary', [Buffer.from([1, 2, 3, 4])])
    exchange('binary of one, two and three bytes', [Buffer.of(0), Buffer.of(254, 255), Buffer.of(62, 63, 251)])
    exchange('text and binary', ['4hello', Buffer.from([1, 2, 3, 4]), '4world', Buffer.from('4text')])
    exchange('no Content-Type', ['4x'], { headers: { 'Content-Type': null } })
    exchange('text/plain', ['4x'], { headers: { 'Content-Type': 'text/plain;charset=UTF-8' } })
    exchange('a form, as browsers without CORS send it', ['4x'], { headers: { 'Content-Type': 'text/plain' } })

    each('in chunks, cut within a code point and a packet', async (cut) => {
      const session = await Polling.open(calm)
      const body = Buffer.from(payloadOf(['4한글', Buffer.from([1, 2, 3]), '4🥤']))
      const pieces = Array.from(body, (byte) => Buffer.concat([Buffer.from('1\r\n'), Buffer.of(byte), Buffer.from('\r\n')]))
      const wire = calm.keep(await Wire.open(calm.port))
      const head = requestBytes('POST', session.target, { headers: { 'Transfer-Encoding': 'chunked' } })
      await wire.send(Buffer.concat([head, ...pieces, Buffer.from('0\r\n\r\n')]), cut)
      assert.equal((await answerOn(wire)).body, 'ok')
      assert.deepEqual(packetsOf((await session.poll()).body), ['4한글', Buffer.from([1, 2, 3]), '4🥤'])
    })

    test('exactly maxPayload, in characters of one byte and of three', async () => {
      for (const letters of ['x'.repeat(MAX - 1), '한'.repeat((MAX - 1) / 3)]) {
        const session = await Polling.open(calm)
        assert.equal((await session.post(`4${letters}`)).status, 200)
        assert.ok((await session.poll()).body === `4${letters}`)
      }
    })

    for (const [name, framing] of [
      ['announced', (body) => ({ body })],
      ['in chunks', (body) => ({
        body: Buffer.concat([Buffer.from(`${body.length.toString(16)}\r\n`), body, Buffer.from('\r\n0\r\n\r\n')]),
        headers: { 'Content-Length': null, 'Transfer-Encoding': 'chunked' },
      })],
    ])
      test(`one byte over maxPayload, ${name}, is 413`, async () => {
        const [session, other] = await Promise.all([Polling.open(calm), Polling.open(calm)])
        const { body, headers } = framing(Buffer.from(`4${'x'.repeat(MAX)}`))
        const answer = await session.post(body, { headers })
        assert.equal(answer?.status, 413)
        await other.assertAlive()
      })

    test('a body announced as endless is 413 before it comes', async () => {
      const session = await Polling.open(calm)
      const wire = await ask(calm, 'POST', session.target, { headers: { 'Content-Length': '999999999999' } })
      await wire.send('4x')
      await wire.send('x'.repeat(MAX))
      assert.equal((await answerOn(wire)).status, 413)
    })

    test('a hundred thousand bytes both ways, in random cuts', async () => {
      const session = await Polling.open(calm, { cut: CUTS['in random cuts'] })
      const packets = Array.from({ length: 100 }, (_, i) => (i % 3 ? `4${String(i).repeat(400)}` : Buffer.alloc(999, i)))
      assert.equal((await session.post(payloadOf(packets))).status, 200)
      assert.deepEqual(packetsOf((await session.poll()).body), packets)
    })
  })

  // ---- Duty 5 ----

  describe('GET', { concurrency: 4 }, () => {
    test('waits for a packet', async () => {
      const session = await Polling.open(calm)
      const wire = await session.get()
      await sleep(100)
      assert.equal(wire.received.length, 0)
      await session.send('4late')
      assert.equal((await answerOn(wire)).body, '4late')
    })

    test('returns all that is buffered, in order', async () => {
      const session = await Polling.open(calm)
      const packets = Array.from({ length: 50 }, (_, i) => `4${i}`)
      for (let i = 0; i < 50; i += 5) await session.send(...packets.slice(i, i + 5))
      assert.deepEqual(packetsOf((await session.poll()).body), packets)
    })

    test('nothing is lost between GETs that come and go', async () => {
      const session = await Polling.open(calm)
      const packets = Array.from({ length: 200 }, (_, i) => `4${i}`)
      const sending = (async () => {
        for (const packet of packets) await session.send(packet)
      })()
      for (const packet of packets) assert.equal(await session.next(), packet)
      await sending
    })

    /** Two answers of GETs that overlapped: one refused, the other told of the end. */
    const assertOverlap = (answers) => {
      const [told, refused] = answers[0].status === 200 ? answers : answers.toReversed()
      assert.deepEqual([told.status, told.body, refused.status], [200, '1', 400])
    }

    test('overlapping: the parked one gets close, the other 400', async () => {
      const session = await Polling.open(calm)
      const parked = await session.get()
      await sleep(200)
      const second = await session.poll()
      assert.equal(second.status, 400)
      assert.equal((await answerOn(parked)).body, '1')
      await session.assertGone()
    })

    test('5 ms apart on two connections overlap', async () => {
      for (let i = 0; i < 10; i++) {
        const session = await Polling.open(calm)
        const first = session.poll()
        await sleep(5)
        assertOverlap(await Promise.all([first, session.poll()]))
        await session.assertGone()
      }
    })

    for (const pause of [5, 100])
      test(`dropped after ${pause} ms ends the session before the next request is looked at`, async () => {
        for (let i = 0; i < 10; i++) {
          const session = await Polling.open(calm)
          const parked = await session.get()
          await sleep(pause)
          parked.close()
          const { status, body } = await session.poll()
          // A loop that has been held up longer than that reads the first GET behind the second, which is then told.
          if (status !== 400) assert.deepEqual([loops > 1, pause, status, body], [true, 5, 200, '1'])
          await session.assertGone()
        }
      })

    test('half-closed by its client, it is dropped or answered', async () => {
      const session = await Polling.open(calm)
      const parked = await session.get()
      parked.halfClose()
      await sleep(50)
      const answer = await session.post('4x')
      assert.ok([200, 400].includes(answer.status))
      const told = await answerOn(parked)
      if (answer.status === 200) assert.equal(told?.body, '4x')
    })
  })

  describe('POSTs that overlap', { concurrency: 4 }, () => {
    test('end the session', async () => {
      const session = await Polling.open(calm)
      const first = await ask(calm, 'POST', session.target, { headers: { 'Content-Length': '10' } })
      await first.send('4hal')
      await sleep(100)
      const second = await session.post('4whole')
      assert.ok(second === null || second.status === 400, `answered with ${second?.status}`)
      await first.send('f of it')
      const late = await answerOn(first)
      assert.ok(late === null || late.status === 400, `answered with ${late?.status}`)
      await session.assertGone()
    })

    test('a POST dropped half way ends the session', async () => {
      const session = await Polling.open(calm)
      const wire = await ask(calm, 'POST', session.target, { headers: { 'Content-Length': '10' } })
      await wire.send('4hal')
      await sleep(100)
      wire.close()
      await sleep(50)
      await session.assertGone()
    })

    test('a POST beside a parked GET is no overlap', async () => {
      const session = await Polling.open(calm)
      const parked = await session.get()
      assert.equal((await session.post('4x')).status, 200)
      assert.equal((await answerOn(parked)).body, '4x')
      await session.assertAlive()
    })
  })

  describe('one connection', { concurrency: 4 }, () => {
    const open = async () => calm.keep(await Wire.open(calm.port))

    each('carries a whole session', async (cut) => {
      const session = await Polling.open(calm)
      const wire = await open()
      for (let i = 1; i <= 10; i++) {
        await wire.send(requestBytes('POST', session.target, { body: `4${i}` }), cut)
        await wire.send(requestBytes('GET', session.target), cut)
        assert.equal((await wire.answers(2 * i)).at(-1).body, `4${i}`)
      }
      wire.close()
    })

    each('keeps what was sent behind a request in order', async (cut) => {
      const session = await Polling.open(calm)
      const wire = await open()
      const post = (body) => requestBytes('POST', session.target, { body })
      const get = requestBytes('GET', session.target)
      const echo = requestBytes('GET', '/echo')
      await wire.send(Buffer.concat([echo, post('4a'), post('4b'), get, post('4c'), get, echo]), cut)
      const answers = await wire.answers(7)
      assert.deepEqual(answers.map(({ body }) => body), ['echo\n', 'ok', 'ok', '4a\x1e4b', 'ok', '4c', 'echo\n'])
      wire.close()
    })

    test('serves many sessions in turn, whatever their loops', async () => {
      const sessions = await Promise.all(Array.from({ length: 12 }, () => Polling.open(calm)))
      const wire = await open()
      let count = 0
      for (let round = 0; round < 3; round++)
        for (const [i, session] of sessions.entries()) {
          await wire.send(requestBytes('POST', session.target, { body: `4${round} ${i}` }))
          await wire.send(requestBytes('GET', session.target))
          assert.equal((await wire.answers((count += 2))).at(-1).body, `4${round} ${i}`)
        }
      wire.close()
    })

    test('that served one session and was dropped harms no other', async () => {
      const [one, other] = [await Polling.open(calm), await Polling.open(calm)]
      const wire = await open()
      await wire.send(requestBytes('POST', one.target, { body: '4x' }))
      await wire.send(requestBytes('POST', other.target, { body: '4y' }))
      await wire.answers(2)
      wire.close()
      assert.equal(await one.next(), '4x')
      assert.equal(await other.next(), '4y')
    })
  })

  // ---- Duty 6 ----

  describe('packets', { concurrency: 8 }, () => {
    const bad = {
      'an unknown type': 'abc',
      'type 7': '7',
      'type 9': '9',
      'type /': '/4',
      'a letter': 'm',
      'a blank before the type': ' 4x',
      'a ping': '2',
      'a ping with data': '2probe',
      'a type beyond ASCII': '４',
    }
    for (const [way, open] of Object.entries(WAYS))
      for (const [name, packet] of Object.entries({ ...bad, 'an empty packet': '' }))
        test(`${name} ends the session, ${way}`, async () => {
          const session = await open(calm)
          await session.send(packet)
          assert.equal(await session.next(), null)
        })

    for (const [name, payload] of Object.entries({
      'an empty packet last': '4ok\x1e',
      'an empty packet first': '\x1e4ok',
      'an empty packet between': '4a\x1e\x1e4b',
      'only separators': '\x1e\x1e\x1e',
      'a good packet, then a bad one': '4a\x1eabc',
      'a bad packet, then a good one': 'abc\x1e4a',
      'a payload as of v3': '2:4a2:4b',
      'base64 of other characters': 'b@@@@',
      'base64 cut short': 'bAQIDB',
      'base64 with something behind its end': 'bAQ==AQ==',
      'text that is not UTF-8': Buffer.from([0x34, 0xc3, 0x28]),
      'text that ends within a code point': Buffer.from([0x34, 0xed, 0x95]),
    }))
      test(`${name} in a POST ends the session`, async () => {
        const session = await Polling.open(calm)
        const answer = await session.post(payload)
        assert.ok(answer === null || answer.status === 400, `answered with ${answer?.status}`)
        await session.assertGone()
      })

    test('a bad packet lets the parked GET go', async () => {
      const session = await Polling.open(calm)
      const parked = await session.get()
      await sleep(50)
      await session.post('abc')
      await answerOn(parked)
      await session.assertGone()
    })

    for (const [way, open] of Object.entries(WAYS)) {
      test(`an unasked pong or noop changes nothing, ${way}`, async () => {
        const session = await open(calm)
        await session.send('3')
        await session.send('6')
        await session.send('3probe', '6', '3')
        await session.assertAlive()
      })
    }

    test("a client's close on polling: ok, the parked GET gets a noop, the sid is gone", async () => {
      const session = await Polling.open(calm)
      const parked = await session.get()
      await sleep(50)
      const answer = await session.post('1')
      assert.deepEqual([answer.status, answer.body], [200, 'ok'])
      assert.equal((await answerOn(parked)).body, '6')
      await session.assertGone()
    })

    test("a client's close together with its GET", async () => {
      for (let i = 0; i < 10; i++) {
        const session = await Polling.open(calm)
        const [poll, post] = await Promise.all([session.poll(), session.post('1')])
        assert.equal(post.body, 'ok')
        // Across loops the close may overtake the GET.
        if (poll.status === 200) assert.equal(poll.body, '6')
        else assert.deepEqual(refusalOf(poll), SID)
        await session.assertGone()
      }
    })

    test("a client's close without a parked GET, behind a message", async () => {
      const session = await Polling.open(calm)
      assert.equal((await session.post('4x\x1e1')).body, 'ok')
      await session.assertGone()
    })

    test("a client's close on a WebSocket", async () => {
      const socket = await Socket.open(calm)
      await socket.send('1')
      await socket.assertClosed()
      await assertSidGone(calm, socket.sid)
    })

    test('a WebSocket that closes ends its session', async () => {
      const [polite, rude] = [await Socket.open(calm), await Socket.open(calm)]
      await polite.raw(frame(0x88))
      await polite.assertClosed()
      await assertSidGone(calm, polite.sid)
      rude.drop()
      await assertSidGone(calm, rude.sid)
    })
  })

  // ---- Duty 9 ----

  describe('WebSocket messages', { concurrency: 4 }, () => {
    for (const [how, cut] of Object.entries(CUTS)) {
      test(`come back one by one, ${how}`, async () => {
        const socket = await Socket.open(calm, { cut })
        const packets = ['4hello', '4', '4한글 🥤', Buffer.from([1, 2, 3, 4]), Buffer.alloc(0), '4a\x1e4b', Buffer.alloc(70000, 7)]
        await socket.send(...packets)
        for (const packet of packets) assert.deepEqual(await socket.next(), packet)
      })

      test(`in fragments, ${how}`, async () => {
        const socket = await Socket.open(calm, { cut })
        await socket.raw(Buffer.concat([frame(0x01, '4he'), frame(0x89, 'ping'), frame(0x00, 'll'), frame(0x80, 'o')]))
        await socket.raw(Buffer.concat([frame(0x02, 'ab'), frame(0x80, 'c')]))
        assert.equal(await socket.next(), '4hello')
        assert.deepEqual(await socket.next(), Buffer.from('abc'))
      })
    }

    test('binary in base64, as clients send it that avoid binary frames', async () => {
      const socket = await Socket.open(calm)
      await socket.send('bAQIDBA==')
      assert.deepEqual(await socket.next(), Buffer.from([1, 2, 3, 4]))
    })

    test('of exactly maxPayload', async () => {
      const socket = await Socket.open(calm)
      for (const packet of [`4${'x'.repeat(MAX - 1)}`, Buffer.alloc(MAX, 5)]) {
        await socket.send(packet)
        assert.deepEqual(await socket.next(), packet)
      }
    })

    for (const [name, bytes] of [
      ['text of one byte more', () => frame(0x81, `4${'x'.repeat(MAX)}`)],
      ['binary of one byte more', () => frame(0x82, Buffer.alloc(MAX + 1))],
      ['a message too big by its head', () => frame(0x81, '4', { length: 2 ** 40 })],
      ['a message too big by its fragments', () =>
        Buffer.concat([frame(0x01, `4${'x'.repeat(MAX / 2)}`), frame(0x00, 'x'.repeat(MAX / 2)), frame(0x80, 'x')])],
    ])
      test(`${name} closes with 1009`, async () => {
        const socket = await Socket.open(calm)
        await socket.send('4before')
        await socket.raw(bytes())
        assert.equal(await socket.packet(), '4before')
        await socket.assertClosed()
        assert.equal(socket.code, 1009)
      })

    test('whose frames break the rules end the session', async () => {
      const socket = await Socket.open(calm)
      await socket.raw(frame(0x81, '4x', { mask: null }))
      await socket.assertClosed()
      assert.equal(socket.code, 1002)
      await assertSidGone(calm, socket.sid)
    })
  })

  test('answers are never two to one request', async () => {
    const wire = calm.keep(await Wire.open(calm.port))
    await wire.send(requestBytes('GET', OPEN))
    await wire.answers(1)
    await sleep(50)
    assert.equal(parseAnswers(wire.received).length, 1)
    wire.close()
  })
}
