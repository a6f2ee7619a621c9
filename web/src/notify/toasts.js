/* toasts.js - what is said on every page as it happens; one line for an order, and one for all that was missed. */

import { reactive } from 'vue'
import { isFresh } from '../live/rings.js'

const MOST = 3

/** How much it matters to whoever hears it, as the server says: "alert", "info" or "quiet". A ring has a number there. */
const isNews = ({ level }) => level === 'alert' || level === 'info'

/** toasts: {id, event, level, order_id, values}, the newest last. */
export const toasts = reactive([])

/** The pages that show an order anyway say so here. */
const shownElsewhere = new Set()

/** @param {(event: string, values: object) => boolean} shows @returns {() => void} ends it */
export function showsItself(shows) {
  shownElsewhere.add(shows)
  return () => shownElsewhere.delete(shows)
}

/** A line that the page itself says. */
export function say(level, message) {
  push({ id: `said-${message}`, event: '', level, values: { message } })
}

function push(toast) {
  drop(toast.id)
  toasts.push(toast)
  if (toasts.length > MOST) toasts.shift()
}

export function drop(id) {
  const at = toasts.findIndex((toast) => toast.id === id)
  if (at >= 0) toasts.splice(at, 1)
}

export const dropAll = () => toasts.splice(0)

/** A new order is no news any more as soon as somebody has decided. */
function settle(event, values) {
  const at = toasts.findIndex((toast) => toast.order_id === values.order_id && toast.event === 'SUBMIT_ORDER')
  if (at >= 0 && event === 'ORDER_STATUS' && values.status !== 'received') toasts.splice(at, 1)
}

/** @param {number} nowMs by the server's clock */
export function hear(event, values, nowMs) {
  settle(event, values)
  if (!isNews(values) || [...shownElsewhere].some((shows) => shows(event, values))) return
  const id = event === 'CHAT_MESSAGE' ? `chat-${values.uri}` : (values.order_id ?? values.id)
  if (isFresh(values, nowMs)) push({ id, event, level: values.level, order_id: values.order_id, values })
  else push({ id: 'missed', event: 'MISSED', level: 'info', values: {} })
}
