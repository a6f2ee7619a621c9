// chat-look.test.js - the chats, an invitation and the talk about an order on phones, tablets and walls, in light and
// dark, in four languages: nothing sticks out, nothing is too small, too faint, without a name or without words. The
// pictures are for people.
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { orderCola } from '../lib/board.js'
import { at, openBrowser, openPage, picture, see, signIn } from '../lib/browser.js'
import { judge, measure } from '../lib/look.js'
import { call } from '../lib/sale.js'
import { startPesan } from '../lib/server.js'

const GLASS = [
  { name: 'small-phone', width: 320, height: 568, colorScheme: 'light', language: 'pl' },
  { name: 'phone', width: 390, height: 844, colorScheme: 'dark', language: 'ko' },
  { name: 'tablet', width: 1024, height: 768, colorScheme: 'light', language: 'id' },
  { name: 'wall', width: 1920, height: 1080, colorScheme: 'dark', language: 'en' },
]

/** A key that came through in place of its sentence. */
const KEY = /(?:^|\s)(?:title|site|auth|problem|chats|room|talk|act|mark|roles|members|invite|join|thread|slash|outcome|said|owner|sheet|status)\.[a-z][\w-]*/m

let server
let browser
let room // {uri, invite}
const tokens = {}
const opened = {} // a stranger's page, a customer's, a guest's and the board's

before(async () => {
  server = await startPesan()
  browser = await openBrowser()
  for (const name of ['OWNER1', 'USER0001', 'USER0002']) tokens[name] = await server.token(name)
  room = await fill()
  for (const name of ['stranger', 'customer', 'guest', 'board']) opened[name] = await openPage(browser, { reducedMotion: 'reduce' })
  await Promise.all([signIn(opened.customer.page, server.url, 'USER0001'), signIn(opened.board.page, server.url, 'OWNER1')])
})

after(async () => {
  for (const { close } of Object.values(opened)) await close()
  await browser?.close()
  await server?.stop()
})

async function ask(who, path, body, method) {
  const { status, text, json } = await call(`${server.url}${path}`, { token: tokens[who], body, method })
  assert.ok(status < 300, `${path}: ${text}`)
  return json
}

/** A room in which much has happened, another that is quiet, and an invitation to the first. */
async function fill() {
  const { uri } = await ask('USER0001', '/v1/chats', { name: 'Kopi sore di Kedai Demo bersama semua teman', members: ['USER0002'] })
  const say = (who, message, more) => ask(who, `/api/chats/${uri}/messages/`, { message, ...more })
  await say('USER0002', 'Sore ini jadi ngopi?')
  await say('USER0002', 'Aku sudah lapar juga')
  await say('USER0001', 'Jadi. Jam empat ya, aku pesan dulu lewat Pesan supaya tidak antre lama. Kopi susu dua, satu tanpa gula.')
  await say('USER0002', 'Siip ☕', { reply_to: 3 })
  await say('USER0001', `<b>bukan</b> <script>alert(1)</script> ${'panjang'.repeat(20)}`)
  await ask('USER0001', `/api/chats/${uri}/messages/5`, { message: `<i>bukan</i> ${'panjang'.repeat(20)}` }, 'PATCH')
  await say('USER0002', 'salah kirim')
  await ask('USER0002', `/api/chats/${uri}/messages/6`, undefined, 'DELETE')
  await say('USER0001', 'Sampai nanti')
  await ask('USER0002', `/api/chats/${uri}/read`, { seq: 7 })
  await say('USER0002', 'Sampai nanti, aku naik bus')
  const quiet = await ask('USER0002', '/v1/chats', { members: ['USER0001'] })
  await ask('USER0002', `/api/chats/${quiet.uri}/messages/`, { message: 'Hai' })
  const { url } = await ask('USER0001', `/v1/chats/${uri}/invites`, { expires_in_s: 3600, uses: 10 })
  return { uri, invite: url }
}

/** Opens a path on a glass, in its language; screen(part) takes the picture and finds fault. */
function on({ name, width, height, colorScheme, language }) {
  const title = `${name} ${colorScheme} ${language}`
  return {
    title,
    async open({ page }, path) {
      await page.setViewportSize({ width, height })
      await page.emulateMedia({ colorScheme })
      await page.goto(`${server.url}${path}?lang=${language}`)
    },
    async screen({ page }, part) {
      await picture(page, `chat ${title} ${part}`.replaceAll(' ', '-'))
      const wrong = [...(await page.evaluate(measure, 44)), ...(await page.evaluate(judge))]
      assert.deepEqual(wrong, [], part)
      assert.doesNotMatch(await page.locator('body').innerText(), KEY, part)
      assert.equal(await page.locator('html').getAttribute('lang'), language)
    },
  }
}

for (const glass of GLASS) {
  const { title, open, screen } = on(glass)
  test(title, async () => {
    const { stranger, customer } = opened
    const { page } = customer
    const more = () => at(page, 'message').nth(2).locator('[data-test="more"]').click()
    await open(stranger, `/chats/${room.uri}`)
    await see(stranger.page, 'to-chat')
    await screen(stranger, '0-door')
    await open(customer, '/chats')
    await see(page, `room-${room.uri}`)
    await screen(customer, '1-rooms')
    await at(page, `room-${room.uri}`).click()
    await at(page, 'message').last().waitFor()
    await screen(customer, '2-room')
    await more()
    await at(page, 'act-reply').click()
    await more()
    await at(page, 'message-field').fill('☕'.repeat(2001))
    await screen(customer, '3-writing')
    await at(page, 'message-field').fill('abc\u202E')
    await at(page, 'message-field').press('Enter')
    await see(page, 'why')
    await screen(customer, '4-refused')
    await at(page, 'log').evaluate((log) => (log.scrollTop = 0))
    await see(page, 'share')
    await screen(customer, '5-share')
    await at(page, 'open-members').click()
    await see(page, 'member-USER0002')
    await screen(customer, '6-members')
    await at(page, 'close').click()
    await at(page, 'open-invite').click()
    await see(page, 'invite')
    await at(page, 'invite-qr').click()
    await see(page, 'qr-image')
    await screen(customer, '7-invite')
    await open(customer, room.invite)
    await see(page, 'invite-preview')
    await screen(customer, '8-join')
    await open(customer, '/chats/000000000000000')
    await see(page, 'room-missing')
    await screen(customer, '9-missing')
  })

  test(`${title}: an order`, async () => {
    const { guest, board } = opened
    const id = await orderCola(server, 'USER0001', tokens.USER0001)
    const { track } = await ask('USER0001', `/order-ms/USER0001/orders/${id}`)
    await open(board, '/owner')
    await open(guest, track)
    await at(guest.page, 'thread-open').click()
    await at(guest.page, 'message-field').fill('Tanpa gula ya')
    await at(guest.page, 'message-field').press('Enter')
    await guest.page.locator('[data-test="message"] [data-mark]').waitFor()
    await screen(guest, '10-guest')
    const badge = at(board.page, `ticket-${id}`).locator('[data-test="ticket-unread"]')
    await badge.waitFor()
    await screen(board, '11-board')
    await badge.click()
    await at(board.page, 'reply-chip').first().waitFor()
    await at(board.page, 'message').waitFor()
    await screen(board, '12-ticket')
    await at(board.page, 'message-field').fill('/')
    await see(board.page, 'offers')
    await screen(board, '13-commands')
    await at(board.page, 'close').click()
    await ask('OWNER1', `/order-receive/${id}`, { accept: false, reason: 'closing' }, 'PATCH')
  })
}
