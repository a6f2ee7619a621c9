/* socket.js - one WebSocket that heals: JSON frames in and out, reconnecting with backoff for as long
 * as the page lives. A connection that has silently died (Wi-Fi gone, router restarted) is found by
 * asking something when nothing was heard for a while: any answer is a heartbeat. */

import { backoffMs } from './backoff.js'

const QUIET_MS = 20000 // nothing heard for so long: ask
const ANSWER_MS = 5000 // no answer for so long, or no hello after opening: drop the connection

/**
 * @param {string|(() => string)} url ws: or wss: address; a function is asked at each attempt
 * @param {{question: string, silent?: boolean, bare?: boolean, onFrame: (frame:{event:string,values:any}) => void,
 *   onDown: (attempt:number) => void}} to
 *   question is the event that asks whether anybody is there; silent says that the server does not greet,
 *   so that it is asked at once; bare that there are frames without an event's name, too; onFrame gets each well-formed frame; onDown is called once per lost or
 *   refused connection with the number of refusals in a row
 * @returns {{send: (frame:object) => void, close: () => void}} send drops frames while not connected
 */
export function openSocket(url, { question, silent, bare, onFrame, onDown }) {
  let ws = null
  let attempt = 0
  let timer = 0 // the one timer: next attempt while down, heartbeat while up
  let closed = false

  const after = (ms, run) => {
    clearTimeout(timer)
    timer = setTimeout(run, ms)
  }

  function send(frame) {
    if (ws?.readyState === WebSocket.OPEN) ws.send(JSON.stringify(frame))
  }

  function probe() {
    send({ event: question, values: {} })
    after(ANSWER_MS, down)
  }

  function heard(text) {
    after(QUIET_MS, probe)
    let frame
    try {
      frame = JSON.parse(text)
    } catch {
      return
    }
    if (typeof frame?.event !== 'string' && !(bare && frame)) return
    attempt = 0
    onFrame(frame)
  }

  /* A half-open socket may take minutes to report its end, so its handlers are cut off here instead. */
  function down() {
    if (!ws) return
    ws.onopen = ws.onmessage = ws.onclose = null
    ws.close()
    ws = null
    if (closed) return
    onDown(attempt)
    after(backoffMs(attempt), connect)
    attempt += 1
  }

  function connect() {
    ws = new WebSocket(typeof url === 'function' ? url() : url)
    ws.onopen = silent ? probe : () => after(ANSWER_MS, down)
    ws.onmessage = (message) => heard(message.data)
    ws.onclose = down
    after(2 * ANSWER_MS, down)
  }

  /* The network of the tablet went or came: find out now rather than at the next heartbeat. */
  const wentOffline = () => ws?.readyState === WebSocket.OPEN && probe()
  const cameOnline = () => !ws && after(0, connect)
  addEventListener('offline', wentOffline)
  addEventListener('online', cameOnline)
  connect()

  return {
    send,
    close() {
      closed = true
      removeEventListener('offline', wentOffline)
      removeEventListener('online', cameOnline)
      down()
      clearTimeout(timer)
    },
  }
}

/** The address of a socket of our own server. */
export const socketUrl = (path) => `${location.protocol === 'https:' ? 'wss:' : 'ws:'}//${location.host}${path}`
