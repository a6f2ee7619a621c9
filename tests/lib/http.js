// http.js - an HTTP client on a bare TCP socket that can say anything, right or wrong.
import assert from 'node:assert/strict'
import { once } from 'node:events'
import net from 'node:net'
import { setImmediate as turn } from 'node:timers/promises'

/** How a test sends its bytes: the outcome must not depend on it. */
export const cuts = {
  whole: (bytes) => [bytes],
  'a byte at a time': (bytes) => Array.from(bytes, (_, i) => bytes.subarray(i, i + 1)),
}

const latin = (text) => (typeof text === 'string' ? Buffer.from(text, 'latin1') : text)

/** One TCP connection; collects what comes. */
export class Wire {
  static async open(port) {
    const wire = new Wire()
    wire.socket = net.connect({ port, host: '127.0.0.1', allowHalfOpen: true })
    wire.socket.setNoDelay(true)
    wire.received = Buffer.alloc(0)
    wire.ended = false
    wire.reset = false
    wire.waiting = new Set()
    wire.socket.on('data', (bytes) => {
      wire.received = Buffer.concat([wire.received, bytes])
      wire.wake()
    })
    wire.socket.on('end', () => wire.finish())
    wire.socket.on('close', () => wire.finish())
    wire.socket.on('error', () => {
      wire.reset = true
      wire.finish()
    })
    await once(wire.socket, 'connect')
    return wire
  }

  finish() {
    this.ended = true
    this.wake()
  }

  wake() {
    for (const check of [...this.waiting]) check()
  }

  /** Sends in pieces of its own; stops quietly when the server has hung up. */
  async send(bytes, cut = cuts.whole) {
    for (const piece of cut(latin(bytes))) {
      if (this.reset || this.socket.destroyed) return
      this.socket.write(piece)
      await turn()
    }
  }

  /** Resolves when `condition` holds; fails after `patience` ms. */
  until(condition, what, patience = 20000) {
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => {
        this.waiting.delete(check)
        reject(new Error(`waited in vain for ${what}; received ${JSON.stringify(this.received.toString('latin1').slice(0, 600))}`))
      }, patience)
      const check = () => {
        if (!condition()) return
        clearTimeout(timer)
        this.waiting.delete(check)
        resolve()
      }
      this.waiting.add(check)
      check()
    })
  }

  untilEnd(patience) {
    return this.until(() => this.ended, 'the end of the connection', patience)
  }

  /** The next `count` whole answers. `heads` tells which of them answer HEAD. */
  async answers(count, { heads = [] } = {}) {
    let all
    await this.until(() => (all = parseAnswers(this.received, heads)).length >= count || this.ended, `${count} answers`)
    assert.equal(all.length, count, `answers in ${JSON.stringify(this.received.toString('latin1').slice(0, 600))}`)
    return all
  }

  /** The first answer, once it is whole. */
  answered() {
    return parseAnswers(this.received).at(0) ?? null
  }

  halfClose() {
    this.socket.end()
  }

  close() {
    this.socket.destroy()
  }
}

function parseFields(lines) {
  const fields = {}
  for (const line of lines) {
    const at = line.indexOf(':')
    assert.ok(at > 0, `header line ${JSON.stringify(line)}`)
    fields[line.slice(0, at).toLowerCase()] = line.slice(at + 1).trim()
  }
  return fields
}

/** Where a body in chunks ends, and what it says; null while some of it is missing. */
function parseChunks(bytes, from) {
  const parts = []
  for (let at = from; ; ) {
    const line = bytes.indexOf('\r\n', at)
    if (line < 0) return null
    const size = parseInt(bytes.toString('latin1', at, line), 16)
    at = line + 2 + size + 2
    if (bytes.length < at) return null
    if (size === 0) return { end: at, body: parts.join('') }
    parts.push(bytes.toString('latin1', line + 2, line + 2 + size))
  }
}

function parseBody(bytes, from, fields, silent) {
  if (silent) return { end: from, body: '' }
  if (fields['transfer-encoding'] === 'chunked') return parseChunks(bytes, from)
  const end = from + Number(fields['content-length'] ?? 0)
  return bytes.length < end ? null : { end, body: bytes.toString('latin1', from, end) }
}

/** All whole answers in `bytes`, each {status, fields, body}. A 1xx has no body. */
export function parseAnswers(bytes, heads = []) {
  const found = []
  let finals = 0
  for (let at = 0; ; ) {
    const end = bytes.indexOf('\r\n\r\n', at)
    if (end < 0) return found
    const [first, ...lines] = bytes.toString('latin1', at, end).split('\r\n')
    const match = /^HTTP\/1\.1 (\d{3}) [ -~]*$/.exec(first)
    assert.ok(match, `status line ${JSON.stringify(first)}`)
    const status = Number(match[1])
    const fields = parseFields(lines)
    const silent = status < 200 || status === 204 || status === 304 || heads.includes(finals)
    const rest = parseBody(bytes, end + 4, fields, silent)
    if (!rest) return found
    found.push({ status, fields, body: rest.body })
    at = rest.end
    if (status >= 200) finals++
    if (status === 101) return found
  }
}
