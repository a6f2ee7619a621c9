// screen.js - a kiosk's screen on the ws client, as a page or a machine would hold it.
import assert from 'node:assert/strict'
import WebSocket from 'ws'

export class Screen {
  /** Opens /ws with this query; refused over HTTP: throws with .status and .problem. */
  static open(server, query = '', headers = {}) {
    const screen = new Screen()
    screen.socket = new WebSocket(`ws://${server.host}:${server.port}/ws${query}`, { headers })
    screen.frames = []
    screen.waiting = []
    screen.socket.on('message', (data) => screen.heard(JSON.parse(data.toString())))
    screen.socket.on('close', (code, reason) => screen.ended({ code, reason: reason.toString() }))
    return new Promise((resolve, reject) => {
      screen.socket.on('open', () => resolve(screen))
      screen.socket.on('unexpected-response', async (_, answer) => {
        const body = (await answer.setEncoding('utf8').toArray()).join('')
        reject(Object.assign(new Error(`refused with ${answer.statusCode}`), { status: answer.statusCode, problem: JSON.parse(body) }))
      })
      screen.socket.on('error', reject)
    })
  }

  /** Opened, and past CONNECTED and the current screen: {screen, connected, current}. */
  static async at(server, query, headers) {
    const screen = await Screen.open(server, query, headers)
    screen.connected = await screen.expect('CONNECTED')
    screen.current = await screen.next()
    return screen
  }

  heard(frame) {
    const waiter = this.waiting.shift()
    if (waiter) waiter.resolve(frame)
    else this.frames.push(frame)
  }

  ended(how) {
    this.end = how
    for (const { reject } of this.waiting.splice(0)) reject(new Error(`closed with ${how.code} ${how.reason}`))
  }

  send(event, values = {}) {
    this.socket.send(JSON.stringify({ event, values }))
  }

  /** The next frame. */
  next(patience = 20000) {
    if (this.frames.length) return Promise.resolve(this.frames.shift())
    if (this.end) return Promise.reject(new Error(`closed with ${this.end.code} ${this.end.reason}`))
    return new Promise((resolve, reject) => {
      const waiter = { resolve: (frame) => (clearTimeout(timer), resolve(frame)), reject: (error) => (clearTimeout(timer), reject(error)) }
      const timer = setTimeout(() => {
        this.waiting.splice(this.waiting.indexOf(waiter), 1)
        reject(new Error('no frame came'))
      }, patience)
      this.waiting.push(waiter)
    })
  }

  /** The values of the next frame, which must be this event. */
  async expect(event, patience) {
    const frame = await this.next(patience)
    assert.equal(frame.event, event, JSON.stringify(frame))
    return frame.values
  }

  /** The next frame must be ERROR with this code. */
  async refused(code) {
    const { code: got, detail, message } = await this.expect('ERROR')
    assert.equal(got, code, detail)
    assert.ok(detail && message)
  }

  /** Nothing has come and nothing comes: the answer to a question of our own is the very next frame. */
  async silent() {
    this.send('SHOW_MENU')
    await this.expect('SHOW_MENU')
  }

  /** Close of the server: {code, reason}. */
  async closed() {
    if (this.end) return this.end
    await new Promise((resolve) => this.socket.once('close', resolve))
    return this.end
  }

  close() {
    this.socket.terminate()
  }
}
