/* useMoves.js - what a hand on the board asks of the server; the board changes by the answer, not by the hand. */

import { reactive } from 'vue'
import { useI18n } from 'vue-i18n'
import { api } from '../lib/api.js'
import { say } from '../notify/toasts.js'

/** @param {{show: (move: object) => void, load: () => void}} board as useBoard() has it */
export function useMoves({ show, load }) {
  const { t } = useI18n()
  const busy = reactive(new Set()) // order ids with a question on its way

  /** @returns {Promise<boolean>} whether the server agreed */
  async function ask(ticket, path, body) {
    const { order_id: id, number } = ticket
    if (busy.has(id)) return false
    busy.add(id)
    try {
      show({ order_id: id, ...(await api(path, { method: 'PATCH', body })) })
      return true
    } catch (problem) {
      say('bad', t('owner.taken', { number, message: problem.message }))
      load() // somebody else may have been first
      return false
    } finally {
      busy.delete(id)
    }
  }

  return {
    busy,
    accept: (ticket, minutes) =>
      ask(ticket, `/order-receive/${ticket.order_id}`, minutes ? { accept: true, eta_minutes: minutes } : { accept: true }),
    decline: (ticket, reason) => ask(ticket, `/order-receive/${ticket.order_id}`, { accept: false, reason }),
    move: (ticket, status, note) =>
      ask(ticket, `/delivery-ms/${encodeURIComponent(ticket.user_id)}/${ticket.order_id}`, note ? { status, note } : { status }),
  }
}
