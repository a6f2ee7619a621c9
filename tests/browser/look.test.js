// look.test.js - every kiosk screen on small and large glass, in light and dark, in four languages: nothing
// sticks out, nothing to be touched is too small. The pictures are for people.
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { COLA, LEMON, at, choose, openBrowser, openPage, payer, picture, rest, see, toQr } from '../lib/browser.js'
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

/** What a ruler finds wrong with the page as it stands. */
function measure(touch) {
  const wrong = []
  if (document.documentElement.scrollWidth > innerWidth) wrong.push('the page scrolls sideways')
  for (const element of document.querySelectorAll('button, a')) {
    if (!element.checkVisibility()) continue
    const { width, height, left, right } = element.getBoundingClientRect()
    const name = element.dataset.test ?? element.textContent.trim()
    if (Math.min(width, height) < touch) wrong.push(`${name} is ${Math.round(width)} by ${Math.round(height)}`)
    if (left < -1 || right > innerWidth + 1) wrong.push(`${name} sticks out`)
  }
  return wrong
}

for (const { name, width, height, touch, colorScheme, language } of GLASS) {
  const title = `${name} ${colorScheme} ${language}`
  test(title, async () => {
    const { page, close } = await openPage(browser, { viewport: { width, height }, colorScheme, reducedMotion: 'reduce' })
    const screen = async (part, size = touch) => {
      await picture(page, `${title} ${part}`.replaceAll(' ', '-'))
      assert.deepEqual(await page.evaluate(measure, size), [], part)
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
    assert.deepEqual(await phone.evaluate(measure, 44), [], 'payer')
    await at(phone, 'payer-pay').click()
    await see(page, 'success')
    await screen('5-success')
    await close()
  })
}
