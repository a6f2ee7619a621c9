/* share.js - all tabs of a browser hear and speak through one of them, the leader, who has the line to the server. When
 * the leader goes, another takes over where the cursor is: nothing is lost, and what a tab has shown it does not show
 * again. What is told of a room may be told again, when somebody begins to listen to it: whoever shows rooms knows what
 * it has by the room's own count. Browser and network are arguments. */

import { newKey } from '../lib/key.js'
import { isOfRoom } from './rooms.js'

const PATIENCE_MS = 8000 // for an answer

/** Events that say where the journal stands, instead of telling something that is counted by it. */
const isGreeting = (event) => event === 'CONNECTED' || event === 'RESYNC'

/**
 * @param {object} browser
 *   channel: a BroadcastChannel; claim(take, lose): as claim.js has it, for the leadership; cursor: as cursor.js has it;
 *   openLine({from, onEvent(event, values, seq), onOnline(boolean)}): as line.js has it
 * @param {{onEvent: (event: string, values: object) => void, onOnline: (up: boolean) => void,
 *   snapshot: () => object, onSnapshot: (state: object) => void}} page
 *   onEvent is told each event once, in order, but for rooms' events; snapshot is what the leader tells a tab that has just been opened
 * @returns {{tell: (event: string, values: object) => Promise<object>, publish: () => void,
 *   announce: (event: string, values: object) => void, leads: () => boolean, close: () => void}}
 */
export function shareLine({ channel, claim, cursor, openLine }, { onEvent, onOnline, snapshot, onSnapshot }) {
  let line = null // while this tab leads
  let seen = 0 // the highest seq this tab was told
  const asked = new Map() // id -> {event, values, resolve, reject, timer}

  function hear(event, values, seq) {
    if (isGreeting(event)) {
      if (event === 'RESYNC' || seen === 0) seen = seq
    } else if (isOfRoom(event)) {
      seen = Math.max(seen, seq)
    } else if (seq > 0) {
      if (seq <= seen) return
      seen = seq
    }
    onEvent(event, values)
  }

  /* Passed on before it is counted: whoever takes over asks for what was not. */
  function fromServer(event, values, seq) {
    if (event === 'CONNECTED') cursor.begin(values.epoch, seq)
    if (event === 'RESYNC') cursor.restart(values.epoch, seq)
    channel.postMessage({ kind: 'event', event, values, seq })
    hear(event, values, seq)
    cursor.keep(seq)
  }

  function online(up) {
    channel.postMessage({ kind: 'online', up })
    onOnline(up)
  }

  function lead() {
    line = openLine({ from: () => cursor.from(seen), onEvent: fromServer, onOnline: online })
    for (const { event, values, answer } of asked.values()) line.tell(event, values).then(answer)
    channel.postMessage({ kind: 'leader' })
  }

  function stepDown() {
    line?.close()
    line = null
  }

  /** Tells the other tabs how things stand; does nothing in a tab that does not lead. */
  function publish() {
    if (line) channel.postMessage({ kind: 'snapshot', state: snapshot(), seq: seen, up: line.isUp() })
  }

  function answered(id, answer) {
    const question = asked.get(id)
    if (!question) return
    asked.delete(id)
    clearTimeout(question.timer)
    question.resolve(answer)
  }

  const heard = {
    event: ({ event, values, seq }) => hear(event, values, seq),
    online: ({ up }) => onOnline(up),
    snapshot: ({ state, seq, up }) => {
      if (seen === 0) seen = seq
      onOnline(up)
      onSnapshot(state)
    },
    hello: () => publish(),
    leader: () => {
      for (const [id, { event, values }] of asked) channel.postMessage({ kind: 'ask', id, event, values })
    },
    ask: ({ id, event, values }) => {
      line?.tell(event, values).then((answer) => channel.postMessage({ kind: 'answer', id, answer }))
    },
    answer: ({ id, answer }) => answered(id, answer),
  }
  channel.onmessage = ({ data }) => heard[data.kind]?.(data)
  channel.postMessage({ kind: 'hello' })
  const giveUp = claim(lead, stepDown)

  /** @returns {Promise<object>} the server's answer; {error} when it refuses or nothing came */
  function tell(event, values) {
    const id = newKey()
    return new Promise((resolve) => {
      const answer = (said) => answered(id, said)
      const timer = setTimeout(answer, PATIENCE_MS, { error: { code: 'silent' } })
      asked.set(id, { event, values, resolve, answer, timer })
      if (line) line.tell(event, values).then(answer)
      else channel.postMessage({ kind: 'ask', id, event, values })
    })
  }

  /** Tells the other tabs what happened by this one's doing, and is in no journal. */
  const announce = (event, values) => channel.postMessage({ kind: 'event', event, values, seq: 0 })

  function close() {
    stepDown()
    giveUp()
    channel.close()
  }

  return { tell, publish, announce, close, leads: () => line !== null }
}
