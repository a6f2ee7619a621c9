// owner.test.js - the shop's board in a real browser: orders ring on every device until somebody decides, anywhere; they
// go through the kitchen; cables are pulled, tabs closed.
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { countKnocks, countLines, knocks, orderCola } from '../lib/board.js'
import { COLA, SHOP, at, openBrowser, openPage, patch, scenes, see, signIn } from '../lib/browser.js'
import { call, eventually } from '../lib/sale.js'
import { startPesan } from '../lib/server.js'
import { startWire } from '../lib/wire.js'

const PHONE = { viewport: { width: 390, height: 844 } }
const WALL = { viewport: { width: 1920, height: 1080 } }

let server
let browser
const tokens = {}

before(async () => {
  server = await startPesan()
  browser = await openBrowser()
  for (const name of ['OWNER1', 'BARISTA1', 'ADMIN1', 'USER0001', 'USER0002']) tokens[name] = await server.token(name)
})

after(async () => {
  await browser?.close()
  await server?.stop()
})

const boards = scenes(async (open, username, options = WALL, path = '/owner', url = server.url) => {
  const page = await open(browser, options)
  await countKnocks(page)
  await signIn(page, url, username, path)
  if (path === '/owner') await see(page, 'board')
  return page
})

/** A test with devices of its own, opened by `device(username, options, path)`; the board is empty before. */
const scene = (name, run) => boards(name, async (device) => {
  await clearBoard()
  await run(device)
})

async function clearBoard() {
  const { json } = await call(`${server.url}/delivery-ms/received?shop_id=${SHOP}`, { token: tokens.OWNER1 })
  for (const { order_id: id } of json) await patch(`${server.url}/order-receive/${id}`, tokens.OWNER1, { accept: false, reason: 'cleared' })
}

const order = (username = 'USER0001') => orderCola(server, username, tokens[username])
const ticket = (page, id) => at(page, `ticket-${id}`)
const stands = (page, id, column, timeout = 15000) => at(page, `column-${column}`).locator(`[data-test="ticket-${id}"]`).waitFor({ timeout })
const gone = (page, id) => ticket(page, id).waitFor({ state: 'detached', timeout: 15000 })
const press = (page, id, button) => ticket(page, id).locator(`[data-test="${button}"]`).click()
const text = (page, name) => at(page, name).innerText()

scene('an order rings on every device of the staff, and is quiet everywhere once it is accepted on one', async (device) => {
  const wall = await device('OWNER1')
  const phone = await device('OWNER1', PHONE)
  const barista = await device('BARISTA1')
  const customer = await device('USER0001', PHONE, '/')
  const other = await device('USER0002', PHONE, '/')
  const staff = [wall, phone, barista]
  await see(barista, 'presence')
  assert.match(await text(barista, 'presence'), /OWNER1/)
  const id = await order()
  for (const page of staff) {
    await stands(page, id, 'new')
    assert.match(await ticket(page, id).getAttribute('class'), /\bring\b/)
    assert.match(await ticket(page, id).locator('[data-test="waited"]').innerText(), /^0:\d\d$/)
    await eventually(async () => (await knocks(page)) === 1, 'a knock')
  }
  assert.equal(await wall.title(), '(1) Order board')
  assert.match(await text(wall, 'announced'), /^New order \w+: 1 × Cola$/)
  await ticket(phone, id).locator('[data-test="eta"]').selectOption('15')
  await press(phone, id, 'accept')
  for (const page of [wall, barista]) {
    await stands(page, id, 'making')
    assert.doesNotMatch(await ticket(page, id).getAttribute('class'), /\bring\b/)
  }
  await at(phone, 'pick-making').click()
  await stands(phone, id, 'making')
  await customer.locator('[data-test="toast"][data-event="APPROVAL_ORDER"]').waitFor()
  assert.equal(await at(other, 'toast').count(), 0)
  for (const page of [customer, other]) assert.equal(await knocks(page), 0)
  await eventually(async () => (await wall.title()) === 'Order board', 'nothing new in the title')
})

scene('it rings again, louder, until the state says otherwise', async (device) => {
  const ring = (body) => call(`${server.url}/v1/shops/${SHOP}/ring`, { method: 'PUT', token: tokens.OWNER1, body })
  const { json: usual } = await call(`${server.url}/v1/shops/${SHOP}/ring`, { token: tokens.OWNER1 })
  const { status, text: said } = await ring({ ...usual, every_s: 5, escalate_after_s: 5 })
  assert.equal(status, 200, said)
  try {
    const page = await device('OWNER1')
    const id = await order()
    await stands(page, id, 'new')
    await page.locator(`[data-test="ticket-${id}"].loud`).waitFor({ timeout: 20000 })
    await eventually(async () => (await knocks(page)) >= 2, 'a second knock')
    await patch(`${server.url}/order-receive/${id}`, tokens.BARISTA1, {})
    await stands(page, id, 'making')
    const before = await knocks(page)
    await page.waitForTimeout(7000)
    assert.equal(await knocks(page), before)
  } finally {
    await ring(usual)
  }
})

scene('from New to the customer\'s hand, on two screens', async (device) => {
  const [one, two] = [await device('OWNER1'), await device('BARISTA1')]
  const id = await order()
  await stands(one, id, 'new')
  await press(one, id, 'accept')
  await stands(two, id, 'making')
  await press(two, id, 'to-preparing')
  await stands(one, id, 'making')
  await press(one, id, 'to-ready')
  await stands(two, id, 'ready')
  await press(two, id, 'open')
  await at(two, 'sheet-delivering').click()
  await at(two, 'close').click()
  await press(one, id, 'to-delivered')
  await gone(one, id)
  await gone(two, id)
})

scene('an order is declined with a reason that the customer reads in his own language', async (device) => {
  const page = await device('OWNER1', PHONE)
  const customer = await device('USER0001', PHONE, '/orders')
  const id = await order()
  await customer.goto(`${server.url}/orders/${id}?lang=pl`)
  await stands(page, id, 'new')
  await press(page, id, 'decline')
  await at(page, 'reason-other').check()
  assert.equal(await at(page, 'decide-do').isDisabled(), true)
  await at(page, 'decide-back').click()
  await stands(page, id, 'new') // thought better of it
  await press(page, id, 'decline')
  await at(page, 'decide-do').click()
  await gone(page, id)
  await customer.getByText('Czegoś zabrakło.').waitFor()
})

scene('what somebody else has decided meanwhile is no error of the board', async (device) => {
  const page = await device('OWNER1')
  const id = await order()
  await stands(page, id, 'new')
  await page.route(`**/order-receive/${id}`, async (route) => {
    await patch(`${server.url}/order-receive/${id}`, tokens.BARISTA1, { accept: false, reason: 'Closed early' })
    await route.continue()
  })
  await press(page, id, 'accept')
  await gone(page, id)
  await page.locator('[data-test="toast"].bad').waitFor()
})

scene('it cannot be made after all', async (device) => {
  const page = await device('BARISTA1')
  const id = await order()
  await stands(page, id, 'new')
  await press(page, id, 'accept')
  await stands(page, id, 'making')
  await press(page, id, 'open')
  await at(page, 'sheet-failed').click()
  await at(page, 'reason-other').check()
  await at(page, 'reason-words').fill('The milk is gone')
  await at(page, 'decide-do').click()
  await gone(page, id)
  const { json } = await call(`${server.url}/delivery-ms/USER0001/${id}`, { token: tokens.OWNER1 })
  assert.deepEqual([json.status, json.history.at(-1).note], ['failed', 'The milk is gone'])
})

scene('a click that nobody heard stops nothing', async (device) => {
  const page = await device('OWNER1')
  const id = await order()
  await stands(page, id, 'new')
  await page.route('**/order-receive/*', (route) => route.abort('connectionreset'))
  await press(page, id, 'accept')
  await page.locator('[data-test="toast"].bad').waitFor()
  await stands(page, id, 'new')
  assert.match(await ticket(page, id).getAttribute('class'), /\bring\b/)
})

scene('several tabs of one browser: one line, one knock, on whatever page; the next takes over', async (device) => {
  const first = await device('OWNER1')
  const lines = []
  const tabs = [first]
  for (const path of ['/', '/orders']) {
    const tab = await first.context().newPage()
    lines.push(countLines(tab))
    await tab.goto(server.url + path)
    await see(tab, 'bell')
    await tab.locator('main').click({ position: { x: 1, y: 1 } })
    tabs.push(tab)
  }
  const [, shop, orders] = tabs
  const id = await order()
  await stands(first, id, 'new')
  for (const tab of [shop, orders]) await tab.locator('[data-test="toast"][data-event="SUBMIT_ORDER"]').waitFor()
  assert.deepEqual(lines.map((opened) => opened.length), [0, 0])
  const all = async () => (await Promise.all(tabs.map(knocks))).reduce((sum, n) => sum + n, 0)
  await eventually(async () => (await all()) > 0, 'a knock')
  assert.equal(await all(), 1)

  await first.close() // it had the line, and the sound
  tabs.shift()
  const second = await order()
  for (const tab of tabs) await eventually(async () => (await at(tab, 'toast').count()) === 2, 'the second order')
  assert.equal(lines.flat().length, 1)
  await eventually(async () => (await all()) === 1, 'the knock of another tab')
  for (const one of [id, second]) await patch(`${server.url}/order-receive/${one}`, tokens.OWNER1, {})
  for (const tab of tabs) await eventually(async () => (await at(tab, 'toast').count()) === 0, 'silence') // by state
})

scene('where a page has no locks (plain HTTP in a shop\'s own network), tabs share one line, too', async (device) => {
  const first = await device('OWNER1', WALL, '/orders')
  await first.context().addInitScript(() => Object.defineProperty(Navigator.prototype, 'locks', { value: undefined }))
  const lines = countLines(first)
  await first.reload()
  await eventually(() => lines.length === 1, 'the line')
  const second = await first.context().newPage()
  const own = countLines(second)
  await second.goto(`${server.url}/orders`)
  await see(second, 'bell')
  const id = await order()
  for (const tab of [first, second]) await tab.locator('[data-test="toast"][data-event="SUBMIT_ORDER"]').waitFor()
  assert.equal(own.length, 0)
  await first.close()
  await patch(`${server.url}/order-receive/${id}`, tokens.OWNER1, {})
  await at(second, 'toast').waitFor({ state: 'detached', timeout: 15000 })
  assert.equal(own.length, 1)
})

scene('a pulled cable shows a bar; what happened meanwhile is there when it heals', async (device) => {
  const wire = await startWire(server)
  try {
    const page = await device('OWNER1', WALL, '/owner', wire.url)
    const [first, second] = [await order(), await order('USER0002')]
    for (const id of [first, second]) await stands(page, id, 'new')
    wire.cut()
    await see(page, 'offline')
    await patch(`${server.url}/order-receive/${first}`, tokens.BARISTA1, {})
    const third = await order()
    await stands(page, first, 'new')
    wire.heal()
    await stands(page, first, 'making', 30000)
    await stands(page, second, 'new')
    await stands(page, third, 'new')
    await at(page, 'offline').waitFor({ state: 'detached' })
  } finally {
    await wire.stop()
  }
})

scene('what is sold out is one switch, and customers see it', async (device) => {
  const page = await device('BARISTA1', PHONE)
  const customer = await device('USER0001', PHONE, '/')
  const flip = async (to) => {
    await at(page, `stock-${COLA}`).click()
    await page.locator(`[data-test="stock-${COLA}"][aria-checked="${to}"]`).waitFor()
  }
  await at(page, 'open-stock').click()
  await flip(false)
  try {
    await customer.reload()
    await at(customer, `product-${COLA}`).locator('[data-test="sold-out"]').waitFor()
  } finally {
    await flip(true)
  }
})

scene('who has seen it stands on the order', async (device) => {
  const owner = await device('OWNER1')
  const barista = await device('BARISTA1', PHONE)
  const id = await order()
  await stands(barista, id, 'new')
  await press(barista, id, 'accept')
  await stands(owner, id, 'making')
  await press(owner, id, 'open')
  const alerts = at(owner, 'alert')
  await alerts.first().waitFor()
  const said = (await alerts.allInnerTexts()).join('\n')
  assert.match(said, /OWNER1/)
  assert.match(said, /BARISTA1[^]*acted/)
})

scene('a board by keyboard alone', async (device) => {
  const page = await device('OWNER1')
  const focus = () => page.evaluate(() => document.activeElement?.dataset.test ?? document.activeElement?.tagName)
  async function tabTo(name) {
    for (let i = 0; i < 60 && (await focus()) !== name; i++) await page.keyboard.press('Tab')
    assert.equal(await focus(), name)
  }
  const id = await order()
  await stands(page, id, 'new')
  await tabTo('open')
  await page.keyboard.press('Enter')
  await see(page, 'ticket-sheet')
  await page.keyboard.press('Escape')
  await at(page, 'ticket-sheet').waitFor({ state: 'detached' })
  assert.equal(await focus(), 'open')
  await tabTo('eta')
  await tabTo('accept')
  await page.keyboard.press('Enter')
  await stands(page, id, 'making')
})

scene('the sound is off where one does not want it, and stays off', async (device) => {
  const page = await device('OWNER1')
  await at(page, 'sound').click()
  await page.reload()
  await see(page, 'board')
  assert.equal(await at(page, 'sound').getAttribute('aria-pressed'), 'false')
  assert.equal(await at(page, 'sound-ask').count(), 0)
  const id = await order()
  await stands(page, id, 'new')
  assert.equal(await knocks(page), 0)
  await at(page, 'sound').click()
  await eventually(async () => (await knocks(page)) === 1, 'a sample')
})

scene('each to his own: a courier brings, a customer has no board', async (device) => {
  const courier = await device('COURIER1', PHONE)
  const id = await order()
  const move = (status) => patch(`${server.url}/delivery-ms/USER0001/${id}`, tokens.OWNER1, { status })
  await patch(`${server.url}/order-receive/${id}`, tokens.OWNER1, {})
  await move('preparing')
  await move('ready')
  await stands(courier, id, 'ready')
  assert.equal(await at(courier, 'column-new').count(), 0)
  await press(courier, id, 'to-delivering')
  await press(courier, id, 'to-delivered')
  await gone(courier, id)
  const customer = await device('USER0002', PHONE, '/')
  await customer.goto(`${server.url}/owner`)
  await see(customer, 'no-shop')
  for (const [page, end] of [[courier, '/owner'], [customer, '/orders']]) {
    await page.goto(`${server.url}/mypage`)
    await page.waitForURL(`**${end}`)
  }
})

scene('an administrator looks at any shop, live', async (device) => {
  const page = await device('ADMIN1')
  await see(page, 'none-new')
  await stands(page, await order(), 'new')
})

test('an owner of several shops: one board each, and word of the others', async () => {
  const house = await startPesan()
  const { page, close } = await openPage(browser, WALL)
  try {
    const admin = await house.token('ADMIN1')
    const made = await call(`${house.url}/v1/shops`, {
      token: admin,
      body: { name: 'Warung Kedua', currency: 'IDR', language: 'id', timezone: 'Asia/Jakarta', owner: 'OWNER1' },
    })
    assert.equal(made.status, 201, made.text)
    const second = made.json.id
    await signIn(page, house.url, 'OWNER1', `/owner?shop=${second}`)
    await see(page, 'none-new')
    assert.equal(await at(page, 'board-shop').innerText(), 'Warung Kedua')
    const id = await orderCola(house, 'USER0001', await house.token('USER0001'))
    await page.locator('[data-test="toast"][data-event="SUBMIT_ORDER"]').waitFor()
    await see(page, 'rings-elsewhere')
    assert.equal(await ticket(page, id).count(), 0)
    await at(page, 'shop-pick').selectOption(SHOP)
    await stands(page, id, 'new')
  } finally {
    await house.stop()
  }
  await close()
})
