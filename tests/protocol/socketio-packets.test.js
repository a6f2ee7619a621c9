// socketio-packets.test.js - duties 12 and 15: what ends a Socket.IO connection, and binary packets, over a WebSocket
// and over polling, whole and a byte at a time, on one loop and across three.
import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'

import { CALM, resultsWritten, Subject } from '../lib/engineio.js'
import { assertEcho, hear, join, ways } from '../lib/socketio.js'

const RESERVED = ['connect', 'connect_error', 'disconnect', 'disconnecting', 'newListener', 'removeListener']

const slot = (num) => `{"_placeholder":true,"num":${num}}`
const slots = (count) => Array.from({ length: count }, (_, i) => slot(i)).join(',')
const bytes = (...values) => Buffer.from(values)

// ---- Duty 12 ----

/** As the first packet of a connection. */
const FIRST = {
  'an event': ['42["message"]'],
  'an event to /custom': ['42/custom,["message"]'],
  'a DISCONNECT': ['41'],
  'an ack': ['430[]'],
  'a CONNECT_ERROR': ['44{"message":"x"}'],
  'a binary event': [`451-["message",${slot(0)}]`, bytes(1)],
  'a binary ack': [`461-0[${slot(0)}]`, bytes(1)],
  'a binary message': [bytes(1, 2, 3)],
  'no packet': ['4'],
  'an unknown type': ['4abc'],
  'a CONNECT with a string': ['40"x"'],
  'a CONNECT with null': ['40null'],
  'a CONNECT with an array': ['40[1]'],
  'a CONNECT with broken JSON': ['40{"token"'],
  'a CONNECT with something behind its object': ['40{}x'],
  'a CONNECT to /custom with true': ['40/custom,true'],
  'an event behind a refused CONNECT': ['40/random', '42["message"]'],
  'a DISCONNECT from a refused namespace': ['40/random', '41/random'],
}

/** On a connection that has joined `/`. */
const JOINED = {
  'CONNECT again': ['40'],
  'CONNECT again by its name': ['40/,{}'],
  'CONNECT to /custom twice': ['40/custom', '40/custom,'],
  'an event to a namespace that is not joined': ['42/custom,["message"]'],
  'an event to an unknown namespace': ['42/random,["message"]'],
  'an event to a namespace that was left': ['41', '42["message"]'],
  'an ack to a namespace that is not joined': ['43/custom,0[]'],
  'a DISCONNECT from a namespace that is not joined': ['41/custom'],
  'DISCONNECT twice': ['41', '41'],
  'CONNECT_ERROR': ['44{"message":"x"}'],
  'an empty CONNECT_ERROR': ['44'],

  'no packet': ['4'],
  'type 7': ['47'],
  'type 9': ['49["message"]'],
  'a letter for a type': ['4abc'],
  'a blank for a type': ['4 2["message"]'],
  'a sign for a type': ['4-1'],

  'JSON without its end': ['42["message"'],
  'JSON without the end of a string': ['42["message]'],
  'JSON with a comma too many': ['42["message",]'],
  'JSON with no comma': ['42["message" 1]'],
  'JSON in single quotes': ["42['message']"],
  'JSON without quotes': ['42[message]'],
  'JSON with a bare control character': ['42["mes\nsage"]'],
  'JSON with a bad escape': ['42["message","\\x41"]'],
  'JSON with a cut escape': ['42["message","\\u12"]'],
  'JSON with a number that begins with 0': ['42["message",01]'],
  'JSON with a number that ends in a dot': ['42["message",1.]'],
  'JSON with a number without exponent': ['42["message",1e]'],
  'JSON with NaN': ['42["message",NaN]'],
  'JSON with half a word': ['42["message",tru]'],
  'JSON with a comment': ['42["message"/* */]'],
  'something behind the JSON': ['42["message"]x'],
  'a second array behind the JSON': ['42["message"]["message"]'],
  'a NUL behind the JSON': ['42["message"]\0'],

  'an ack id with letters': ['42abc["message-with-ack"]'],
  'a negative ack id': ['42-1["message-with-ack"]'],
  'an ack id with a fraction': ['421.5["message-with-ack"]'],
  'an ack id with an exponent': ['421e3["message-with-ack"]'],
  'an ack id behind the payload': ['42["message-with-ack"]1'],
  'an ack without an array': ['430{}'],
  'an ack that is a string': ['430"x"'],

  'a CONNECT with a string': ['40/custom,"x"'],
  'a CONNECT with an array': ['40/custom,[]'],
  'a CONNECT with null': ['40/custom,null'],
  'a CONNECT with a negative number': ['40/custom,-5'],
  'a DISCONNECT with an object': ['41{}'],
  'a DISCONNECT with a string': ['41"x"'],
  'an event that is an object': ['42{}'],
  'an event that is a string': ['42"message"'],
  'an event that is null': ['42null'],
  'an event that is an empty array': ['42[]'],
  'an event whose name is null': ['42[null,1]'],
  'an event whose name is an object': ['42[{"message":1}]'],
  'an event whose name is an array': ['42[["message"]]'],
  'an event whose name is true': ['42[true]'],
  ...Object.fromEntries(RESERVED.map((name) => [`the reserved name ${name}`, [`42["${name}",1]`]])),
  'a reserved name in escapes': ['42["co\\u006enect"]'],
  'a reserved name that wants an ack': ['421["disconnect"]'],
}

/** The same, where Pesan is stricter than the implementations one meets: a bad count or id is bad wherever it stands. */
const STRICT = {
  'an event without a payload': ['42'],
  'an event of an ack id alone': ['425'],
  'an ack without an id': ['43[]'],
  'an ack without a payload': ['430'],
  'an ack id over 2^53-1': ['429007199254740992["message-with-ack"]'],
  'an endless ack id': [`42${'9'.repeat(400)}["message-with-ack"]`],
}

// ---- Duty 15 ----

const BAD_BINARY = {
  'a binary message nobody asked for': [bytes(1, 2, 3)],
  'an empty binary message nobody asked for': [bytes()],
  'text while an attachment is due': [`451-["message",${slot(0)}]`, '42["message"]'],
  'text between two attachments': [`452-["message",${slots(2)}]`, bytes(1), '42["message"]', bytes(2)],
  'CONNECT while an attachment is due': [`451-["message",${slot(0)}]`, '40/custom'],
  'DISCONNECT while an attachment is due': [`451-["message",${slot(0)}]`, '41'],
  'a second header while an attachment is due': [`451-["message",${slot(0)}]`, `451-["message",${slot(0)}]`],
  'an attachment too many': [`451-["message",${slot(0)}]`, bytes(1), bytes(2)],
  'no count': ['45["message"]', bytes(1)],
  'no count before the dash': [`45-["message",${slot(0)}]`, bytes(1)],
  'no dash behind the count': [`451["message",${slot(0)}]`, bytes(1)],
  'count 0': ['450-["message"]', bytes(1)],
  'a negative count': [`45-1-["message",${slot(0)}]`, bytes(1)],
  'a count with a fraction': [`451.5-["message",${slot(0)}]`, bytes(1)],
  'a count with letters': [`451a-["message",${slot(0)}]`, bytes(1)],
  'an endless count': [`45${'9'.repeat(100)}-["message",${slot(0)}]`, bytes(1)],
  'eleven attachments': [`4511-["message",${slots(11)}]`, ...Array.from({ length: 11 }, (_, i) => bytes(i))],
  'a count of 4,000,000,000': [`454000000000-["message",${slot(0)}]`, bytes(1)],
  'a num too high': [`451-["message",${slot(1)}]`, bytes(1)],
  'a negative num': [`451-["message",${slot(-1)}]`, bytes(1)],
  'a num that is a string': [`451-["message",${slot('"0"')}]`, bytes(1)],
  'a num with a fraction': [`451-["message",${slot(0.5)}]`, bytes(1)],
  'a num that is null': [`451-["message",${slot('null')}]`, bytes(1)],
  'no num': ['451-["message",{"_placeholder":true}]', bytes(1)],
  'a name that is a placeholder': [`451-[${slot(0)}]`, bytes(1)],
  'a reserved name': [`451-["disconnect",${slot(0)}]`, bytes(1)],
  'a binary event that is an object': [`451-{"a":${slot(0)}}`, bytes(1)],
  'a binary event with broken JSON': [`451-["message",${slot(0)}`, bytes(1)],
  'a binary event to a namespace that is not joined': [`451-/custom,["message",${slot(0)}]`, bytes(1)],
  'a binary ack that is an object': [`461-0{"a":${slot(0)}}`, bytes(1)],
  'a binary ack without a count': [`460[${slot(0)}]`, bytes(1)],
}

/** Events that come back, each with its attachments. */
const GOOD_BINARY = {
  'one attachment': [`451-["message",${slot(0)}]`, bytes(1, 2, 3)],
  'two attachments': [`452-["message",${slots(2)}]`, bytes(1, 2, 3), bytes(4, 5, 6)],
  'ten attachments': [`4510-["message",${slots(10)}]`, ...Array.from({ length: 10 }, (_, i) => bytes(i, 255 - i))],
  'an empty attachment': [`452-["message",${slots(2)}]`, bytes(), bytes(0)],
  'placeholders deep inside': [`452-["message",{"a":{"b":[${slot(0)}],"c":1}},[[${slot(1)}]],"x"]`, bytes(1), bytes(2)],
  'placeholders in the other order': [`452-["message",${slot(1)},${slot(0)}]`, bytes(1), bytes(2)],
  'placeholders written otherwise': ['451-["message", { "num" : 0, "_placeholder" : true } ]', bytes(1)],
  'attachments that look like packets': [`452-["message",${slots(2)}]`, Buffer.from('41'), Buffer.from('42["message"]')],
  'all bytes there are': [`451-["message",${slot(0)}]`, Buffer.from(Array.from({ length: 256 }, (_, i) => i))],
}

/** The arguments of such an event, its attachments in their places. */
function argsOf([header, ...attachments]) {
  const fill = (_, value) => (value?._placeholder ? { at: value.num } : value)
  const place = (value) => {
    if (Array.isArray(value)) return value.map(place)
    if (value && typeof value === 'object' && 'at' in value) return attachments[value.at]
    if (value && typeof value === 'object') return Object.fromEntries(Object.entries(value).map(([k, v]) => [k, place(v)]))
    return value
  }
  return place(JSON.parse(header.slice(header.indexOf('[')), fill)).slice(1)
}

after(resultsWritten)

describe('packets of Socket.IO', { concurrency: 2 }, () => {
  for (const loops of [1, 3]) describe(`--loops ${loops}`, { concurrency: 3 }, () => suite(['--loops', String(loops)]))
})

function suite(args) {
  let calm
  let other // a bystander
  before(async () => {
    calm = await Subject.start([...args, ...CALM])
    other = await ways[0][1](calm)
    await join(other)
  })
  after(() => calm.stop())

  const closes = (name, packets, prepare) => {
    for (const [way, open] of ways)
      test(`${name}, ${way}`, async () => {
        const session = await open(calm)
        if (prepare) await prepare(session)
        await session.send(...packets)
        while ((await session.next()) !== null); // answers to good packets before the bad one
      })
  }

  describe('the connection is closed when the first is', { concurrency: 12 }, () => {
    for (const [name, packets] of Object.entries(FIRST)) closes(name, packets)
  })

  describe('the connection is closed for', { concurrency: 12 }, () => {
    for (const [name, packets] of Object.entries({ ...JOINED, ...STRICT })) closes(name, packets, join)
  })

  describe('the connection is closed for binary with', { concurrency: 12 }, () => {
    for (const [name, packets] of Object.entries(BAD_BINARY)) closes(name, packets, join)
  })

  describe('packets before the bad one count', { concurrency: 4 }, () => {
    for (const [way, open] of ways)
      test(way, async () => {
        const session = await open(calm)
        await join(session)
        await session.send('42["message",1]')
        assert.equal(await session.next(), '42["message-back",1]')
        await session.send('42["message",2]', '42{}', '42["message",3]')
        const rest = []
        for (let packet; (packet = await session.next()) !== null;) rest.push(packet)
        assert.ok(rest.length === 0 || (rest.length === 1 && rest[0] === '42["message-back",2]'), rest.join())
      })
  })

  describe('binary events come back with', { concurrency: 12 }, () => {
    for (const [way, open] of ways) {
      for (const [name, packets] of Object.entries(GOOD_BINARY))
        test(`${name}, ${way}`, async () => {
          const session = await open(calm)
          await join(session)
          await session.send(...packets)
          const heard = await hear(session)
          assert.deepEqual([heard.type, heard.nsp, heard.id, heard.count], [5, '/', undefined, packets.length - 1])
          assert.deepEqual(heard.data, ['message-back', ...argsOf(packets)])
          await assertEcho(session)
        })

      test(`an ack, ${way}`, async () => {
        const session = await open(calm)
        await join(session)
        await session.send(`452-789["message-with-ack",${slots(2)}]`, bytes(1, 2, 3), bytes(4, 5, 6))
        const packets = [await session.next(), await session.next(), await session.next()]
        assert.deepEqual(packets, [`462-789[${slots(2)}]`, bytes(1, 2, 3), bytes(4, 5, 6)])
        await assertEcho(session)
      })

      test(`attachments that come one by one, with pongs between, ${way}`, async () => {
        const session = await open(calm)
        await join(session)
        for (const packet of [`452-["message",${slots(2)}]`, bytes(1), '3', bytes(2)]) await session.send(packet)
        assert.deepEqual((await hear(session)).data, ['message-back', bytes(1), bytes(2)])
      })

      test(`names nobody has heard of, ${way}`, async () => {
        const session = await open(calm)
        await join(session)
        await join(session, '/custom')
        await session.send(`451-["nothing",${slot(0)}]`, bytes(1), `451-/custom,["nothing",${slot(0)}]`, bytes(1))
        await session.send(`451-3["nothing",${slot(0)}]`, bytes(1))
        await assertEcho(session)
      })
    }

    for (const [way, open] of ways.filter(([way]) => !way.includes('byte')))
      test(`a large attachment, ${way}`, async () => {
        const session = await open(calm)
        await join(session)
        const large = Buffer.alloc(700000, 'pesan ')
        await session.send(`451-["message",${slot(0)}]`)
        await session.send(large)
        assert.ok((await hear(session)).data[1].equals(large))
      })
  })

  test('a bystander has not been disturbed', () => assertEcho(other))
}
