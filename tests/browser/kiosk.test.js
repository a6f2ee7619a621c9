// kiosk.test.js - the kiosk in a real browser, against the real server and its sandbox of the payment gateway.
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import {
  COLA, LEMON, at, choose, openBrowser, openKiosk, openPage, patch, payer, picture, rest, see, toQr,
} from '../lib/browser.js'
import { startPesan } from '../lib/server.js'
import { startWire } from '../lib/wire.js'

let server
let browser

before(async () => {
  server = await startPesan()
  browser = await openBrowser()
})

after(async () => {
  await browser?.close()
  await server?.stop()
})

/** A test with a page of its own, which must end without a complaint of the browser. */
function scene(name, run, options) {
  test(name, async () => {
    const { page, close } = await openPage(browser, options)
    try {
      await run(page)
    } catch (error) {
      await picture(page, `failed ${name}`.replaceAll(/\W+/g, '-'))
      throw error
    }
    await close()
  })
}

const text = (page, name) => at(page, name).innerText()

scene('three sales in a row on one page load', async (page) => {
  await openKiosk(page, server.url)
  const numbers = new Set()
  for (let sale = 1; sale <= 3; sale++) {
    await choose(page, { [COLA]: sale, [LEMON]: 1 })
    assert.equal(await text(page, 'total'), `Rp ${sale * 7 + 10}.000`)
    const payUrl = await toQr(page)
    assert.equal(await text(page, 'amount'), `Rp ${sale * 7 + 10}.000`)
    await page.waitForFunction(() => document.querySelector('[data-test="qr-image"]').naturalWidth > 0)
    await payer(page, payUrl, 'pay')
    await see(page, 'success')
    numbers.add(await text(page, 'number'))
    if (sale === 1) await see(page, 'attract', 20000) // by itself
    else await at(page, 'done').click()
  }
  assert.equal(numbers.size, 3)
})

scene('a declined payment says why, and can be tried again or given up', async (page) => {
  await openKiosk(page, server.url)
  await choose(page, { [COLA]: 2 })
  await payer(page, await toQr(page), 'deny')
  await see(page, 'failed')
  assert.equal(await at(page, 'failed').getAttribute('data-reason'), 'denied')
  await at(page, 'try-again').click()
  await see(page, 'qr')
  assert.equal(await text(page, 'amount'), 'Rp 14.000')
  await at(page, 'cancel').click()
  await see(page, 'attract')
})

scene('a payment that runs out says so', async (page) => {
  await openKiosk(page, server.url)
  await choose(page, { [COLA]: 1 })
  await payer(page, await toQr(page), 'expire')
  await see(page, 'failed')
  assert.equal(await at(page, 'failed').getAttribute('data-reason'), 'expired')
  await at(page, 'start-over').click()
  await see(page, 'attract')
})

scene('switching the language keeps the order; the next customer finds the shop\'s', async (page) => {
  await openKiosk(page, server.url)
  await choose(page, { [COLA]: 2 })
  assert.equal(await text(page, 'pay'), 'Bayar')
  for (const [language, word] of [['ko', '결제하기'], ['pl', 'Zapłać'], ['en', 'Pay']]) {
    await at(page, `lang-${language}`).click()
    await page.getByText(word, { exact: true }).waitFor()
    assert.equal(await page.locator('html').getAttribute('lang'), language)
    assert.equal(await text(page, 'total'), 'Rp 14.000')
  }
  await toQr(page)
  await at(page, 'cancel').click()
  await see(page, 'attract')
  await choose(page, {})
  assert.equal(await text(page, 'pay'), 'Bayar')
  await see(page, 'none-chosen')
})

scene('a reload in the middle of a payment comes back to it', async (page) => {
  await openKiosk(page, server.url)
  await choose(page, { [LEMON]: 1 })
  const payUrl = await toQr(page)
  const before = await text(page, 'order-number')
  await page.reload()
  await see(page, 'qr')
  assert.equal(await text(page, 'order-number'), before)
  await payer(page, payUrl, 'pay')
  await see(page, 'success')
})

scene('a pulled cable shows a bar, keeps the order, and misses no payment', async (page) => {
  const wire = await startWire(server)
  try {
    await openKiosk(page, wire.url)
    await choose(page, { [COLA]: 1 })

    wire.cut()
    await see(page, 'offline')
    await picture(page, 'offline')
    assert.equal(await at(page, 'pay').isDisabled(), true)
    await at(page, `plus-${COLA}`).click()
    wire.heal()
    await at(page, 'offline').waitFor({ state: 'detached' })
    assert.equal(await text(page, 'total'), 'Rp 14.000')

    const payUrl = new URL(await toQr(page))
    wire.cut()
    await see(page, 'offline')
    await payer(page, `${server.url}${payUrl.pathname}`, 'pay')
    await see(page, 'qr')
    wire.heal()
    await see(page, 'success')
  } finally {
    await wire.stop()
  }
})

scene('a cable pulled before the other languages have come takes nothing from the screen', async (page) => {
  const wire = await startWire(server)
  const pulled = Promise.withResolvers()
  try {
    await page.route(/\/(ko|pl)-[\w-]+\.js$/, async (route) => {
      await pulled.promise
      await route.abort()
    })
    await openKiosk(page, wire.url)
    wire.cut()
    const failed = page.waitForEvent('requestfailed', (request) => request.url().endsWith('.js'))
    pulled.resolve()
    await failed
    await see(page, 'offline')
    wire.heal()
    await at(page, 'offline').waitFor({ state: 'detached' })
    await see(page, 'attract')
  } finally {
    pulled.resolve()
    await wire.stop()
  }
})

scene('what is sold out meanwhile leaves the order, and a word is said', async (page) => {
  const owner = await server.token('OWNER1')
  const product = `${server.url}/v1/products/${LEMON}`
  await openKiosk(page, server.url)
  await choose(page, { [COLA]: 1, [LEMON]: 1 })
  await patch(product, owner, { available: false })
  try {
    await see(page, 'notice')
    assert.match(await text(page, 'notice'), /Lemon/)
    assert.equal(await text(page, 'total'), 'Rp 7.000')
    await at(page, `product-${LEMON}`).locator('[data-test="sold-out"]').waitFor()
    await picture(page, 'sold-out')
  } finally {
    await patch(product, owner, { available: true })
  }
  await see(page, `plus-${LEMON}`)
})

scene('out of order, and back', async (page) => {
  const owner = await server.token('OWNER1')
  await openKiosk(page, server.url)
  await patch(`${server.url}/v1/kiosks/KIOSK1`, owner, { in_order: false })
  try {
    await see(page, 'out-of-order')
    await picture(page, 'out-of-order')
    await page.reload()
    await see(page, 'out-of-order')
  } finally {
    await patch(`${server.url}/v1/kiosks/KIOSK1`, owner, { in_order: true })
  }
  await see(page, 'attract')
})

scene('somebody who has gone is asked, then forgotten', async (page) => {
  await page.clock.install()
  await openKiosk(page, server.url)
  await choose(page, { [COLA]: 1 })
  await at(page, 'lang-en').click()

  await page.clock.fastForward(61000)
  await see(page, 'idle')
  assert.match(await text(page, 'idle-left'), /\d+ seconds/)
  await at(page, 'idle-stay').click()
  await at(page, 'idle').waitFor({ state: 'detached' })
  assert.equal(await text(page, 'total'), 'Rp 7.000')

  await page.clock.fastForward(61000)
  await see(page, 'idle')
  await picture(page, 'still-there')
  await page.clock.fastForward(16000)
  await see(page, 'attract')
  await choose(page, { [COLA]: 1 })
  await page.clock.fastForward(61000)
  await at(page, 'idle-leave').click()
  await see(page, 'attract')
  await choose(page, {})
  await see(page, 'none-chosen')
  assert.equal(await text(page, 'pay'), 'Bayar')
})

scene('one sale by keyboard alone; each screen\'s heading has the focus', async (page) => {
  const heading = () => page.waitForFunction(() => document.activeElement?.tagName === 'H1')
  const press = async (name) => {
    await at(page, name).focus()
    await page.keyboard.press('Enter')
  }
  await openKiosk(page, server.url)
  await press('attract')
  await see(page, 'menu')
  await heading()
  for (let i = 0; i < 40 && (await page.evaluate(() => document.activeElement.dataset.test)) !== `plus-${COLA}`; i++) {
    await page.keyboard.press('Tab')
  }
  await page.keyboard.press('Enter')
  assert.equal(await text(page, 'total'), 'Rp 7.000')
  await press('pay')
  await see(page, 'qr')
  await heading()
  await press('cancel')
  await see(page, 'attract')
})

scene('large text is one touch away on every screen and ends with the customer', async (page) => {
  const size = () => page.evaluate(() => parseFloat(getComputedStyle(document.documentElement).fontSize))
  await openKiosk(page, server.url)
  const usual = await size()
  await at(page, 'easy').click()
  assert.ok((await size()) >= usual * 1.25)
  await choose(page, { [COLA]: 1 })
  await see(page, 'easy')
  await picture(page, 'easy-menu')
  await toQr(page)
  await see(page, 'easy')
  await picture(page, 'easy-qr')
  await at(page, 'cancel').click()
  await see(page, 'attract')
  assert.equal(await size(), usual)
})

scene('the kiosk loads less than 60 KB of script before its first screen', async (page) => {
  const sizes = []
  page.on('response', async (answer) => {
    const { pathname } = new URL(answer.url())
    const later = /\/(ko|pl|en)-/.test(pathname) // the other languages, fetched when nothing else is to do
    if (pathname.endsWith('.js') && !later) sizes.push(Number(answer.headers()['content-length']))
  })
  await openKiosk(page, server.url)
  const bytes = sizes.reduce((sum, size) => sum + size, 0)
  assert.ok(bytes > 40000 && bytes < 60000, `${bytes} bytes in ${sizes.length} files`)
})

test('two kiosks know nothing of each other', async () => {
  const one = await openPage(browser)
  const two = await openPage(browser)
  const heard = []
  two.page.on('websocket', (socket) => socket.on('framereceived', ({ payload }) => heard.push(JSON.parse(payload).event)))
  await openKiosk(one.page, server.url)
  await two.page.goto(`${server.url}/kiosk?kiosk=KIOSK2&token=${await server.token('KIOSK2')}`)
  await see(two.page, 'attract')
  await choose(one.page, { [COLA]: 1 })
  await payer(one.page, await toQr(one.page), 'pay')
  await see(one.page, 'success')
  assert.deepEqual([...new Set(heard)].sort(), ['CONNECTED', 'IDLE', 'SHOW_MENU'])
  await one.close()
  await two.close()
})

scene('a screen nobody has registered says so', async (page) => {
  await page.goto(`${server.url}/kiosk?kiosk=KIOSK9&token=nonsense`)
  await see(page, 'refused')
})

scene('the start page leads to the kiosk; an unknown address says so', async (page) => {
  await rest(server.url)
  await page.goto(`${server.url}/`)
  await page.getByRole('heading', { level: 1 }).waitFor()
  await picture(page, 'start')
  await at(page, 'open-kiosk').click()
  await see(page, 'attract')
  await page.goto(`${server.url}/sandbox/pay/0198c0de-0000-7000-8000-00000000ffff`)
  await see(page, 'payer-missing')
}, { viewport: { width: 390, height: 844 } })
