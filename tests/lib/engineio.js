// engineio.js - an Engine.IO v4 client over raw HTTP and bare WebSockets that can say anything, right or wrong.
import assert from 'node:assert/strict'
import { setTimeout as sleep } from 'node:timers/promises'

import { cuts, Wire as HttpWire } from './http.js'
import { startProtocolServer } from './server.js'
import { CUTS, Wire as WebSocketWire, frame, handshake } from './websocket.js'

export const SEPARATOR = '\x1e'

const POLLING = 'EIO=4&transport=polling'
const WEBSOCKET = 'EIO=4&transport=websocket'

/** Deadlines that no test lives to see: for all that is not about them, however slow the machine. */
export const CALM = ['--ping-interval', '60000', '--ping-timeout', '60000', '--connect-timeout', '60000']

/** Heartbeats that come often and whose answer may take its time. */
export const BEATING = ['--ping-interval', '300', '--ping-timeout', '60000']

/** A protocol server that hangs up its clients' connections before it is stopped. */
export class Subject {
  static async start(args) {
    return new Subject(await startProtocolServer(args))
  }

  constructor(server) {
    this.server = server
    this.host = '127.0.0.1'
    this.port = server.port
    this.wires = new Set()
  }

  keep(wire) {
    this.wires.add(wire)
    wire.socket.once('close', () => this.wires.delete(wire))
    return wire
  }

  stop() {
    for (const wire of this.wires) wire.socket.destroy()
    return this.server.stop()
  }
}

// ---- Requests ----

/** The bytes of a request; a header set to null is left out. */
export function requestBytes(method, target, { headers = {}, body } = {}) {
  const fields = { Host: 'x', ...(body === undefined ? {} : { 'Content-Length': Buffer.byteLength(body) }), ...headers }
  const lines = Object.entries(fields).filter(([, value]) => value !== null)
  const head = [`${method} ${target} HTTP/1.1`, ...lines.map(([name, value]) => `${name}: ${value}`), '', ''].join('\r\n')
  return Buffer.concat([Buffer.from(head, 'latin1'), Buffer.from(body ?? '')])
}

/** Sends a request on a connection of its own: the wire, on which the answer will come. */
export async function ask(subject, method, target, options = {}) {
  const wire = subject.keep(await HttpWire.open(subject.port))
  await wire.send(requestBytes(method, target, options), options.cut ?? cuts.whole)
  return wire
}

/** The answer on a wire, {status, fields, body}; null when the server hung up instead. */
export async function answerOn(wire, patience) {
  await wire.until(() => wire.ended || wire.answered(), 'an answer', patience)
  const answer = wire.answered()
  wire.close()
  return answer && { ...answer, body: Buffer.from(answer.body, 'latin1').toString() }
}

export async function request(subject, method, target, options) {
  return answerOn(await ask(subject, method, target, options))
}

/** The refusal {code, message} of an answer. */
export function refusalOf(answer) {
  assert.ok(answer, 'an answer')
  assert.match(answer.fields['content-type'], /^application\/json/)
  return { status: answer.status, ...JSON.parse(answer.body) }
}

/** A GET that names the sid comes to nothing, now or soon. */
export async function assertSidGone(subject, sid, path = '/engine.io/') {
  for (const until = Date.now() + 20000; ; await sleep(20)) {
    const answer = await request(subject, 'GET', `${path}?${POLLING}&sid=${sid}`)
    if (answer?.status === 400 && answer.body.includes('"code":1')) return
    assert.ok(Date.now() < until, `the session is still there: ${JSON.stringify(answer)}`)
  }
}

const encode = (packet) => (Buffer.isBuffer(packet) ? `b${packet.toString('base64')}` : packet)
const decode = (packet) => (packet.startsWith('b') ? Buffer.from(packet.slice(1), 'base64') : packet)

/** The packets of a payload: strings with their type, Buffers for binary messages. */
export const packetsOf = (payload) => payload.split(SEPARATOR).map(decode)
export const payloadOf = (packets) => packets.map(encode).join(SEPARATOR)

// ---- Sessions ----
//
// Both kinds have: send(...packets), next() -> the next packet or null when the server has ended the session
// (pings are answered on the way), drop() -> hang up.

/** What an open packet says. */
export function openOf(packet) {
  assert.equal(packet[0], '0', `no open packet: ${packet}`)
  return JSON.parse(packet.slice(1))
}

/** A session over long-polling; each request has a connection of its own. */
export class Polling {
  static async open(subject, { path = '/engine.io/', cut } = {}) {
    const answer = await request(subject, 'GET', `${path}?${POLLING}`, { cut })
    assert.equal(answer.status, 200, answer.body)
    return new Polling(subject, path, openOf(answer.body), cut)
  }

  constructor(subject, path, open, cut) {
    Object.assign(this, { subject, path, open, cut, sid: open.sid, heard: [], over: false })
    this.target = `${path}?${POLLING}&sid=${this.sid}`
  }

  /** A GET on its way: its wire. */
  get(options) {
    return ask(this.subject, 'GET', this.target, { cut: this.cut, ...options })
  }

  /** A GET's answer. */
  async poll(options) {
    return answerOn(await this.get(options))
  }

  /** A POST's answer. */
  post(body, options = {}) {
    return request(this.subject, 'POST', this.target, { cut: this.cut, ...options, body })
  }

  async send(...packets) {
    const answer = await this.post(payloadOf(packets))
    assert.ok(!answer || [200, 400].includes(answer.status), `POST was answered with ${answer?.status}`)
    return answer?.status
  }

  async next() {
    while (!this.heard.length && !this.over) {
      const answer = await this.poll()
      if (answer?.status !== 200) this.over = true
      else this.heard.push(...packetsOf(answer.body))
    }
    const packet = this.heard.shift()
    if (packet === '1') this.over = true
    if (packet === '1' || packet === undefined) return null
    if (packet === '6') return this.next()
    if (packet !== '2') return packet
    await this.send('3')
    return this.next()
  }

  /** The sid means nothing any more. */
  async assertGone() {
    assert.deepEqual(refusalOf(await this.poll()), { status: 400, code: 1, message: 'Session ID unknown' })
  }

  /** It still gives a message back. */
  async assertAlive() {
    assert.equal((await this.post('4still here')).status, 200)
    assert.equal(await this.next(), '4still here')
  }

  /** Leaving a parked GET ends the session. */
  async drop() {
    const wire = await this.get()
    wire.socket.end()
    wire.close()
  }
}

/** A session on a WebSocket, or with `sid` a WebSocket that would become another session's. */
export class Socket {
  static async open(subject, options = {}) {
    const socket = await Socket.connect(subject, options)
    const packet = await socket.next()
    socket.open = openOf(packet)
    socket.sid = socket.open.sid
    return socket
  }

  /** Only the opening handshake, and bytes right behind it. */
  static async connect(subject, { path = '/engine.io/', sid, cut = CUTS.whole, behind = [] } = {}) {
    const target = { host: subject.host, port: subject.port, path: `${path}?${WEBSOCKET}${sid ? `&sid=${sid}` : ''}` }
    const wire = subject.keep(await WebSocketWire.open(target))
    await wire.send(Buffer.concat([handshake(target), ...behind]), cut)
    const { status } = await wire.response()
    assert.equal(status, 101)
    return new Socket(wire, cut)
  }

  constructor(wire, cut) {
    Object.assign(this, { wire, cut, over: false, code: undefined })
  }

  async send(...packets) {
    for (const packet of packets) await this.raw(frame(Buffer.isBuffer(packet) ? 0x82 : 0x81, packet))
  }

  /** Any bytes. */
  raw(bytes) {
    return this.wire.send(bytes, this.cut)
  }

  /** The next packet as it comes, pings too; null when the server has closed. */
  async packet() {
    while (!this.over) {
      const event = await this.wire.event()
      if (event?.kind === 'text') return event.payload.toString()
      if (event?.kind === 'binary') return event.payload
      if (event?.kind === 'ping') await this.raw(frame(0x8a, event.payload))
      else if (event?.kind !== 'pong') this.end(event)
    }
    return null
  }

  end(event) {
    this.over = true
    this.code = event?.code
    if (event) this.wire.send(frame(0x88, event.code === 1005 ? '' : Buffer.from([event.code >> 8, event.code & 0xff])))
    this.wire.socket.end()
  }

  async next() {
    for (;;) {
      const packet = await this.packet()
      if (packet !== '2') return packet
      await this.send('3')
    }
  }

  /** The server closes, whatever it still says before. */
  async assertClosed() {
    while ((await this.packet()) !== null);
  }

  async assertAlive() {
    await this.send('4still here')
    assert.equal(await this.next(), '4still here')
  }

  drop() {
    this.wire.destroy()
  }
}

/** Every way in which a packet can travel: each must come to the same. */
export const WAYS = {
  'over a WebSocket': (subject, path) => Socket.open(subject, { path }),
  'over a WebSocket, a byte at a time': (subject, path) => Socket.open(subject, { path, cut: CUTS['a byte at a time'] }),
  'over polling': (subject, path) => Polling.open(subject, { path }),
  'over polling, a byte at a time': (subject, path) => Polling.open(subject, { path, cut: cuts['a byte at a time'] }),
}

// ---- For tests about time ----

/**
 * Runs `body` until it passes, a few times: for times of some hundred milliseconds that a busy machine can miss on
 * either side.
 */
export async function inTime(body, tries = 5) {
  for (;;) {
    try {
      return await body()
    } catch (error) {
      if (--tries === 0) throw error
      await sleep(50)
    }
  }
}

// ---- For files with many tests at once ----

/**
 * For an after() of a whole file. The runner ends the process at once (--test-force-exit) and drops what it has not
 * yet written; the results of tests that ran side by side are written in one go at the end.
 */
export async function resultsWritten() {
  for (let i = 0; i < 3; i++) {
    await sleep(20)
    await new Promise((done) => process.stdout.write('', done))
  }
}
