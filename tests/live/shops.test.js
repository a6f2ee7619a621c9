// shops.test.js - shops and their people at /v1/shops: making, changing, opening and closing, hiring and dismissing.
import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { after, before, describe, test } from 'node:test'
import { call } from '../lib/sale.js'
import { startPesan } from '../lib/server.js'

const SHOP = '0198c0de-0000-7000-8000-000000000001'
const NOBODY = '0198c0de-0000-7000-8000-00000000ffff'
const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/
const PASSWORD = 'correct horse battery'

let server, base, data
const tokens = {}
before(async () => {
  base = mkdtempSync(path.join(tmpdir(), 'pesan-shops-'))
  data = path.join(base, 'data')
  server = await startPesan([], { data })
  for (const name of ['USER0001', 'USER0002', 'OWNER1', 'BARISTA1', 'COURIER1', 'ADMIN1', 'KIOSK1'])
    tokens[name] = await server.token(name)
})
after(async () => {
  await server?.stop()
  rmSync(base, { recursive: true, force: true })
})

const ask = (who, path, options = {}) => call(server.url + path, { token: tokens[who], ...options })
const patch = (who, shop, body) => ask(who, `/v1/shops/${shop}`, { method: 'PATCH', body })
const shopOf = async (id) => (await ask(undefined, `/v1/shops/${id}`)).json
const staff = (who, shop = SHOP) => ask(who, `/v1/shops/${shop}/staff`)
const hire = (who, username, role, shop = SHOP) => ask(who, `/v1/shops/${shop}/staff`, { body: { username, role } })
const dismiss = (who, username, shop = SHOP) => ask(who, `/v1/shops/${shop}/staff/${username}`, { method: 'DELETE' })
const rolesOf = async (shop = SHOP) => (await staff('ADMIN1', shop)).json.map(({ username, role }) => `${username} ${role}`)

function refused(answer, status, slug, pointers) {
  assert.equal(answer.status, status, answer.text)
  assert.equal(answer.json.type, `/problems/${slug}`, answer.text)
  if (pointers) assert.deepEqual(answer.json.errors.map(({ pointer }) => pointer), pointers)
}

/** Somebody who signed up just now. */
let people = 0
async function person() {
  const username = `person${++people}`
  const made = await call(`${server.url}/auth/users/create/`, { body: { username, email: `${username}@example.com`, password: PASSWORD } })
  assert.equal(made.status, 201, made.text)
  tokens[username] = await server.token(username)
  return { username, id: made.json.id }
}

const fresh = (more = {}) => ({ name: 'Warung Dua', currency: 'KRW', language: 'ko', timezone: 'Asia/Seoul', owner: 'USER0002', ...more })
async function newShop(more) {
  const { status, text, json } = await ask('ADMIN1', '/v1/shops', { body: fresh(more) })
  assert.equal(status, 201, text)
  return json
}

describe('shops', () => {
  test('the demo shop as anybody sees it', async () => {
    const { owner_id: owner, ...shop } = await shopOf(SHOP)
    assert.match(owner, /^[0-9a-f-]{36}$/)
    assert.deepEqual(shop, {
      id: SHOP, name: 'Kedai Demo', currency: 'IDR', language: 'id', timezone: 'Asia/Jakarta', open: true, paused: false, free_form: true, online_payment: true,
      accept_seconds: 0, hours: null,
    })
    refused(await ask(undefined, `/v1/shops/${NOBODY}`), 404, 'not-found')
    refused(await ask(undefined, '/v1/shops/nonsense'), 404, 'not-found')
  })

  test('a new one belongs to its owner and is listed by name', async () => {
    const { username, id } = await person()
    const shop = await newShop({ name: ' Aroma ', owner: username })
    assert.match(shop.id, UUID)
    assert.deepEqual(shop, {
      id: shop.id, name: 'Aroma', owner_id: id, currency: 'KRW', language: 'ko', timezone: 'Asia/Seoul', open: true, paused: false, free_form: false,
      online_payment: true, accept_seconds: 0, hours: null,
    })
    assert.deepEqual(await shopOf(shop.id), shop)
    assert.deepEqual(await rolesOf(shop.id), [`${username} owner`])
    const { json } = await ask(undefined, '/v1/shops')
    assert.deepEqual(json.map(({ name }) => name), json.map(({ name }) => name).sort())
    assert.ok(json.some((one) => one.id === shop.id) && json.some((one) => one.id === SHOP))
    assert.equal((await patch(username, shop.id, { name: 'Aroma Baru' })).json.name, 'Aroma Baru')
    assert.equal((await newShop({ owner: id })).owner_id, id)
  })

  test('only an admin makes one', async () => {
    for (const who of ['OWNER1', 'BARISTA1', 'USER0001', 'KIOSK1']) refused(await ask(who, '/v1/shops', { body: fresh() }), 403, 'forbidden')
    refused(await ask(undefined, '/v1/shops', { body: fresh() }), 401, 'not-logged-in')
  })

  const badShops = [
    [{ name: undefined }, ['/name']],
    [{ name: '' }, ['/name']],
    [{ name: 7 }, ['/name']],
    [{ name: 'a\u0007b' }, ['/name']],
    [{ name: 'x'.repeat(121) }, ['/name']],
    [{ currency: 'XXX' }, ['/currency']],
    [{ currency: 7 }, ['/currency']],
    [{ language: 'xx' }, ['/language']],
    [{ timezone: 'Mars/Olympus' }, ['/timezone']],
    [{ timezone: '../../etc/passwd' }, ['/timezone']],
    [{ timezone: 'Europe' }, ['/timezone']],
    [{ timezone: 'right/UTC' }, ['/timezone']],
    [{ timezone: '' }, ['/timezone']],
    [{ timezone: 'A'.repeat(65) }, ['/timezone']],
    [{ timezone: 7 }, ['/timezone']],
    [{ owner: 'nobody-at-all' }, ['/owner']],
    [{ owner: undefined }, ['/owner']],
    [{ owner: ['OWNER1'] }, ['/owner']],
    [{ name: '', currency: '', language: '', timezone: '', owner: '' }, ['/name', '/currency', '/language', '/timezone', '/owner']],
  ]
  for (const [more, pointers] of badShops)
    test(`none with ${JSON.stringify(more).slice(0, 60)}`, async () => {
      const before = (await ask(undefined, '/v1/shops')).json.length
      refused(await ask('ADMIN1', '/v1/shops', { body: fresh(more) }), 400, 'bad-input', pointers)
      assert.equal((await ask(undefined, '/v1/shops')).json.length, before)
    })
  test('none out of what is no object', async () => {
    for (const body of [[], 'x', 7]) refused(await ask('ADMIN1', '/v1/shops', { body }), 400, 'bad-input', [''])
  })
})

describe('changing one', () => {
  let shop, manager
  before(async () => {
    shop = (await newShop({ timezone: 'Europe/Warsaw', currency: 'PLN', language: 'pl' })).id
    manager = (await person()).username
    await hire('USER0002', manager, 'manager', shop)
  })

  test('by its owner, its manager and an admin', async () => {
    assert.equal((await patch('USER0002', shop, { name: 'Kawiarnia', accept_seconds: 300 })).status, 200)
    assert.equal((await patch(manager, shop, { free_form: true })).status, 200)
    const changed = (await patch('ADMIN1', shop, { language: 'en', timezone: 'UTC' })).json
    assert.deepEqual([changed.name, changed.accept_seconds, changed.free_form, changed.language, changed.timezone], ['Kawiarnia', 300, true, 'en', 'UTC'])
    assert.deepEqual((await patch('ADMIN1', shop, {})).json, changed)
    assert.equal((await patch('ADMIN1', shop, { timezone: 'Europe/Warsaw' })).status, 200)
  })

  test('by nobody else', async () => {
    for (const who of ['OWNER1', 'BARISTA1', 'COURIER1', 'USER0001', 'KIOSK1']) refused(await patch(who, shop, { paused: true }), 403, 'forbidden')
    refused(await patch('USER0002', SHOP, { paused: true }), 403, 'forbidden')
    refused(await patch(undefined, shop, { paused: true }), 401, 'not-logged-in')
    refused(await patch('ADMIN1', NOBODY, { paused: true }), 404, 'not-found')
    assert.equal((await shopOf(shop)).paused, false)
  })

  const spans = (more) => ({ hours: [{ day: 'mon', from: '08:00', to: '12:00', ...more }] })
  const bad = [
    [{ name: null }, ['/name']],
    [{ name: 'x\ny' }, ['/name']],
    [{ language: 7 }, ['/language']],
    [{ timezone: 'Europe/Atlantis' }, ['/timezone']],
    [{ timezone: null }, ['/timezone']],
    [{ free_form: 'true' }, ['/free_form']],
    [{ paused: 1 }, ['/paused']],
    [{ accept_seconds: '300' }, ['/accept_seconds']],
    [{ accept_seconds: -1 }, ['/accept_seconds']],
    [{ accept_seconds: 86401 }, ['/accept_seconds']],
    [{ accept_seconds: 1.5 }, ['/accept_seconds']],
    [{ hours: 'always' }, ['/hours']],
    [{ hours: {} }, ['/hours']],
    [{ hours: [7] }, ['/hours/0']],
    [spans({ day: 'monday' }), ['/hours/0/day']],
    [spans({ day: 1 }), ['/hours/0/day']],
    [spans({ from: '8:00' }), ['/hours/0/from']],
    [spans({ from: '24:00' }), ['/hours/0/from']],
    [spans({ from: '08:60' }), ['/hours/0/from']],
    [spans({ from: 800 }), ['/hours/0/from']],
    [spans({ to: '24:01' }), ['/hours/0/to']],
    [spans({ to: '-1:00' }), ['/hours/0/to']],
    [spans({ to: undefined }), ['/hours/0/to']],
    [{ hours: Array(51).fill({ day: 'mon', from: '08:00', to: '12:00' }) }, ['/hours']],
    [{ paused: 'x', accept_seconds: 'y', hours: 7 }, ['/paused', '/accept_seconds', '/hours']],
    [[], ['']],
  ]
  for (const [body, pointers] of bad)
    test(`not to ${JSON.stringify(body).slice(0, 60)}`, async () => {
      const was = await shopOf(shop)
      refused(await patch('USER0002', shop, body), 400, 'bad-input', pointers)
      assert.deepEqual(await shopOf(shop), was)
    })
})

describe('opening hours', () => {
  let shop
  before(async () => (shop = (await newShop({ timezone: 'Asia/Makassar', currency: 'IDR' })).id))

  const DAYS = ['sun', 'mon', 'tue', 'wed', 'thu', 'fri', 'sat']
  /** A span from `from` to `to` minutes from now, as the clocks of Makassar (UTC+8) say it. */
  const around = (from, to) => {
    const at = (minutes) => new Date(Date.now() + (8 * 60 + minutes) * 60000)
    return { day: DAYS[at(from).getUTCDay()], from: at(from).toISOString().slice(11, 16), to: at(to).toISOString().slice(11, 16) }
  }
  const openWith = async (hours) => {
    const { status, text, json } = await patch('ADMIN1', shop, { hours })
    assert.equal(status, 200, text)
    assert.deepEqual(json.hours, hours)
    assert.deepEqual(await shopOf(shop), json)
    return json.open
  }

  test('open within them, closed outside', async () => {
    assert.equal(await openWith([around(-60, 60)]), true)
    assert.equal(await openWith([around(60, 120)]), false)
    assert.equal(await openWith([around(-120, -60)]), false)
    assert.equal(await openWith([around(-120, -60), around(-30, 30)]), true)
    assert.equal(await openWith([around(-23 * 60, 30)]), true)
    assert.equal(await openWith([]), false)
    assert.equal(await openWith(DAYS.map((day) => ({ day, from: '00:00', to: '24:00' }))), true)
    assert.equal(await openWith(null), true)
  })

  test('they are those of its time zone', async () => {
    assert.equal(await openWith([around(-10, 10)]), true)
    assert.equal((await patch('ADMIN1', shop, { timezone: 'Europe/Warsaw' })).json.open, false)
    assert.equal((await patch('ADMIN1', shop, { timezone: 'Asia/Makassar' })).json.open, true)
  })

  test('a pause closes, whatever they say', async () => {
    assert.equal((await patch('ADMIN1', shop, { paused: true })).json.open, false)
    assert.equal((await patch('ADMIN1', shop, { hours: null })).json.open, false)
    assert.equal((await patch('ADMIN1', shop, { paused: false })).json.open, true)
    assert.equal(await openWith([around(60, 120)]), false)
    assert.equal((await patch('ADMIN1', shop, { paused: true })).json.open, false)
    assert.equal((await patch('ADMIN1', shop, { paused: false })).json.open, false)
  })

  test('a closed shop takes no orders, an open one does', async () => {
    const order = () => ask('USER0001', '/order-ms/USER0001/orders', { body: { shop_id: shop, coffee_name: 'Tubruk', coffee_price: 9000 } })
    await patch('ADMIN1', shop, { free_form: true })
    refused(await order(), 409, 'shop-closed', ['/shop_id'])
    assert.equal(await openWith(null), true)
    assert.equal((await order()).status, 201)
  })
})

describe('people', () => {
  let shop, owner, manager
  before(async () => {
    owner = (await person()).username
    manager = (await person()).username
    shop = (await newShop({ owner })).id
    assert.equal((await hire(owner, manager, 'manager', shop)).status, 201)
  })

  test('of a shop are seen by who heads it, owners first', async () => {
    const { json } = await staff('OWNER1')
    assert.deepEqual(json.map(({ username, role }) => [username, role]), [['OWNER1', 'owner'], ['BARISTA1', 'barista'], ['COURIER1', 'courier']])
    for (const who of ['BARISTA1', 'COURIER1', 'USER0001', 'KIOSK1', owner, manager]) refused(await staff(who), 403, 'forbidden')
    refused(await staff(undefined), 401, 'not-logged-in')
    refused(await staff('ADMIN1', NOBODY), 404, 'not-found')
    refused(await staff('OWNER1', shop), 403, 'forbidden')
    assert.deepEqual(await rolesOf(shop), [`${owner} owner`, `${manager} manager`])
  })

  test('are hired with effect at once, given other roles, and dismissed at once', async () => {
    const { username, id } = await person()
    refused(await patch(username, shop, { name: 'Mine' }), 403, 'forbidden')
    const hired = await hire(manager, username, 'barista', shop)
    assert.deepEqual([hired.status, hired.json], [201, { account_id: id, username, role: 'barista' }])
    refused(await patch(username, shop, { name: 'Mine' }), 403, 'forbidden')
    assert.equal((await hire(manager, id, 'manager', shop)).status, 200)
    assert.equal((await hire(manager, username, 'manager', shop)).status, 200)
    assert.equal((await patch(username, shop, { name: 'Ours' })).status, 200)
    assert.equal((await dismiss(manager, username, shop)).status, 204)
    refused(await patch(username, shop, { name: 'Mine' }), 403, 'forbidden')
    refused(await dismiss(manager, username, shop), 404, 'not-found')
    assert.deepEqual(await rolesOf(shop), [`${owner} owner`, `${manager} manager`])
  })

  test('owners are made and unmade by owners and admins only', async () => {
    const { username } = await person()
    refused(await hire(manager, username, 'owner', shop), 403, 'forbidden')
    refused(await hire(manager, owner, 'barista', shop), 403, 'forbidden')
    refused(await dismiss(manager, owner, shop), 403, 'forbidden')
    assert.equal((await hire(owner, username, 'owner', shop)).status, 201)
    refused(await dismiss(manager, username, shop), 403, 'forbidden')
    assert.equal((await dismiss(username, owner, shop)).status, 204)
    assert.equal((await shopOf(shop)).owner_id, (await staff('ADMIN1', shop)).json[0].account_id)
    refused(await patch(owner, shop, { name: 'Mine' }), 403, 'forbidden')
    assert.equal((await hire(username, owner, 'owner', shop)).status, 201)
    assert.equal((await dismiss('ADMIN1', username, shop)).status, 204)
    assert.deepEqual(await rolesOf(shop), [`${owner} owner`, `${manager} manager`])
  })

  test('the last owner stays', async () => {
    for (const who of [owner, 'ADMIN1']) {
      refused(await dismiss(who, owner, shop), 409, 'conflict')
      refused(await hire(who, owner, 'manager', shop), 409, 'conflict')
    }
    assert.equal((await hire(owner, owner, 'owner', shop)).status, 200)
    assert.deepEqual(await rolesOf(shop), [`${owner} owner`, `${manager} manager`])
  })

  test('of one shop are strangers in another', async () => {
    refused(await hire(owner, 'USER0001', 'barista'), 403, 'forbidden')
    refused(await dismiss(owner, 'BARISTA1'), 403, 'forbidden')
    refused(await hire('OWNER1', 'USER0001', 'barista', shop), 403, 'forbidden')
    refused(await dismiss('OWNER1', manager, shop), 403, 'forbidden')
    refused(await dismiss('ADMIN1', 'BARISTA1', shop), 404, 'not-found')
    refused(await hire('ADMIN1', manager, 'barista', NOBODY), 404, 'not-found')
    refused(await dismiss('ADMIN1', manager, NOBODY), 404, 'not-found')
  })

  const bad = [
    [{ username: 'nobody-at-all', role: 'barista' }, ['/username']],
    [{ username: 7, role: 'barista' }, ['/username']],
    [{ username: '', role: 'barista' }, ['/username']],
    [{ username: 'u'.repeat(191), role: 'barista' }, ['/username']],
    [{ role: 'barista' }, ['/username']],
    [{ username: 'USER0001' }, ['/role']],
    [{ username: 'USER0001', role: 'admin' }, ['/role']],
    [{ username: 'USER0001', role: 'customer' }, ['/role']],
    [{ username: 'USER0001', role: 'kiosk' }, ['/role']],
    [{ username: 'USER0001', role: 3 }, ['/role']],
    [[], ['']],
  ]
  for (const [body, pointers] of bad)
    test(`nobody is hired by ${JSON.stringify(body).slice(0, 60)}`, async () => {
      refused(await ask(owner, `/v1/shops/${shop}/staff`, { body }), 400, 'bad-input', pointers)
    })
})

test('what was hired and how the shop stands outlives a restart', async () => {
  const { username } = await person()
  const shop = (await newShop({ owner: username })).id
  await patch(username, shop, { hours: [{ day: 'mon', from: '00:00', to: '00:01' }], paused: true })
  const was = await shopOf(shop)
  await server.stop()
  server = await startPesan([], { data })
  assert.deepEqual(await shopOf(shop), was)
  assert.equal((await patch(username, shop, { hours: null, paused: false })).json.open, true)
  assert.deepEqual(await rolesOf(), ['OWNER1 owner', 'BARISTA1 barista', 'COURIER1 courier'])
})
