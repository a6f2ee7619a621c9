// recovery.test.js - duty 20: a Socket.IO client that lost its connection comes back as who it was and hears what it
// missed, once and in order, on one loop and across three.
import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'

import { assertSidGone, CALM, Polling, resultsWritten, Socket, Subject } from '../lib/engineio.js'
import { head, parse, PATH, ways } from '../lib/socketio.js'
import { frame } from '../lib/websocket.js'

/** How a connection can be lost. */
const LOSSES = {
  'a WebSocket that ends': [Socket, (session) => session.wire.socket.end()],
  'a WebSocket that breaks': [Socket, (session) => session.drop()],
  'a WebSocket that says Close': [Socket, (session) => session.raw(frame(0x88))],
  'a WebSocket whose session is closed': [Socket, (session) => session.send('1')],
  'a GET that is dropped': [Polling, (session) => session.drop()],
  'a polling session that is closed': [Polling, (session) => session.post('1')],
}

after(resultsWritten)

describe('recovery', { concurrency: 2 }, () => {
  for (const loops of [1, 3]) describe(`--loops ${loops}`, { concurrency: 8 }, () => suite(['--loops', String(loops)]))
})

function suite(args) {
  let subject
  let without
  before(async () => {
    const all = [['--recovery'], []].map((more) => Subject.start([...args, ...CALM, ...more]))
    ;[subject, without] = await Promise.all(all)
  })
  after(() => Promise.all([subject.stop(), without.stop()]))

  /** The next event, {name, args, offset}. */
  const event = async (session, nsp = '/') => {
    const packet = parse(await session.next())
    assert.deepEqual([packet.type, packet.nsp], [2, nsp])
    const [name, ...rest] = packet.data
    const offset = rest.pop()
    assert.equal(typeof offset, 'string', `the offset of ${name}`)
    return { name, args: rest, offset }
  }

  /** Joins anew: {session, sid, pid, offset}. */
  const join = async (session, nsp = '/') => {
    await session.send(head(0, nsp))
    const reply = await session.next()
    assert.ok(reply.startsWith(`${head(0, nsp)}{`), reply)
    const { sid, pid } = parse(reply).data
    const { name, offset } = await event(session, nsp)
    assert.equal(name, 'auth')
    return { session, sid, pid, offset }
  }

  /** Has the server say `words`: each with its offset. */
  const say = async (session, words) => {
    const heard = []
    for (const word of words) {
      await session.send(`42["message",${JSON.stringify(word)}]`)
      heard.push(await event(session))
    }
    assert.deepEqual(heard.map(({ name, args }) => [name, ...args]), words.map((word) => ['message-back', word]))
    return heard
  }

  /** Loses the connection; resolves when the server knows it. */
  const lose = async (session, how = (lost) => lost.drop()) => {
    await how(session)
    await assertSidGone(subject, session.sid, PATH)
    session.drop()
  }

  let marks = 0
  /** Joins with `auth`: who it is now, and the messages that came before its first new one. */
  const comeBack = async (session, auth, nsp = '/') => {
    await session.send(`${head(0, nsp)}${JSON.stringify(auth)}`)
    const mark = `mark ${++marks}`
    const heard = []
    let reply
    for (;;) {
      const packet = parse(await session.next())
      if (packet.type === 0) {
        reply = packet.data
        if (nsp !== '/') break
        await session.send(`42["message","${mark}"]`)
      } else if (packet.data[0] === 'message-back') {
        heard.push({ word: packet.data[1], offset: packet.data[2] })
        if (packet.data[1] === mark) break
      }
    }
    const missed = nsp === '/' ? heard.slice(0, -1).map(({ word }) => word) : []
    return { session, ...reply, missed, offset: heard.at(-1)?.offset }
  }

  /** It came back as somebody new. */
  const assertFresh = (back, before) => {
    assert.match(back.sid, /^[\w-]{16,}$/)
    assert.match(back.pid, /^[\w-]{16,}$/)
    assert.notEqual(back.sid, before.sid)
    assert.notEqual(back.pid, before.pid)
    assert.deepEqual(back.missed, [])
  }

  const assertBack = (back, before, missed) => {
    assert.deepEqual({ sid: back.sid, pid: back.pid, missed: back.missed }, { sid: before.sid, pid: before.pid, missed })
  }

  // ---- What is said ----

  for (const [way, open] of ways) {
    test(`the CONNECT reply has sid and pid, every event an offset, ${way}`, async () => {
      const session = await open(subject)
      await session.send('40')
      const reply = await session.next()
      assert.match(reply, /^40\{"sid":"[\w-]{16,}","pid":"[\w-]{16,}"\}$/)
      const { sid, pid } = parse(reply).data
      assert.equal(new Set([sid, pid, session.sid]).size, 3)
      const offsets = [(await event(session)).offset, ...(await say(session, ['a', 'b', 'c'])).map(({ offset }) => offset)]
      assert.equal(new Set(offsets).size, 4)
    })

    test(`acks have none, ${way}`, async () => {
      const { session } = await join(await open(subject))
      await session.send('427["message-with-ack","x"]')
      assert.equal(await session.next(), '437["x"]')
    })

    test(`who lost the connection is the same again and hears what was missed, ${way}`, async () => {
      const first = await join(await open(subject))
      const said = await say(first.session, ['one', 'two', 'three', 'four', 'five'])
      await lose(first.session)
      const back = await comeBack(await open(subject), { pid: first.pid, offset: said[1].offset, token: 'kept apart' })
      assertBack(back, first, ['three', 'four', 'five'])
    })
  }

  test('without --recovery there is no pid, no offset, and no coming back', async () => {
    const session = await Socket.open(without, { path: PATH })
    await session.send('40{"pid":"AAAAAAAAAAAAAAAAAAAA","offset":"1"}')
    assert.match(await session.next(), /^40\{"sid":"[\w-]+"\}$/)
    assert.equal(await session.next(), '42["auth",{"pid":"AAAAAAAAAAAAAAAAAAAA","offset":"1"}]')
    await session.send('42["message"]')
    assert.equal(await session.next(), '42["message-back"]')
  })

  // ---- Coming back ----

  for (const [name, [Kind, how]] of Object.entries(LOSSES))
    test(`behind ${name}`, async () => {
      const first = await join(await Kind.open(subject, { path: PATH }))
      const said = await say(first.session, ['one', 'two', 'three'])
      await lose(first.session, how)
      const back = await comeBack(await Socket.open(subject, { path: PATH }), { pid: first.pid, offset: said[0].offset })
      assertBack(back, first, ['two', 'three'])
    })

  test('with nothing missed, and with all', async () => {
    for (const seen of [0, 1, 2, 3]) {
      const first = await join(await Socket.open(subject, { path: PATH }))
      const said = await say(first.session, ['one', 'two', 'three'])
      await lose(first.session)
      const offset = seen === 0 ? first.offset : said[seen - 1].offset
      const back = await comeBack(await Polling.open(subject, { path: PATH }), { pid: first.pid, offset })
      assertBack(back, first, ['one', 'two', 'three'].slice(seen))
    }
  })

  test('what was said to a connection that was gone already is missed, too', async () => {
    for (let i = 0; i < 5; i++) {
      const first = await join(await Socket.open(subject, { path: PATH }))
      const words = ['one', 'two', 'three']
      await first.session.send(...words.map((word) => `42["message","${word}"]`))
      await lose(first.session, (session) => session.wire.socket.end())
      const back = await comeBack(await Socket.open(subject, { path: PATH }), { pid: first.pid, offset: first.offset })
      assertBack(back, first, words)
    }
  })

  test('many clients many times, between all transports', async () => {
    const wander = async (i) => {
      const first = await join(await Socket.open(subject, { path: PATH }))
      let { session, offset } = first
      for (let round = 0; round < 4; round++) {
        const words = Array.from({ length: 5 }, (_, word) => `${i} ${round} ${word}`)
        const said = await say(session, words)
        await lose(session, round % 2 ? (lost) => lost.post('1') : undefined)
        offset = said[(i + round) % 5].offset
        const next = await (round % 2 ? Socket : Polling).open(subject, { path: PATH })
        const back = await comeBack(next, { pid: first.pid, offset })
        assertBack(back, first, words.slice(((i + round) % 5) + 1))
        session = next
      }
    }
    await Promise.all(Array.from({ length: 12 }, (_, i) => wander(i)))
  })

  test('each namespace for itself', async () => {
    const session = await Socket.open(subject, { path: PATH })
    const [root, custom] = [await join(session), await join(session, '/custom')]
    assert.notEqual(root.pid, custom.pid)
    const said = await say(session, ['one', 'two'])
    await lose(session)
    const next = await Socket.open(subject, { path: PATH })
    const customBack = await comeBack(next, { pid: custom.pid, offset: custom.offset }, '/custom')
    assert.deepEqual([customBack.sid, customBack.pid], [custom.sid, custom.pid])
    assertBack(await comeBack(next, { pid: root.pid, offset: said[0].offset }), root, ['two'])
  })

  // ---- Not coming back ----

  test('not behind a DISCONNECT, on another connection or on the same', async () => {
    const first = await join(await Socket.open(subject, { path: PATH }))
    const [said] = await say(first.session, ['one', 'two'])
    await first.session.send('41')
    const auth = { pid: first.pid, offset: said.offset }
    const here = await comeBack(first.session, auth)
    assertFresh(here, first)
    await lose(first.session)
    assertFresh(await comeBack(await Socket.open(subject, { path: PATH }), auth), first)
  })

  test('not with a pid that nobody has, or an auth of another form', async () => {
    const first = await join(await Socket.open(subject, { path: PATH }))
    await say(first.session, ['one'])
    await lose(first.session)
    for (const auth of [
      { pid: 'AAAAAAAAAAAAAAAAAAAA', offset: '1' },
      { pid: first.sid, offset: first.offset },
      { pid: first.pid.toLowerCase().replace(/^./, '_'), offset: first.offset },
      { pid: first.pid.slice(0, -1), offset: first.offset },
      { pid: `${first.pid}A`, offset: first.offset },
      { pid: '', offset: '' },
      { pid: 'x'.repeat(10000), offset: 'x'.repeat(10000) },
      { pid: 5, offset: 5 },
      { pid: null, offset: null },
      { pid: [first.pid], offset: [first.offset] },
      { offset: first.offset },
      { pid: first.pid },
    ])
      assertFresh(await comeBack(await Socket.open(subject, { path: PATH }), auth), first)
  })

  for (const offset of ['abc', '-1', '', '1.5', ' 1', '99999999999999999999999'])
    test(`not with the offset "${offset}"`, async () => {
      const first = await join(await Socket.open(subject, { path: PATH }))
      await say(first.session, ['one'])
      await lose(first.session)
      assertFresh(await comeBack(await Socket.open(subject, { path: PATH }), { pid: first.pid, offset }), first)
    })

  test('not in another namespace', async () => {
    const first = await join(await Socket.open(subject, { path: PATH }))
    const [said] = await say(first.session, ['one', 'two'])
    await lose(first.session)
    const auth = { pid: first.pid, offset: said.offset }
    const session = await Socket.open(subject, { path: PATH })
    assertFresh(await comeBack(session, auth, '/custom'), first)
    assert.equal((await event(session, '/custom')).name, 'auth')
  })

  test('not while it is still there, which it stays', async () => {
    const first = await join(await Socket.open(subject, { path: PATH }))
    const [said] = await say(first.session, ['one', 'two'])
    assertFresh(await comeBack(await Socket.open(subject, { path: PATH }), { pid: first.pid, offset: said.offset }), first)
    await say(first.session, ['three'])
  })

  test('only once at a time: of ten that ask at once at most one becomes it', async () => {
    const first = await join(await Socket.open(subject, { path: PATH }))
    const [said] = await say(first.session, ['one', 'two'])
    await lose(first.session)
    const sessions = await Promise.all(Array.from({ length: 10 }, () => Socket.open(subject, { path: PATH })))
    const auth = { pid: first.pid, offset: said.offset }
    const back = await Promise.all(sessions.map((session) => comeBack(session, auth)))
    assert.equal(back.filter(({ sid }) => sid === first.sid).length, 1)
  })
}
