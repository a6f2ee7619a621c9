// owner-look.test.js - the board, the toasts and the inbox on phones, tablets and walls, in light and dark, in four
// languages: nothing sticks out, nothing is too small, too faint, without a name or without words. The pictures are for
// people.
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { orderCola } from '../lib/board.js'
import { KOPI_SUSU, LEMON, SHOP, at, openBrowser, openPage, patch, picture, see, signIn } from '../lib/browser.js'
import { judge, measure } from '../lib/look.js'
import { call, eventually } from '../lib/sale.js'
import { startPesan } from '../lib/server.js'
import { startWire } from '../lib/wire.js'

const GLASS = [
  { name: 'small-phone', width: 320, height: 568, colorScheme: 'light', language: 'pl' },
  { name: 'phone', width: 390, height: 844, colorScheme: 'light', language: 'id' },
  { name: 'phone', width: 390, height: 844, colorScheme: 'dark', language: 'ko' },
  { name: 'tablet', width: 1024, height: 768, colorScheme: 'light', language: 'pl' },
  { name: 'tablet', width: 1024, height: 768, colorScheme: 'dark', language: 'id' },
  { name: 'wall', width: 1920, height: 1080, colorScheme: 'dark', language: 'en' },
  { name: 'wall', width: 1920, height: 1080, colorScheme: 'light', language: 'ko' },
]

/** A key that came through in place of its sentence. */
const KEY = /(?:^|\s)(?:title|site|problem|toast|inbox|owner|decide|sheet|stock|status|order)\.[a-z][\w-]*/m

let server
let browser
const tokens = {}

before(async () => {
  server = await startPesan()
  browser = await openBrowser()
  for (const name of ['OWNER1', 'BARISTA1', 'USER0001', 'USER0002']) tokens[name] = await server.token(name)
  const ring = { every_s: 5, escalate_after_s: 10, first: ['owner', 'barista'], max_s: 600 }
  const { status, text } = await call(`${server.url}/v1/shops/${SHOP}/ring`, { method: 'PUT', token: tokens.OWNER1, body: ring })
  assert.equal(status, 200, text)
})

after(async () => {
  await browser?.close()
  await server?.stop()
})

const accept = (id, body) => patch(`${server.url}/order-receive/${id}`, tokens.OWNER1, body)

/** An order with things to be read, and how far it has come. */
async function order(username, items, ...statuses) {
  const { status, text, json } = await call(`${server.url}/order-ms/${username}/orders`, {
    token: tokens[username],
    body: { shop_id: SHOP, items: items.map(([id, qty, options]) => ({ product_id: id, qty, options })) },
  })
  assert.equal(status, 201, text)
  if (statuses.length) await accept(json.order_id, { eta_minutes: 12 })
  for (const to of statuses.slice(1)) await patch(`${server.url}/delivery-ms/${username}/${json.order_id}`, tokens.BARISTA1, { status: to })
  return json.order_id
}

/** Ends what is on the board. */
async function clear() {
  for (const status of ['received', 'accepted', 'preparing', 'ready', 'delivering']) {
    const { json } = await call(`${server.url}/delivery-ms/${status}?shop_id=${SHOP}`, { token: tokens.OWNER1 })
    for (const { order_id: id, user_id: user } of json) {
      if (status === 'received') await accept(id, { accept: false, reason: 'busy' })
      else await patch(`${server.url}/delivery-ms/${user}/${id}`, tokens.OWNER1, { status: 'failed' })
    }
  }
}

async function fill() {
  await order('USER0001', [[KOPI_SUSU, 2, ['large', 'less-ice']], [LEMON, 1]], 'accepted', 'preparing')
  await order('USER0002', [[LEMON, 3]], 'accepted')
  await order('USER0001', [[LEMON, 1]], 'accepted', 'preparing', 'ready')
  await order('USER0002', [[KOPI_SUSU, 1]], 'accepted', 'preparing', 'ready', 'delivering')
  return [await order('USER0001', [[KOPI_SUSU, 2, ['large', 'less-ice']], [LEMON, 1]]), await order('USER0002', [[LEMON, 1]])]
}

for (const { name, width, height, colorScheme, language } of GLASS) {
  const title = `${name} ${colorScheme} ${language}`
  test(title, async () => {
    await clear()
    const wire = await startWire(server)
    const { page, close } = await openPage(browser, { viewport: { width, height }, colorScheme, reducedMotion: 'reduce' })
    const screen = async (part) => {
      await picture(page, `owner ${title} ${part}`.replaceAll(' ', '-'))
      const wrong = [...(await page.evaluate(measure, 44)), ...(await page.evaluate(judge))]
      assert.deepEqual(wrong, [], part)
      assert.doesNotMatch(await page.locator('body').innerText(), KEY, part)
      assert.equal(await page.locator('html').getAttribute('lang'), language)
    }
    await signIn(page, wire.url, 'OWNER1', '/owner')
    await at(page, 'language').selectOption(language)
    await page.locator(`html[lang=${language}]`).waitFor()
    await see(page, 'none-new')
    await screen('1-empty')
    const [id] = await fill()
    await see(page, `ticket-${id}`)
    await page.mouse.move(0, 0)
    await screen('2-board')
    for (const column of ['making', 'ready', 'new'])
      if (await at(page, `pick-${column}`).isVisible()) {
        await at(page, `pick-${column}`).click()
        await screen(`3-${column}`)
      }
    await page.locator(`[data-test="ticket-${id}"].loud`).waitFor({ timeout: 20000 })
    await screen('4-loud')
    const press = (button) => at(page, `ticket-${id}`).locator(`[data-test="${button}"]`).click()
    await press('decline')
    await at(page, 'reason-other').check()
    await screen('5-decline')
    await at(page, 'close').click()
    await press('open')
    await at(page, 'alert').first().waitFor()
    await see(page, 'history')
    await screen('6-ticket')
    await at(page, 'close').click()
    await at(page, 'open-stock').click()
    await page.locator('[role=switch]').first().waitFor()
    await screen('7-stock')
    await at(page, 'close').click()
    await at(page, 'bell').click()
    await see(page, 'inbox')
    await at(page, 'notice').first().waitFor()
    await screen('8-inbox')
    await at(page, 'close').click()
    await page.reload()
    await see(page, 'sound-ask')
    await see(page, `ticket-${id}`)
    await screen('9-sound')
    wire.cut()
    await see(page, 'offline')
    await screen('10-offline')
    wire.heal()
    await at(page, 'offline').waitFor({ state: 'detached', timeout: 30000 })
    await page.goto(`${wire.url}/orders`)
    await see(page, 'bell')
    await eventually(async () => (await page.locator('html').getAttribute('lang')) === language, 'the language')
    const last = await orderCola(server, 'USER0001', tokens.USER0001)
    await page.locator('[data-test="toast"][data-event="SUBMIT_ORDER"]').waitFor()
    await screen('11-toast')
    await at(page, 'account').click()
    await screen('12-account')
    await accept(last, {})
    await close()
    await wire.stop()
  })
}
