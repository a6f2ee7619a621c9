/* line.js - the one connection to the server, on the stock client; who we are is told by the browser's cookie. */

import { io } from 'socket.io-client'
import { isOfRoom } from './rooms.js'

const PATIENCE_MS = 8000
const AGAIN_MS = 3000 // after a refusal, which the client does not repeat by itself

/**
 * @param {{from: () => object, onEvent: (event: string, values: object, seq: number) => void,
 *   onOnline: (up: boolean) => void, onRefused: () => void}} to
 *   from: the cursor, asked at each connection; onRefused: we are nobody, or not any more who we were
 * @returns {{tell: (event: string, values: object) => Promise<object>, isUp: () => boolean, close: () => void}}
 */
export function openLine({ from, onEvent, onOnline, onRefused }) {
  const socket = io({
    forceNew: true,
    transports: ['websocket', 'polling'],
    tryAllTransports: true,
    reconnectionDelay: 300,
    reconnectionDelayMax: 5000,
    auth: (send) => send(from()),
  })
  let timer = 0

  const tell = (event, values) =>
    socket.timeout(PATIENCE_MS).emitWithAck(event, values).catch(() => ({ error: { code: 'silent' } }))

  /* The journal's own seq comes behind the values, where recovery looks for it; what is not in the journal has none. */
  socket.onAny((event, values, offset) => {
    const seq = Number(offset ?? (isOfRoom(event) ? 0 : values?.seq ?? 0))
    if (!values || !Number.isSafeInteger(seq)) return
    onEvent(event, values, seq)
    if (values.level === 'alert') socket.emit('DELIVERED', { seq }) // it has come to this device
  })
  socket.on('connect', () => onOnline(true))
  socket.on('disconnect', (reason) => {
    onOnline(false)
    if (reason === 'io server disconnect') refused()
  })
  socket.on('connect_error', (error) => {
    onOnline(false)
    if (error.data?.code) refused()
  })

  function refused() {
    onRefused()
    clearTimeout(timer)
    timer = setTimeout(() => socket.connect(), AGAIN_MS)
  }

  return {
    tell,
    isUp: () => socket.connected,
    close() {
      clearTimeout(timer)
      socket.disconnect()
    },
  }
}
