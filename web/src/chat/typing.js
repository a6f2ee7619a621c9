/* typing.js - who is writing at this moment: each says so again and again, and is believed for a while. */

const BELIEVED_MS = 5000

/** How often one's own writing is told. */
export const TELL_MS = 2500

/** typing: user id -> {user, until} */
export const typingAfter = (typing, user, nowMs) => ({ ...typing, [user.id ?? user.username]: { user, until: nowMs + BELIEVED_MS } })

/** Somebody's message has come: he is not writing it any more. */
export function typingWithout(typing, user) {
  const { [user?.id ?? user?.username ?? '']: gone, ...others } = typing
  return gone ? others : typing
}

/** The same object when nobody has stopped. */
export function typingNow(typing, nowMs) {
  const left = Object.entries(typing).filter(([, { until }]) => until > nowMs)
  return left.length === Object.keys(typing).length ? typing : Object.fromEntries(left)
}
