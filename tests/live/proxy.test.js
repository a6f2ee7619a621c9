// proxy.test.js - behind a proxy people are told apart by the address it saw, and by nothing they say themselves.
import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { call } from '../lib/sale.js'
import { startPesan } from '../lib/server.js'

const LIMIT = 5 // failed log-ins to one account from one address in a minute

/** Logs in with a wrong password as somebody whose proxy wrote this. */
async function guess(server, username, forwarded) {
  const headers = { 'X-Forwarded-For': forwarded }
  return (await call(`${server.url}/auth/token/create/`, { body: { username, password: 'wrong' }, headers })).status
}

async function lockOut(server, username, forwarded) {
  for (let i = 0; i < LIMIT; i++) assert.equal(await guess(server, username, forwarded), 401)
  assert.equal(await guess(server, username, forwarded), 429)
}

describe('with --trusted-proxy', () => {
  let server
  before(async () => (server = await startPesan(['--trusted-proxy', '127.0.0.1,10.0.0.0/8'])))
  after(() => server.stop())

  test('a stranger locks out himself alone, whatever he says of where he is', async () => {
    await lockOut(server, 'USER0001', '203.0.113.1')
    assert.equal(await guess(server, 'USER0001', '203.0.113.2, 203.0.113.1'), 429)
    assert.equal(await guess(server, 'USER0001', '203.0.113.1, 10.1.2.3'), 429)
    assert.equal(await guess(server, 'USER0001', '203.0.113.1, 203.0.113.2'), 401)
  })

  test('an IPv6 network of 64 bits is one place', async () => {
    await lockOut(server, 'USER0002', '2001:db8:1:2::1')
    assert.equal(await guess(server, 'USER0002', '2001:db8:1:2:3:4:5:6'), 429)
    assert.equal(await guess(server, 'USER0002', '2001:db8:1:3::1'), 401)
  })

  test('the address of a log-in is that of its person', async () => {
    const body = { username: 'OWNER1', password: 'pesan-demo' }
    const headers = { 'X-Forwarded-For': '203.0.113.9' }
    const { json } = await call(`${server.url}/auth/token/create/`, { body, headers })
    const sessions = await call(`${server.url}/v1/sessions`, { token: json.auth_token })
    assert.equal(sessions.json[0].address, '203.0.113.9')
  })
})

describe('without', () => {
  let server
  before(async () => (server = await startPesan()))
  after(() => server.stop())

  test('the header is nothing', async () => {
    await lockOut(server, 'USER0001', '203.0.113.1')
    assert.equal(await guess(server, 'USER0001', '203.0.113.2'), 429)
  })
})
