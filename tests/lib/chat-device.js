// chat-device.js - devices of a chat's member: the socket of one room, or a device of his that listens to all of his rooms.
// Each keeps where it is in every room, and goes on from there when its connection breaks.
import WebSocket from 'ws'
import { setTimeout as sleep } from 'node:timers/promises'
import { PatientDevice, SocketIoDevice, WebSocketDevice } from './device.js'

const REFUSED_MS = 5000 // until a room that was refused is asked for again; more often would be taken for guessing
const NOT_HIS = 1008

/** What a device has heard in a room: {seq, line, message, at} of each message. */
class HeardRoom {
  cursor = 0
  heard = []
  doubles = 0

  take({ seq, user, message, cursor }) {
    if (cursor <= this.cursor) return void this.doubles++
    this.cursor = cursor
    this.heard.push({ seq, line: lineOf({ seq, user, message }), message, at: Date.now() })
  }
}

/** A message as the judge of a chat writes it. */
export const lineOf = ({ seq, user, message }) => `${seq} ${user.username}: ${message}`

/** The room's own socket, with ws. */
export class RoomDevice extends PatientDevice {
  refusals = [] // statuses of refused upgrades, and 1008 of sockets that were closed because the room is not his

  /** @param {{uri: string}} how besides what every device takes */
  constructor({ uri, ...how }) {
    super(how)
    this.rooms = new Map([[uri, new HeardRoom()]])
  }

  async listen() {
    await null // the constructors are done
    const why = await this.hear(...[...this.rooms][0])
    if (why !== NOT_HIS && !(why >= 400 && why < 500)) return
    this.refusals.push(why)
    for (const until = Date.now() + REFUSED_MS; Date.now() < until && !this.closed; ) await sleep(100)
  }

  /** Resolves when the socket has ended: with the status that refused it, or the code it was closed with. */
  hear(uri, room) {
    const url = `${this.url.replace(/^http/, 'ws')}/ws/chats/${uri}?token=${this.token}&after=${room.cursor}`
    const socket = new WebSocket(url, { handshakeTimeout: 2000 })
    this.hangUp = () => socket.terminate()
    return new Promise((done) => {
      socket.on('open', () => this.opened++)
      socket.on('message', (data) => room.take(JSON.parse(data)))
      socket.on('unexpected-response', (request, { statusCode }) => {
        request.destroy()
        done(statusCode)
      })
      socket.on('error', (error) => (this.error = error))
      socket.on('close', done)
    })
  }
}

/** What makes a person's device listen to rooms: `rooms`, their uris. */
const inRooms = (Base) =>
  class extends Base {
    constructor({ rooms, ...how }) {
      super(how)
      this.rooms = new Map(rooms.map((uri) => [uri, new HeardRoom()]))
      this.on = new Set() // rooms it listens to
      this.refusals = [] // codes of refused commands
      this.refusedAt = new Map()
      this.timer = setInterval(() => this.listenAll(), 1000)
    }

    take(event, values) {
      if (event === 'CHAT_MESSAGE') return this.rooms.get(values.uri).take(values)
      if (event.startsWith('CHAT_')) return
      if (event === 'SUBSCRIBED' || event === 'UNSUBSCRIBED') return this.note(values.channel, event === 'SUBSCRIBED')
      super.take(event, values)
      if (event === 'CONNECTED' || event === 'RESYNC') this.listenAnew()
    }

    note(channel, listens) {
      const uri = channel.replace('chat:', '')
      if (listens) this.on.add(uri)
      else this.on.delete(uri)
    }

    refuse(uri, code) {
      this.refusals.push(code)
      this.refusedAt.set(uri, Date.now())
    }

    listenAnew() {
      this.on.clear()
      this.listenAll()
    }

    listenAll() {
      for (const [uri, { cursor }] of this.rooms) {
        const waits = Date.now() - (this.refusedAt.get(uri) ?? 0) < REFUSED_MS
        if (!this.on.has(uri) && !waits && !this.closed) this.subscribe(uri, { channel: `chat:${uri}`, after: cursor })
      }
    }

    close() {
      clearInterval(this.timer)
      return super.close()
    }
  }

/** On Socket.IO, which says which command it answers. */
export class ChatSocketIoDevice extends inRooms(SocketIoDevice) {
  constructor(how) {
    super({ returns: true, ...how })
    this.socket.on('connect', () => this.listenAnew())
  }

  async subscribe(uri, values) {
    if (!this.socket.connected) return
    const answer = await this.socket.timeout(3000).emitWithAck('SUBSCRIBE', values).catch(() => undefined)
    if (answer?.error) this.refuse(uri, answer.error.code)
    else if (answer) this.note(answer.channel, true)
  }
}

/** On the plain WebSocket, where an ERROR does not say whom it concerns: it is the only one that asks for anything. */
export class ChatWebSocketDevice extends inRooms(WebSocketDevice) {
  subscribe(uri, values) {
    if (this.socket?.readyState === WebSocket.OPEN) this.say('SUBSCRIBE', values)
  }
}
