/* rows.js - messages as they are read down a page: days, who speaks how long, what is new. */

const PAUSE_MS = 5 * 60000 // after it a speaker is named anew

const dayOf = (iso) => new Date(iso).toDateString()
const isText = ({ kind, user }) => kind !== 'system' && Boolean(user)

/** @returns {string} who has said it, the same for the same person or guest */
export const speakerOf = ({ user }) => user?.id ?? user?.username ?? ''

/** Does `b` go on where `a` has spoken? */
function goesOn(a, b) {
  return Boolean(a) && isText(a) && isText(b) && speakerOf(a) === speakerOf(b) && Date.parse(b.at) - Date.parse(a.at) < PAUSE_MS &&
    dayOf(a.at) === dayOf(b.at)
}

/**
 * @param {object[]} messages oldest first
 * @param {number} readSeq what was read when the room was opened: above what is newer a line is drawn; 0: none
 * @param {(message: object) => boolean} mine
 * @returns {object[]} {kind: 'day', key, at}, {kind: 'new', key}, {kind: 'system', key, message} and
 *   {kind: 'text', key, message, mine, first, last}
 */
export function rowsOf(messages, readSeq, mine) {
  const rows = []
  let drawn = readSeq === 0
  messages.forEach((message, i) => {
    const [before, after] = [messages[i - 1], messages[i + 1]]
    if (!before || dayOf(before.at) !== dayOf(message.at)) rows.push({ kind: 'day', key: `day-${message.seq}`, at: message.at })
    const breaks = !drawn && message.seq > readSeq
    if (breaks) {
      drawn = true
      if (!mine(message)) rows.push({ kind: 'new', key: 'new' })
    }
    const key = `m-${message.seq}`
    if (!isText(message)) rows.push({ kind: 'system', key, message })
    else rows.push({ kind: 'text', key, message, mine: mine(message), first: breaks || !goesOn(before, message), last: !after || !goesOn(message, after) })
  })
  return rows
}

/**
 * How far a message of one's own has come with the others.
 * @param {{read_seq?: number, delivered_seq?: number}[]} others
 * @returns {'sent'|'delivered'|'read'} what holds for all of them
 */
export function markOf(seq, others) {
  if (others.length === 0) return 'sent'
  const least = (member) => Math.min(...others.map((one) => Math.max(one[member] ?? 0, one.read_seq ?? 0)))
  if (least('read_seq') >= seq) return 'read'
  return least('delivered_seq') >= seq ? 'delivered' : 'sent'
}

/** Who has read as far as this message, and no further than the next of one's own. */
export const readersOf = (seq, others) => others.filter(({ read_seq: read }) => (read ?? 0) >= seq)
