// board.js - what the shop's people and their customers do on the pages that are told what happens.
import assert from 'node:assert/strict'
import { COLA, SHOP } from './browser.js'
import { call } from './sale.js'

/** An order of one Cola at the counter; its id. */
export async function orderCola(server, username, token, shop = SHOP) {
  const { status, text, json } = await call(`${server.url}/order-ms/${username}/orders`, {
    token,
    body: { shop_id: shop, items: [{ product_id: COLA, qty: 1 }], pay: 'counter' },
  })
  assert.equal(status, 201, text)
  return json.order_id
}

/** Puts a silent sound card into every tab of a context, which counts. */
export const countKnocks = (page) =>
  page.context().addInitScript(() => {
    let last = 0
    window.knocks = 0
    const param = { setValueAtTime() {}, exponentialRampToValueAtTime() {} }
    const node = () => ({ connect: (next) => next, gain: param, frequency: param, start() {}, stop() {} })
    window.AudioContext = class {
      state = 'suspended'
      currentTime = 0
      destination = {}
      createGain = node

      async resume() {
        this.state = 'running'
      }

      /* The tones of one knock, and the knocks of one call, come at once. */
      createOscillator() {
        if (Date.now() - last > 100) window.knocks += 1
        last = Date.now()
        return node()
      }
    }
  })

/** How often a tab has knocked. */
export const knocks = (page) => page.evaluate(() => window.knocks)

/** The connections to Socket.IO that a tab has opened so far. */
export function countLines(page) {
  const opened = []
  page.on('websocket', (socket) => /\/socket\.io\//.test(socket.url()) && opened.push(socket))
  return opened
}
