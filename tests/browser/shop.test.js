// shop.test.js - the customer's pages in a real browser: signing up, the menu with its options, ordering, paying,
// following an order, and what goes wrong on the way.
import assert from 'node:assert/strict'
import { after, before } from 'node:test'
import {
  COLA, KOPI_SUSU, LEMON, SHOP, at, openBrowser, openCart, openPage, patch, payer, picture, placeOrder, scenes, see, sign, signIn,
} from '../lib/browser.js'
import { call, eventually } from '../lib/sale.js'
import { startPesan } from '../lib/server.js'
import { startWire } from '../lib/wire.js'

const PHONE = { viewport: { width: 390, height: 844 } }

let server
let browser
const tokens = {}

before(async () => {
  server = await startPesan()
  browser = await openBrowser()
  for (const name of ['OWNER1', 'BARISTA1', 'ADMIN1', 'USER0001']) tokens[name] = await server.token(name)
})

after(async () => {
  await browser?.close()
  await server?.stop()
})

const phones = scenes((open, options) => open(browser, { ...PHONE, ...options }))

/** A test with a phone of its own, which must end without a complaint of the browser. */
const scene = (name, run, options) => phones(name, async (device) => run(await device(options)))

const text = (page, name) => at(page, name).innerText()
const isNow = (page, status) => page.locator(`[data-test="step-${status}"][aria-current="step"]`).waitFor({ timeout: 15000 })
const accept = (id, body = {}) => patch(`${server.url}/order-receive/${id}`, tokens.OWNER1, body)
const move = (user, id, status) => patch(`${server.url}/delivery-ms/${user}/${id}`, tokens.BARISTA1, { status })
const setProduct = (id, body) => patch(`${server.url}/v1/products/${id}`, tokens.OWNER1, body)
const setShop = (body) => patch(`${server.url}/v1/shops/${SHOP}`, tokens.OWNER1, body)
const ordersOf = async (user) => (await call(`${server.url}/order-ms/${user}/orders`, { token: tokens.ADMIN1 })).json

/** A place for an order at the counter, as somebody who is signed in. */
async function orderCola(page) {
  await page.goto(server.url)
  await at(page, `add-${COLA}`).click()
  await openCart(page)
  return placeOrder(page)
}

scene('from signing up to the cup in hand, live', async (page) => {
  await page.goto(`${server.url}/?lang=en`)
  await at(page, `add-${KOPI_SUSU}`).click()
  await see(page, 'product-sheet')
  assert.equal(await at(page, 'choice-regular').isChecked(), true)
  await at(page, 'choice-large').check()
  await at(page, 'choice-less-ice').check()
  await at(page, 'plus-sheet').click()
  assert.match(await text(page, 'put'), /Rp 46\.000/)
  await at(page, 'put').click()
  assert.equal(await text(page, `count-${KOPI_SUSU}`), '2')
  assert.equal(await text(page, 'cart-sum'), 'Rp 46.000')
  await openCart(page)
  assert.match(await text(page, 'cart-line'), /Besar, Sedikit es/)
  assert.equal(await text(page, 'order'), 'Sign in to order')
  await at(page, 'order').click()

  await at(page, 'tab-up').click()
  await at(page, 'submit').click()
  await see(page, 'error-terms')
  await sign(page, { username: 'siti', email: 'siti@example.com', password: 'kopi susu pagi' })
  await see(page, 'cart-sheet') // back where we were, with what we had
  assert.equal(await text(page, 'order'), 'Order · Rp 46.000')
  const cookie = (await page.context().cookies()).find(({ name }) => name === 'accessToken')
  assert.equal(cookie.httpOnly, true)
  const id = await placeOrder(page)
  assert.match(await text(page, 'order-number'), /^[A-Z]\d+$/)
  assert.match(await text(page, 'order-items'), /2 ×\s+Kopi Susu\s+Besar, Sedikit es/)
  await isNow(page, 'received')

  await accept(id, { eta_minutes: 12 })
  await isNow(page, 'accepted')
  assert.match(await text(page, 'eta'), /Ready around \d\d:\d\d/)
  await see(page, 'cancel-order')
  await move('siti', id, 'preparing')
  await isNow(page, 'preparing')
  await at(page, 'cancel-order').waitFor({ state: 'detached' })
  await move('siti', id, 'ready')
  await isNow(page, 'ready')
  await picture(page, 'shop-ready')
  assert.equal(await text(page, 'order-status'), 'Ready')
  await move('siti', id, 'delivered')
  await page.locator('[data-test="step-delivered"][data-state="done"]').waitFor()

  await at(page, 'all-orders').click()
  await at(page, `order-${id}`).getByText('Delivered').waitFor()
  await page.goBack()
  await page.reload()
  await page.locator('[data-test="step-delivered"][data-state="done"] time').waitFor()
})

scene('an order by QR is paid on the payer\'s page; one that is declined says that nothing was charged', async (page) => {
  await signIn(page, server.url, 'USER0002')
  for (const action of ['pay', 'deny']) {
    await page.goto(server.url)
    await at(page, `add-${COLA}`).click()
    await openCart(page)
    await at(page, 'pay-qris').check()
    await placeOrder(page)
    await see(page, 'pay-url')
    await page.waitForFunction(() => document.querySelector('[data-test="qr-image"]')?.naturalWidth > 0)
    assert.equal(await text(page, 'pay-amount'), 'Rp 7.000')
    assert.match(await text(page, 'time-left'), /^\d+:\d\d$/)
    await picture(page, 'shop-qr')
    await payer(page, new URL(await at(page, 'pay-url').getAttribute('href'), server.url).href, action)
    await at(page, 'pay').waitFor({ state: 'detached' })
    if (action === 'pay') await isNow(page, 'received')
    else await isNow(page, 'cancelled')
  }
  await at(page, 'refund').waitFor()
  assert.match(await text(page, 'refund'), /Nothing was charged/)
  assert.match(await text(page, 'order-reason'), /declined/)
})

scene('whoever has the link follows the order live, and learns nothing else', async (page) => {
  await signIn(page, server.url, 'USER0001')
  const id = await orderCola(page)
  const link = await at(page, 'share-url').inputValue()
  const stranger = await openPage(browser, PHONE)
  await stranger.page.goto(link)
  await isNow(stranger.page, 'received')
  assert.deepEqual(await stranger.page.context().cookies(), [])
  await accept(id)
  await isNow(stranger.page, 'accepted')
  await move('USER0001', id, 'preparing')
  await isNow(stranger.page, 'preparing')
  assert.doesNotMatch(await stranger.page.locator('main').innerText(), /USER0001|BARISTA1|Rp|[\da-f]{8}-/)
  await stranger.page.reload()
  await isNow(stranger.page, 'preparing')
  await patch(`${server.url}/delivery-ms/USER0001/${id}`, tokens.BARISTA1, { status: 'failed', note: 'the milk is gone' })
  await isNow(stranger.page, 'failed')
  await isNow(page, 'failed')
  await stranger.close()
})

scene('a refused order says why', async (page) => {
  await signIn(page, server.url, 'USER0001')
  const id = await orderCola(page)
  await accept(id, { accept: false, reason: 'No more cups today' })
  await isNow(page, 'rejected')
  await page.getByText('No more cups today').waitFor()
})

scene('an order is given up after being asked once more', async (page) => {
  await signIn(page, server.url, 'USER0001')
  const id = await orderCola(page)
  await at(page, 'cancel-order').click()
  await at(page, 'cancel-no').click()
  await at(page, 'cancel-sheet').waitFor({ state: 'detached' })
  await at(page, 'cancel-order').click()
  await at(page, 'cancel-yes').click()
  await isNow(page, 'cancelled')
  assert.equal((await ordersOf('USER0001')).find((order) => order.order_id === id).status, 'cancelled')
})

scene('what the server says about a log-in stands beside its field', async (page) => {
  await page.goto(`${server.url}/auth?lang=ko&next=/orders`)
  await at(page, 'submit').click()
  await see(page, 'error-username')
  assert.equal(await page.evaluate(() => document.activeElement.dataset.test), 'username')
  await sign(page, { username: 'USER0001', password: 'not this one' })
  await page.getByText('이름 또는 비밀번호가 올바르지 않습니다.').waitFor()
  await at(page, 'show-password').click()
  assert.equal(await at(page, 'password').getAttribute('type'), 'text')

  await at(page, 'tab-up').click()
  await sign(page, { username: 'USER0001', email: 'new@example.com', password: 'a long enough one' })
  await see(page, 'error-username')
  assert.equal(await text(page, 'error-username'), '이미 사용 중입니다.')
  assert.equal(await at(page, 'username').getAttribute('aria-invalid'), 'true')
  await sign(page, { username: 'somebody-new', password: 'short' })
  await see(page, 'error-password')
  await picture(page, 'shop-auth-wrong')

  await at(page, 'tab-in').click()
  await sign(page, { username: 'USER0001', password: 'pesan-demo' })
  await page.waitForURL('**/orders')
})

scene('too many attempts count down to the next', async (page) => {
  let attempts = 0
  await page.route('**/auth/token/create/', (route) => {
    attempts += 1
    if (attempts > 1) return route.continue()
    return route.fulfill({
      status: 429,
      headers: { 'Retry-After': '2', 'Content-Type': 'application/problem+json' },
      body: JSON.stringify({ type: '/problems/too-many', message: 'Please wait a moment.' }),
    })
  })
  await page.goto(`${server.url}/auth`)
  await sign(page, { username: 'USER0001', password: 'pesan-demo' })
  await see(page, 'wait')
  await page.getByText('Please wait a moment.').waitFor()
  assert.equal(await at(page, 'submit').isDisabled(), true)
  await at(page, 'wait').waitFor({ state: 'detached' })
  await at(page, 'submit').click()
  await see(page, 'account')
})

scene('the way back leads nowhere but to our own pages', async (page) => {
  await page.goto(`${server.url}/auth?next=${encodeURIComponent('//example.com/orders')}`)
  await sign(page, { username: 'USER0001', password: 'pesan-demo' })
  await page.waitForURL(`${server.url}/`)
  await see(page, 'account')
})

scene('what sells out, gets dearer or closes meanwhile is explained, and the order set right', async (page) => {
  await signIn(page, server.url, 'USER0001')
  for (const id of [COLA, LEMON]) await at(page, `add-${id}`).click()
  await openCart(page)
  const price = (amount) => setProduct(COLA, { price: { amount, currency: 'IDR' } })
  await setProduct(LEMON, { available: false })
  await price(800000)
  try {
    await at(page, 'order').click()
    await see(page, 'cart-notice')
    await picture(page, 'shop-sold-out')
    const said = await text(page, 'cart-notice')
    assert.match(said, /Lemon is no longer available/)
    assert.match(said, /Cola now costs Rp 8\.000/)
    assert.equal(await text(page, 'total'), 'Rp 8.000')
    await setShop({ paused: true })
    await at(page, 'order').click()
    await page.getByText('The shop is closed now.').first().waitFor()
    assert.equal(await at(page, 'order').isDisabled(), true)
    await setShop({ paused: false })
    await page.reload()
    await see(page, `product-${LEMON}`)
    await at(page, `product-${LEMON}`).locator('[data-test="sold-out"]').waitFor()
    await openCart(page) // kept over the reload
    await placeOrder(page)
    assert.equal(await text(page, 'order-total'), 'Rp 8.000')
  } finally {
    await setShop({ paused: false })
    await setProduct(LEMON, { available: true })
    await price(700000)
  }
})

scene('an order whose answer is lost is not placed twice', async (page) => {
  await signIn(page, server.url, 'USER0001')
  const before = (await ordersOf('USER0001')).length
  let lost = 0
  await page.route('**/order-ms/*/orders', async (route) => {
    if (route.request().method() !== 'POST' || lost++) return route.continue()
    await route.fetch() // it arrives, and is placed
    return route.abort('connectionreset')
  })
  await at(page, `add-${COLA}`).click()
  await openCart(page)
  await at(page, 'order').click()
  await page.getByText('never placed twice').waitFor()
  await page.reload() // even then
  await openCart(page)
  await placeOrder(page)
  assert.equal((await ordersOf('USER0001')).length, before + 1)
})

scene('a pulled cable shows a bar on an order\'s page, and misses nothing', async (page) => {
  const wire = await startWire(server)
  try {
    await signIn(page, wire.url, 'USER0001')
    await page.goto(wire.url)
    await at(page, `add-${COLA}`).click()
    await openCart(page)
    const id = await placeOrder(page)
    await isNow(page, 'received')
    wire.cut()
    await see(page, 'offline')
    await picture(page, 'shop-offline')
    await accept(id)
    await isNow(page, 'received')
    wire.heal()
    await isNow(page, 'accepted')
    await at(page, 'offline').waitFor({ state: 'detached' })
  } finally {
    await wire.stop()
  }
})

scene('a part of a page that could not be fetched comes when the server is back', async (page) => {
  let away = true
  await page.route('**/ThreadCard*.js', (route) => (away ? route.abort() : route.continue()))
  await signIn(page, server.url, 'USER0001')
  await page.goto(server.url)
  await at(page, `add-${COLA}`).click()
  await openCart(page)
  await placeOrder(page)
  await isNow(page, 'received')
  assert.equal(await at(page, 'thread').count(), 0)
  away = false
  await see(page, 'thread')
})

scene('devices are seen and signed out one by one', async (page) => {
  const other = await openPage(browser, PHONE)
  await signIn(other.page, server.url, 'OWNER1')
  await signIn(page, server.url, 'OWNER1')
  await at(page, 'account').click()
  await at(page, 'devices').click()
  await see(page, 'device-current')
  await picture(page, 'shop-devices')
  const count = await at(page, 'device').count()
  assert.ok(count >= 1)
  await at(page, 'devices-end-others').click()
  await at(page, 'device').first().waitFor({ state: 'detached' })
  await other.page.reload()
  await see(other.page, 'sign-in')
  await other.close()
  await at(page, 'close').click()
  await at(page, 'account').click()
  await at(page, 'sign-out').click()
  await see(page, 'sign-in')
  await page.goto(`${server.url}/orders`)
  await page.waitForURL('**/auth?next=/orders')
})

scene('one order by keyboard alone', async (page) => {
  const focus = () => page.evaluate(() => document.activeElement?.dataset.test ?? document.activeElement?.tagName)
  async function tabTo(name) {
    for (let i = 0; i < 60 && (await focus()) !== name; i++) await page.keyboard.press('Tab')
    assert.equal(await focus(), name)
  }
  await signIn(page, server.url, 'USER0002')
  await see(page, `add-${KOPI_SUSU}`)
  await tabTo(`add-${KOPI_SUSU}`)
  await page.keyboard.press('Enter')
  await see(page, 'product-sheet')
  await tabTo('choice-regular')
  await page.keyboard.press('ArrowDown')
  assert.equal(await at(page, 'choice-large').isChecked(), true)
  await page.keyboard.press('Escape')
  await at(page, 'product-sheet').waitFor({ state: 'detached' })
  assert.equal(await focus(), `add-${KOPI_SUSU}`) // back to where it was opened
  await page.keyboard.press('Enter')
  await tabTo('put')
  await page.keyboard.press('Enter')
  await at(page, 'product-sheet').waitFor({ state: 'detached' })
  await tabTo('open-cart')
  await page.keyboard.press('Enter')
  await tabTo('order')
  await page.keyboard.press('Enter')
  await page.waitForURL('**/orders/*')
  await page.waitForFunction(() => document.activeElement?.tagName === 'H1')
  await tabTo('all-orders')
  await page.keyboard.press('Enter')
  await page.waitForURL('**/orders')
})

scene('older orders come a page at a time; nobody else\'s are found', async (page) => {
  for (let i = 0; i < 25; i++) {
    const body = { items: [{ product_id: COLA, qty: 1 }] }
    const { status, text: said } = await call(`${server.url}/order-ms/USER0001/orders`, { token: tokens.USER0001, body })
    assert.equal(status, 201, said)
  }
  await signIn(page, server.url, 'USER0001', '/orders')
  await see(page, 'orders')
  const cards = page.locator('[data-test="orders"] > li')
  assert.equal(await cards.count(), 20)
  await at(page, 'older').click()
  await eventually(async () => (await cards.count()) >= 25, 'the next page')
  const [foreign] = await ordersOf('siti')
  await page.goto(`${server.url}/orders/${foreign.order_id}`)
  await see(page, 'order-missing')
})

scene('a link that leads nowhere, and a customer without orders', async (page) => {
  await page.goto(`${server.url}/track/nonsense`)
  await see(page, 'track-missing')
  await page.goto(`${server.url}/auth?up&next=/orders`)
  await sign(page, { username: 'newcomer', email: 'newcomer@example.com', password: 'never ordered yet' })
  await see(page, 'orders-empty')
})

scene('several shops: those that are open first, each with its own order', async (page) => {
  const house = await startPesan()
  try {
    const admin = await house.token('ADMIN1')
    const name = 'Aaa Tutup'
    const made = await call(`${house.url}/v1/shops`, {
      token: admin,
      body: { name, currency: 'PLN', language: 'pl', timezone: 'Europe/Warsaw', owner: 'OWNER1' },
    })
    assert.equal(made.status, 201, made.text)
    await patch(`${house.url}/v1/shops/${made.json.id}`, admin, { paused: true })
    await page.goto(house.url)
    await see(page, 'shops')
    await picture(page, 'shop-list')
    assert.match(await text(page, 'shops'), /Kedai Demo[^]*Aaa Tutup/)
    await at(page, `shop-${SHOP}`).click()
    await at(page, `add-${COLA}`).click()
    await at(page, 'all-shops').click()
    await at(page, `shop-${made.json.id}`).click()
    await see(page, 'menu-empty')
    await see(page, 'closed')
    assert.equal(await at(page, 'cart-bar').count(), 0)
    await page.goBack()
    await page.goBack()
    await see(page, 'cart-bar')
  } finally {
    await house.stop()
  }
})
