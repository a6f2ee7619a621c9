// browser.js - Debian's Chromium, and what a customer does with it, at a kiosk and on the shop's page.
import assert from 'node:assert/strict'
import { mkdirSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { test } from 'node:test'
import { chromium } from 'playwright-core'

export const COLA = 'ce33fb74-ba55-40c6-99d7-47bef4cd785e'
export const LEMON = '4bdfb8e9-2eb7-4db4-9738-a9be7962055f'
export const KOPI_SUSU = '0198c0de-0000-7000-8000-000000000101'
export const SHOP = '0198c0de-0000-7000-8000-000000000001'

const PICTURES = process.env.PESAN_PICTURES ?? path.join(tmpdir(), 'pesan-pictures')

export const openBrowser = () => chromium.launch({ executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium' })

/** The element with this data-test name. */
export const at = (page, name) => page.locator(`[data-test="${name}"]`)

/** Resolves when the element is to be seen. */
export const see = (page, name, timeout = 15000) => at(page, name).waitFor({ timeout })

/** Resolves when no screen is on its way in or out. */
export const still = (page) => page.waitForFunction(() => !document.querySelector('.screen-enter-active, .screen-leave-active'))

/** Saves what the page shows as a PNG in a temporary folder (PESAN_PICTURES names another). */
export async function picture(page, name) {
  await still(page)
  mkdirSync(PICTURES, { recursive: true })
  const shoot = () => page.screenshot({ path: path.join(PICTURES, `${name}.png`) })
  await shoot().catch(shoot) // a browser that is busy may fail to capture
}

/**
 * A page of its own that remembers what the browser complained about: script errors and broken content
 * policy. Failed network requests are no complaint, tests pull cables.
 */
export async function openPage(browser, options = {}) {
  const context = await browser.newContext({ locale: 'en-US', viewport: { width: 1080, height: 1920 }, ...options })
  const page = await context.newPage()
  const complaints = []
  const watch = (opened) => {
    opened.on('pageerror', (error) => complaints.push(error.message))
    opened.on('console', (message) => {
      const harmless = /net::ERR_|Failed to load resource|WebSocket connection/.test(message.text())
      if (message.type() === 'error' && !harmless) complaints.push(message.text())
    })
  }
  watch(page)
  context.on('page', watch)
  return {
    page,
    async close() {
      await context.close()
      assert.deepEqual(complaints, [])
    },
  }
}

/**
 * Tests with devices of their own. `prepare(open, ...args)` makes one: open(browser, options) is its page. Each page must end
 * without a complaint; of a test that fails their pictures are kept.
 * @returns {(name, run: (device) => Promise) => void} a test, in which device(...args) is such a page
 */
export function scenes(prepare) {
  return (name, run) => test(name, async () => {
    const all = []
    const open = async (...args) => {
      const opened = await openPage(...args)
      all.push(opened)
      return opened.page
    }
    try {
      await run((...args) => prepare(open, ...args))
    } catch (error) {
      for (const [i, { page }] of all.entries()) await picture(page, `failed ${name} ${i}`.replaceAll(/\W+/g, '-')).catch(() => {})
      throw error
    }
    for (const { close } of all) await close()
  })
}

/** Leaves the result of an earlier sale behind; no order may be open. */
export async function rest(url) {
  const socket = new WebSocket(`${url.replace(/^http/, 'ws')}/ws`)
  await new Promise((resolve, reject) => {
    socket.onerror = () => reject(new Error('the kiosk refuses its socket'))
    socket.onmessage = ({ data }) => {
      const { event } = JSON.parse(data)
      if (event.startsWith('PAYMENT_') || event === 'ORDER_CREATED') {
        socket.send(JSON.stringify({ event: 'CANCEL', values: {} }))
      } else if (event === 'IDLE') {
        resolve()
      }
    }
  })
  socket.close()
}

/** Opens the kiosk at its first screen. */
export async function openKiosk(page, url) {
  await rest(url)
  await page.goto(`${url}/kiosk`)
  await see(page, 'attract')
}

/** From the first screen to the menu, with so many of each product chosen. */
export async function choose(page, cart) {
  await at(page, 'attract').click({ position: { x: 40, y: 40 } })
  await see(page, 'menu')
  for (const [id, qty] of Object.entries(cart)) {
    for (let i = 0; i < qty; i++) await at(page, `plus-${id}`).click()
  }
}

/** From the menu to the QR; returns the payer's address. */
export async function toQr(page) {
  await at(page, 'pay').click()
  await see(page, 'qr')
  return at(page, 'pay-url').getAttribute('href')
}

/** Does what the payer does on the sandbox's page: 'pay', 'deny' or 'expire'. */
export async function payer(page, payUrl, action) {
  const phone = await page.context().newPage()
  await phone.goto(payUrl)
  await at(phone, `payer-${action}`).click()
  await see(phone, 'payer-done')
  await phone.close()
}

/** An HTTP request with a token and a JSON body; fails unless it succeeds. */
export async function patch(url, token, body) {
  const answer = await fetch(url, {
    method: 'PATCH',
    headers: { Authorization: `Bearer ${token}`, 'Content-Type': 'application/json' },
    body: JSON.stringify(body),
  })
  assert.equal(answer.status, 200, await answer.text())
}

// ---- The shop's page ----

/** Fills in the form that is shown and sends it. */
export async function sign(page, fields) {
  for (const [name, value] of Object.entries(fields)) await at(page, name).fill(value)
  if (fields.email) await at(page, 'terms').check()
  await at(page, 'submit').click()
}

/** Opens a page as one of the demo's people. */
export async function signIn(page, url, username, next = '/') {
  await page.goto(`${url}/auth?next=${encodeURIComponent(next)}`)
  await sign(page, { username, password: 'pesan-demo' })
  await page.waitForURL((now) => !now.pathname.startsWith('/auth'))
  await see(page, 'account')
}

/** Shows the order before it is sent, wherever the page keeps it. */
export async function openCart(page) {
  await page.locator('[data-test="open-cart"], [data-test="cart-aside"]').first().waitFor()
  if (await at(page, 'open-cart').isVisible()) await at(page, 'open-cart').click()
  await see(page, 'order')
}

/** Sends the order that is shown and waits for its page; returns its id. */
export async function placeOrder(page) {
  await at(page, 'order').click()
  await page.waitForURL('**/orders/*')
  await see(page, 'order-head')
  return page.url().split('/').pop()
}
