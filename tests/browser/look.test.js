// look.test.js - every kiosk screen on small and large glass, in light and dark, in four languages: nothing
// sticks out, nothing to be touched is too small, nothing is without a name or too faint. The pictures are for people.
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { COLA, LEMON, at, choose, openBrowser, openPage, payer, picture, rest, see, toQr } from '../lib/browser.js'
import { judge, measure } from '../lib/look.js'
import { startPesan } from '../lib/server.js'

const GLASS = [
  { name: 'small-phone', width: 320, height: 568, touch: 44, colorScheme: 'light', language: 'pl' },
  { name: 'phone', width: 390, height: 844, touch: 44, colorScheme: 'light', language: 'id' },
  { name: 'phone', width: 390, height: 844, touch: 44, colorScheme: 'dark', language: 'ko' },
  { name: 'tablet', width: 820, height: 1180, touch: 44, colorScheme: 'light', language: 'pl' },
  { name: 'kiosk-tall', width: 1080, height: 1920, touch: 64, colorScheme: 'light', language: 'en' },
  { name: 'kiosk-tall', width: 1080, height: 1920, touch: 64, colorScheme: 'dark', language: 'pl' },
  { name: 'kiosk-wide', width: 1920, height: 1080, touch: 64, colorScheme: 'dark', language: 'id' },
  { name: 'kiosk-wide', width: 1920, height: 1080, touch: 64, colorScheme: 'light', language: 'ko' },
]

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

for (const { name, width, height, touch, colorScheme, language } of GLASS) {
  const title = `${name} ${colorScheme} ${language}`
  test(title, async () => {
    const { page, close } = await openPage(browser, { viewport: { width, height }, colorScheme, reducedMotion: 'reduce' })
    const screen = async (part, size = touch) => {
      await picture(page, `${title} ${part}`.replaceAll(' ', '-'))
      assert.deepEqual([...(await page.evaluate(measure, size)), ...(await page.evaluate(judge))], [], part)
    }
    await rest(server.url)
    await page.goto(`${server.url}/kiosk?lang=${language}`)
    await see(page, 'attract')
    await screen('1-attract')
    await choose(page, { [COLA]: 1, [LEMON]: 2 })
    await screen('2-menu')
    let payUrl = await toQr(page)
    await screen('3-qr')
    await payer(page, payUrl, 'deny')
    await see(page, 'failed')
    await screen('4-failed')
    await at(page, 'try-again').click()
    await see(page, 'qr')
    payUrl = await at(page, 'pay-url').getAttribute('href')
    const phone = await page.context().newPage()
    await phone.setViewportSize({ width: 390, height: 844 })
    await phone.goto(`${payUrl}?lang=${language}`)
    await see(phone, 'payer')
    await picture(phone, `${title} payer`.replaceAll(' ', '-'))
    assert.deepEqual([...(await phone.evaluate(measure, 44)), ...(await phone.evaluate(judge))], [], 'payer')
    await at(phone, 'payer-pay').click()
    await see(page, 'success')
    await screen('5-success')
    await close()
  })
}
