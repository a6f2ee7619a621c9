// device.js - a person's devices, on each transport there is, with stock clients: each keeps a cursor, comes back by
// itself when its connection breaks, and drops what it has.
import { io } from 'sio-4.8'
import { setTimeout as sleep } from 'node:timers/promises'
import WebSocket from 'ws'
import { eventually } from './sale.js'

const HASTE = { reconnectionDelay: 20, reconnectionDelayMax: 300, timeout: 2000 }

/** What all devices do with what they hear. */
export class Device {
  /** @param {{url: string, token: string, name: string, after?: number}} how `after`: the cursor it begins with */
  constructor({ url, token, name = 'a device', after }) {
    Object.assign(this, { url, token, name, cursor: after, epoch: undefined })
    this.heard = [] // {event, values} with an id, each once, as they came
    this.told = [] // {event, values} of all others: CONNECTED, GRANTS, RESYNC, ERROR
    this.doubles = 0
    this.opened = 0 // times it was CONNECTED
    this.ids = new Set()
    this.closed = false
  }

  take(event, values) {
    if (event.startsWith('CHAT_')) return this.takeChat(event, values)
    if (!values?.id) return this.takeOther(event, values)
    if (this.ids.has(values.id)) return void this.doubles++
    this.ids.add(values.id)
    this.heard.push({ event, values })
    this.cursor = values.seq
  }

  /** Of a room: `seq` is the room's own, `id` its writer's, and `cursor` the journal's; what is not kept has none. */
  takeChat(event, values) {
    if (values.cursor !== undefined && values.cursor <= (this.cursor ?? -1)) this.doubles++
    this.heard.push({ event, values })
    this.cursor = values.cursor ?? this.cursor
  }

  takeOther(event, values) {
    this.told.push({ event, values })
    if (event === 'CONNECTED') this.opened++
    if (event !== 'CONNECTED' && event !== 'RESYNC') return
    this.cursor = values.seq
    this.epoch = values.epoch
    this.base ??= values.seq
  }

  /** What the URL of a transport without `auth` says of the cursor. */
  get query() {
    const from = this.cursor === undefined ? '' : `after=${this.cursor}`
    return this.epoch ? `${from}&epoch=${this.epoch}` : from
  }

  get events() {
    return this.heard.map(({ event }) => event)
  }

  /** The values of the first event of this name, come or to come, that fits. */
  async hears(event, fits = () => true, patience) {
    const find = () => [...this.heard, ...this.told].find((each) => each.event === event && fits(each.values))
    return (await eventually(find, `${event} on ${this.name}, which heard ${this.events.join(' ')}`, patience)).values
  }

  ready() {
    return eventually(() => this.opened > 0 && this, `CONNECTED on ${this.name}`)
  }
}

/** socket.io-client: `transports` as it takes them. */
export class SocketIoDevice extends Device {
  /** `returns`: even when it was the server that sent it away or refused it. */
  constructor({ transports = ['websocket'], nsp = '/', options = {}, returns = false, ...how }) {
    super(how)
    const auth = (say) => say({ token: this.token, after: this.cursor, epoch: this.epoch })
    this.ends = [] // reasons of disconnects
    this.refusals = [] // what CONNECT_ERROR said
    this.recoveries = 0
    this.socket = io(this.url + nsp, { transports, auth, forceNew: true, ...HASTE, ...options })
    this.socket.onAny((event, values) => this.take(event, values))
    this.socket.on('connect', () => this.socket.recovered && this.recoveries++)
    this.socket.on('connect_error', (error) => this.lost(error.data && this.refusals.push(error)))
    this.socket.on('disconnect', (reason) => this.lost(this.ends.push(reason)))
    this.returns = returns
  }

  lost() {
    if (this.returns && !this.socket.active && !this.closed) setTimeout(() => this.closed || this.socket.connect(), 100)
  }

  ask(command, values) {
    return this.socket.timeout(10000).emitWithAck(command, values)
  }

  close() {
    this.closed = true
    this.socket.disconnect()
  }
}

/** A device whose connections are made one after the other by listen(), which returns when one has ended. */
export class PatientDevice extends Device {
  constructor(how) {
    super(how)
    this.over = this.goOn()
  }

  async goOn() {
    while (!this.closed) {
      await this.listen().catch((error) => (this.error = error))
      if (!this.closed) await sleep(20)
    }
  }

  async close() {
    this.closed = true
    this.hangUp?.()
    await this.over
  }
}

/** The plain WebSocket of ws. */
export class WebSocketDevice extends PatientDevice {
  ends = [] // {code, reason} of each close

  listen() {
    const socket = new WebSocket(`${this.url.replace(/^http/, 'ws')}/v1/events?token=${this.token}&${this.query}`, { handshakeTimeout: 2000 })
    this.socket = socket
    this.hangUp = () => socket.terminate()
    return new Promise((done) => {
      socket.on('message', (data) => {
        const { event, values } = JSON.parse(data)
        this.take(event, values)
      })
      socket.on('error', (error) => (this.error = error))
      socket.on('close', (code, reason) => {
        this.ends.push({ code, reason: reason.toString() })
        done()
      })
    })
  }

  say(event, values) {
    this.socket.send(JSON.stringify({ event, values }))
  }
}

/** GET /v1/events with the patience of a page. */
class FetchDevice extends PatientDevice {
  async get(path, headers, read) {
    const abort = new AbortController()
    this.hangUp = () => abort.abort()
    const answer = await fetch(this.url + path, { headers: { Authorization: `Bearer ${this.token}`, ...headers }, signal: abort.signal })
    this.status = answer.status
    if (answer.status !== 200) throw new Error(`${answer.status} ${await answer.text()}`)
    await read(answer)
  }
}

/** Server-Sent Events: the cursor is in Last-Event-ID. */
export class StreamDevice extends FetchDevice {
  async listen() {
    const last = this.cursor === undefined ? {} : { 'Last-Event-ID': String(this.cursor) }
    await this.get(`/v1/events${this.epoch ? `?epoch=${this.epoch}` : ''}`, { Accept: 'text/event-stream', ...last }, async (answer) => {
      let text = ''
      for await (const part of answer.body.pipeThrough(new TextDecoderStream())) {
        const blocks = (text + part).split('\n\n')
        text = blocks.pop()
        blocks.forEach((block) => this.takeBlock(block))
      }
    })
  }

  takeBlock(block) {
    const fields = {}
    for (const line of block.split('\n')) {
      const [, name, value] = /^([^:]*): ?(.*)$/.exec(line) ?? []
      if (name) fields[name] = value
    }
    if (fields.event) this.take(fields.event, JSON.parse(fields.data))
  }
}

/** Long-poll: each answer is an array of what there was; only one without a cursor begins with CONNECTED. */
export class PollingDevice extends FetchDevice {
  ready() {
    return eventually(() => (this.opened > 0 || this.heard.length > 0) && this, `an answer for ${this.name}`)
  }

  async listen() {
    await this.get(`/v1/events?${this.query}`, { Accept: 'application/json' }, async (answer) => {
      for (const { event, values } of await answer.json()) this.take(event, values)
    })
  }
}
