// socketio.test.js - duties 10, 11, 13, 14, 16, 17 and 19: what Socket.IO v5 says when all goes well, over a
// WebSocket and over polling, whole and a byte at a time, on one loop and across three. What closes the connection,
// and binary packets, are in socketio-packets.test.js.
import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'

import { CALM, inTime, Polling, resultsWritten, Socket, Subject } from '../lib/engineio.js'
import { assertEcho, hear, join, parse, PATH, ways } from '../lib/socketio.js'

const CONNECT_TIMEOUT = 1000
const now = () => performance.now()
const whole = ways.filter(([way]) => !way.includes('byte'))

after(resultsWritten)

describe('Socket.IO', { concurrency: 2 }, () => {
  for (const loops of [1, 3]) describe(`--loops ${loops}`, { concurrency: 3 }, () => suite(['--loops', String(loops)]))
})

function suite(args) {
  let calm
  let prompt // closes who joins nothing
  before(async () => {
    const all = [CALM, CALM.slice(0, 4)].map((more) => Subject.start([...args, ...more]))
    ;[calm, prompt] = await Promise.all(all)
  })
  after(() => Promise.all([calm.stop(), prompt.stop()]))

  /** A test in each way, on a session that has joined nothing yet. */
  const each = (name, body) => {
    for (const [way, open] of ways) test(`${name}, ${way}`, async () => body(await open(calm)))
  }

  /** The same on a session that has joined `/`. */
  const joined = (name, body) => each(name, async (session) => body(session, await join(session)))

  // ---- Duties 10 and 11 ----

  describe('CONNECT', { concurrency: 8 }, () => {
    each('to /: the reply has a sid and nothing else, and comes first', async (session) => {
      await session.send('40')
      const reply = await session.next()
      assert.match(reply, /^40\{"sid":"[\w-]{16,}"\}$/)
      assert.equal(await session.next(), '42["auth",{}]')
    })

    each('with an empty object', async (session) => {
      await session.send('40{}')
      assert.match(await session.next(), /^40\{"sid":"[\w-]+"\}$/)
      assert.equal(await session.next(), '42["auth",{}]')
    })

    each('with a payload, which comes back', (session) =>
      join(session, '/', '{"token":"123","deep":{"a":[1,2,{"b":null}]},"한글":"é\\u0000\\"🥤"}'))

    each('to / by its name', async (session) => {
      await session.send('40/,{"token":"1"}')
      assert.match(await session.next(), /^40\{"sid":"[\w-]+"\}$/)
      assert.equal(await session.next(), '42["auth",{"token":"1"}]')
    })

    for (const comma of ['', ','])
      each(`to /custom${comma}: the comma is always written`, async (session) => {
        await session.send(`40/custom${comma}`)
        assert.match(await session.next(), /^40\/custom,\{"sid":"[\w-]+"\}$/)
        assert.equal(await session.next(), '42/custom,["auth",{}]')
      })

    each('to /custom with a payload', (session) => join(session, '/custom', '{"token":"abc"}'))

    each('each sid is another', async (session) => {
      const sids = [(await join(session)).sid, (await join(session, '/custom')).sid, session.sid]
      assert.equal(new Set(sids).size, 3)
    })

    each('to an unknown namespace is refused, and the connection stays', async (session) => {
      for (const nsp of ['/random', '/custom/more', '/CUSTOM', '/customer', '/cust', '/한글', '/a"b', '//', '/ '])
        for (const rest of ['', ',', ',{"token":"1"}']) {
          await session.send(`40${nsp}${rest}`)
          assert.equal(await session.next(), `44${nsp},{"message":"Invalid namespace"}`)
        }
      await join(session)
      await session.send('40/random')
      assert.equal(await session.next(), '44/random,{"message":"Invalid namespace"}')
      await assertEcho(session)
    })

    each('to several namespaces at once', async (session) => {
      await session.send('40/random', '40/custom,{"b":2}', '40{"a":1}')
      const heard = { '/': [], '/custom': [], '/random': [] }
      for (let i = 0; i < 5; i++) {
        const packet = parse(await session.next())
        heard[packet.nsp].push([packet.type, packet.type === 2 ? packet.data : Object.keys(packet.data)])
      }
      assert.deepEqual(heard, {
        '/': [[0, ['sid']], [2, ['auth', { a: 1 }]]],
        '/custom': [[0, ['sid']], [2, ['auth', { b: 2 }]]],
        '/random': [[4, ['message']]],
      })
    })

    test('sids never come twice', async () => {
      const sids = []
      for (let i = 0; i < 10; i++) {
        const sessions = await Promise.all(Array.from({ length: 20 }, () => Socket.open(calm, { path: PATH })))
        sids.push(...(await Promise.all(sessions.map((session) => join(session)))).map(({ sid }) => sid))
        for (const session of sessions) session.drop()
      }
      assert.equal(new Set(sids).size, 200)
    })
  })

  describe('events', { concurrency: 8 }, () => {
    joined('come back with their arguments', async (session) => {
      for (const args of [
        '',
        ',1',
        ',1,"2",{"3":[true]}',
        ',null,false,-0.5e-7,12345678901234567890',
        ',""',
        ',"한글 \\u00e9 \\ud83e\\udd64 🥤 \\" \\\\ \\/ \\n"',
        ',[],{},[[]],[{}],{"":""}',
        ',{"_placeholder":false,"num":0}',
        ',{"a":"_placeholder"}',
        ',"4","42[]","\\u001e"',
      ]) {
        await session.send(`42["message"${args}]`)
        const { type, nsp, id, data } = await hear(session)
        assert.deepEqual({ type, nsp, id, data }, { type: 2, nsp: '/', id: undefined, data: ['message-back', ...JSON.parse(`[null${args}]`).slice(1)] })
      }
    })

    joined('are read with blanks between', async (session) => {
      await session.send('42 [ "message" , { "a" : [ 1 , 2 ] } ] '.replace('42 ', '42'))
      assert.deepEqual((await hear(session)).data, ['message-back', { a: [1, 2] }])
    })

    joined('to / by its name', async (session) => {
      await session.send('42/,["message",1]')
      assert.equal(await session.next(), '42["message-back",1]')
    })

    joined('nobody has heard of are ignored, and so are names that are numbers', async (session) => {
      await session.send('42["nothing"]', '42["nothing",1]', '427["nothing"]', '42[5,"x"]', '42[""]', '42["auth",{}]')
      await assertEcho(session)
    })

    joined('of /custom are nobody’s, and harm nothing', async (session) => {
      await join(session, '/custom')
      await session.send('42/custom,["message","x"]', '42/custom,3["message-with-ack","x"]')
      await assertEcho(session)
    })

    joined('are large', async (session) => {
      const word = 'x'.repeat(session.cut?.(Buffer.alloc(2)).length === 2 ? 1000 : 900000)
      await session.send(`42["message","${word}"]`)
      assert.ok((await session.next()) === `42["message-back","${word}"]`)
    })

    for (const [way, open] of whole)
      test(`keep their order, namespaces apart, ${way}`, async () => {
        const session = await open(calm)
        await join(session)
        await join(session, '/custom')
        const expected = []
        for (let i = 0; i < 300; i += 6) {
          const binary = `451-["message",${i + 2},{"_placeholder":true,"num":0}]`
          await session.send(`42["message",${i}]`, `42/custom,["message",0]`, `42${i + 1}["message-with-ack"]`)
          await session.send(binary, Buffer.of(i & 255), `42["message",${i + 3}]`, `42["unheard"]`)
          expected.push(i, `ack ${i + 1}`, i + 2, i + 3)
        }
        const heard = []
        while (heard.length < expected.length) {
          const { type, nsp, id, data } = await hear(session)
          assert.equal(nsp, '/')
          heard.push(type === 3 ? `ack ${id}` : data[1])
        }
        assert.deepEqual(heard, expected)
      })

    test('many clients at once each hear their own', async () => {
      const talk = async (session, name) => {
        await join(session, '/', JSON.stringify({ name }))
        for (let i = 0; i < 20; i++) await assertEcho(session, `${name} ${i}`)
      }
      const open = (i) => (i % 2 ? Polling : Socket).open(calm, { path: PATH })
      await Promise.all(Array.from({ length: 30 }, async (_, i) => talk(await open(i), `client ${i}`)))
    })
  })

  // ---- Duty 14 ----

  describe('acks', { concurrency: 8 }, () => {
    joined('answer with the arguments, under the id that was given', async (session) => {
      for (const id of [0, 1, 456, 7, 0, 2 ** 31, Number.MAX_SAFE_INTEGER]) {
        await session.send(`42${id}["message-with-ack",1,"2",{"3":[false]}]`)
        assert.equal(await session.next(), `43${id}[1,"2",{"3":[false]}]`)
      }
      await session.send('429["message-with-ack"]')
      assert.equal(await session.next(), '439[]')
    })

    joined('an event that wants none gets none', async (session) => {
      await session.send('4212["message","x"]')
      assert.equal(await session.next(), '42["message-back","x"]')
      await assertEcho(session)
    })

    joined('that nobody waits for are ignored', async (session) => {
      await session.send('430[]', '4399[1,2]', `43${Number.MAX_SAFE_INTEGER}["x"]`, '430[]')
      await session.send('461-7[{"_placeholder":true,"num":0}]', Buffer.from('x'))
      await assertEcho(session)
    })
  })

  // ---- Duty 16 ----

  describe('DISCONNECT', { concurrency: 8 }, () => {
    joined('has no reply; coming back gives another sid', async (session, { sid }) => {
      await session.send('41')
      assert.notEqual((await join(session)).sid, sid)
      await assertEcho(session)
    })

    joined('leaves the other namespaces alone', async (session) => {
      const custom = await join(session, '/custom')
      await session.send('41/custom', '42["message","main"]')
      assert.equal(await session.next(), '42["message-back","main"]')
      assert.notEqual((await join(session, '/custom')).sid, custom.sid)
      await session.send('41')
      await session.send('42/custom,["message","custom"]')
      await join(session)
      await assertEcho(session)
    })

  })

  // ---- Duty 13 ----

  describe('without a namespace the connection is closed', { concurrency: 16 }, () => {
    const assertTime = (took) => {
      assert.ok(took >= CONNECT_TIMEOUT - 10 && took < 10 * CONNECT_TIMEOUT, `closed after ${took} ms`)
    }

    for (const [way, open] of whole) {
      test(`when nothing is said, ${way}`, async () => {
        const start = now()
        const session = await open(prompt)
        assert.equal(await session.next(), null)
        assertTime(now() - start)
      })

      test(`when all that is said is refused, ${way}`, async () => {
        const start = now()
        const session = await open(prompt)
        while (!session.over) {
          await session.send('40/random')
          await session.next()
          await sleep(20)
        }
        assertTime(now() - start)
      })

      test(`but not when one was joined, be it left again, ${way}`, () =>
        inTime(async () => {
          const session = await open(prompt)
          await join(session)
          await sleep(CONNECT_TIMEOUT * 1.3)
          await assertEcho(session)
          await session.send('41')
          await sleep(CONNECT_TIMEOUT * 1.3)
          await join(session)
          await assertEcho(session)
        }))
    }
  })

  // ---- Duty 19 ----

  describe('deep JSON', { concurrency: 4 }, () => {
    const deep = `${'['.repeat(100000)}${']'.repeat(100000)}`
    const objects = `${'{"a":'.repeat(100000)}1${'}'.repeat(100000)}`
    for (const [name, packets] of Object.entries({
      'in an event': [`42["message",${deep}]`],
      'of objects in an event': [`42["message",${objects}]`],
      'in an event that wants an ack': [`421["message-with-ack",${deep}]`],
      'in an unheard event': [`42["nothing",${deep}]`],
      'without an end': [`42["message",${'['.repeat(200000)}`],
      'in an ack': [`430[${deep}]`],
      'in a CONNECT': [`40/custom,{"a":${deep}}`],
      'in the CONNECT of an unknown namespace': [`40/random,{"a":${deep}}`],
      'in a binary event': [`451-["message",${deep},{"_placeholder":true,"num":0}]`, Buffer.of(1)],
    }))
      for (const [way, open] of whole)
        test(`${name} closes at most this connection, ${way}`, async () => {
          const [session, other] = [await open(calm), await open(calm)]
          await join(session)
          await join(other)
          await session.send(...packets)
          const closed = (async () => (await session.next()) === null)()
          await assertEcho(other)
          await Promise.race([closed, sleep(300)])
          await assertEcho(other)
        })

    joined('of some depth is fine', async (session) => {
      await session.send(`42["message",${'['.repeat(60)}${']'.repeat(60)}]`)
      assert.ok((await session.next()).startsWith('42["message-back",[[['))
    })
  })
}
