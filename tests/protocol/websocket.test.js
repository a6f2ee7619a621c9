// websocket.test.js - RFC 6455 on a real socket: the opening handshake, frames, and how it all ends.
//
// Runs against the protocol test server, or with PESAN_SUBJECT=pesan against the real one's /ws: that does
// not echo, so answers that are messages are not looked at and a Pong shows that it lives.
import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'

import { startPesan, startProtocolServer } from '../lib/server.js'
import { ACCEPT, CUTS, KEY, Wire, close, connect, frame, handshake } from '../lib/websocket.js'

const real = process.env.PESAN_SUBJECT === 'pesan'
const target = {
  host: '127.0.0.1',
  port: 0,
  path: real ? '/ws' : '/echo',
  echo: !real,
  max: real ? 64 * 1024 : 16 * 1024 * 1024,
}
let server

before(async () => {
  server = await (real ? startPesan() : startProtocolServer())
  target.port = server.port
})

after(() => server.stop())

// First bytes of frames; MORE is one of fragments that go on.
const TEXT = 0x81
const BINARY = 0x82
const LAST = 0x80
const PING = 0x89
const PONG = 0x8a
const MORE = { TEXT: 0x01, BINARY: 0x02, MIDDLE: 0x00 }

const hex = (text) => Buffer.from(text.replaceAll(' ', ''), 'hex')
const told = (event) =>
  event.kind === 'close'
    ? `close ${event.code}`
    : `${event.kind} ${event.payload.length > 100 ? `of ${event.payload.length}` : event.payload.toString('latin1')}`
const text = (payload) => ({ kind: 'text', payload: Buffer.from(payload) })
const binary = (payload) => ({ kind: 'binary', payload: Buffer.from(payload) })
const pong = (payload) => ({ kind: 'pong', payload: Buffer.from(payload) })
const closed = (code) => ({ kind: 'close', code })

/** The next event that this server is asked about. */
async function next(wire) {
  let event
  do event = await wire.event()
  while (event && !target.echo && (event.kind === 'text' || event.kind === 'binary'))
  return event
}

async function expectEvents(wire, expected) {
  for (const want of expected) {
    if (!target.echo && (want.kind === 'text' || want.kind === 'binary')) continue
    const got = await next(wire)
    assert.ok(got, `the stream ends instead of ${told(want)}`)
    assert.equal(told(got), told(want))
    if (want.payload) assert.ok(want.payload.equals(got.payload), `payload of ${told(want)}`)
  }
}

/** Close was the last word and TCP ends from the server's side, with ours still open. */
async function expectEnd(wire) {
  assert.equal(await wire.read(1, 'the end of the stream'), null)
}

/** What is sent on an open WebSocket, and what must come back, in all cuts. */
function exchange(name, frames, expected) {
  const bytes = Buffer.concat(frames)
  for (const [how, cut] of Object.entries(CUTS)) {
    test(`${name}, ${how}`, async () => {
      const wire = await connect(target)
      try {
        await wire.send(bytes, cut)
        await expectEvents(wire, expected)
        if (expected.at(-1)?.kind === 'close') {
          await expectEnd(wire)
        } else {
          await wire.send(frame(PING, 'still there?'))
          await expectEvents(wire, [pong('still there?')])
        }
      } finally {
        wire.destroy()
      }
    })
  }
}

/** A handshake, answered as `judge` says, in all cuts. */
function greeting(name, head, judge) {
  for (const [how, cut] of Object.entries(CUTS)) {
    test(`${name}, ${how}`, async () => {
      const wire = await Wire.open(target)
      try {
        await wire.send(head(), cut)
        await judge(await wire.response(), wire)
      } finally {
        wire.destroy()
      }
    })
  }
}

const accepted = async ({ status, headers }, wire) => {
  assert.equal(status, 101)
  assert.equal(headers.upgrade?.toLowerCase(), 'websocket')
  assert.match(headers.connection ?? '', /^upgrade$/i)
  assert.equal(headers['sec-websocket-accept'], ACCEPT)
  assert.equal(headers['content-length'], undefined)
  assert.equal(headers['transfer-encoding'], undefined)
  await wire.send(frame(PING, 'alive'))
  await expectEvents(wire, [pong('alive')])
}

const refused =
  (...statuses) =>
  async ({ status, headers }) => {
    assert.ok(statuses.includes(status), `status ${status}`)
    if (status === 426) assert.equal(headers['sec-websocket-version'], '13')
  }

describe('opening handshake', () => {
  const opens = (name, headers) => greeting(name, () => handshake(target, headers), accepted)
  opens('plain', {})
  opens('tokens in capitals', { Upgrade: 'WEBSOCKET', Connection: 'UPGRADE' })
  opens('tokens in mixed case', { Upgrade: 'WebSocket', Connection: 'upGrade' })
  opens('Connection is a list', { Connection: 'keep-alive, Upgrade' })
  opens('Connection is a list with odd blanks', { Connection: 'foo ,\tUPGRADE,, bar' })
  opens('Connection comes twice', { Connection: ['keep-alive', 'upgrade'] })
  opens('Upgrade is a list', { Upgrade: 'foo/2, websocket' })
  opens('names in small letters', { Upgrade: null, Connection: null, upgrade: 'websocket', connection: 'upgrade' })
  opens('unknown headers', { 'X-Something': 'else', Pragma: 'no-cache', 'User-Agent': 'Wire/1' })
  opens('unknown extensions are declined', { 'Sec-WebSocket-Extensions': 'x-unheard-of; a=1, x-other' })
  greeting('neither extension nor subprotocol that was not offered', () => handshake(target), ({ headers }) => {
    assert.equal(headers['sec-websocket-extensions'], undefined)
    assert.equal(headers['sec-websocket-protocol'], undefined)
  })
  greeting(
    'another key',
    () => handshake(target, { 'Sec-WebSocket-Key': 'x3JJHMbDL1EzLkh9GBhXDw==' }),
    ({ status, headers }) => {
      assert.equal(status, 101)
      assert.equal(headers['sec-websocket-accept'], 'HSmrc0sMlYUkAGmm5OPpG2HaGWk=')
    },
  )

  const behind = Buffer.concat([frame(TEXT, 'hello'), frame(PING, 'p'), frame(MORE.TEXT, 'a'), frame(LAST, 'b')])
  greeting(
    'bytes behind the head are frames',
    () => Buffer.concat([handshake(target), behind]),
    async ({ status }, wire) => {
      assert.equal(status, 101)
      await expectEvents(wire, [text('hello'), pong('p'), text('ab')])
    },
  )
  greeting(
    'a bad frame behind the head',
    () => Buffer.concat([handshake(target), frame(TEXT | 0x40, 'x')]),
    async ({ status }, wire) => {
      assert.equal(status, 101)
      await expectEvents(wire, [closed(1002)])
      await expectEnd(wire)
    },
  )
  greeting(
    'a piece of a frame behind the head',
    () => Buffer.concat([handshake(target), frame(TEXT, 'hello').subarray(0, 4)]),
    async ({ status }, wire) => {
      assert.equal(status, 101)
      await wire.send(frame(TEXT, 'hello').subarray(4))
      await wire.send(frame(PING, ''))
      await expectEvents(wire, [text('hello'), pong('')])
    },
  )

  const fails = (name, headers, ...statuses) =>
    greeting(name, () => handshake(target, headers), refused(...statuses))
  const POST = () => handshake(target, { 'Content-Length': '0' }, `POST ${target.path} HTTP/1.1`)
  greeting('POST', POST, refused(400))
  fails('no key', { 'Sec-WebSocket-Key': null }, 400)
  fails('empty key', { 'Sec-WebSocket-Key': '' }, 400)
  fails('key of 15 bytes', { 'Sec-WebSocket-Key': 'dGhlIHNhbXBsZSBub25j' }, 400)
  fails('key of 17 bytes', { 'Sec-WebSocket-Key': 'dGhlIHNhbXBsZSBub25jZXM=' }, 400)
  fails('key that is not base64', { 'Sec-WebSocket-Key': 'dGhlIHNhbXBsZ*Bub25jZQ==' }, 400)
  fails('key without padding', { 'Sec-WebSocket-Key': 'dGhlIHNhbXBsZSBub25jZQ' }, 400)
  fails('two keys', { 'Sec-WebSocket-Key': [KEY, 'x3JJHMbDL1EzLkh9GBhXDw=='] }, 400)
  fails('no Host', { Host: null }, 400)
  fails('version 12', { 'Sec-WebSocket-Version': '12' }, 426)
  fails('version 8', { 'Sec-WebSocket-Version': '8' }, 426)
  fails('version 14', { 'Sec-WebSocket-Version': '14' }, 426)
  fails('no version', { 'Sec-WebSocket-Version': null }, 400, 426)
  fails('version that is no number', { 'Sec-WebSocket-Version': 'x13' }, 400, 426)

  // These ask for no WebSocket at all: whatever is answered, the protocol stays HTTP.
  const stays = async ({ status }) => assert.notEqual(status, 101)
  const plain = (name, headers, line) => greeting(name, () => handshake(target, headers, line), stays)
  plain('HTTP/1.0', {}, `GET ${target.path} HTTP/1.0`)
  plain('no Upgrade', { Upgrade: null })
  plain('no Connection', { Connection: null })
  plain('Connection without the token', { Connection: 'keep-alive' })
  plain('Connection with a longer word', { Connection: 'upgraded, not-upgrade' })
  plain('Upgrade with a longer word', { Upgrade: 'websockets' })
  plain('HEAD', {}, `HEAD ${target.path} HTTP/1.1`)
  plain('unknown path', {}, 'GET /there/is/no/such/socket HTTP/1.1')
})

describe('messages', () => {
  exchange('text', [frame(TEXT, 'hello')], [text('hello')])
  exchange('empty text', [frame(TEXT)], [text('')])
  exchange('text in Korean', [frame(TEXT, '주문이 들어왔습니다.')], [text('주문이 들어왔습니다.')])
  exchange('binary', [frame(BINARY, hex('00 ff fe 80 c0'))], [binary(hex('00 ff fe 80 c0'))])
  exchange('empty binary', [frame(BINARY)], [binary('')])
  exchange('mask of zeros', [frame(TEXT, 'clear', { mask: [0, 0, 0, 0] })], [text('clear')])
  exchange('several at once', [frame(TEXT, 'a'), frame(BINARY, 'b'), frame(TEXT, 'c')], [text('a'), binary('b'), text('c')])
  for (const size of [125, 126, 127, 128, 65535, 65536]) {
    const payload = Buffer.alloc(size, '0123456789abcdef')
    exchange(`text of ${size} bytes`, [frame(TEXT, payload)], [text(payload)])
    exchange(`binary of ${size} bytes`, [frame(BINARY, payload)], [binary(payload)])
  }
})

describe('fragments', () => {
  exchange('two', [frame(MORE.TEXT, 'hel'), frame(LAST, 'lo')], [text('hello')])
  exchange('three of binary', [frame(MORE.BINARY, 'a'), frame(MORE.MIDDLE, 'b'), frame(LAST, 'c')], [binary('abc')])
  exchange('all empty', [frame(MORE.TEXT), frame(MORE.MIDDLE), frame(LAST)], [text('')])
  exchange('empty at both ends', [frame(MORE.TEXT), frame(MORE.MIDDLE, 'x'), frame(LAST)], [text('x')])
  exchange(
    'within a code point',
    [frame(MORE.TEXT, hex('f0')), frame(MORE.MIDDLE, hex('9f 98')), frame(LAST, hex('80'))],
    [text('😀')],
  )
  exchange(
    'control frames between',
    [frame(MORE.TEXT, 'a'), frame(PING, 'p'), frame(MORE.MIDDLE, 'b'), frame(PONG, 'q'), frame(PING), frame(LAST, 'c')],
    [pong('p'), pong(''), text('abc')],
  )
  exchange('close between', [frame(MORE.TEXT, 'a'), close(1000), frame(LAST, 'b')], [closed(1000)])

  const letters = Buffer.alloc(65536, 'abcdefghijklmnopqrstuvwxyz')
  const many = Array.from(letters, (letter, i) =>
    frame((i === 0 ? MORE.TEXT : MORE.MIDDLE) | (i === letters.length - 1 ? LAST : 0), Buffer.of(letter)))
  exchange('65,536 of one message', many, [text(letters)])
})

describe('ping and pong', () => {
  exchange('empty ping', [frame(PING)], [pong('')])
  exchange('ping of 125 bytes', [frame(PING, Buffer.alloc(125, 'p'))], [pong(Buffer.alloc(125, 'p'))])
  exchange('ping of any bytes', [frame(PING, hex('00 ff 80'))], [pong(hex('00 ff 80'))])
  const ten = Array.from({ length: 10 }, (_, i) => `ping ${i}`)
  exchange('ten pings', ten.map((p) => frame(PING, p)), ten.map(pong))
  exchange('unasked pong', [frame(PONG, 'x'), frame(PONG), frame(TEXT, 'y')], [text('y')])
})

describe('protocol errors', () => {
  const error = (name, ...frames) => exchange(name, frames, [closed(1002)])
  for (const bits of [0x40, 0x20, 0x10, 0x70]) {
    error(`reserved bits ${bits >> 4} on text`, frame(TEXT | bits, 'x'))
    error(`reserved bits ${bits >> 4} on a ping`, frame(PING | bits))
    error(`reserved bits ${bits >> 4} on a continuation`, frame(MORE.TEXT, 'x'), frame(LAST | bits, 'y'))
  }
  for (const opcode of [3, 4, 5, 6, 7, 11, 12, 13, 14, 15]) {
    error(`opcode ${opcode}`, frame(0x80 | opcode, 'x'))
    error(`opcode ${opcode} in fragments`, frame(opcode))
  }
  exchange('error behind a message', [frame(TEXT, 'good'), frame(0x83)], [text('good'), closed(1002)])
  exchange('nothing behind an error', [frame(0x83), frame(TEXT, 'x'), frame(PING), close(1000)], [closed(1002)])
  error('unmasked text', frame(TEXT, 'x', { mask: null }))
  error('unmasked empty text', frame(TEXT, '', { mask: null }))
  error('unmasked ping', frame(PING, '', { mask: null }))
  error('unmasked close', frame(0x88, hex('03 e8'), { mask: null }))
  error('ping of 126 bytes', frame(PING, Buffer.alloc(126)))
  error('close of 126 bytes', close(1000, 'x'.repeat(124)))
  error('ping of 65,536 bytes', frame(PING, Buffer.alloc(65536)))
  error('ping in fragments', frame(0x09, 'x'), frame(LAST, 'y'))
  error('pong in fragments', frame(0x0a))
  error('close in fragments', frame(0x08, hex('03 e8')))
  error('continuation of nothing', frame(LAST, 'x'))
  error('open continuation of nothing', frame(MORE.MIDDLE, 'x'))
  exchange('continuation of a whole message', [frame(TEXT, 'a'), frame(LAST, 'b')], [text('a'), closed(1002)])
  error('text within a message', frame(MORE.TEXT, 'a'), frame(TEXT, 'b'))
  error('binary within a message', frame(MORE.BINARY, 'a'), frame(MORE.MIDDLE, 'b'), frame(MORE.BINARY, 'c'))
  error('length not in its shortest form', hex('82 fe 007d 00000000'))
  error('long length not in its shortest form', hex('82 ff 000000000000ffff 00000000'))
  error('length with its top bit set', hex('82 ff 8000000000000000 00000000'))
})

describe('UTF-8', () => {
  const whole = {
    'two bytes': '7f c280 dfbf',
    'three bytes': 'e0a080 ed9fbf ee8080 efbfbf',
    'four bytes': 'f0908080 f48fbfbf',
    'a sentence': Buffer.from('Κάθε 주문, satu pesan. 🥤').toString('hex'),
  }
  for (const [name, bytes] of Object.entries(whole)) {
    exchange(name, [frame(TEXT, hex(bytes))], [text(hex(bytes))])
    const pieces = Array.from(hex(bytes), (byte, i) => frame(i === 0 ? MORE.TEXT : MORE.MIDDLE, Buffer.of(byte)))
    exchange(`${name}, a fragment a byte`, [...pieces, frame(LAST)], [text(hex(bytes))])
  }

  // Only what leads up to the breaking byte is sent; the frame announces more.
  const broken = {
    'tail without lead': '80',
    'overlong in two bytes': 'c0',
    'overlong U+007F': 'c1',
    'overlong in three bytes': 'e0 80',
    'overlong U+07FF': 'e0 9f',
    'overlong in four bytes': 'f0 80',
    'overlong U+FFFF': 'f0 8f',
    'first surrogate': 'ed a0',
    'last surrogate': 'ed bf',
    'U+110000': 'f4 90',
    'lead of more than U+10FFFF': 'f5',
    'lead of five bytes': 'f8',
    'byte FE': 'fe',
    'byte FF': 'ff',
    'lead after lead': 'c3 c3',
    'ASCII within a code point': 'e2 82 41',
    'broken in the fourth byte': 'f0 9f 98 ff',
    'broken behind eight letters': '6162636465666768 80',
    'broken behind Korean': 'eca3bc ebacb8 ed bf',
  }
  for (const [name, bytes] of Object.entries(broken)) {
    exchange(name, [frame(TEXT, hex(bytes), { length: 100 })], [closed(1007)])
    exchange(`${name}, in an open fragment`, [frame(MORE.TEXT, hex(bytes))], [closed(1007)])
    exchange(`${name}, in a later fragment`, [frame(MORE.TEXT, 'x'), frame(PING), frame(MORE.MIDDLE, hex(bytes))], [pong(''), closed(1007)])
  }
  exchange('message ends within a code point', [frame(TEXT, hex('61 e2 82'))], [closed(1007)])
  exchange('last fragment ends within a code point', [frame(MORE.TEXT, 'a'), frame(LAST, hex('f0 9f 98'))], [closed(1007)])
  exchange('empty last fragment within a code point', [frame(MORE.TEXT, hex('c3')), frame(LAST)], [closed(1007)])
  exchange('broken over two fragments', [frame(MORE.TEXT, hex('ed')), frame(MORE.MIDDLE, hex('a0'))], [closed(1007)])
  exchange('binary is not looked at', [frame(MORE.BINARY, hex('c0')), frame(LAST, hex('ed a0'))], [binary(hex('c0 ed a0'))])
  exchange('a ping is not looked at', [frame(PING, hex('ff'))], [pong(hex('ff'))])
  exchange('a broken text behind a whole one', [frame(TEXT, 'é'), frame(TEXT, hex('a9'))], [text('é'), closed(1007)])
})

describe('close', () => {
  exchange('with a reason', [close(1000, 'bye, 안녕')], [closed(1000)])
  exchange('with the longest reason', [close(1000, 'x'.repeat(123))], [closed(1000)])
  exchange('frames behind it are nothing', [close(1000), frame(TEXT, 'x'), frame(PING), frame(0x83)], [closed(1000)])
  exchange('messages before it are answered', [frame(TEXT, 'a'), frame(PING, 'p'), close(1001)], [text('a'), pong('p'), closed(1001)])
  exchange('of one byte', [frame(0x88, hex('03'))], [closed(1002)])
  exchange('reason that is not UTF-8', [close(1000, hex('61 ff'))], [closed(1007)])
  exchange('reason cut within a code point', [close(1000, hex('e2 82'))], [closed(1007)])
  for (const code of [1000, 1001, 1002, 1003, 1007, 1008, 1009, 1010, 1011, 1012, 1013, 1014, 3000, 3999, 4000, 4999])
    exchange(`code ${code}`, [close(code)], [closed(code)])
  for (const code of [0, 1, 255, 256, 999, 1004, 1005, 1006, 1015, 1016, 1100, 2000, 2999, 5000, 65535])
    exchange(`code ${code}`, [close(code)], [closed(1002)])

  for (const [how, cut] of Object.entries(CUTS)) {
    test(`empty, ${how}`, async () => {
      const wire = await connect(target)
      await wire.send(frame(0x88), cut)
      const { kind, code } = await next(wire)
      assert.equal(kind, 'close')
      assert.ok(code === 1005 || code === 1000, `code ${code}`)
      await expectEnd(wire)
      wire.destroy()
    })

    test(`a client that only hangs up, ${how}`, async () => {
      const wire = await connect(target)
      await wire.send(frame(TEXT, 'hello').subarray(0, 8), cut)
      wire.socket.end()
      let event
      while ((event = await wire.event())) assert.equal(event.kind, target.echo ? 'close' : event.kind)
      wire.destroy()
    })
  }
})

describe('sizes', () => {
  const most = target.max
  const big = (first, length) => frame(first, '', { length })
  exchange('too big by head', [big(TEXT, most + 1)], [closed(1009)])
  exchange('much too big by head', [big(BINARY, 2 ** 40)], [closed(1009)])
  exchange('greatest length there is', [hex('82 ff 7fffffffffffffff 00000000')], [closed(1009)])
  exchange('too big by sum', [frame(MORE.BINARY, 'a'), big(LAST, most)], [closed(1009)])
  exchange('greatest length behind a fragment', [frame(MORE.BINARY, 'a'), hex('80 ff 7fffffffffffffff 00000000')], [closed(1009)])
  exchange('a ping before it is answered', [frame(PING, 'p'), big(TEXT, most + 1)], [pong('p'), closed(1009)])

  const bytes = Buffer.alloc(most)
  for (let i = 0; i < most; i++) bytes[i] = (i * 31) >> 5
  const half = most >> 1
  const halves = [frame(MORE.BINARY, bytes.subarray(0, half)), frame(MORE.MIDDLE, bytes.subarray(half))]
  exchange('greatest message', [frame(BINARY, bytes)], [binary(bytes)])
  exchange('greatest message in fragments', [...halves, frame(LAST)], [binary(bytes)])
  exchange('one byte more in fragments', [...halves, big(LAST, 1)], [closed(1009)])

  // A peer that goes on sending must still get to read why it was cut off.
  for (const [how, cut] of Object.entries(CUTS)) {
    test(`the Close arrives although more was sent, ${how}`, async () => {
      const wire = await connect(target)
      await wire.send(Buffer.concat([big(BINARY, most + 1), Buffer.alloc(300000)]), cut)
      await expectEvents(wire, [closed(1009)])
      wire.destroy()
    })
  }
})
