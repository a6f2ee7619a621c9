// fan.js PORT - the peer for fan-out and idle memory: npm ws, each message to every socket, no compression.
import { createServer } from 'node:http'
import { WebSocketServer, WebSocket } from 'ws'

const server = createServer()
const sockets = new WebSocketServer({ server, perMessageDeflate: false })
sockets.on('connection', socket => {
  socket.on('message', (data, binary) => {
    for (const other of sockets.clients) if (other.readyState === WebSocket.OPEN) other.send(data, { binary })
  })
  socket.on('error', () => socket.terminate())
})
server.listen(Number(process.argv[2]), '127.0.0.1', () => console.log('listening'))
