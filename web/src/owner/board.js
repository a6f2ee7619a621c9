/* board.js - the orders of a shop that somebody has to do something about, as tickets in three columns. What happened
 * is only ever heard forward: a move that is older than what is shown changes nothing. */

/** The columns, and which statuses stand in each. */
export const COLUMNS = [
  { name: 'new', statuses: ['received'] },
  { name: 'making', statuses: ['accepted', 'preparing'] },
  { name: 'ready', statuses: ['ready', 'delivering'] },
]

export const STATUSES = COLUMNS.flatMap(({ statuses }) => statuses)

const rank = (status) => STATUSES.indexOf(status)
const further = (a, b) => rank(a.status) > rank(b.status)

/**
 * @param {object[][]} lists as GET /delivery-ms/{status} tells them; an order that moved between two answers may be in both
 * @returns {Object<string, object>} tickets by order id
 */
export function fromLists(lists) {
  const tickets = {}
  for (const ticket of lists.flat()) {
    const known = tickets[ticket.order_id]
    if (!known || further(ticket, known)) tickets[ticket.order_id] = ticket
  }
  return tickets
}

/** The tickets after a move that the server tells; the same object when it changes nothing. */
export function moved(tickets, { order_id: id, status, eta_at: eta }) {
  const ticket = tickets[id]
  if (!ticket || !status) return tickets
  if (rank(status) < 0) {
    const { [id]: gone, ...others } = tickets
    return others
  }
  if (rank(status) <= rank(ticket.status)) return tickets
  return { ...tickets, [id]: { ...ticket, status, eta_at: eta ?? ticket.eta_at } }
}

/** Is there something on the board now that is not shown? Then the lists have to be asked for. */
export const isMissing = (tickets, event, { order_id: id, status }) =>
  !tickets[id] && (event === 'SUBMIT_ORDER' || (event === 'ORDER_STATUS' && rank(status) >= 0))

const byAge = (a, b) => a.ordered_at.localeCompare(b.ordered_at) || a.order_id.localeCompare(b.order_id)

/** @returns {{name: string, tickets: object[]}[]} each column with who waits longest on top */
export const columnsOf = (tickets) =>
  COLUMNS.map(({ name, statuses }) => ({
    name,
    tickets: Object.values(tickets).filter(({ status }) => statuses.includes(status)).sort(byAge),
  }))

/** What a courier sees: what is to be brought. */
export const columnsFor = (columns, role) => (role === 'courier' ? columns.filter(({ name }) => name === 'ready') : columns)

/** The moves a ticket offers, the one that comes next in front. */
export function movesOf(status, role) {
  if (role === 'courier') return { ready: ['delivering'], delivering: ['delivered', 'failed'] }[status] ?? []
  return {
    accepted: ['preparing', 'failed'],
    preparing: ['ready', 'failed'],
    ready: ['delivered', 'delivering', 'failed'],
    delivering: ['delivered', 'failed'],
  }[status] ?? []
}
