// socketio.js - Socket.IO v5 packets for the sessions of engineio.js: what a test says and how it reads what it hears.
import assert from 'node:assert/strict'

import { WAYS } from './engineio.js'

export const PATH = '/socket.io/'

/** The ways of engineio.js, leading to Socket.IO. */
export const ways = Object.entries(WAYS).map(([name, open]) => [name, (subject) => open(subject, PATH)])

const PACKET = /^4([0-6])(?:(\d+)-)?(?:(\/[^,]*),)?(\d+)?((?:.|\n)*)$/

/** What a packet says: {type, count, nsp, id, data}. */
export function parse(packet) {
  const match = typeof packet === 'string' && PACKET.exec(packet)
  assert.ok(match, `no packet of Socket.IO: ${packet}`)
  const [, type, count, nsp = '/', id, json] = match
  return {
    type: Number(type),
    count: Number(count ?? 0),
    nsp,
    id: id === undefined ? undefined : Number(id),
    data: json ? JSON.parse(json) : undefined,
  }
}

function fill(value, attachments) {
  if (value?._placeholder === true) return attachments[value.num]
  if (Array.isArray(value)) return value.map((item) => fill(item, attachments))
  if (value && typeof value === 'object')
    return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, fill(item, attachments)]))
  return value
}

/** The next packet of the session with its attachments in their places; null at the end. */
export async function hear(session) {
  const packet = await session.next()
  if (packet === null) return null
  const header = parse(packet)
  const attachments = []
  while (attachments.length < header.count) {
    const attachment = await session.next()
    assert.ok(Buffer.isBuffer(attachment), `an attachment, not ${attachment}`)
    attachments.push(attachment)
  }
  return { ...header, data: fill(header.data, attachments) }
}

/** `40`, or `40/custom,` for another namespace than `/`. */
export const head = (type, nsp = '/') => `4${type}${nsp === '/' ? '' : `${nsp},`}`

/** Joins a namespace with `auth` as JSON text: what the CONNECT reply says; the event behind it must echo `auth`. */
export async function join(session, nsp = '/', auth = '') {
  await session.send(`${head(0, nsp)}${auth}`)
  const reply = await session.next()
  assert.ok(reply?.startsWith(`${head(0, nsp)}{`), `no CONNECT reply: ${reply}`)
  const welcome = await session.next()
  assert.ok(welcome?.startsWith(`${head(2, nsp)}["auth",`), `no welcome: ${welcome}`)
  assert.deepEqual(parse(welcome).data[1], auth ? JSON.parse(auth) : {})
  return parse(reply).data
}

/** It has joined `/` and still gets its messages back. */
export async function assertEcho(session, word = 'still here') {
  await session.send(`42["message",${JSON.stringify(word)}]`)
  assert.equal(await session.next(), `42["message-back",${JSON.stringify(word)}]`)
}
