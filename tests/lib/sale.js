// sale.js - a kiosk's sale from the first tap to the money, as the tests of payment play it.
import assert from 'node:assert/strict'
import { setTimeout as sleep } from 'node:timers/promises'
import { Socket } from './socket.js'

export const COLA = 'ce33fb74-ba55-40c6-99d7-47bef4cd785e'
export const KEY = 'SB-Mid-server-test'
const basic = `Basic ${Buffer.from(`${KEY}:`).toString('base64')}`

/** Reads frames until one of this event; its values. */
export async function until(socket, event) {
  for (;;) {
    const got = await socket.next()
    assert.notEqual(got.event, 'ERROR', JSON.stringify(got.values))
    if (got.event === event) return got.values
  }
}

/** Asks until `check` returns something; fails after `patience` ms. */
export async function eventually(check, what, patience = 60000) {
  for (const end = Date.now() + patience; ; await sleep(25)) {
    const found = await check()
    if (found) return found
    assert.ok(Date.now() < end, `waited in vain for ${what}`)
  }
}

export async function call(url, { method, body, token, headers = {} } = {}) {
  const answer = await fetch(url, {
    method: method ?? (body === undefined ? 'GET' : 'POST'),
    headers: {
      ...(body === undefined ? {} : { 'Content-Type': 'application/json' }),
      ...(token ? { Authorization: `Bearer ${token}` } : {}),
      ...headers,
    },
    body: body === undefined ? undefined : JSON.stringify(body),
  })
  const text = await answer.text()
  const json = /json/.test(answer.headers.get('content-type') ?? '') ? JSON.parse(text) : undefined
  return { status: answer.status, headers: answer.headers, text, json }
}

/** A figure of /metrics of the server at `url`. */
export async function metric(url, name) {
  const { text } = await call(`${url}/metrics`)
  const found = new RegExp(`^${name} (\\d+)$`, 'm').exec(text)
  assert.ok(found, `no ${name} in ${text}`)
  return Number(found[1])
}

/** The simulated gateway at `url` (a server's own, or one that runs alone). */
export class Sandbox {
  constructor(url) {
    this.url = `${url}/sandbox`
  }

  async faults(knobs) {
    const { status, text } = await call(`${this.url}/faults`, { body: knobs })
    assert.equal(status, 200, text)
  }

  /** What the payer does on the page at `payUrl`. */
  async payer(payUrl, action) {
    const { status, text, json } = await call(payUrl, { body: { action } })
    assert.equal(status, 200, text)
    return json
  }

  /** What the merchant is told of a transaction. */
  async status(id) {
    return (await call(`${this.url}/v2/${id}/status`, { headers: { Authorization: basic } })).json
  }

  async charge(body, headers = {}) {
    return call(`${this.url}/v2/charge`, { body, headers: { Authorization: basic, ...headers } })
  }

  async post(id, what, body = {}, headers = {}) {
    return call(`${this.url}/v2/${id}/${what}`, { body, headers: { Authorization: basic, ...headers } })
  }
}

/** The kiosk's screen, connected and at rest. */
export async function openKiosk(server) {
  const socket = await Socket.open(server, '/ws')
  await until(socket, 'CONNECTED')
  return socket
}

/** Orders one Cola; the values of ORDER_CREATED. */
export async function order(kiosk) {
  await kiosk.send('ORDER', { id: COLA })
  return until(kiosk, 'ORDER_CREATED')
}

/** The payment of an order as the shop's owner sees it. */
export async function paymentOf(server, orderId) {
  server.owner ??= await server.token('OWNER1')
  const { status, text, json } = await call(`${server.url}/v1/orders/${orderId}/payment`, { token: server.owner })
  assert.equal(status, 200, text)
  return json
}

/** Waits until the payment of an order is in `state`. */
export function reaches(server, orderId, state) {
  return eventually(async () => {
    const payment = await paymentOf(server, orderId)
    return payment.state === state && payment
  }, `payment to be ${state}`)
}

/** What people should look at, as the owner sees it. */
export async function attention(server) {
  server.owner ??= await server.token('OWNER1')
  return (await call(`${server.url}/v1/payments?attention=1`, { token: server.owner })).json
}
