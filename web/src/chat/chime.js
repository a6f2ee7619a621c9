/* chime.js - one soft knock for a message while no window of this browser has the focus. Each tab that hears the message
 * waits a moment: one that has the focus says so, or another may have knocked. */

import { tap } from '../notify/knock.js'

const WAIT_MS = 60
const SPREAD_MS = 120
const KEPT = 50

/**
 * @param {object} browser channel: a BroadcastChannel; hasFocus(); sound(); random in [0,1)
 * @returns {(id: string) => void} a message has come
 */
export function chimes({ channel, hasFocus, sound, random = Math.random }) {
  const settled = new Set()

  function settle(id) {
    settled.add(id)
    if (settled.size > KEPT) settled.delete(settled.values().next().value)
  }

  function say(id) {
    settle(id)
    channel.postMessage(id)
  }

  function ring(id) {
    if (settled.has(id)) return
    say(id)
    sound()
  }

  channel.onmessage = ({ data }) => settle(data)
  return (id) => {
    if (settled.has(id)) return
    if (hasFocus()) return say(id)
    setTimeout(ring, WAIT_MS + SPREAD_MS * random(), id)
  }
}

let own = null

/** @param {string} id of the message, the same in all tabs */
export function chime(id) {
  own ??= chimes({ channel: new BroadcastChannel('pesan.chime'), hasFocus: () => document.hasFocus(), sound: tap })
  own(id)
}
