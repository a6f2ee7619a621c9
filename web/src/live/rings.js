/* rings.js - which orders ring: as the server tells it, never as somebody has clicked. */

const FRESH_MS = 20000 // what is older is history that is read again

/** Did it happen just now? @param {number} nowMs by the server's clock */
export const isFresh = (values, nowMs) => !values.at || nowMs - Date.parse(values.at) < FRESH_MS

const since = (values) => new Date(Date.parse(values.at) - (values.waited_s ?? 0) * 1000).toISOString()

/**
 * @param {object} ringing order id -> {number, level, since, shop_id}
 * @param {number} nowMs by the server's clock
 * @returns {object} the same after an event; the same object when it changes nothing
 */
export function ringsAfter(ringing, event, values, nowMs) {
  const { order_id: id } = values
  if (event === 'CONNECTED' || event === 'RESYNC')
    return Object.fromEntries((values.ringing ?? []).map(({ order_id: one, ...ring }) => [one, ring]))
  if ((event === 'SUBMIT_ORDER' || event === 'RING') && isFresh(values, nowMs)) {
    const before = ringing[id]
    const { number, level = before?.level ?? 0, shop_id = before?.shop_id } = values
    return { ...ringing, [id]: { number, level, shop_id, since: before?.since ?? since(values) } }
  }
  // Whatever it is called for this reader: staff who order at their own shop are told as customers.
  if (values.status && values.status !== 'received' && ringing[id]) {
    const { [id]: over, ...others } = ringing
    return others
  }
  return ringing
}
