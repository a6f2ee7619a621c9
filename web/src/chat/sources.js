/* sources.js - where a room's messages come from and go to: for an account by the line that all tabs share, for the guest
 * of a tracking link by a socket of the room's own. */

import { api } from '../lib/api.js'
import { session } from '../lib/session.js'
import { openSocket, socketUrl } from '../lib/socket.js'
import { listen, on, tell } from '../live/live.js'

const EVENTS = ['CHAT_MESSAGE', 'CHAT_EDITED', 'CHAT_DELETED', 'CHAT_MEMBER', 'CHAT_READ', 'CHAT_ROOM', 'CHAT_TYPING', 'CHAT_COMMAND']

const pathOf = (uri, rest) => `/api/chats/${encodeURIComponent(uri)}${rest}`

/*
 * A source: uri; isMine(message); ask(path, how) as api() has it, below the room's path; hear({onEvent, onUp, onDown,
 * onLost}) until the function it gives is called; tell(event, values) says something that need not arrive.
 */

/** @param {string} uri a room the account is in */
export const accountSource = (uri) => ({
  uri,
  isMine: ({ user }) => Boolean(user?.id) && user.id === session.account?.id,
  ask: (path, how) => api(pathOf(uri, path), how),
  hear({ onEvent, onUp, onLost }) {
    const ends = EVENTS.map((event) => on(event, (values) => values.uri === uri && onEvent(event, values)))
    return [...ends, listen(uri, { onUp, onLost })].reduce((before, end) => () => (before(), end()), () => {})
  },
  tell: (event, values) => tell(event, { uri, ...values }),
})

/** @param {string} link of the order that is tracked @param {object} first what POST /v1/track/{link}/thread has told */
export function guestSource(link, first) {
  const { uri } = first
  let { token } = first

  /* A guest's token ends, and the link gives another. */
  async function renew() {
    token = (await api(`/v1/track/${encodeURIComponent(link)}/thread`, { method: 'POST' })).token
  }

  async function ask(path, how) {
    try {
      return await api(pathOf(uri, path), { ...how, token })
    } catch (problem) {
      if (problem.status !== 401) throw problem
      await renew()
      return api(pathOf(uri, path), { ...how, token })
    }
  }

  return {
    uri,
    isMine: ({ user }) => Boolean(user) && !user.id, // of a thread's people the guest alone has no account
    ask,
    hear({ onEvent, onUp, onDown }) {
      let up = false
      /* A frame has the seed's members; what else belongs to the message is asked for. */
      const whole = async (frame) => {
        const page = await ask(`/messages/?after=${frame.seq - 1}&limit=1`).catch(() => null)
        onEvent('CHAT_MESSAGE', { uri, ...(page?.messages[0] ?? frame) })
      }
      const heard = (frame) => {
        if (!up) onUp()
        up = true
        if (frame.seq) whole(frame)
      }
      const url = () => socketUrl(`/ws/chats/${uri}?token=${encodeURIComponent(token)}`)
      const down = () => {
        up = false
        renew().catch(() => {})
        onDown()
      }
      /* Asked what it does not know, the server says so: that is a sign of life. */
      const socket = openSocket(url, { question: 'PING', silent: true, bare: true, onFrame: heard, onDown: down })
      return () => socket.close()
    },
    tell: (event, { seq }) => event === 'CHAT_READ' && ask('/read', { body: { seq } }).catch(() => {}),
  }
}
