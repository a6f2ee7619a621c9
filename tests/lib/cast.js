// cast.js - the people of a test, made as people are made: signed up, signed in, hired; and what is no person.
import assert from 'node:assert/strict'
import { call } from './sale.js'

export const SHOP = '0198c0de-0000-7000-8000-000000000001'
export const PASSWORD = 'correct horse battery'
export const SERVICE_KEY = 'a-service-key-for-the-tests'

/** A session of its own for an account: its token. */
export async function signIn(server, username, password = PASSWORD) {
  const { status, text, json } = await call(`${server.url}/auth/token/create/`, { body: { username, password } })
  assert.equal(status, 200, text)
  return json.auth_token
}

async function signUp(server, username) {
  const body = { username, email: `${username}@example.com`, password: PASSWORD }
  const { status, text, json } = await call(`${server.url}/auth/users/create/`, { body })
  assert.equal(status, 201, text)
  return json.id
}

async function hire(server, token, shop, username, role) {
  const { status, text } = await call(`${server.url}/v1/shops/${shop}/staff`, { token, body: { username, role } })
  assert.ok(status === 200 || status === 201, text)
}

/**
 * Everybody there is, on a demo server started with SERVICE_KEY: `tokens` and `names` by role, `ids` of the accounts made
 * here, `otherShop` the shop of "foreign".
 */
export async function castOf(server) {
  const names = { customer: 'ann', other: 'bob', owner: 'OWNER1', manager: 'mia', barista: 'ben', courier: 'cora', foreign: 'fred', admin: 'ADMIN1' }
  const demo = (name) => signIn(server, name, 'pesan-demo')
  const tokens = { nobody: undefined, owner: await demo('OWNER1'), admin: await demo('ADMIN1') }
  const ids = {}
  for (const role of ['customer', 'other', 'manager', 'barista', 'courier', 'foreign']) ids[role] = await signUp(server, names[role])
  for (const role of ['manager', 'barista', 'courier']) await hire(server, tokens.owner, SHOP, names[role], role)
  const body = { name: 'Warung Fred', currency: 'IDR', language: 'id', timezone: 'Asia/Jakarta', owner: 'fred' }
  const shop = await call(`${server.url}/v1/shops`, { token: tokens.admin, body })
  assert.equal(shop.status, 201, shop.text)
  for (const role of Object.keys(ids)) tokens[role] = await signIn(server, names[role])
  tokens.kiosk = await server.token('KIOSK1')
  tokens.service = SERVICE_KEY
  return { tokens, names, ids, otherShop: shop.json.id }
}
