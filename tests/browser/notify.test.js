// notify.test.js - what a person is told, on all of his devices and on any page; the inbox; and the page of seed 3, which
// knows nothing of ours but the stock client.
import assert from 'node:assert/strict'
import { after, before } from 'node:test'
import { countLines, orderCola } from '../lib/board.js'
import { COLA, at, openBrowser, patch, scenes, see, signIn } from '../lib/browser.js'
import { eventually } from '../lib/sale.js'
import { startPesan } from '../lib/server.js'

const PHONE = { viewport: { width: 390, height: 844 } }
const DESK = { viewport: { width: 1280, height: 860 } }

let server
let browser
const tokens = {}

before(async () => {
  server = await startPesan()
  browser = await openBrowser()
  for (const name of ['OWNER1', 'USER0001', 'USER0002']) tokens[name] = await server.token(name)
})

after(async () => {
  await browser?.close()
  await server?.stop()
})

/** A test with devices of its own, opened by `device(username, options, path)`. */
const scene = scenes(async (open, username, options = PHONE, path = '/') => {
  const page = await open(browser, options)
  await signIn(page, server.url, username, path)
  await see(page, 'bell')
  return page
})

const order = (username = 'USER0001') => orderCola(server, username, tokens[username])
const accept = (id, body = {}) => patch(`${server.url}/order-receive/${id}`, tokens.OWNER1, body)
const move = (user, id, status) => patch(`${server.url}/delivery-ms/${user}/${id}`, tokens.OWNER1, { status })
const toast = (page, event) => page.locator(`[data-test="toast"][data-event="${event}"]`)
const notices = (page, event) => page.locator(`[data-test="notice"][data-event="${event}"]`)
const unread = async (page) => Number((await at(page, 'unread').allInnerTexts())[0] ?? 0)
const isUnread = (page, n) => eventually(async () => (await unread(page)) === n, `${n} unread`)

/** Opens the inbox and leaves it again: everything is seen. */
async function look(page) {
  await at(page, 'bell').click()
  await see(page, 'inbox')
  await page.locator('[data-test="notice"], [data-test="inbox-empty"]').first().waitFor()
  await at(page, 'close').click()
  await isUnread(page, 0)
}

scene('a customer is told on all devices, on any page; nobody else is', async (device) => {
  const [phone, desk] = [await device('USER0001'), await device('USER0001', DESK, '/orders')]
  const other = await device('USER0002')
  const id = await order()
  await accept(id, { eta_minutes: 5 })
  for (const page of [phone, desk]) await toast(page, 'APPROVAL_ORDER').waitFor()
  await move('USER0001', id, 'preparing')
  await move('USER0001', id, 'ready')
  for (const page of [phone, desk]) await page.locator('[data-test="toast"]').getByText('Ready').waitFor()
  assert.equal(await at(phone, 'toast').count(), 1) // the same order's line
  assert.equal(await at(other, 'toast').count(), 0)
  await toast(phone, 'ORDER_STATUS').locator('[data-test="toast-open"]').click()
  await phone.waitForURL(`**/orders/${id}`)
  await at(phone, 'toast').waitFor({ state: 'detached' })
})

scene('seen on one device is seen on all, and so is what is done with', async (device) => {
  const [phone, desk] = [await device('USER0001'), await device('USER0001', DESK)]
  const tab = await phone.context().newPage()
  await tab.goto(`${server.url}/orders`)
  await look(phone)
  for (const page of [desk, tab]) await isUnread(page, 0)
  const id = await order()
  await accept(id)
  for (const page of [phone, desk, tab]) await eventually(async () => (await unread(page)) >= 1, 'something unread')
  await at(desk, 'bell').click()
  await notices(desk, 'APPROVAL_ORDER').first().waitFor()
  for (const page of [phone, tab]) await isUnread(page, 0)

  await at(phone, 'bell').click()
  const done = (page) => notices(page, 'APPROVAL_ORDER').first().locator('[data-test="acknowledge"]')
  await done(phone).click()
  for (const page of [phone, desk]) await done(page).waitFor({ state: 'detached' })
  await desk.reload()
  await at(desk, 'bell').click()
  await notices(desk, 'APPROVAL_ORDER').first().waitFor()
  assert.equal(await done(desk).count(), 0)
})

scene('what happened while nobody was there is one line, and kept in the inbox', async (device) => {
  const page = await device('USER0002')
  await look(page)
  const context = page.context()
  await page.close()
  const ids = [await order('USER0002'), await order('USER0002')]
  for (const id of ids) await accept(id)
  const back = await context.newPage()
  await back.route('**/v1/**', async (route) => {
    const response = await route.fetch()
    const date = new Date(Date.now() + 3600000).toUTCString() // an hour later, by the server's clock
    await route.fulfill({ response, headers: { ...response.headers(), date } })
  })
  await back.goto(server.url)
  await isUnread(back, 2)
  await toast(back, 'MISSED').waitFor()
  assert.equal(await at(back, 'toast').count(), 1)
  await toast(back, 'MISSED').locator('[data-test="toast-open"]').click()
  await notices(back, 'APPROVAL_ORDER').nth(1).waitFor()
  await isUnread(back, 0)
  await back.unrouteAll({ behavior: 'ignoreErrors' })
})

scene('an order\'s page shows each move as it comes', async (device) => {
  const page = await device('USER0001')
  const id = await order()
  await page.goto(`${server.url}/orders/${id}`)
  const isNow = (status) => page.locator(`[data-test="step-${status}"][aria-current="step"]`).waitFor()
  await isNow('received')
  await accept(id)
  await isNow('accepted')
  await move('USER0001', id, 'preparing')
  await isNow('preparing')
})

scene('who signs out is told nothing any more, in no tab', async (device) => {
  const page = await device('USER0001', DESK)
  const tab = await page.context().newPage()
  await tab.goto(server.url)
  await see(tab, 'bell')
  await at(page, 'account').click()
  await at(page, 'sign-out').click()
  for (const one of [page, tab]) await see(one, 'sign-in')
  await accept(await order())
  for (const one of [page, tab]) assert.equal(await at(one, 'toast').count(), 0)
})

scene('neither the kiosk nor the payer\'s page is told anything, or loads what would', async (device) => {
  const page = await device('OWNER1', DESK)
  const kiosk = await page.context().newPage()
  const lines = countLines(kiosk)
  const scripts = []
  kiosk.on('request', (request) => scripts.push(request.url()))
  await kiosk.goto(`${server.url}/kiosk`)
  await see(kiosk, 'attract')
  assert.equal(lines.length, 0)
  assert.deepEqual(scripts.filter((url) => /NotifyBar|line-|live-/.test(url)), [])
  assert.equal(await at(kiosk, 'bell').count(), 0)
})

// ---- Seed 3's page ----

const SEED = `<!doctype html><meta charset="utf-8"><script src="/socket.io/socket.io.js"></script>
<button id="order-button">order</button><form id="approval-form"><input name="order_id"><button id="approval-button">approve</button></form>
<script>
  const socket = io.connect('/');
  document.getElementById('order-button').addEventListener('click', () => orders());
  async function orders() {
    try {
      const res = await fetch('/order', { method: 'POST', body: JSON.stringify([{ menu_id: '${COLA}', count: 2 }]) });
      const answer = await res.json();
      window.placed = answer.order_id;
      socket.emit('SUBMIT_ORDER', { owner_id: answer.owner_id });
    } catch (err) {
      alert(err.message);
    }
  }
  socket.on('SUBMIT_ORDER', (data) => {
    const { message } = data;
    alert(message);
    document.location.href = '/mypage';
  });
  document.getElementById('approval-form').addEventListener('submit', (event) => {
    event.preventDefault();
    approval(event.target.order_id.value);
  });
  async function approval(order_id) {
    const data = { order_id };
    try {
      const res = await fetch('/order-receive/' + order_id, { method: 'PATCH', body: data });
      const { client_id } = await res.json();
      socket.emit('APPROVAL_ORDER', { client_id });
    } catch (err) {
      alert(err.message);
    }
  }
  socket.on('APPROVAL_ORDER', (data) => {
    const { message } = data;
    alert(message);
    document.location.href = '/mypage';
  });
  socket.on('connect', () => {
    const { engine } = socket.io;
    const ready = () => (window.ready = true);
    if (engine.transport.name === 'websocket') ready();
    else engine.once('upgrade', ready);
  });
</script>`

/**
 * The seed's page on a device of its own, by WebSocket; what it has alerted is kept in `alerts`. Of a page that no server
 * has sent Chromium does not know that it is local, and asks before it lets it open a local WebSocket.
 */
async function seedPage(device, username) {
  const page = await device(username, { ...PHONE, locale: 'ko-KR', permissions: ['local-network-access'] })
  const alerts = []
  page.on('dialog', (dialog) => {
    alerts.push(dialog.message())
    dialog.accept()
  })
  await page.route('**/seed-3.html', (route) => route.fulfill({ contentType: 'text/html', body: SEED }))
  await page.goto(`${server.url}/seed-3.html`)
  await page.waitForFunction(() => window.ready)
  return { page, alerts }
}

scene('seed 3: all devices of the owner hear of an order, all of its customer of its acceptance, nobody else does', async (device) => {
  const owners = [await seedPage(device, 'OWNER1'), await seedPage(device, 'OWNER1')]
  const customers = [await seedPage(device, 'USER0001'), await seedPage(device, 'USER0001')]
  const other = await seedPage(device, 'USER0002')
  const [buyer] = customers
  await buyer.page.locator('#order-button').click()
  await buyer.page.waitForFunction(() => window.placed)
  const id = await buyer.page.evaluate(() => window.placed)
  for (const { page } of owners) await page.waitForURL('**/owner')
  for (const { alerts } of owners) assert.deepEqual(alerts, ['주문이 들어왔습니다.'])
  await at(owners[1].page, `ticket-${id}`).waitFor()

  const [{ page: boss }] = owners
  await boss.goto(`${server.url}/seed-3.html`)
  await boss.waitForFunction(() => window.ready)
  await boss.locator('[name=order_id]').fill(id)
  await boss.locator('#approval-button').click()
  for (const { page } of customers) await page.waitForURL('**/orders')
  for (const { alerts } of customers) assert.deepEqual(alerts, ['주문이 승인되었습니다.'])
  assert.deepEqual([owners[0].alerts.length, owners[1].alerts.length, other.alerts.length], [1, 1, 0])
})
