/* timeline.js - the messages of a room as this page has them: merged by the room's own seq whatever the order they come
 * in, what is missing between them, and what was written here and is not among them yet. Timelines are never changed:
 * each function gives a new one, or the same when nothing is new. */

/** messages: oldest first; pending: written here, {id, message, reply_to, at, state: 'sending'|'failed', why}. */
export const emptyTimeline = () => ({ messages: [], pending: [] })

export const lastSeq = ({ messages }) => messages.at(-1)?.seq ?? 0
export const firstSeq = ({ messages }) => messages[0]?.seq ?? 0

/* Where `seq` is, or would be. Mostly it is the last. */
function placeOf(messages, seq) {
  let at = messages.length
  while (at > 0 && messages[at - 1].seq >= seq) at--
  return at
}

function put(messages, message, known) {
  const at = placeOf(messages, message.seq)
  if (messages[at]?.seq !== message.seq) messages.splice(at, 0, message)
  else messages[at] = known(messages[at], message)
}

/* One's own client has made the id; what somebody else sends under the same id is another message. */
const isOf = (message, mine) => (entry) => entry.id === message.id && mine(message)

function withAll(timeline, list, mine, known) {
  if (list.length === 0) return timeline
  const messages = [...timeline.messages]
  for (const message of list) put(messages, message, known)
  const pending = timeline.pending.filter((entry) => !list.some((message) => isOf(message, mine)(entry)))
  return { messages, pending: pending.length === timeline.pending.length ? timeline.pending : pending }
}

/**
 * A page of history, as the room is now: it stands in place of what was known.
 * @param {object[]} list @param {(message: object) => boolean} mine
 */
export const withPage = (timeline, list, mine = () => true) => withAll(timeline, list, mine, (old, now) => now)

/** A message as it was told when it came: what is known of it already may be newer. */
export function withMessage(timeline, message, mine = () => true) {
  const at = placeOf(timeline.messages, message.seq)
  const isKnown = timeline.messages[at]?.seq === message.seq
  if (isKnown && !timeline.pending.some(isOf(message, mine))) return timeline
  return withAll(timeline, [message], mine, (old) => old)
}

function changed(timeline, seq, change) {
  const at = placeOf(timeline.messages, seq)
  if (timeline.messages[at]?.seq !== seq) return timeline
  return { ...timeline, messages: timeline.messages.with(at, { ...timeline.messages[at], ...change }) }
}

/** What happened to a message after it was sent. @param {{event: string, seq: number, message?: string, at?: string}} told */
export function withChange(timeline, { event, seq, message, at }) {
  if (event === 'CHAT_EDITED') return changed(timeline, seq, { message, edited_at: at })
  return changed(timeline, seq, { message: '', deleted: true })
}

/** The first gap, as the seqs beside it; null: nothing is missing between the first and the last. */
export function holeOf({ messages }) {
  for (let i = 1; i < messages.length; i++)
    if (messages[i].seq > messages[i - 1].seq + 1) return { after: messages[i - 1].seq, before: messages[i].seq }
  return null
}

export const withPending = (timeline, entry) => ({ ...timeline, pending: [...timeline.pending, { ...entry, state: 'sending' }] })

/** @param {string|undefined} why a sentence; none: it is on its way again */
export const withState = (timeline, id, state, why) => ({
  ...timeline,
  pending: timeline.pending.map((entry) => (entry.id === id ? { ...entry, state, why } : entry)),
})

export const withoutPending = (timeline, id) => ({ ...timeline, pending: timeline.pending.filter((entry) => entry.id !== id) })
