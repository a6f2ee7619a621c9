// shop-look.test.js - the customer's pages on phones and desks, in light and dark, in four languages: nothing sticks
// out, nothing is too small, too faint, without a name or without words. The pictures are for people.
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { COLA, KOPI_SUSU, at, openBrowser, openCart, openPage, picture, placeOrder, see, sign } from '../lib/browser.js'
import { judge, measure } from '../lib/look.js'
import { startPesan } from '../lib/server.js'

const GLASS = [
  { name: 'small-phone', width: 320, height: 568, colorScheme: 'light', language: 'pl' },
  { name: 'phone', width: 390, height: 844, colorScheme: 'light', language: 'id' },
  { name: 'phone', width: 390, height: 844, colorScheme: 'dark', language: 'ko' },
  { name: 'tablet', width: 820, height: 1180, colorScheme: 'dark', language: 'en' },
  { name: 'desk', width: 1280, height: 860, colorScheme: 'light', language: 'en' },
  { name: 'desk', width: 1280, height: 860, colorScheme: 'dark', language: 'pl' },
]

/** A key that came through in place of its sentence. */
const KEY = /(?:^|\s)(?:title|common|site|problem|devices|auth|shop|options|cart|orders?|status|hint|pay|track|reason)\.[a-z][\w-]*/m

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

for (const { name, width, height, colorScheme, language } of GLASS) {
  const title = `${name} ${colorScheme} ${language}`
  test(title, async () => {
    const { page, close } = await openPage(browser, { viewport: { width, height }, colorScheme, reducedMotion: 'reduce' })
    const screen = async (part) => {
      await picture(page, `shop ${title} ${part}`.replaceAll(' ', '-'))
      const wrong = [...(await page.evaluate(measure, 44)), ...(await page.evaluate(judge))]
      assert.deepEqual(wrong, [], part)
      assert.doesNotMatch(await page.locator('body').innerText(), KEY, part)
      assert.equal(await page.locator('html').getAttribute('lang'), language)
    }
    await page.goto(`${server.url}/`)
    await at(page, 'language').selectOption(language)
    await see(page, `add-${KOPI_SUSU}`)
    await page.locator(`html[lang=${language}]`).waitFor()
    await screen('1-menu')
    await at(page, `add-${KOPI_SUSU}`).click()
    await at(page, 'choice-large').check()
    await screen('2-options')
    await at(page, 'put').click()
    await at(page, `add-${COLA}`).click()
    await screen('3-chosen')
    await openCart(page)
    await screen('4-cart')
    await at(page, 'order').click()
    await see(page, 'auth')
    await screen('5-sign-in')
    await at(page, 'tab-up').click()
    await at(page, 'submit').click()
    await see(page, 'error-terms')
    await screen('6-sign-up')
    const username = title.replaceAll(' ', '-')
    await sign(page, { username, email: `${username}@example.com`, password: 'a place to look' })
    await see(page, 'order') // back with the order open
    await at(page, 'pay-qris').check()
    await placeOrder(page)
    await see(page, 'qr-image')
    await screen('7-pay')
    await at(page, 'cancel-order').click()
    await screen('8-cancel')
    await at(page, 'cancel-yes').click()
    await at(page, 'step-cancelled').waitFor()
    await screen('9-cancelled')
    await page.goto(server.url)
    await at(page, `add-${COLA}`).click()
    await openCart(page)
    await placeOrder(page)
    await see(page, 'step-received')
    await screen('10-order')
    await at(page, 'account').click()
    await screen('11-account')
    await at(page, 'devices').click()
    await see(page, 'device-current')
    await screen('12-devices')
    await at(page, 'close').click()
    const link = await at(page, 'share-url').inputValue()
    await page.goto(`${server.url}/orders`)
    await see(page, 'orders')
    await screen('13-orders')
    await page.goto(link)
    await see(page, 'track')
    await screen('14-track')
    await page.goto(`${server.url}/track/nonsense`)
    await see(page, 'track-missing')
    await screen('15-track-missing')
    await page.goto(`${server.url}/no/such/page`)
    await see(page, 'missing')
    await screen('16-missing')
    await close()
  })
}

test('the judge sees what is wrong', async () => {
  const { page, close } = await openPage(browser, { viewport: { width: 390, height: 844 } })
  await page.setContent(`<html lang="xx"><main><h1>One</h1><h1>Two</h1><p style="color:#999;background:#fff">faint</p>
    <button style="width:20px;height:20px"></button><img src="x"><i id="a"></i><i id="a"></i>
    <input aria-describedby="nowhere"><div style="width:900px">wide</div></main></html>`)
  const wrong = [...(await page.evaluate(measure, 44)), ...(await page.evaluate(judge))].join('\n')
  for (const word of ['sideways', '20 by 20', 'no name: <button', 'no name: <input', 'no alt', 'leads nowhere', 'called a',
    '2 headings', 'no language', 'no title', 'contrast 2.8'])
    assert.match(wrong, new RegExp(word), word)
  await close()
})
