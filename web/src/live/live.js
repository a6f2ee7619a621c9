/* live.js - what happens to whoever is signed in, on every page: one line for all tabs, what it tells as state, and who
 * wants to know. Loaded once somebody is signed in. */

import { shallowReactive } from 'vue'
import { api, serverSkew } from '../lib/api.js'
import { askAgain, session } from '../lib/session.js'
import { claim } from './claim.js'
import { cursorOf } from './cursor.js'
import { ringsAfter } from './rings.js'
import { isOfRoom, roomsOn } from './rooms.js'
import { shareLine } from './share.js'

const COUNT_MS = 150 // a burst of events is counted once
const COUNTED = ['SEEN', 'ACKNOWLEDGED'] // bring the count along
const UNCOUNTED = ['RING', 'SUBSCRIBED', 'UNSUBSCRIBED', 'ERROR']
const SILENT_MS = 2500 // so long may a connection be away before it is said

/** online: nothing is known to be wrong with the connection; ringing: as rings.js has it. */
export const live = shallowReactive({ online: true, unread: 0, ringing: {} })

const listeners = new Map() // event, or '*' -> Set of functions
let shared = null // as share.js has it, while somebody is signed in
let whose = null // the account that is listened for
let timer = 0

/** The time by the server's clock. */
export const serverNow = () => Date.now() + serverSkew()

/**
 * @param {string} event its name, or '*' for all that is told to the account itself, not in a room
 * @param {(values: object, event: string) => void} listener @returns {() => void} ends it
 */
export function on(event, listener) {
  if (!listeners.has(event)) listeners.set(event, new Set())
  listeners.get(event).add(listener)
  return () => listeners.get(event).delete(listener)
}

function call(event, values) {
  const all = isOfRoom(event) ? [] : (listeners.get('*') ?? [])
  for (const listener of [...(listeners.get(event) ?? []), ...all]) listener(values, event)
}

/* The count stands with the server: whoever leads asks, and tells the other tabs. */
let counting = 0
function count() {
  clearTimeout(counting)
  if (shared.leads()) counting = setTimeout(ask, COUNT_MS)
}

async function ask() {
  const state = await api('/v1/notifications/state').catch(() => null)
  if (!state || !shared) return
  live.unread = state.unread
  shared.publish()
}

function onEvent(event, values) {
  if (isOfRoom(event)) return call(event, values)
  live.ringing = ringsAfter(live.ringing, event, values, serverNow())
  if (typeof values.unread === 'number') live.unread = values.unread
  else if (!COUNTED.includes(event) && !UNCOUNTED.includes(event)) count()
  if (event === 'GRANTS') askAgain().catch(() => {})
  call(event, values)
}

/* A connection that is back at once was not away. */
function onOnline(up) {
  clearTimeout(timer)
  if (up) live.online = true
  else timer = setTimeout(() => (live.online = false), SILENT_MS)
}

/* The session has ended, here or from another device, or the account's rights have changed. */
async function onRefused() {
  const account = await askAgain().catch(() => session.account)
  if (account?.id !== whose) stop()
}

/* The client is loaded by the tab that needs it, and until then what is told waits. */
function openLine(to) {
  let line = null
  let closed = false
  const ready = import('./line.js').then(({ openLine: open }) => closed || (line = open({ ...to, onRefused })))
  return {
    tell: (event, values) => ready.then(() => line.tell(event, values)),
    isUp: () => Boolean(line?.isUp()),
    close() {
      closed = true
      line?.close()
    },
  }
}

export function start(account) {
  if (whose === account.id) return
  stop()
  whose = account.id
  const name = `pesan.live.${whose}`
  shared = shareLine(
    {
      channel: new BroadcastChannel(name),
      claim: (take, lose) => claim(name, take, lose),
      cursor: cursorOf(whose),
      openLine,
    },
    {
      onEvent,
      onOnline,
      snapshot: () => ({ unread: live.unread, ringing: live.ringing }),
      onSnapshot: (state) => Object.assign(live, state),
    },
  )
}

export function stop() {
  shared?.close()
  shared = null
  whose = null
  clearTimeout(timer)
  clearTimeout(counting)
  Object.assign(live, { online: true, unread: 0, ringing: {} })
}

/** Tells the other tabs what this one has done. */
export const announce = (event, values) => shared?.announce(event, values)

/** Says something to the server, through whoever leads. @returns {Promise<object>} its answer, {error} for a no */
export const tell = (event, values) => shared?.tell(event, values) ?? Promise.resolve({ error: { code: 'silent' } })

/** Listens to rooms, as rooms.js has it. */
export const { listen } = roomsOn({ tell, on, announce })
