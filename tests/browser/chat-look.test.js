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

for (const { name, width, height, colorScheme, language } of GLASS) {
  const title = `${name} ${colorScheme} ${language}`
  test(title, async () => {
    const { uri, invite } = await fill()
    const options = { viewport: { width, height }, colorScheme, reducedMotion: 'reduce', locale: language }
    const screenOf = (page) => async (part) => {
      await picture(page, `chat ${title} ${part}`.replaceAll(' ', '-'))
      const wrong = [...(await page.evaluate(measure, 44)), ...(await page.evaluate(judge))]
      assert.deepEqual(wrong, [], part)
      assert.doesNotMatch(await page.locator('body').innerText(), KEY, part)
      assert.equal(await page.locator('html').getAttribute('lang'), language)
    }
    const { page, close } = await openPage(browser, options)
    const screen = screenOf(page)
    await page.goto(`${server.url}/chats/${uri}`)
    await see(page, 'to-chat')
    await screen('1-door')
    await signIn(page, server.url, 'USER0001', '/chats')
    await see(page, `room-${uri}`)
    await screen('2-rooms')
    await at(page, `room-${uri}`).click()
    await see(page, 'new')
    await at(page, 'message').last().waitFor()
    await screen('3-room')
    await at(page, 'message').nth(2).locator('[data-test="more"]').click()
    await at(page, 'act-reply').click()
    await at(page, 'message').nth(2).locator('[data-test="more"]').click()
    await at(page, 'message-field').fill('☕'.repeat(2001))
    await screen('4-writing')
    await at(page, 'message-field').fill('abc\u202E')
    await at(page, 'message-field').press('Enter')
    await see(page, 'why')
    await at(page, 'log').evaluate((log) => (log.scrollTop = 0))
    await see(page, 'share')
    await screen('5-share')
    await at(page, 'open-members').click()
    await see(page, 'member-USER0002')
    await screen('6-members')
    await at(page, 'close').click()
    await at(page, 'open-invite').click()
    await see(page, 'invite')
    await at(page, 'invite-qr').click()
    await see(page, 'qr-image')
    await screen('7-invite')
    await page.goto(`${server.url}${invite}`)
    await see(page, 'invite-preview')
    await screen('8-join')
    await page.goto(`${server.url}/chats/000000000000000`)
    await see(page, 'room-missing')
    await screen('9-missing')

    const id = await orderCola(server, 'USER0001', tokens.USER0001)
    const { track } = await ask('USER0001', `/order-ms/USER0001/orders/${id}`)
    const guest = await openPage(browser, options)
    await guest.page.goto(`${server.url}${track}`)
    await at(guest.page, 'thread-open').click()
    await at(guest.page, 'message-field').fill('Tanpa gula ya')
    await at(guest.page, 'message-field').press('Enter')
    await guest.page.locator('[data-test="message"] [data-mark]').waitFor()
    await screenOf(guest.page)('10-guest')
    await close()
    const board = await openPage(browser, options)
    await signIn(board.page, server.url, 'OWNER1', '/owner')
    const badge = at(board.page, `ticket-${id}`).locator('[data-test="ticket-unread"]')
    await badge.waitFor()
    await screenOf(board.page)('11-board')
    await badge.click()
    await at(board.page, 'reply-chip').first().waitFor()
    await at(board.page, 'message').waitFor()
    await at(board.page, 'thread').scrollIntoViewIfNeeded()
    await screenOf(board.page)('12-ticket')
    await at(board.page, 'message-field').fill('/')
    await see(board.page, 'offers')
    await screenOf(board.page)('13-commands')
    await board.close()
    await guest.close()
    await call(`${server.url}/order-receive/${id}`, { token: tokens.OWNER1, body: { accept: false, reason: 'closing' }, method: 'PATCH' })
  })
}
