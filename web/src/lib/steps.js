/* steps.js - the way of an order as a line of steps, from its status and its history. */

const WAY = ['received', 'accepted', 'preparing', 'ready', 'delivered']
const ENDS = ['cancelled', 'rejected', 'failed']

/** Statuses after which nothing follows. */
export const isOver = (status) => status === 'delivered' || ENDS.includes(status)

/** Statuses that a customer may still give up; from accepted on the shop is asked. */
export const canCancel = (status) => ['unpaid', 'received', 'accepted'].includes(status)

/** When each status began. An order that is not paid in advance is received as it is placed. */
function timesOf({ status, history = [], ordered_at: ordered, pay }) {
  const times = Object.fromEntries(history.map((move) => [move.status, move.at]))
  const first = status === 'unpaid' || (pay && pay !== 'counter' && !times.received) ? 'unpaid' : 'received'
  return { [first]: ordered, ...times }
}

/**
 * @param {{status: string, ordered_at: string, pay?: string, history: {status:string, at:string}[]}} order
 * @returns {{status: string, at?: string, state: 'done'|'now'|'todo'|'bad'}[]}
 */
export function stepsOf(order) {
  const { status } = order
  const times = timesOf(order)
  const way = WAY.toSpliced(4, 0, ...(times.delivering || status === 'delivering' ? ['delivering'] : []))
  const whole = times.unpaid ? ['unpaid', ...way] : way
  if (ENDS.includes(status)) {
    const reached = whole
      .filter((step) => times[step])
      .map((step) => ({ status: step, at: times[step], state: step === 'unpaid' ? 'todo' : 'done' }))
    return [...reached, { status, at: times[status], state: 'bad' }]
  }
  const now = whole.indexOf(status)
  return whole.map((step, i) => ({
    status: step,
    at: times[step],
    state: i < now || status === 'delivered' ? 'done' : i === now ? 'now' : 'todo',
  }))
}
