// chat.test.js - two people, a shop and a guest who talk, in a real browser: seed 4 from signing up to live messages, what
// goes wrong on the way, and the talk about an order.
import assert from 'node:assert/strict'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { after, before, test } from 'node:test'
import { countKnocks, knocks, orderCola } from '../lib/board.js'
import { at, openBrowser, openPage, patch, scenes, see, sign } from '../lib/browser.js'
import { call, eventually } from '../lib/sale.js'
import { freePort, startPesan } from '../lib/server.js'

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

/** A test with pages of its own, opened by `device(options)`. */
const scene = scenes(async (open, options = DESK) => {
  const page = await open(browser, options)
  page.setDefaultTimeout(15000)
  await countKnocks(page)
  return page
})

const message = (page, text) => at(page, 'message').filter({ has: page.locator('.line > .bubble > .text').getByText(text, { exact: true }) })
const both = (...things) => Promise.all(things)
const texts = (page) => at(page, 'text').allInnerTexts()
const hasMark = (page, text, mark) => message(page, text).locator(`[data-mark="${mark}"]`).waitFor({ timeout: 15000 })
const hears = (page, text) => message(page, text).waitFor({ timeout: 15000 })

async function say(page, text) {
  await at(page, 'message-field').fill(text)
  await at(page, 'message-field').press('Enter')
}

/** A room of USER0001 with USER0002 in it; its uri. */
async function room(...members) {
  const { status, text, json } = await call(`${server.url}/v1/chats`, { token: tokens.USER0001, body: { members } })
  assert.equal(status, 201, text)
  return json.uri
}

const post = (uri, who, body) => call(`${server.url}/api/chats/${uri}/messages/`, { token: tokens[who], body })

/** As one of the demo's people: the door itself is tried by the seed's two and in other files. */
async function come(page, username, path, url = server.url) {
  const answer = await page.context().request.post(`${url}/auth/token/create/`, { data: { username, password: 'pesan-demo' } })
  assert.equal(answer.status(), 200)
  await page.goto(`${url}${path}`)
  await see(page, 'account')
}

async function enter(page, username, uri, url = server.url) {
  await come(page, username, `/chats/${uri}`, url)
  await see(page, 'room')
  await page.locator('[data-test="log"] ol[aria-busy=false]').waitFor({ state: 'attached' })
}

scene('seed 4: two strangers sign up, one starts a chat, the other comes by its address, and they talk', async (device) => {
  const maciej = await device()
  const zosia = await device(PHONE)
  await maciej.goto(`${server.url}/chats`)
  await maciej.waitForURL('**/auth?next=/chats')
  await at(maciej, 'tab-up').click()
  await sign(maciej, { username: 'maciej', email: 'maciej@example.com', password: 'correct horse 7' })
  await maciej.waitForURL('**/chats')
  await maciej.getByText('Welcome maciej!').waitFor()
  await at(maciej, 'start-chat').click()
  await maciej.waitForURL(/\/chats\/[0-9a-f]{15}$/)
  await maciej.getByText('Share the page URL to invite new friends').waitFor()
  const address = await at(maciej, 'share-url').inputValue()
  assert.equal(address, maciej.url())

  await zosia.goto(address)
  await at(zosia, 'tab-up').click()
  await sign(zosia, { username: 'zosia', email: 'zosia@example.com', password: 'correct horse 8' })
  await zosia.waitForURL(address)
  await see(zosia, 'room')
  await maciej.getByText('2 members').waitFor()

  await at(zosia, 'message-field').pressSequentially('Cze')
  await maciej.getByText('zosia is typing').waitFor()
  await say(zosia, 'Cześć')
  await hears(maciej, 'Cześć')
  await at(maciej, 'typing').waitFor({ state: 'detached' })
  await at(maciej, 'message-field').fill('one\ntwo')
  await at(maciej, 'message-field').press('Shift+Enter')
  await at(maciej, 'message-field').press('Enter')
  await hears(zosia, 'one\ntwo\n')
  await zosia.bringToFront()
  await at(maciej, 'message').last().locator('[data-mark="read"]').waitFor()
  assert.match(await at(maciej, 'readers').innerText(), /zosia/)
  await maciej.reload()
  await hears(maciej, 'Cześć')
  assert.equal((await texts(maciej)).length, 2)
})

scene('what two can do with messages: text that looks like a page, too much, nothing; answered, edited, deleted', async (device) => {
  const [a, b] = [await device(), await device(PHONE)]
  const uri = await room('USER0002')
  await both(enter(a, 'USER0001', uri), enter(b, 'USER0002', uri))
  const nasty = '<img src=x onerror="window.broken=1"><script>window.broken=2</script>&lt;b&gt;'
  await say(a, nasty)
  await hears(b, nasty)
  for (const page of [a, b]) {
    assert.equal(await at(page, 'log').locator('img, script').count(), 0)
    assert.equal(await page.evaluate(() => window.broken), undefined)
  }
  assert.match(await at(a, `room-${uri}`).innerText(), /<img src=x/)

  await at(a, 'message-field').fill('☕'.repeat(2001))
  assert.match(await at(a, 'count').innerText(), /^2001 \/ 2000/)
  assert.equal(await at(a, 'send').isDisabled(), true)
  await at(a, 'message-field').fill('  \n ')
  assert.equal(await at(a, 'send').isDisabled(), true)
  await say(a, '☕'.repeat(2000))
  await hears(b, '☕'.repeat(2000))
  await say(a, 'abc\u202Edef')
  await see(a, 'why')
  await at(a, 'discard').click()
  await at(a, 'pending').waitFor({ state: 'detached' })

  await say(b, 'one tee')
  await hears(a, 'one tee')
  const act = async (page, text, name) => {
    await message(page, text).locator('[data-test="more"]').click()
    await at(page, `act-${name}`).click()
  }
  await act(a, 'one tee', 'reply')
  await say(a, 'tea?')
  await message(b, 'tea?').locator('[data-test="quote"]').getByText('one tee').waitFor()
  await act(b, 'one tee', 'edit')
  await say(b, 'one tea')
  await message(a, 'one tea').and(a.locator(':has([data-test="edited"])')).waitFor()
  await act(a, 'one tea', 'history')
  await at(a, 'history-sheet').getByText('one tee').waitFor()
  await at(a, 'close').click()
  await act(b, 'one tea', 'delete')
  await at(b, 'act-delete').click()
  await message(a, 'This message was deleted').first().waitFor()
})

scene('what is unread is counted, heard without focus, and quiet where one wants it', async (device) => {
  const page = await device()
  const uri = await room('USER0002')
  await come(page, 'USER0002', '/chats')
  const card = at(page, `room-${uri}`)
  await card.waitFor()
  await at(page, 'welcome').click() // from now on the page may sound
  await page.evaluate(() => (document.hasFocus = () => false))
  await post(uri, 'USER0001', { message: 'anybody?' }) // whether or not the room is heard already
  await card.locator('[data-test="room-unread"]').getByText('1', { exact: true }).waitFor()
  await page.waitForTimeout(1000)
  const before = await knocks(page)
  await post(uri, 'USER0001', { message: 'hello?' })
  await card.locator('[data-test="room-unread"]').getByText('2', { exact: true }).waitFor()
  await card.getByText('USER0001: hello?').waitFor()
  await eventually(async () => (await knocks(page)) === before + 1, 'a knock')
  await eventually(async () => /^\(\d+\) Chats$/.test(await page.title()), 'a number in the title')
  await card.click()
  await hears(page, 'hello?')
  assert.equal(await card.locator('[data-test="room-unread"]').count(), 1) // nobody looks
  await page.evaluate(() => {
    document.hasFocus = () => true
    dispatchEvent(new Event('focus'))
  })
  await card.locator('[data-test="room-unread"]').waitFor({ state: 'detached' })
  await at(page, 'mute').click()
  await page.locator('[data-test="mute"][aria-pressed="true"]').waitFor()
  await page.evaluate(() => (document.hasFocus = () => false))
  await post(uri, 'USER0001', { message: 'still there?' })
  await hears(page, 'still there?')
  await page.waitForTimeout(400)
  assert.equal(await knocks(page), before + 1)

  const tab = await page.context().newPage() // the same line, and the same room
  await tab.goto(page.url())
  await hears(tab, 'still there?')
  await page.goto(server.url)
  await page.waitForTimeout(1500)
  await post(uri, 'USER0001', { message: 'and in the other tab?' })
  await hears(tab, 'and in the other tab?')
  await at(page, 'account').click()
  await see(page, 'my-chats')
})

scene('by invitation, with a role, once; and out again', async (device) => {
  const [owner, friend] = [await device(), await device(PHONE)]
  const { json } = await call(`${server.url}/v1/chats`, { token: tokens.USER0001, body: { name: 'Barista only', invite_only: true } })
  await both(enter(owner, 'USER0001', json.uri), come(friend, 'USER0002', `/chats/${json.uri}`))
  await see(friend, 'room-missing')
  await at(owner, 'open-invite').click()
  await at(owner, 'invite-role').selectOption('moderator')
  await at(owner, 'invite-uses').selectOption('1')
  await at(owner, 'invite-make').click()
  await at(owner, 'qr-image').waitFor()
  const address = await at(owner, 'invite-url').innerText()
  await friend.goto(address)
  await friend.getByText('Barista only').waitFor()
  await at(friend, 'join').click()
  await friend.waitForURL(`**/chats/${json.uri}`)
  await see(friend, 'room')
  await at(owner, 'close').click()
  await at(owner, 'open-members').click()
  const place = at(owner, 'member-USER0002')
  assert.equal(await place.locator('[data-test="role"]').inputValue(), 'moderator')
  await place.locator('[data-test="remove"]').click()
  await place.locator('[data-test="remove"]').click()
  await see(friend, 'room-lost')
  await friend.goto(address)
  await see(friend, 'invite-over')
})

test('a server that goes and comes back loses nothing and doubles nothing', async () => {
  const folder = await mkdtemp(path.join(tmpdir(), 'pesan-chat-'))
  const [data, listen] = [path.join(folder, 'data'), await freePort()]
  let house = await startPesan([], { data, listen })
  const opened = [await openPage(browser, DESK), await openPage(browser, PHONE)]
  const [a, b] = opened.map(({ page }) => page)
  try {
    const token = await house.token('USER0001')
    const { json } = await call(`${house.url}/v1/chats`, { token, body: { members: ['USER0002'] } })
    await both(enter(a, 'USER0001', json.uri, house.url), enter(b, 'USER0002', json.uri, house.url))
    await say(a, 'before')
    await hears(b, 'before')
    await house.kill9()
    await see(a, 'offline')
    await say(a, 'meanwhile 1')
    await say(a, 'meanwhile 2')
    await at(a, 'pending').nth(1).waitFor()
    house = await startPesan([], { data, listen })
    for (const page of [a, b]) await hears(page, 'meanwhile 2')
    await at(a, 'offline').waitFor({ state: 'detached', timeout: 15000 })
    await say(b, 'after')
    await hears(a, 'after')
    for (const page of [a, b]) assert.deepEqual(await texts(page), ['before', 'meanwhile 1', 'meanwhile 2', 'after'])
    assert.equal(await at(a, 'pending').count(), 0)
  } finally {
    await house.stop()
    for (const { close } of opened) await close()
    await rm(folder, { recursive: true, force: true })
  }
})

scene('hundreds of messages: read upward, a page at a time, without a jump', async (device) => {
  const page = await device()
  const uri = await room('USER0002')
  for (let n = 1; n <= 120; n++) await post(uri, 'USER0001', { message: `m${n}` })
  await enter(page, 'USER0002', uri)
  await hears(page, 'm120')
  for (let i = 0; i < 10 && (await at(page, 'text').count()) < 120; i++) {
    await at(page, 'log').evaluate((log) => (log.scrollTop = 0))
    await page.waitForTimeout(150)
  }
  assert.deepEqual((await texts(page)), Array.from({ length: 120 }, (_, i) => `m${i + 1}`))
})

scene('a guest with the tracking link and the shop\'s people talk about the order, and the order obeys them', async (device) => {
  const [guest, owner, customer] = [await device(PHONE), await device(), await device(PHONE)]
  const id = await orderCola(server, 'USER0001', tokens.USER0001)
  const { json } = await call(`${server.url}/order-ms/USER0001/orders/${id}`, { token: tokens.USER0001 })
  await both(come(owner, 'OWNER1', '/owner'), come(customer, 'USER0001', '/orders'))
  await see(owner, `ticket-${id}`)
  await guest.goto(`${server.url}${json.track}`)
  await at(guest, 'thread-open').click()
  await say(guest, 'Less sugar, please')
  const ticket = at(owner, `ticket-${id}`)
  await ticket.locator('[data-test="ticket-unread"]').waitFor({ timeout: 15000 })
  await ticket.locator('[data-test="ticket-unread"]').click()
  await hears(owner, 'Less sugar, please')
  await at(owner, 'reply-chip').nth(1).click()
  await at(guest, 'text').nth(1).waitFor() // in the language of the order
  await say(owner, 'Sure')
  await hears(guest, 'Sure')
  await customer.locator('[data-test="toast"][data-event="CHAT_MESSAGE"] [data-test="toast-open"]').click()
  await customer.waitForURL(`**/orders/${id}`)
  await at(customer, 'thread-open').click()
  await hears(customer, 'Sure')
  await say(customer, 'Thank you')
  for (const page of [owner, guest]) await hears(page, 'Thank you')

  await patch(`${server.url}/order-receive/${id}`, tokens.OWNER1, {})
  await at(owner, 'message-field').fill('/')
  await see(owner, 'offers')
  await at(owner, 'message-field').press('Escape')
  await say(owner, '/preparing')
  await guest.locator('[data-test="order-head"][data-status="preparing"]').waitFor()
  await at(guest, 'system').getByText('Being made').waitFor()
  await say(owner, '/delivered')
  await owner.locator('[data-test="outcome"].refused').waitFor()
  await owner.getByText('Sure', { exact: true }).waitFor()
  assert.equal((await texts(guest)).some((text) => text.startsWith('/')), false)
  await guest.reload()
  await hears(guest, 'Sure')
})

scene('a chat by keyboard alone', async (device) => {
  const page = await device()
  const uri = await room('USER0002')
  await post(uri, 'USER0002', { message: 'first' })
  await post(uri, 'USER0002', { message: 'second' })
  await enter(page, 'USER0001', uri)
  await hears(page, 'second')
  const focus = () => page.evaluate(() => document.activeElement?.dataset.test ?? document.activeElement?.tagName)
  async function tabTo(name) {
    for (let i = 0; i < 40 && (await focus()) !== name; i++) await page.keyboard.press('Tab')
    assert.equal(await focus(), name)
  }
  await tabTo('more')
  await page.keyboard.press('ArrowUp')
  await page.keyboard.press('Enter')
  await tabTo('act-reply')
  await page.keyboard.press('Enter')
  assert.equal(await focus(), 'message-field')
  await page.keyboard.type('to the first')
  await page.keyboard.press('Enter')
  await message(page, 'to the first').locator('[data-test="quote"]').getByText('first').waitFor()
  assert.equal(await focus(), 'message-field')
})
