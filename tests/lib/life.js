// life.js - judges what became of many orders: their events against the table of moves, against what the routes say,
// and the money and the stock behind them. It asks nobody: it is given a world and says what is wrong with it.
import { readFileSync } from 'node:fs'
import path from 'node:path'
import { root } from './server.js'

/** The table of moves, as the server has it: "from to" -> ORDER or DELIVERY. */
export function readMoves(text = readFileSync(path.join(root, 'src/app/tbl/order_states.h'), 'utf8')) {
  const words = new Map([...text.matchAll(/^ORDER_STATE\((\w+), "([a-z]+)"/gm)].map(([, name, word]) => [name, word]))
  const moves = [...text.matchAll(/^ORDER_MOVE\((\w+), (\w+), (\w+),/gm)]
  return new Map(moves.map(([, from, to, mover]) => [`${words.get(from)} ${words.get(to)}`, mover]))
}

/** What a topic says an order has become. */
const becomes = {
  'order.placed': (p) => p.status,
  'order.paid': () => 'received',
  'order.accepted': () => 'accepted',
  'order.rejected': () => 'rejected',
  'order.cancelled': () => 'cancelled',
  'delivery.moved': (p) => p.status,
}

/** States in which there will be no sale. */
const LOST = new Set(['cancelled', 'rejected', 'failed'])
/** States in which nothing was taken out of the shop. */
const UNDONE = new Set(['cancelled', 'rejected'])

/** Events by order, in the order of the journal. */
function byOrder(events) {
  const orders = new Map()
  for (const event of events) {
    if (!/^(order|delivery|payment)\./.test(event.topic)) continue
    if (!orders.has(event.key)) orders.set(event.key, [])
    orders.get(event.key).push(event)
  }
  return orders
}

/** The states one order's events tell, one after the other; what is wrong with them goes to `say`. */
function statesOf(events, moves, say) {
  const states = []
  let echo = false // the order service repeats a cancel that delivery granted
  for (const { topic, payload, seq } of events) {
    const to = becomes[topic]?.(payload)
    if (!to) continue
    const from = states.at(-1)
    const mover = topic.startsWith('order.') ? 'ORDER' : 'DELIVERY'
    if (echo && topic === 'order.cancelled') {
      echo = false
      continue
    }
    if (topic === 'order.placed') {
      if (from) say(`placed twice (seq ${seq})`)
      else if (to !== 'received' && to !== 'unpaid') say(`placed as ${to}`)
    } else if (!from) say(`${topic} before order.placed`)
    else if (moves.get(`${from} ${to}`) !== mover) say(`${topic} moves it from ${from} to ${to} (seq ${seq})`)
    if (topic === 'delivery.moved' && payload.from !== from) say(`delivery.moved from ${payload.from}, but it is ${from}`)
    echo = topic === 'delivery.moved' && to === 'cancelled'
    states.push(to)
  }
  if (echo) say('delivery granted a cancel, order never told')
  if (new Set(states).size !== states.length) say(`a state twice: ${states.join(' ')}`)
  return states
}

const sum = (events, topic, fits = () => true) =>
  events.filter((e) => e.topic === topic && fits(e.payload)).reduce((all, e) => all + e.payload.amount, 0)

/** Money of one order: nothing is sold unpaid, nothing kept of what was not sold, nothing given back twice. */
function judgeMoney({ events, states, payment, visible }, say) {
  const placed = events.find((e) => e.topic === 'order.placed')?.payload
  const paid = sum(events, 'payment.paid')
  const late = sum(events, 'payment.refund_started', (p) => p.reason === 'late') // came after the end, and was never a sale
  const back = sum(events, 'payment.refunded')
  const last = states.at(-1)
  if (events.filter((e) => e.topic === 'payment.paid').length > 1) say('paid twice')
  if (placed?.pay !== 'counter' && states.includes('received') && !paid) say('received without its money')
  if (paid && paid !== placed?.total) say(`paid ${paid} of ${placed?.total}`)
  if (back > paid + late) say(`given back ${back} of ${paid + late}`)
  if (LOST.has(last) && back !== paid + late && !visible) say(`${last}, but ${paid + late - back} was kept and nobody is told`)
  if (!LOST.has(last) && back) say(`${last}, but ${back} was given back`)
  if (paid && last === 'unpaid') say('paid, and still unpaid')
  if (!payment) return
  if (payment.amount.amount !== placed?.total) say(`payment of ${payment.amount.amount} for ${placed?.total}`)
  if (payment.refunded.amount !== back) say(`payment tells ${payment.refunded.amount} given back, events ${back}`)
  if (payment.gateway.paid !== (paid + late > 0)) say(`the gateway ${payment.gateway.paid ? 'has' : 'has not'} its money, events tell ${paid + late}`)
  const byGateway = back - sum(events, 'payment.refunded', (p) => p.how === 'credit')
  if (payment.gateway.refunded !== byGateway) say(`the gateway gave back ${payment.gateway.refunded}, events tell ${byGateway}`)
}

/** What the routes of order and delivery say of one order, beside its events. */
function judgeRoutes({ states, order, delivery }, say) {
  const told = (history) => history.map((h) => h.status).join(' ')
  if (!order) return say('is not there')
  if (order.status !== states.at(-1)) say(`is ${order.status}, events tell ${states.at(-1)}`)
  const moved = states.slice(1).join(' ') // that it was placed is no move
  if (told(order.history) !== moved) say(`history "${told(order.history)}", events "${moved}"`)
  const times = order.history.map((h) => Date.parse(h.at))
  if (times.some((t, i) => !(t >= (times[i - 1] ?? 0)))) say(`history runs backwards: ${order.history.map((h) => `${h.status} ${h.at}`).join(', ')}`)
  const here = states.filter((s) => s !== 'unpaid')
  const handed = here[0] === 'received' // delivery hears of an order once it is received
  if (!handed) {
    if (delivery) say(`delivery has it as ${delivery.status}, though it was never received`)
    return
  }
  if (!delivery) return say('delivery does not have it')
  if (delivery.status !== order.status) say(`delivery says ${delivery.status}, order ${order.status}`)
  if (told(delivery.history) !== here.join(' ')) say(`delivery's history "${told(delivery.history)}", events "${here.join(' ')}"`)
}

function judgeStock({ stock, orders }, say) {
  for (const [product, { before, now }] of Object.entries(stock)) {
    let taken = 0
    for (const { states, placed } of orders)
      if (placed && !UNDONE.has(states.at(-1)))
        for (const item of placed.items) if (item.product_id === product) taken += item.qty
    if (before - taken !== now) say(`${product}: ${before} less ${taken} sold are not ${now}`)
  }
}

/**
 * Everything that is wrong, as lines.
 * @param {{events: object[], orders: Map, deliveries: Map, payments: Map, visible: Set, answered: Map,
 *   stock: Object}} world events of the journal; what GET says of each order, delivery and payment (with
 *   gateway: {paid, refunded} as the gateway has it) by the order's id; orders people are told to look at; the answers
 *   to placing by key: ids of orders; stock of products before and now
 */
export function violations(world, moves = readMoves()) {
  const wrong = []
  const ids = new Set()
  let last = 0
  for (const { seq, id } of world.events) {
    if (seq !== last + 1 && last) wrong.push(`seq ${last} is followed by ${seq}`)
    if (ids.has(id)) wrong.push(`event ${id} twice`)
    ids.add(id)
    last = seq
  }
  const judged = []
  const orders = byOrder(world.events)
  for (const [id, events] of orders) {
    const say = (what) => wrong.push(`${id}: ${what}`)
    const states = statesOf(events, moves, say)
    if (states.length === 0) {
      say('has events, but none of its own')
      continue
    }
    const placed = events.find((e) => e.topic === 'order.placed')?.payload
    judged.push({ states, placed })
    judgeRoutes({ states, order: world.orders.get(id), delivery: world.deliveries.get(id) }, say)
    judgeMoney({ events, states, payment: world.payments.get(id), visible: world.visible.has(id) }, say)
  }
  judgeStock({ stock: world.stock, orders: judged }, (what) => wrong.push(`stock of ${what}`))
  const answered = new Set()
  for (const [key, found] of world.answered) {
    if (new Set(found).size !== 1) wrong.push(`key ${key} made ${[...new Set(found)].join(', ')}`)
    if (answered.has(found[0])) wrong.push(`${found[0]} answers two keys`)
    answered.add(found[0])
    if (!orders.has(found[0])) wrong.push(`${found[0]} was answered, but has no events`)
  }
  for (const id of orders.keys()) if (!answered.has(id)) wrong.push(`${id} was never answered`)
  return wrong
}
