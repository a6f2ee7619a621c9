// property.test.js - thousands of moves of many orders by several clients at once, in an order nobody chose; then the
// journal, the routes and the gateway must agree on what happened. PESAN_SEED plays one game again.
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { readMoves, violations } from '../lib/life.js'
import { play } from '../lib/game.js'

describe('the judge', () => {
  /** One order paid online and delivered, one of the counter cancelled, one online and given back. */
  function world() {
    const events = []
    let seq = 0
    const say = (topic, key, payload) => events.push({ seq: ++seq, id: `e${seq}`, topic, key, payload })
    const place = (key, pay, status) =>
      say('order.placed', key, { status, pay, total: 700, items: [{ product_id: 'cola', qty: 1, price: 700 }] })
    const move = (key, from, status) => say('delivery.moved', key, { from, status })
    place('a', 'qris', 'unpaid')
    say('payment.paid', 'a', { amount: 700 })
    say('order.paid', 'a', {})
    place('b', 'counter', 'received')
    say('order.accepted', 'a', {})
    say('order.cancelled', 'b', {})
    move('a', 'accepted', 'preparing')
    move('a', 'preparing', 'ready')
    place('c', 'qris', 'unpaid')
    say('payment.paid', 'c', { amount: 700 })
    say('order.paid', 'c', {})
    say('order.accepted', 'c', {})
    say('order.cancel_requested', 'c', { status: 'accepted' })
    move('c', 'accepted', 'cancelled')
    say('order.cancelled', 'c', {})
    say('payment.refunded', 'c', { amount: 700 })
    move('a', 'ready', 'delivered')
    const told = (words, skip) => {
      const history = words.split(' ').map((status, i) => ({ status, at: new Date(1e12 + i).toISOString() }))
      return { status: history.at(-1).status, history: history.slice(skip) }
    }
    const payment = (back) => ({ amount: { amount: 700 }, refunded: { amount: back }, gateway: { paid: true, refunded: back } })
    return {
      events,
      orders: new Map([
        ['a', told('unpaid received accepted preparing ready delivered', 1)],
        ['b', told('received cancelled', 1)],
        ['c', told('unpaid received accepted cancelled', 1)],
      ]),
      deliveries: new Map([
        ['a', told('received accepted preparing ready delivered', 0)],
        ['b', told('received cancelled', 0)],
        ['c', told('received accepted cancelled', 0)],
      ]),
      payments: new Map([['a', payment(0)], ['c', payment(700)]]),
      visible: new Set(),
      answered: new Map([['k1', ['a', 'a']], ['k2', ['b']], ['k3', ['c']]]),
      stock: { cola: { before: 10, now: 9 } },
    }
  }

  /** The event of this topic about this order, out of the world. */
  const pick = (w, topic, key) => w.events.find((e) => e.topic === topic && e.key === key)
  const drop = (w, topic, key) => {
    w.events = w.events.filter((e) => e.topic !== topic || e.key !== key).map((e, i) => ({ ...e, seq: i + 1 }))
  }
  const add = (w, topic, key, payload = {}) => w.events.push({ seq: w.events.length + 1, id: `x${w.events.length}`, topic, key, payload })

  test('reads the table of moves', () => {
    const moves = readMoves()
    assert.ok(moves.size >= 15)
    assert.equal(moves.get('unpaid received'), 'ORDER')
    assert.equal(moves.get('ready delivered'), 'DELIVERY')
  })

  test('is content with a good world', () => assert.deepEqual(violations(world()), []))

  const planted = [
    ['a move that is not in the table', (w) => add(w, 'delivery.moved', 'a', { from: 'delivered', status: 'failed' }), /moves it from delivered to failed/],
    ['a move of the wrong service', (w) => Object.assign(pick(w, 'order.accepted', 'a'), { topic: 'delivery.moved', payload: { from: 'received', status: 'accepted' } }), /delivery\.moved moves it from received to accepted/],
    ['a move from elsewhere', (w) => (pick(w, 'delivery.moved', 'a').payload.from = 'ready'), /from ready, but it is accepted/],
    ['an event told twice', (w) => add(w, 'order.accepted', 'a'), /order\.accepted moves it from delivered/],
    ['an order placed twice', (w) => add(w, 'order.placed', 'b', pick(w, 'order.placed', 'b').payload), /b: placed twice/],
    ['an order that was never placed', (w) => drop(w, 'order.placed', 'b'), /before order\.placed/],
    ['one event id twice', (w) => (w.events[3].id = w.events[1].id), /event e2 twice/],
    ['a hole in the journal', (w) => w.events.splice(3, 1), /is followed by/],
    ['a cancel granted and not told', (w) => drop(w, 'order.cancelled', 'c'), /order never told/],
    ['a status that differs', (w) => (w.orders.get('b').status = 'received'), /b: is received, events tell cancelled/],
    ['a history that differs', (w) => w.orders.get('a').history.splice(2, 1), /a: history/],
    ['a history that runs backwards', (w) => (w.orders.get('a').history[2].at = '1999-01-01T00:00:00Z'), /backwards/],
    ['a delivery that differs', (w) => (w.deliveries.get('a').status = 'ready'), /delivery says ready/],
    ['a delivery that is missing', (w) => w.deliveries.delete('b'), /b: delivery does not have it/],
    ['an order that is missing', (w) => w.orders.delete('b'), /b: is not there/],
    ['a delivery without its money', (w) => drop(w, 'payment.paid', 'a'), /a: received without its money/],
    ['money that was kept', (w) => drop(w, 'payment.refunded', 'c'), /700 was kept and nobody is told/],
    ['money given back for a sale', (w) => add(w, 'payment.refunded', 'a', { amount: 700 }), /a: delivered, but 700 was given back/],
    ['money given back twice', (w) => add(w, 'payment.refunded', 'c', { amount: 700 }), /c: given back 1400 of 700/],
    ['money taken twice', (w) => add(w, 'payment.paid', 'a', { amount: 700 }), /a: paid twice/],
    ['too little money', (w) => (pick(w, 'payment.paid', 'a').payload.amount = 7), /a: paid 7 of 700/],
    ['money the gateway has and nobody knows', (w) => (w.payments.get('a').gateway.paid = false), /the gateway has not its money/],
    ['money the gateway never gave back', (w) => (w.payments.get('c').gateway.refunded = 0), /the gateway gave back 0/],
    ['stock that does not add up', (w) => (w.stock.cola.now = 8), /10 less 1 sold are not 8/],
    ['a key with two orders', (w) => w.answered.get('k1').push('b'), /key k1 made/],
    ['an answer without an order', (w) => w.answered.set('k4', ['z']), /z was answered, but has no events/],
    ['an order nobody was answered', (w) => w.answered.delete('k2'), /b was never answered/],
  ]
  for (const [what, plant, expected] of planted)
    test(`finds ${what}`, () => {
      const w = world()
      plant(w)
      const found = violations(w)
      assert.ok(found.some((line) => expected.test(line)), `${expected} not in:\n${found.join('\n')}`)
    })

  test('leaves money to people who are told', () => {
    const w = world()
    drop(w, 'payment.refunded', 'c')
    Object.assign(w.payments.get('c'), { refunded: { amount: 0 }, gateway: { paid: true, refunded: 0 } })
    w.visible.add('c')
    assert.deepEqual(violations(w), [])
  })
})

test('orders live by the table of moves, whoever does what when', { timeout: 600000 }, async (t) => {
  const seed = Number(process.env.PESAN_SEED ?? Date.now() % 1e9)
  t.diagnostic(`PESAN_SEED=${seed}`)
  const { world, tally } = await play(seed, { clients: 8, steps: 350 })
  t.diagnostic(JSON.stringify(tally))
  const found = violations(world)
  assert.deepEqual(found.slice(0, 20), [], `${found.length} violations; PESAN_SEED=${seed}`)
})
