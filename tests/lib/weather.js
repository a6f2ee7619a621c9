// weather.js - a TCP proxy in front of a server: a network on which connections break in every way they can, at times
// that only the seed knows.
import { once } from 'node:events'
import net from 'node:net'

/** What may befall a connection; each ends it but for the stall, which is only slow. */
const MISHAPS = {
  /** Both sides hear a RST. */
  reset: (line) => line.end((socket) => socket.resetAndDestroy()),
  /** Both sides hear a FIN, and nothing behind it. */
  fin: (line) => line.end((socket) => socket.destroySoon()),
  /** Some bytes of what is on its way arrive, then a RST. */
  torn: (line) => (line.tear = true),
  /** Nothing moves for a while, and nothing is lost. */
  stall: (line, { wait }) => {
    line.sockets.forEach((socket) => socket.pause())
    line.later(wait, () => line.sockets.forEach((socket) => socket.resume()))
  },
  /** The server has gone, which the client learns only later. */
  halfOpen: (line, { wait }) => {
    line.deaf = true
    line.far.resetAndDestroy()
    line.later(wait, () => line.near.resetAndDestroy())
  },
  /** The client has gone, which the server learns only later. */
  gone: (line, { wait }) => {
    line.deaf = true
    line.near.resetAndDestroy()
    line.later(wait, () => line.far.resetAndDestroy())
  },
  /** All that either side says is lost, until both learn that there is nobody. */
  silence: (line, { wait }) => {
    line.deaf = true
    line.later(wait, () => line.end((socket) => socket.resetAndDestroy()))
  },
}

/** A connection through the proxy. */
class Line {
  constructor(near, far, random, done) {
    Object.assign(this, { near, far, random, done, sockets: [near, far], timers: new Set(), deaf: false, tear: false })
    this.carry(near, far)
    this.carry(far, near)
  }

  carry(from, to) {
    from.on('data', (bytes) => {
      if (this.deaf) return
      if (this.tear) return this.cut(to, bytes)
      if (!to.write(bytes)) {
        from.pause()
        to.once('drain', () => from.resume())
      }
    })
    from.on('error', () => {})
    from.on('end', () => this.deaf || to.end())
    from.on('close', () => {
      if (!this.deaf) to.destroySoon()
      if (this.sockets.every((socket) => socket.destroyed)) this.close()
    })
  }

  cut(to, bytes) {
    this.deaf = true
    to.write(bytes.subarray(0, this.random.below(bytes.length)), () => this.end((socket) => socket.resetAndDestroy()))
  }

  later(ms, what) {
    this.timers.add(setTimeout(what, ms))
  }

  end(how) {
    this.sockets.forEach(how)
  }

  close() {
    this.timers.forEach(clearTimeout)
    this.end((socket) => socket.destroy())
    this.done(this)
  }
}

/**
 * @param {number} port of a server on 127.0.0.1, which may come and go
 * @param {{below: Function, chance: Function, pick: Function}} random of game.js
 * @returns {Promise<{url: string, port: number, calm: () => void, storm: () => void, counts: Object, stop: () => Promise<void>}>}
 *   in a storm each connection meets a mishap within a second or two, now and then all of them at once; once it is calm
 *   whatever is still broken ends, and connections hold
 */
export async function startWeather(port, random) {
  const lines = new Set()
  const counts = {}
  let stormy = false
  let timer

  const befall = (line, mishap) => {
    counts[mishap] = (counts[mishap] ?? 0) + 1
    MISHAPS[mishap](line, { wait: 100 + random.below(2000) })
  }
  const blow = () => {
    if (random.chance(0.03)) for (const line of lines) befall(line, 'reset')
    for (const line of lines) if (!line.deaf && random.chance(0.12)) befall(line, random.pick(Object.keys(MISHAPS)))
    timer = setTimeout(blow, 50 + random.below(200))
  }

  const listener = net.createServer({ noDelay: true, allowHalfOpen: true }, (near) => {
    if (stormy && random.chance(0.05)) return near.resetAndDestroy()
    const far = net.connect({ port, host: '127.0.0.1', noDelay: true, allowHalfOpen: true })
    lines.add(new Line(near, far, random, (line) => lines.delete(line)))
  })
  listener.listen(0, '127.0.0.1')
  await once(listener, 'listening')

  const calm = () => {
    clearTimeout(timer)
    stormy = false
    for (const line of lines) if (line.deaf || line.tear || line.timers.size) line.close()
  }
  return {
    url: `http://127.0.0.1:${listener.address().port}`,
    port: listener.address().port,
    counts,
    storm() {
      stormy = true
      blow()
    },
    calm,
    async stop() {
      calm()
      for (const line of lines) line.close()
      listener.close()
      await once(listener, 'close')
    },
  }
}
