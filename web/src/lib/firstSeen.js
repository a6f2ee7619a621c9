/* firstSeen.js - when this screen first showed an order, kept over a reload so that the bar goes on where it was. */

const KEY = 'pesan.qr'

/** @returns {string} ISO time at which the order was first shown here; now, if it is new */
export function firstSeen(orderId, nowMs) {
  try {
    const kept = JSON.parse(sessionStorage.getItem(KEY))
    if (kept?.orderId === orderId) return kept.at
  } catch {
    /* nothing readable kept: the order counts as new */
  }
  const at = new Date(nowMs).toISOString()
  try {
    sessionStorage.setItem(KEY, JSON.stringify({ orderId, at }))
  } catch {
    /* storage is switched off: a reload starts the bar anew */
  }
  return at
}
