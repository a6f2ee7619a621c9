// websocket.js - a WebSocket client on a bare TCP socket that can say anything, right or wrong.
import assert from 'node:assert/strict'
import crypto from 'node:crypto'
import { once } from 'node:events'
import net from 'node:net'
import zlib from 'node:zlib'

export const KEY = 'dGhlIHNhbXBsZSBub25jZQ=='
export const ACCEPT = 's3pPLMBiTxaQ9kYGzzhZRbK+xOo='

const PATIENCE = 20000
const OPCODES = { 0: 'continuation', 1: 'text', 2: 'binary', 8: 'close', 9: 'ping', 10: 'pong' }

/**
 * A masked frame. `first` is its first byte (0x81: the last or only one of a text message);
 * `length` lies about the payload's length, `mask: null` leaves the mask out.
 */
export function frame(first, payload = '', { mask = [0x37, 0xfa, 0x21, 0x3d], length } = {}) {
  const body = Buffer.from(payload)
  const size = length ?? body.length
  const bit = mask ? 0x80 : 0
  let head
  if (size < 126) {
    head = Buffer.from([first, bit | size])
  } else if (size < 65536) {
    head = Buffer.from([first, bit | 126, size >> 8, size & 0xff])
  } else {
    head = Buffer.alloc(10)
    head.set([first, bit | 127])
    head.writeBigUInt64BE(BigInt(size), 2)
  }
  if (!mask) return Buffer.concat([head, body])
  const hidden = Buffer.from(body)
  for (let i = 0; i < hidden.length; i++) hidden[i] ^= mask[i & 3]
  return Buffer.concat([head, Buffer.from(mask), hidden])
}

/** The payload of a packed message (RFC 7692 7.2.1), with zlib's options. */
export function pack(payload, options = {}) {
  const whole = zlib.deflateRawSync(payload, { ...options, finishFlush: zlib.constants.Z_SYNC_FLUSH })
  return whole.subarray(0, -4)
}

/** What is in it, for who takes a window of 2^windowBits bytes. */
export function unpack(payload, windowBits = 15) {
  const whole = Buffer.concat([payload, Buffer.of(0, 0, 0xff, 0xff)])
  return zlib.inflateRawSync(whole, { windowBits, finishFlush: zlib.constants.Z_SYNC_FLUSH })
}

/** A Close frame with a code. */
export function close(code, reason = '') {
  return frame(0x88, Buffer.concat([Buffer.from([code >> 8, code & 0xff]), Buffer.from(reason)]))
}

/** The head of an opening handshake; a header set to null is left out, an array is repeated. */
export function handshake(target, headers = {}, line = `GET ${target.path} HTTP/1.1`) {
  const all = {
    Host: `${target.host}:${target.port}`,
    Upgrade: 'websocket',
    Connection: 'Upgrade',
    'Sec-WebSocket-Key': KEY,
    'Sec-WebSocket-Version': '13',
    ...headers,
  }
  const lines = [line]
  for (const [name, value] of Object.entries(all))
    for (const each of [value ?? []].flat()) lines.push(`${name}: ${each}`)
  return Buffer.from(lines.join('\r\n') + '\r\n\r\n', 'latin1')
}

/** How a stream is cut into writes; each is on its way before the next begins. */
export const CUTS = {
  whole: (bytes) => [bytes],
  'a byte at a time': (bytes) => (bytes.length > 1500 ? random(bytes) : Array.from(bytes, (b) => Buffer.of(b))),
  'in random cuts': (bytes) => random(bytes),
}

function random(bytes) {
  const parts = []
  const most = Math.max(12, bytes.length >> 8)
  for (let at = 0; at < bytes.length;) {
    const size = crypto.randomInt(1, most)
    parts.push(bytes.subarray(at, at + size))
    at += size
  }
  return parts
}

/** The TCP connection: writes in cuts, reads what has been asked for, sees the end. */
export class Wire {
  static async open({ host, port }) {
    const socket = net.connect({ host, port, noDelay: true, allowHalfOpen: true })
    await once(socket, 'connect')
    return new Wire(socket)
  }

  constructor(socket) {
    this.socket = socket
    this.chunks = []
    this.size = 0
    this.packs = false // permessage-deflate is agreed upon: messages may come packed
    this.ended = false // the server has sent all it will send
    this.error = null
    this.wake = () => {}
    socket.on('data', (chunk) => {
      this.chunks.push(chunk)
      this.size += chunk.length
      this.wake()
    })
    socket.on('end', () => this.finish())
    socket.on('close', () => this.finish())
    socket.on('error', (error) => (this.error = error))
  }

  finish() {
    this.ended = true
    this.wake()
  }

  /** Once the server has hung up the rest is dropped: its last words are judged by reading. */
  async send(bytes, cut = CUTS.whole) {
    for (const part of cut(bytes)) {
      if (this.error || this.socket.destroyed) return
      await new Promise((done) => this.socket.write(part, () => done()))
    }
  }

  async until(ready, what) {
    let late = false
    const timer = setTimeout(() => {
      late = true
      this.wake()
    }, PATIENCE)
    while (!ready() && !late) await new Promise((done) => (this.wake = done))
    clearTimeout(timer)
    assert.ok(!late, `waited in vain for ${what}; ${this.size} bytes are there`)
  }

  peek() {
    if (this.chunks.length > 1) this.chunks = [Buffer.concat(this.chunks)]
    return this.chunks[0] ?? Buffer.alloc(0)
  }

  take(count) {
    const all = this.peek()
    this.chunks = count < all.length ? [all.subarray(count)] : []
    this.size -= count
    return all.subarray(0, count)
  }

  /** `count` bytes, or null when the server ends the stream before the first of them. */
  async read(count, what) {
    await this.until(() => this.size >= count || this.ended, what)
    if (this.size === 0 && count > 0) return null
    assert.ok(this.size >= count, `the stream ends within ${what}`)
    return this.take(count)
  }

  /** An HTTP response's status and headers (names in lower case, repeated ones joined). */
  async response() {
    await this.until(() => this.ended || this.peek().includes('\r\n\r\n'), 'a response')
    const end = this.peek().indexOf('\r\n\r\n')
    assert.ok(end >= 0, `no response but ${JSON.stringify(this.peek().toString('latin1'))}`)
    const [line, ...rest] = this.take(end + 4).toString('latin1').trimEnd().split('\r\n')
    assert.match(line, /^HTTP\/1\.1 \d{3}( |$)/)
    const headers = {}
    for (const header of rest) {
      const [, name, value] = /^([^:\s]+):[ \t]*(.*?)[ \t]*$/.exec(header)
      const key = name.toLowerCase()
      headers[key] = key in headers ? `${headers[key]}, ${value}` : value
    }
    return { status: Number(line.slice(9, 12)), headers }
  }

  /** One frame of the server, judged by the rules for servers; null at the end of the stream. */
  async frame() {
    const head = await this.read(2, 'a frame')
    if (!head) return null
    const packed = this.packs && [1, 2].includes(head[0] & 0x0f) && Boolean(head[0] & 0x40)
    assert.equal(head[0] & (packed ? 0x30 : 0x70), 0, 'reserved bits that are not agreed upon')
    assert.equal(head[1] & 0x80, 0, 'a server does not mask')
    const kind = OPCODES[head[0] & 0x0f]
    assert.ok(kind, `opcode ${head[0] & 0x0f}`)
    let length = head[1] & 0x7f
    if (length === 126) {
      length = (await this.read(2, 'a length')).readUInt16BE()
      assert.ok(length > 125, 'shortest form of a length')
    } else if (length === 127) {
      length = Number((await this.read(8, 'a length')).readBigUInt64BE())
      assert.ok(length > 65535, 'shortest form of a length')
    }
    if (head[0] & 0x08) assert.ok(head[0] & 0x80 && length <= 125, 'form of a control frame')
    const payload = (length ? await this.read(length, 'a payload') : null) ?? Buffer.alloc(0)
    return { kind, final: Boolean(head[0] & 0x80), packed, payload }
  }

  /**
   * The next message or control frame: {kind, payload, code?, wire?}; null at the end of the stream. `wire` is the
   * payload of a packed message as it came.
   */
  async event() {
    let piece
    while ((piece = await this.frame())) {
      if (piece.kind === 'close') {
        assert.notEqual(piece.payload.length, 1, 'a close code has two bytes')
        const code = piece.payload.length ? piece.payload.readUInt16BE() : 1005
        return { kind: 'close', code, payload: piece.payload.subarray(2) }
      }
      if (piece.kind === 'ping' || piece.kind === 'pong') return piece
      assert.equal(piece.kind === 'continuation', Boolean(this.open), 'order of fragments')
      this.open ??= { kind: piece.kind, packed: piece.packed, parts: [] }
      this.open.parts.push(piece.payload)
      if (!piece.final) continue
      const { kind, packed, parts } = this.open
      const wire = Buffer.concat(parts)
      this.open = null
      return packed ? { kind, payload: unpack(wire), wire } : { kind, payload: wire }
    }
    return null
  }

  destroy() {
    this.socket.destroy()
  }
}

/** A connection behind a successful opening handshake. */
export async function connect(target, cut = CUTS.whole, headers = {}) {
  const wire = await Wire.open(target)
  await wire.send(handshake(target, headers), cut)
  const { status, headers: answered } = await wire.response()
  assert.equal(status, 101)
  wire.packs = (answered['sec-websocket-extensions'] ?? '').startsWith('permessage-deflate')
  return wire
}
