// deflate.test.js - duty 23: permessage-deflate (RFC 7692), with the stock client `ws` and on bare sockets.
import assert from 'node:assert/strict'
import crypto from 'node:crypto'
import { once } from 'node:events'
import { after, before, describe, test } from 'node:test'
import { WebSocket } from 'ws'

import { startProtocolServer } from '../lib/server.js'
import { CUTS, Wire, close, connect, frame, handshake, pack, unpack } from '../lib/websocket.js'

const MAX = 16 * 1024 * 1024
const WORTH = 1024 // smaller messages are never packed
const BARE = 'permessage-deflate; server_no_context_takeover; client_no_context_takeover'

let server
const target = { host: '127.0.0.1', port: 0, path: '/echo' }
before(async () => {
  server = await startProtocolServer()
  target.port = server.port
})
after(() => server.stop())

// First bytes of frames.
const RSV1 = 0x40
const TEXT = 0x81
const BINARY = 0x82
const LAST = 0x80
const PING = 0x89
const MORE = { TEXT: 0x01, BINARY: 0x02, MIDDLE: 0x00 }

const hex = (text) => Buffer.from(text.replaceAll(' ', ''), 'hex')
const HELLO = hex('f2 48 cd c9 c9 07 00')
const offer = (...extensions) => ({ 'Sec-WebSocket-Extensions': extensions })

/** Text that packs well, of `length` bytes. */
function prose(length) {
  let text = ''
  for (let i = 0; text.length < length; i++) text += `{"seq":${i},"name":"Kopi susu","price":${(i * 7919) % 50000}},`
  return text.slice(0, length)
}

describe('offers', () => {
  const answers = (offers, answer) => {
    for (const how of ['whole', 'a byte at a time'])
      test(`${offers.join(' | ') || 'none'}, ${how}`, async () => {
        const wire = await Wire.open(target)
        await wire.send(handshake(target, offer(...offers)), CUTS[how])
        const { status, headers } = await wire.response()
        assert.equal(status, 101)
        assert.equal(headers['sec-websocket-extensions'], answer)
        await wire.send(frame(PING, 'alive'))
        assert.equal((await wire.event()).kind, 'pong')
        wire.destroy()
      })
  }
  answers([], undefined)
  answers(['permessage-deflate'], BARE)
  answers(['permessage-deflate; client_max_window_bits'], BARE)
  answers(['permessage-deflate; client_max_window_bits=12'], `${BARE}; client_max_window_bits=12`)
  answers(['permessage-deflate; server_max_window_bits=8'], `${BARE}; server_max_window_bits=8`)
  answers(['permessage-deflate; server_max_window_bits="11"'], `${BARE}; server_max_window_bits=11`)
  answers(['x-unheard-of, permessage-deflate'], BARE)
  answers(['x-unheard-of', 'permessage-deflate; server_max_window_bits=9'], `${BARE}; server_max_window_bits=9`)
  answers(['permessage-deflate; server_max_window_bits=16, permessage-deflate'], BARE)
  answers(['permessage-deflate; server_max_window_bits=7', 'permessage-deflate'], BARE)
  answers(['x-webkit-deflate-frame'], undefined)
  answers(['permessage-deflate; server_max_window_bits'], undefined)
  answers(['permessage-deflate; server_max_window_bits=08'], undefined)
  answers(['permessage-deflate; client_max_window_bits=16'], undefined)
  answers(['permessage-deflate; server_no_context_takeover=1'], undefined)
  answers(['permessage-deflate; client_no_context_takeover; client_no_context_takeover'], undefined)
  answers(['permessage-deflate; unheard_of'], undefined)
  answers(['permessage-deflate; ='], undefined)
})

const text = (payload) => ({ kind: 'text', payload: Buffer.from(payload) })
const binary = (payload) => ({ kind: 'binary', payload: Buffer.from(payload) })
const pong = (payload) => ({ kind: 'pong', payload: Buffer.from(payload) })
const closed = (code) => ({ kind: 'close', code })

/** What is sent where the extension is agreed upon, and what must come back, in all cuts. */
function exchange(name, frames, expected, headers = offer('permessage-deflate')) {
  const bytes = Buffer.concat(frames)
  for (const [how, cut] of Object.entries(CUTS))
    test(`${name}, ${how}`, async () => {
      const wire = await connect(target, CUTS.whole, headers)
      try {
        await wire.send(bytes, cut)
        for (const want of expected) {
          const got = await wire.event()
          assert.equal(got?.kind, want.kind, `${got?.kind} ${got?.code ?? ''}`)
          assert.equal(got.code, want.code)
          if (want.payload) assert.ok(want.payload.equals(got.payload), `payload of ${want.kind}`)
        }
        if (expected.at(-1).kind === 'close') {
          assert.equal(await wire.read(1, 'the end of the stream'), null)
        } else {
          await wire.send(frame(PING, 'still there?'))
          assert.equal((await wire.event()).payload.toString(), 'still there?')
        }
      } finally {
        wire.destroy()
      }
    })
}

describe('packed messages', () => {
  const long = prose(5000)
  const packed = pack(long)
  const middle = packed.length >> 1
  exchange('one', [frame(TEXT | RSV1, HELLO)], [text('Hello')])
  exchange('binary', [frame(BINARY | RSV1, pack(hex('00 ff 80')))], [binary(hex('00 ff 80'))])
  exchange('a long one', [frame(TEXT | RSV1, packed)], [text(long)])
  exchange(
    'and plain ones',
    [frame(TEXT | RSV1, HELLO), frame(TEXT, 'plain'), frame(BINARY, HELLO), frame(TEXT | RSV1, HELLO)],
    [text('Hello'), text('plain'), binary(HELLO), text('Hello')],
  )
  exchange('empty', [frame(TEXT | RSV1, hex('00')), frame(BINARY | RSV1, '')], [text(''), binary('')])
  exchange('in a last block', [frame(TEXT | RSV1, hex('f3 48 cd c9 c9 07 00 00'))], [text('Hello')])
  exchange('in a last block and nothing more', [frame(TEXT | RSV1, hex('f3 48 cd c9 c9 07 00'))], [text('Hello')])
  exchange('in a stored block', [frame(TEXT | RSV1, hex('00 05 00 fa ff 48 65 6c 6c 6f 00'))], [text('Hello')])
  exchange('in two blocks', [frame(TEXT | RSV1, hex('f2 48 05 00 00 00 ff ff ca c9 c9 07 00'))], [text('Hello')])
  exchange('stored blocks alone', [frame(TEXT | RSV1, pack(long, { level: 0 }))], [text(long)])
  exchange(
    'in fragments with control frames between',
    [
      frame(MORE.TEXT | RSV1, packed.subarray(0, middle)),
      frame(PING, 'p'),
      frame(MORE.MIDDLE, ''),
      frame(PING, 'q'),
      frame(LAST, packed.subarray(middle)),
    ],
    [pong('p'), pong('q'), text(long)],
  )
  const bytes = Array.from(packed, (byte) => Buffer.of(byte))
  const first = bytes.shift()
  const last = bytes.pop()
  exchange(
    'in fragments of a byte',
    [frame(MORE.TEXT | RSV1, first), ...bytes.map((byte) => frame(MORE.MIDDLE, byte)), frame(LAST, last)],
    [text(long)],
  )
  exchange('a code point over fragments', [frame(MORE.TEXT | RSV1, hex('00 03 00 fc ff e2')), frame(LAST, hex('82 ac 00'))], [text('€')])
  exchange('a ping is never packed', [frame(PING, HELLO)], [pong(HELLO)])
})

describe('what is wrong', () => {
  const bomb = pack(Buffer.alloc(MAX + 1), { level: 9 })
  exchange('rsv1 without the extension', [frame(TEXT | RSV1, HELLO)], [closed(1002)], {})
  exchange('rsv1 after an offer that was declined', [frame(TEXT | RSV1, HELLO)], [closed(1002)], offer('permessage-deflate; x'))
  exchange('rsv1 on a continuation', [frame(MORE.TEXT | RSV1, HELLO), frame(LAST | RSV1, '')], [closed(1002)])
  exchange('rsv1 on the continuation of a plain message', [frame(MORE.TEXT, 'a'), frame(LAST | RSV1, HELLO)], [closed(1002)])
  exchange('rsv1 on a ping', [frame(PING | RSV1, '')], [closed(1002)])
  exchange('rsv1 on a close', [frame(0x88 | RSV1, hex('03 e8'))], [closed(1002)])
  exchange('rsv2', [frame(TEXT | RSV1 | 0x20, HELLO)], [closed(1002)])
  exchange('rsv3', [frame(TEXT | 0x10, 'a')], [closed(1002)])
  exchange('rsv1 on a reserved opcode', [frame(0x83 | RSV1, '')], [closed(1002)])
  exchange('broken data', [frame(TEXT | RSV1, hex('ff ff ff'))], [closed(1007)])
  exchange('data that is cut', [frame(TEXT | RSV1, pack(prose(500)).subarray(0, 40))], [closed(1007)])
  exchange(
    'the context of an earlier message',
    [frame(TEXT | RSV1, HELLO), frame(TEXT | RSV1, hex('f2 00 11 00 00'))],
    [text('Hello'), closed(1007)],
  )
  exchange('text that is not UTF-8', [frame(TEXT | RSV1, pack(hex('61 ff')))], [closed(1007)])
  exchange('text that ends within a code point', [frame(TEXT | RSV1, pack(hex('61 e2 82')))], [closed(1007)])
  exchange('too big when unpacked', [frame(BINARY | RSV1, bomb)], [closed(1009)])
  exchange(
    'too big when unpacked, in fragments',
    [frame(MORE.TEXT | RSV1, bomb.subarray(0, 9)), frame(LAST, bomb.subarray(9))],
    [closed(1009)],
  )
  exchange('too big by head', [frame(TEXT | RSV1, '', { length: MAX + 1 })], [closed(1009)])
  exchange('nothing is said behind it', [frame(TEXT | RSV1, hex('ff')), frame(TEXT, 'more'), close(1000)], [closed(1007)])

  test('a bomb of a hundred times the limit ends at the limit', async () => {
    const piece = pack(Buffer.alloc(MAX), { level: 9 })
    const wire = await connect(target, CUTS.whole, offer('permessage-deflate'))
    await wire.send(frame(BINARY | RSV1, Buffer.concat(Array(100).fill(Buffer.concat([piece, hex('00 00 ff ff')])))))
    assert.equal((await wire.event()).code, 1009)
    wire.destroy()
  })

  test('the greatest message there is', async () => {
    const whole = Buffer.alloc(MAX, 'a')
    const wire = await connect(target, CUTS.whole, offer('permessage-deflate'))
    await wire.send(frame(BINARY | RSV1, pack(whole)))
    assert.ok((await wire.event()).payload.equals(whole))
    wire.destroy()
  })
})

describe('what the server packs', () => {
  /** The message comes back, and so it came over the wire. */
  async function back(payload, headers, kind = TEXT) {
    const wire = await connect(target, CUTS.whole, headers)
    await wire.send(frame(kind, payload))
    const event = await wire.event()
    assert.ok(event.payload.equals(Buffer.from(payload)))
    wire.destroy()
    return event.wire
  }

  for (const length of [0, 1, WORTH - 1, WORTH, WORTH + 1, 65536, 200000])
    test(`${length} bytes`, async () => {
      const wire = await back(prose(length), offer('permessage-deflate'))
      if (length < WORTH) assert.equal(wire, undefined)
      else assert.ok(wire.length < length / 2)
      assert.equal(await back(prose(length), {}), undefined)
    })

  test('not what becomes no smaller', async () => {
    assert.equal(await back(crypto.randomBytes(5000), offer('permessage-deflate'), BINARY), undefined)
  })

  for (let bits = 8; bits <= 15; bits++)
    test(`nothing that points back further than a window of 2^${bits}`, async () => {
      const window = 2 ** bits
      const extension = offer(`permessage-deflate; server_max_window_bits=${bits}`)
      for (const length of [window, window + 1, 40000]) {
        const message = prose(length)
        const wire = await back(message, extension)
        assert.equal(Boolean(wire), length >= WORTH && (bits === 15 || length <= window))
        if (wire) assert.equal(unpack(wire, bits).toString(), message)
      }
    })
})

describe('the client ws', () => {
  const messages = [
    ...[0, 1, 125, 126, 1023, 1024, 1025, 4096, 16384, 32768, 32769, 65535, 65536, 300000].map(prose),
    '주문이 승인되었습니다. '.repeat(400),
    ...[1, 1000, 2000, 70000].map((length) => crypto.randomBytes(length)),
    ...[2000, 70000].map((length) => Buffer.from(prose(length))),
  ]

  /** All of it goes there and back; returns the bytes that came. */
  async function talk(perMessageDeflate) {
    const ws = new WebSocket(`ws://127.0.0.1:${target.port}/echo`, { perMessageDeflate })
    await once(ws, 'open')
    const heard = []
    ws.on('message', (data, isBinary) => heard.push(isBinary ? data : data.toString()))
    for (const message of messages) ws.send(message)
    while (heard.length < messages.length) await once(ws, 'message')
    assert.deepEqual(heard, messages)
    const { bytesRead } = ws._socket
    const { extensions } = ws
    ws.close(1000)
    assert.equal((await once(ws, 'close'))[0], 1000)
    return { bytesRead, extensions }
  }

  test('does without', async () => {
    const { extensions } = await talk(false)
    assert.equal(extensions, '')
  })

  for (let bits = 8; bits <= 15; bits++)
    test(`windows of 2^${bits}`, async () => {
      const { extensions } = await talk({ serverMaxWindowBits: bits, clientMaxWindowBits: bits, threshold: 0 })
      assert.equal(extensions, 'permessage-deflate')
    })

  const alone = [{ serverNoContextTakeover: true }, { clientNoContextTakeover: true }]
  for (const wish of [{}, ...alone, { ...alone[0], ...alone[1] }])
    test(`wishes ${JSON.stringify(wish)}`, async () => {
      const plain = messages.reduce((sum, message) => sum + Buffer.byteLength(message), 0)
      const { bytesRead, extensions } = await talk({ ...wish, threshold: 0 })
      assert.equal(extensions, 'permessage-deflate')
      assert.ok(bytesRead < plain / 2, `${bytesRead} of ${plain} bytes`)
    })
})

describe('Engine.IO on a WebSocket that packs', () => {
  const place = () => ({ ...target, path: '/engine.io/?EIO=4&transport=websocket' })

  test('a packet there and back', async () => {
    const wire = await connect(place(), CUTS.whole, offer('permessage-deflate'))
    assert.match((await wire.event()).payload.toString(), /^0{/)
    await wire.send(frame(TEXT | RSV1, pack(`4${prose(5000)}`)))
    let event = await wire.event()
    while (event.payload.toString() === '2') event = await wire.event() // its ping
    assert.equal(event.payload.toString(), `4${prose(5000)}`)
    assert.ok(event.wire.length < 2500)
    wire.destroy()
  })

  test('a packet that is too big when unpacked', async () => {
    const wire = await connect(place(), CUTS.whole, offer('permessage-deflate'))
    await wire.event()
    await wire.send(frame(TEXT | RSV1, pack(`4${'a'.repeat(1000000)}`)))
    let event = await wire.event()
    while (event.kind === 'text') event = await wire.event()
    assert.equal(event.code, 1009)
    wire.destroy()
  })
})

for (const loops of [1, 3])
  test(`one message to sockets that pack and that do not, ${loops} loop(s)`, async () => {
    const fan = await startProtocolServer(['--loops', String(loops)])
    try {
      const place = { ...target, port: fan.port, path: '/fan' }
      const kinds = [{}, offer('permessage-deflate'), offer('permessage-deflate; server_max_window_bits=10')]
      const wires = await Promise.all(
        Array.from({ length: 24 }, (_, i) => connect(place, CUTS.whole, kinds[i % kinds.length])),
      )
      const lengths = Array.from({ length: 20 }, (_, i) => 900 + 100 * i)
      for (const length of lengths) await wires[length % 24].send(frame(TEXT, prose(length)))
      const seen = new Map() // length -> the packed payload, of which there is one
      for (const [i, wire] of wires.entries()) {
        const heard = []
        while (heard.length < lengths.length) {
          const { payload, wire: packed } = await wire.event()
          const { length } = payload
          assert.equal(payload.toString(), prose(length))
          assert.equal(Boolean(packed), length >= WORTH && (i % 3 === 1 || (i % 3 === 2 && length <= 1024)))
          if (packed && !seen.has(length)) seen.set(length, packed)
          if (packed) assert.ok(seen.get(length).equals(packed))
          heard.push(length)
        }
        assert.deepEqual(heard.sort((a, b) => a - b), lengths)
        wire.destroy()
      }
    } finally {
      await fan.stop()
    }
  })
