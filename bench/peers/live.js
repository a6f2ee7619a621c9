// live.js PORT KEY - the peer for everything live: npm socket.io. On `/` a device logs in with its token and is in the
// room of its account; on `/custom` the event `fan` is emitted to every socket there. No compression, no client served.
import { createServer } from 'node:http'
import { createVerifier } from 'fast-jwt'
import { Server } from 'socket.io'

/** Socket.IO on an HTTP server, with middleware that checks tokens signed with `key`. */
export function live(server, key) {
  const io = new Server(server, { serveClient: false })
  const verify = createVerifier({ key, algorithms: ['HS256'], cache: true })
  io.use((socket, next) => {
    try {
      socket.data.account = verify(socket.handshake.auth.token).sub
      next()
    } catch {
      next(new Error('not-logged-in'))
    }
  })
  io.on('connection', (socket) => socket.join(`user:${socket.data.account}`))
  const custom = io.of('/custom')
  custom.on('connection', (socket) => socket.on('fan', (...args) => custom.emit('fan', ...args)))
  return io
}

if (import.meta.filename === process.argv[1]) {
  const [port, key] = process.argv.slice(2)
  const server = createServer()
  live(server, key)
  server.listen(Number(port), '127.0.0.1', () => console.log('listening'))
}
