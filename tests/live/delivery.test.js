// delivery.test.js - deliveries at /delivery-ms: lists by status, moving an order on, and its public tracking.
import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { Sandbox, call, eventually, openKiosk, order as buyCola, until } from '../lib/sale.js'
import { startPesan } from '../lib/server.js'
import { Socket } from '../lib/socket.js'

const NOBODY = '0198c0de-0000-7000-8000-00000000ffff'
const SHOP = '0198c0de-0000-7000-8000-000000000001'
const ISO = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z$/

let server, sandbox
const tokens = {}
before(async () => {
  server = await startPesan(['--sweep-ms', '200'])
  sandbox = new Sandbox(server.url)
  for (const name of ['USER0001', 'USER0002', 'OWNER1', 'BARISTA1', 'COURIER1', 'ADMIN1', 'KIOSK1'])
    tokens[name] = await server.token(name)
})
after(() => server?.stop())

const ask = (who, path, options = {}) => call(server.url + path, { token: tokens[who], ...options })
const list = (who, status, query = '') => ask(who, `/delivery-ms/${encodeURIComponent(status)}${query}`)
const get = (who, id, user = 'USER0001', headers = {}) => ask(who, `/delivery-ms/${user}/${id}`, { headers })
const move = (who, id, body, user = 'USER0001') => ask(who, `/delivery-ms/${user}/${id}`, { method: 'PATCH', body })

async function ok(answer, status = 200) {
  const { status: got, text, json } = await answer
  assert.equal(got, status, text)
  return json
}

async function refused(answer, status, slug, detail) {
  const { status: got, text, json } = await answer
  assert.equal(got, status, text)
  assert.equal(json.type, `/problems/${slug}`, text)
  if (detail) assert.match(json.detail, detail)
  return json
}

/** A new order of a user, and perhaps as far along as `state`. */
async function place(user = 'USER0001', body = { coffee_name: 'jslee', coffee_price: 1000, coffee_qty: 5 }) {
  return ok(ask(user, `/order-ms/${user}/orders`, { body }), 201)
}

const receive = (id, body = {}, who = 'BARISTA1') => ask(who, `/order-receive/${id}`, { method: 'PATCH', body })

const WAY = ['accepted', 'preparing', 'ready', 'delivering', 'delivered']
async function placeUntil(state) {
  const { order_id: id } = await place()
  if (state === 'received') return id
  await ok(receive(id))
  const way = state === 'failed' ? ['failed'] : WAY.slice(1, WAY.indexOf(state) + 1)
  for (const status of way) await ok(move('BARISTA1', id, { status }))
  return id
}

const statuses = (delivery) => delivery.history.map(({ status }) => status)

describe('how an order stands', () => {
  test('the customer reads it as soon as it is placed', async () => {
    const { order_id: id, number, ordered_at: at } = await place()
    const json = await ok(get('USER0001', id))
    assert.deepEqual(json, {
      order_id: id,
      status: 'received',
      label: 'Received',
      number,
      history: [{ status: 'received', label: 'Received', at, by: 'USER0001' }],
      track: json.track,
    })
    assert.match(json.track, /^\/track\/[\w.-]+$/)
  })

  test('labels are in the reader\'s language', async () => {
    const { order_id: id } = await place()
    const korean = await ok(get('USER0001', id, 'USER0001', { 'Accept-Language': 'ko' }))
    assert.equal(korean.label, '접수완료')
    assert.equal(korean.history[0].label, '접수완료')
    assert.equal((await ok(ask('USER0001', `/delivery-ms/USER0001/${id}?lang=pl`))).label, 'Przyjęte do systemu')
  })

  test('the crew of its shop reads it, and nobody else', async () => {
    const { order_id: id } = await place()
    for (const who of ['OWNER1', 'BARISTA1', 'COURIER1', 'ADMIN1']) await ok(get(who, id))
    await refused(get('USER0002', id), 403, 'forbidden')
    await refused(get('USER0002', id, 'USER0002'), 404, 'not-found')
    await refused(get('KIOSK1', id), 403, 'forbidden')
    await refused(get(undefined, id), 401, 'not-logged-in')
  })

  test('an order that is not there, or another\'s under this name, is 404', async () => {
    const { order_id: id } = await place()
    for (const odd of [NOBODY, 'ORD0001', '..', "'--"])
      await refused(get('USER0001', encodeURIComponent(odd)), 404, 'not-found')
    await refused(get('OWNER1', id, 'USER0002'), 404, 'not-found')
    await refused(get('OWNER1', id, 'nobody'), 404, 'not-found')
    await ok(get('USER0001', id.toUpperCase()))
  })

  test('one that waits for its payment is not here yet', async () => {
    const { order_id: id } = await place('USER0001', { coffee_name: 'jslee', coffee_price: 1000, pay: 'qris' })
    await refused(get('USER0001', id), 404, 'not-found')
    assert.deepEqual(await ok(list('BARISTA1', 'unpaid')), [])
  })
})

describe('what a shop has to do', () => {
  test('the newest order is the first of the list, in both languages', async () => {
    const placed = await place('USER0001', { coffee_name: 'jslee', coffee_price: '1000', coffee_qty: '5' })
    for (const word of ['received', '접수완료']) {
      const [first] = await ok(list('BARISTA1', word))
      assert.deepEqual(first, {
        order_id: placed.order_id,
        user_id: 'USER0001',
        number: placed.number,
        shop_id: SHOP,
        status: 'received',
        label: 'Received',
        items: [{ name: 'jslee', qty: 5 }],
        total: 5000,
        currency: 'IDR',
        pay: 'counter',
        ordered_at: placed.ordered_at,
        updated_at: placed.ordered_at,
      })
    }
  })

  test('an order leaves one list and comes into the next', async () => {
    const id = await placeUntil('accepted')
    const in_ = async (word) => (await ok(list('BARISTA1', word))).some((one) => one.order_id === id)
    for (const [word, other] of [['accepted', 'received'], ['제작중', 'accepted'], ['ready', 'preparing'], ['delivering', 'ready'], ['배송완료', 'delivering']]) {
      if (word !== 'accepted') await ok(move('BARISTA1', id, { status: word }))
      assert.ok(await in_(word), word)
      assert.ok(!(await in_(other)), other)
    }
    const { order_id: gone } = await place()
    await ok(ask('USER0001', `/order-ms/USER0001/orders/${gone}`, { method: 'DELETE' }))
    for (const word of ['cancelled', '취소']) assert.equal((await ok(list('BARISTA1', word)))[0].order_id, gone)
  })

  test('the crew reads it, of its own shop only', async () => {
    for (const who of ['OWNER1', 'COURIER1', 'ADMIN1']) assert.ok((await ok(list(who, 'received'))).length > 0)
    assert.ok((await ok(list('ADMIN1', 'received', `?shop_id=${SHOP}`))).length > 0)
    assert.deepEqual(await ok(list('ADMIN1', 'received', `?shop_id=${NOBODY}`)), [])
    await refused(list('OWNER1', 'received', `?shop_id=${NOBODY}`), 403, 'forbidden')
    await refused(list('USER0001', 'received'), 403, 'forbidden')
    await refused(list('KIOSK1', 'received'), 403, 'forbidden')
    await refused(list(undefined, 'received'), 401, 'not-logged-in')
  })

  test('it pages by id', async () => {
    for (let i = 0; i < 3; i++) await place()
    for (const who of ['BARISTA1', 'ADMIN1']) {
      const all = (await ok(list(who, 'received', '?limit=200'))).map((one) => one.order_id)
      assert.deepEqual(all, [...all].sort().reverse())
      const paged = []
      for (let before = ''; ; before = `&before=${paged.at(-1)}`) {
        const page = await ok(list(who, 'received', `?limit=2${before}`))
        assert.ok(page.length <= 2)
        if (page.length === 0) break
        paged.push(...page.map((one) => one.order_id))
      }
      assert.deepEqual(paged, all)
    }
  })

  test('odd questions are refused', async () => {
    for (const word of ['unknown', 'RECEIVED', '접수', ' ', 'received,accepted', '%']) await refused(list('BARISTA1', word), 404, 'not-found')
    for (const query of ['?limit=0', '?limit=201', '?limit=x', '?before=x']) await refused(list('BARISTA1', 'received', query), 400, 'bad-input')
    await refused(ask('BARISTA1', '/delivery-ms/received', { body: {} }), 405, 'method-not-allowed')
  })
})

describe('moving an order on', () => {
  test('from accepted to delivered, each with who, when and why', async () => {
    const id = await placeUntil('accepted')
    await ok(move('BARISTA1', id, { status: 'preparing', note: '  extra hot ☕ ' }))
    await ok(move('OWNER1', id, { status: 'ready' }))
    await ok(move('COURIER1', id, { status: 'delivering' }))
    const json = await ok(move('COURIER1', id, { status: 'delivered', note: '' }))
    assert.equal(json.status, 'delivered')
    assert.deepEqual(statuses(json), ['received', 'accepted', 'preparing', 'ready', 'delivering', 'delivered'])
    assert.deepEqual(json.history.map(({ by }) => by), ['USER0001', 'BARISTA1', 'BARISTA1', 'OWNER1', 'COURIER1', 'COURIER1'])
    assert.deepEqual(json.history.map(({ note }) => note), [undefined, undefined, 'extra hot ☕', undefined, undefined, undefined])
    const times = json.history.map(({ at }) => at)
    assert.deepEqual(times, [...times].sort())
    for (const at of times) assert.match(at, ISO)
    assert.deepEqual(await ok(get('USER0001', id)), json)
  })

  test('the order\'s own list shows it', async () => {
    const id = await placeUntil('ready')
    await eventually(async () => (await ok(ask('USER0001', `/order-ms/USER0001/orders/${id}`))).status === 'ready', 'the order to be ready')
  })

  test('a move that is repeated is no error and no second line', async () => {
    const id = await placeUntil('preparing')
    const once = await ok(get('BARISTA1', id))
    assert.deepEqual(await ok(move('OWNER1', id, { status: 'preparing', note: 'again' })), once)
    assert.deepEqual(await ok(move('OWNER1', id, { status: '제작중' })), once)
  })

  test('two who move it at once make one move', async () => {
    const id = await placeUntil('ready')
    const answers = await Promise.all(Array.from({ length: 8 }, (_, i) => move(i % 2 ? 'BARISTA1' : 'COURIER1', id, { status: 'delivering' })))
    for (const answer of answers) assert.equal(answer.status, 200, answer.text)
    assert.deepEqual(statuses(await ok(get('USER0001', id))), ['received', 'accepted', 'preparing', 'ready', 'delivering'])
  })

  test('only along the table; the refusal names what may be', async () => {
    const allowed = {
      accepted: /accepted to preparing or failed$/,
      preparing: /preparing to ready or failed$/,
      ready: /ready to delivering or delivered or failed$/,
      delivering: /delivering to delivered or failed$/,
      delivered: /may not move an order that is delivered$/,
      failed: /may not move an order that is failed$/,
    }
    const next = { accepted: ['preparing', 'failed'], preparing: ['ready', 'failed'], ready: ['delivering', 'delivered', 'failed'], delivering: ['delivered', 'failed'], delivered: [], failed: [] }
    for (const [state, detail] of Object.entries(allowed)) {
      const id = await placeUntil(state)
      const before_ = await ok(get('BARISTA1', id))
      for (const status of ['preparing', 'ready', 'delivering', 'delivered', 'failed'])
        if (status !== state && !next[state].includes(status)) await refused(move('BARISTA1', id, { status }), 409, 'move-not-allowed', detail)
      assert.deepEqual(await ok(get('BARISTA1', id)), before_)
    }
  })

  test('nothing is made before the shop has accepted', async () => {
    const id = await placeUntil('received')
    for (const status of ['preparing', 'delivered', 'failed', '제작중'])
      await refused(move('BARISTA1', id, { status }), 409, 'move-not-allowed', /PATCH \/order-receive\//)
  })

  test('order\'s words are said elsewhere', async () => {
    for (const state of ['received', 'accepted', 'ready']) {
      const id = await placeUntil(state)
      for (const status of ['unpaid', 'received', '접수완료', 'accepted', 'rejected', 'cancelled', '취소'])
        await refused(move('BARISTA1', id, { status }), 409, 'move-not-allowed', /PATCH \/order-receive\//)
      assert.equal((await ok(get('BARISTA1', id))).status, state)
    }
  })

  test('a courier only brings', async () => {
    for (const [state, status] of [['accepted', 'preparing'], ['accepted', 'failed'], ['preparing', 'ready'], ['ready', 'delivered'], ['ready', 'failed']])
      await refused(move('COURIER1', await placeUntil(state), { status }), 409, 'move-not-allowed')
    const id = await placeUntil('ready')
    await refused(move('COURIER1', id, { status: 'delivered' }), 409, 'move-not-allowed', /you may move an order that is ready to delivering$/)
    await ok(move('COURIER1', id, { status: 'delivering' }))
    assert.equal((await ok(move('COURIER1', id, { status: 'failed', note: 'nobody at home' }))).history.at(-1).note, 'nobody at home')
  })

  test('customers and kiosks move nothing', async () => {
    const id = await placeUntil('accepted')
    await refused(move('USER0001', id, { status: 'preparing' }), 403, 'forbidden')
    await refused(move('KIOSK1', id, { status: 'preparing' }), 403, 'forbidden')
    await refused(move(undefined, id, { status: 'preparing' }), 401, 'not-logged-in')
    await refused(move('BARISTA1', NOBODY, { status: 'preparing' }), 404, 'not-found')
    await refused(move('BARISTA1', id, { status: 'preparing' }, 'USER0002'), 404, 'not-found')
    assert.equal((await ok(get('USER0001', id))).status, 'accepted')
  })

  test('what is no move is refused by its field', async () => {
    const id = await placeUntil('accepted')
    const pointers = async (body) => (await refused(move('BARISTA1', id, body), 400, 'bad-input')).errors.map(({ pointer }) => pointer)
    for (const status of ['sent', '', 'Preparing', 7, null, ['ready'], { ready: 1 }, '제작', 'preparing ']) assert.deepEqual(await pointers({ status }), ['/status'])
    assert.deepEqual(await pointers({}), ['/status'])
    for (const note of ['x'.repeat(201), '음'.repeat(201), 'a\nb', 'a\u0007', 7, {}]) assert.deepEqual(await pointers({ status: 'preparing', note }), ['/note'])
    assert.deepEqual(await pointers({ status: 'x', note: 7 }), ['/status', '/note'])
    await refused(ask('BARISTA1', `/delivery-ms/USER0001/${id}`, { method: 'PATCH', body: { status: 'preparing', note: 'x'.repeat(5000) } }), 413, 'too-large')
    assert.equal((await ok(get('BARISTA1', id))).status, 'accepted')
    await ok(move('BARISTA1', id, { status: 'preparing', note: '음'.repeat(200) }))
  })

  test('a cancel is let go before it is made, and refused after', async () => {
    const cancel = (id) => ask('USER0001', `/order-ms/USER0001/orders/${id}`, { method: 'DELETE' })
    const early = await placeUntil('accepted')
    await ok(cancel(early), 202)
    await eventually(async () => (await ok(get('USER0001', early))).status === 'cancelled', 'the cancel to be granted')
    assert.deepEqual(statuses(await ok(get('USER0001', early))), ['received', 'accepted', 'cancelled'])
    await eventually(async () => (await ok(ask('USER0001', `/order-ms/USER0001/orders/${early}`))).status === 'cancelled', 'order to know')
    const late = await placeUntil('preparing')
    const { status } = await cancel(late)
    assert.ok(status === 409 || status === 202, `${status}`)
    assert.equal((await ok(get('USER0001', late))).status, 'preparing')
    await ok(move('BARISTA1', late, { status: 'ready' }))
  })
})

describe('at a kiosk', () => {
  async function sale() {
    const kiosk = await openKiosk(server)
    const { order_id: id, pay_url: url } = await buyCola(kiosk)
    await sandbox.payer(url, 'pay')
    await until(kiosk, 'PAYMENT_SUCCESS')
    return { kiosk, id }
  }

  test('the machine\'s word delivers it', async () => {
    const { kiosk, id } = await sale()
    await kiosk.send('VENDED', { order_id: id })
    await until(kiosk, 'IDLE')
    const json = await eventually(async () => {
      const got = await get('BARISTA1', id, 'KIOSK1')
      return got.json?.status === 'delivered' && got.json
    }, 'it to be delivered')
    assert.deepEqual(statuses(json), ['received', 'accepted', 'preparing', 'ready', 'delivered'])
    assert.match(json.history.at(-1).by, /KIOSK1/)
    const [first] = await ok(list('BARISTA1', '배송완료'))
    assert.equal(first.order_id, id)
    assert.equal(first.user_id, 'KIOSK1')
    assert.equal(first.kiosk_id, 'KIOSK1')
    assert.equal(first.pay, 'qris')
    kiosk.destroy()
  })

  test('or its failure fails it', async () => {
    const { kiosk, id } = await sale()
    await kiosk.send('VEND_FAILED', { order_id: id, reason: 'jam' })
    await until(kiosk, 'IDLE')
    const json = await eventually(async () => {
      const got = await get('BARISTA1', id, 'KIOSK1')
      return got.json?.status === 'failed' && got.json
    }, 'it to fail')
    assert.equal(json.history.at(-1).note, 'jam')
    kiosk.destroy()
  })
})

describe('tracking', () => {
  const linkOf = async (id, who = 'USER0001') => (await ok(get(who, id))).track.slice('/track/'.length)
  const track = (link, options) => call(`${server.url}/v1/track/${link}`, options)
  const open = (link, query = '') => Socket.open(server, `/ws/track?link=${link}${query}`)

  test('whoever holds the link sees how it stands, and nothing else', async () => {
    const placed = await place('USER0001', { coffee_name: 'jslee', coffee_price: 1234, coffee_qty: 5 })
    const link = await linkOf(placed.order_id)
    const { status, text, json } = await track(link)
    assert.equal(status, 200, text)
    const labels = { en: 'Received', id: 'Diterima', ko: '접수완료', pl: 'Przyjęte do systemu' }
    assert.deepEqual(json, {
      number: placed.number,
      shop: json.shop,
      status: 'received',
      label: 'Received',
      labels,
      ordered_at: placed.ordered_at,
      items: [{ name: 'jslee', qty: 5 }],
      history: [{ status: 'received', label: 'Received', labels, at: placed.ordered_at }],
    })
    assert.equal(json.shop.name, 'Kedai Demo')
    for (const secret of [placed.order_id, SHOP, 'USER0001', '1234', '6170']) assert.ok(!text.includes(secret), secret)
    assert.equal((await track(link, { headers: { 'Accept-Language': 'ko' } })).json.label, '접수완료')
    assert.deepEqual((await track(link, { token: tokens.USER0002 })).json, json)
    assert.deepEqual((await track(link, { token: 'rubbish' })).json, json)
  })

  test('the page of the link is there', async () => {
    const link = await linkOf(await placeUntil('received'))
    for (const page of [`/track/${link}`, `/orders/${NOBODY}`, '/auth', '/orders']) {
      const answer = await fetch(server.url + page, { headers: { Accept: 'text/html' } })
      assert.equal(answer.status, 200, page)
      assert.match(answer.headers.get('content-type'), /^text\/html/)
    }
    assert.equal((await fetch(`${server.url}/track/${link}/x`)).status, 404)
  })

  test('a wrong link shows nothing', async () => {
    const id = await placeUntil('received')
    const link = await linkOf(id)
    const flipped = (i) => link.slice(0, i) + (link[i] === 'A' ? 'B' : 'A') + link.slice(i + 1)
    const wrong = [id, NOBODY, 'x', `${link}x`, link.slice(0, -1), flipped(0), flipped(link.length - 2), link.toUpperCase(), 'x'.repeat(3000), tokens.USER0001]
    for (const odd of wrong) {
      await refused(track(odd), 404, 'not-found')
      await assert.rejects(open(odd), ({ status }) => status === 404)
    }
    await assert.rejects(Socket.open(server, '/ws/track'), ({ status }) => status === 404)
    await refused(ask(undefined, `/ws/track?link=${link}`), 426, 'upgrade-required')
  })

  test('a socket opened right behind the order shows it', async () => {
    for (let i = 0; i < 20; i++) {
      const { number, track: path } = await place()
      const socket = await open(path.slice('/track/'.length))
      const first = await socket.expect('TRACK')
      assert.deepEqual([first.number, first.status], [number, 'received'])
      socket.destroy()
    }
  })

  test('every change is shown at once, in its order', async () => {
    const { order_id: id } = await place()
    const socket = await open(await linkOf(id), '&lang=pl')
    const first = await socket.expect('TRACK')
    assert.equal(first.label, 'Przyjęte do systemu')
    assert.deepEqual(first, (await track(await linkOf(id), { headers: { 'Accept-Language': 'pl' } })).json)
    await ok(receive(id, { accept: true, eta_minutes: 10 }))
    const accepted = await socket.expect('TRACK')
    assert.equal(accepted.status, 'accepted')
    assert.equal(accepted.labels.ko, '주문승인')
    assert.ok(Date.parse(accepted.eta_at) > Date.now() + 540000, accepted.eta_at)
    for (const status of ['preparing', 'ready', 'delivered']) {
      await ok(move('BARISTA1', id, { status, note: 'secret' }))
      const values = await socket.expect('TRACK')
      assert.equal(values.status, status)
      assert.deepEqual(Object.keys(values).sort(), ['eta_at', 'history', 'items', 'label', 'labels', 'number', 'ordered_at', 'shop', 'status'])
      const told = (await track(await linkOf(id), { headers: { 'Accept-Language': 'en' } })).json
      assert.deepEqual(values.history.map(({ status: s, at }) => [s, at]), told.history.map(({ status: s, at }) => [s, at]))
      assert.ok(!/secret|BARISTA1|USER0001/.test(JSON.stringify(values)))
    }
    socket.destroy()
  })

  test('a rejected and a cancelled order are told too', async () => {
    const { order_id: rejected } = await place()
    let socket = await open(await linkOf(rejected))
    await socket.expect('TRACK')
    await ok(receive(rejected, { accept: false, reason: 'no beans' }))
    const values = await socket.expect('TRACK')
    assert.equal(values.status, 'rejected')
    assert.ok(!JSON.stringify(values).includes('beans'))
    socket.destroy()
    const { order_id: cancelled } = await place()
    socket = await open(await linkOf(cancelled))
    await socket.expect('TRACK')
    await ok(ask('USER0001', `/order-ms/USER0001/orders/${cancelled}`, { method: 'DELETE' }))
    assert.equal((await socket.expect('TRACK')).status, 'cancelled')
    socket.destroy()
  })

  test('the link of one order shows nothing of another', async () => {
    const [mine, other] = [await placeUntil('accepted'), await placeUntil('accepted')]
    const socket = await open(await linkOf(mine))
    const { number } = await socket.expect('TRACK')
    for (const status of ['preparing', 'ready', 'delivered']) await ok(move('BARISTA1', other, { status }))
    await ok(move('BARISTA1', mine, { status: 'failed' }))
    const next = await socket.expect('TRACK')
    assert.deepEqual([next.number, next.status], [number, 'failed'])
    socket.destroy()
  })

  test('whoever tracks an unpaid order hears of it when it is paid', async () => {
    const { order_id: id, track: path } = await place('USER0001', { coffee_name: 'jslee', coffee_price: 1000, pay: 'qris' })
    const link = path.slice('/track/'.length)
    await refused(track(link), 404, 'not-found')
    const socket = await open(link)
    const payment = await eventually(async () => {
      const { json } = await ask('USER0001', `/v1/orders/${id}/payment`)
      return json?.pay_url && json
    }, 'a payment')
    await sandbox.payer(payment.pay_url, 'pay')
    assert.equal((await socket.expect('TRACK')).status, 'received')
    socket.destroy()
  })

  test('the page of whoever is logged in stays when his token ends', async () => {
    const link = await linkOf(await placeUntil('received'))
    const short = await server.token('USER0001', '--ttl', '4')
    const { exp } = JSON.parse(Buffer.from(short.split('.')[1], 'base64url'))
    const socket = await Socket.open(server, `/ws/track?link=${link}`, { Authorization: `Bearer ${short}` })
    await socket.expect('TRACK')
    await new Promise((resolve) => setTimeout(resolve, exp * 1000 - Date.now() + 500))
    await socket.send('HELLO', {})
    assert.equal((await socket.next()).event, 'ERROR')
    socket.destroy()
  })
})

test('what was told stands after a crash', async () => {
  const { mkdtemp, rm } = await import('node:fs/promises')
  const { tmpdir } = await import('node:os')
  const path = await import('node:path')
  const folder = await mkdtemp(path.join(tmpdir(), 'pesan-'))
  const data = path.join(folder, 'data')
  let own = await startPesan([], { data })
  const token = await own.token('USER0001')
  const ids = []
  for (let i = 0; i < 20; i++) {
    const { json } = await call(`${own.url}/order-ms/USER0001/orders`, { token, body: { coffee_name: `c${i}`, coffee_price: 1 } })
    ids.push(json.order_id)
  }
  await own.kill9()
  own = await startPesan([], { data })
  for (const id of ids) {
    const { status, json } = await call(`${own.url}/delivery-ms/USER0001/${id}`, { token })
    assert.equal(status, 200)
    assert.equal(json.history.length, 1)
  }
  await own.stop()
  await rm(folder, { recursive: true, force: true })
})
