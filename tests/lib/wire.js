// wire.js - a TCP proxy in front of a server: the cable a test can pull out and put back.
import { once } from 'node:events'
import net from 'node:net'

/**
 * @param {{host: string, port: number}} server where connections lead to
 * @returns {Promise<{url: string, cut: () => void, heal: () => void, deafen: () => {text: string},
 *   stop: () => Promise<void>}>}
 *   cut ends all connections and refuses new ones until heal; deafen keeps back what the server says from now on
 *   until heal, in `text`; stop ends the proxy
 */
export async function startWire({ host, port }) {
  const open = new Set()
  const pairs = new Map() // the server's end of each connection to the client's
  let whole = true
  let kept = null // what nobody hears

  const keepBack = (far, near) => {
    far.unpipe(near)
    far.on('data', (bytes) => kept && (kept.text += bytes)).resume()
  }

  const listener = net.createServer((near) => {
    if (!whole) return near.destroy()
    const far = net.connect(port, host)
    pairs.set(far, near)
    far.on('close', () => pairs.delete(far))
    if (kept) far.once('connect', () => keepBack(far, near))
    for (const [socket, other] of [[near, far], [far, near]]) {
      open.add(socket)
      socket.pipe(other)
      socket.on('error', () => {})
      socket.on('close', () => {
        open.delete(socket)
        other.destroy()
      })
    }
  })
  listener.listen(0, '127.0.0.1')
  await once(listener, 'listening')

  const cut = () => {
    whole = false
    for (const socket of open) socket.destroy()
  }
  return {
    url: `http://127.0.0.1:${listener.address().port}`,
    cut,
    heal() {
      whole = true
      kept = null
    },
    deafen() {
      kept = { text: '' }
      for (const [far, near] of pairs) keepBack(far, near)
      return kept
    },
    async stop() {
      cut()
      listener.close()
      await once(listener, 'close')
    },
  }
}
