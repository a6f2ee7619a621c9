// socket.js - a client of the house's sockets: JSON frames {"event":E,"values":V} both ways.
import assert from 'node:assert/strict'
import { Wire, frame, handshake } from './websocket.js'

export class Socket {
  /** Opens `path` on the server; refused over HTTP: throws with .status and .problem. */
  static async open(server, path, headers = {}) {
    const target = { host: server.host, port: server.port, path }
    const wire = await Wire.open(target)
    await wire.send(handshake(target, headers))
    const answer = await wire.response()
    if (answer.status === 101) return new Socket(wire)
    const length = Number(answer.headers['content-length'] ?? 0)
    const body = length ? await wire.read(length, 'a body') : null
    wire.destroy()
    const error = new Error(`refused with ${answer.status}`)
    throw Object.assign(error, { status: answer.status, problem: body && JSON.parse(body.toString()) })
  }

  constructor(wire) {
    this.wire = wire
  }

  send(event, values) {
    return this.wire.send(frame(0x81, JSON.stringify({ event, values })))
  }

  /** Any frame, right or wrong. */
  sendRaw(first, payload) {
    return this.wire.send(frame(first, payload))
  }

  /** The next frame {event, values}; pings are answered. */
  async next() {
    for (;;) {
      const got = await this.wire.event()
      assert.ok(got, 'the socket ended')
      if (got.kind === 'ping') await this.wire.send(frame(0x8a, got.payload))
      else if (got.kind === 'close') assert.fail(`closed with ${got.code} ${got.payload}`)
      else return JSON.parse(got.payload.toString())
    }
  }

  /** The values of the next frame, which must be this event. */
  async expect(event) {
    const got = await this.next()
    assert.equal(got.event, event, JSON.stringify(got))
    return got.values
  }

  /** Reads on until the server says Close: its code and reason. */
  async closed() {
    for (;;) {
      const got = await this.wire.event()
      assert.ok(got, 'the stream ended without Close')
      if (got.kind === 'close') return { code: got.code, reason: got.payload.toString() }
    }
  }

  destroy() {
    this.wire.destroy()
  }
}
