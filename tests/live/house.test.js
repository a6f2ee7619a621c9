// house.test.js - what holds for every route: methods, bodies, languages, tokens, cookies, health.
import assert from 'node:assert/strict'
import { createHmac } from 'node:crypto'
import { readFileSync } from 'node:fs'
import path from 'node:path'
import { after, before, describe, test } from 'node:test'
import { startPesan } from '../lib/server.js'
import { Socket } from '../lib/socket.js'

let server
let token
before(async () => {
  server = await startPesan()
  token = await server.token('USER0001')
})
after(() => server.stop())

const orders = '/order-ms/USER0001/orders'
const coffee = JSON.stringify({ coffee_name: 'Kopi', coffee_price: 9000 })

const ask = (where, options = {}) => fetch(server.url + where, { redirect: 'manual', ...options })
const place = (headers, body = coffee) =>
  ask(orders, { method: 'POST', headers: { 'content-type': 'application/json', ...headers }, body })
const bearer = (value = token) => ({ authorization: `Bearer ${value}` })

/** The problem of an answer, judged as every problem must be. */
async function problem(answer, status) {
  assert.equal(answer.status, status)
  assert.match(answer.headers.get('content-type'), /^application\/problem\+json/)
  const body = await answer.json()
  assert.equal(body.status, status)
  assert.ok(body.type && body.title)
  return body
}

describe('health', () => {
  test('the words of the contract, with the port in use', async () => {
    const answer = await ask('/health-check')
    assert.equal(answer.status, 200)
    assert.match(answer.headers.get('content-type'), /^text\/plain/)
    assert.equal(await answer.text(), `Server is running on ${server.port} port`)
  })

  test('alive, ready, counting', async () => {
    assert.equal((await ask('/livez')).status, 200)
    assert.equal((await ask('/readyz')).status, 200)
    const metrics = await ask('/metrics')
    assert.match(metrics.headers.get('content-type'), /version=0\.0\.4/)
    assert.match(await metrics.text(), /^pesan_http_requests_total \d+$/m)
  })

  test('every problem is explained where its type points', async () => {
    const { type } = await problem(await ask('/nowhere'), 404)
    const answer = await ask(type)
    assert.equal(answer.status, 200)
    const body = await answer.json()
    assert.equal(body.status, 404)
    assert.deepEqual(Object.keys(body.message), ['en', 'id', 'ko', 'pl'])
    await problem(await ask('/problems/none-such'), 404)
  })
})

describe('paths and methods', () => {
  test('a person who is lost gets a page, a program a problem', async () => {
    const page = await ask('/nowhere', { headers: { accept: 'text/html,*/*;q=0.8' } })
    assert.equal(page.status, 404)
    assert.match(page.headers.get('content-type'), /^text\/html/)
    assert.match(await page.text(), /<div id="app">/)
    await problem(await ask('/nowhere', { headers: { accept: 'application/json' } }), 404)
    await problem(await ask('/nowhere', { method: 'POST', headers: { accept: 'text/html' } }), 404)
  })

  test('a trailing slash is optional', async () => {
    assert.equal((await ask('/livez/')).status, 200)
    assert.equal((await ask(`${orders}/`, { headers: bearer() })).status, 200)
    assert.equal((await ask('/livez//')).status, 404)
  })

  test('a path is UTF-8', async () => {
    for (const path of ['/problems/%FF', '/%C3', '/order-ms/%ED%A0%80/orders']) await problem(await ask(path), 404)
    await problem(await ask('/problems/%EC%BB%A4'), 404)
  })

  test('another method is 405 and told what is allowed', async () => {
    const answer = await ask(orders, { method: 'PUT', headers: bearer() })
    assert.equal(answer.headers.get('allow'), 'GET, HEAD, POST, OPTIONS')
    await problem(answer, 405)
    const page = await ask('/kiosk', { method: 'POST' })
    assert.equal(page.headers.get('allow'), 'GET, HEAD, OPTIONS')
    await problem(page, 405)
  })

  test('OPTIONS tells the methods and opens no door to foreign pages', async () => {
    const answer = await ask(orders, {
      method: 'OPTIONS',
      headers: { origin: 'https://evil.example', 'access-control-request-method': 'POST' },
    })
    assert.equal(answer.status, 204)
    assert.equal(answer.headers.get('allow'), 'GET, HEAD, POST, OPTIONS')
    assert.equal(answer.headers.get('access-control-allow-origin'), null)
  })

  test('HEAD is GET without its body', async () => {
    const [head, get] = await Promise.all([ask('/livez', { method: 'HEAD' }), ask('/livez')])
    assert.equal(head.status, 200)
    assert.equal(await head.text(), '')
    assert.equal(head.headers.get('content-length'), get.headers.get('content-length'))
  })

  test('a socket\'s path without an upgrade is 426', async () => {
    const answer = await ask('/ws')
    assert.equal(answer.headers.get('upgrade'), 'websocket')
    await problem(answer, 426)
    await problem(await ask('/ws', { method: 'POST' }), 405)
  })
})

describe('bodies', () => {
  test('JSON, a form, and nothing else', async () => {
    assert.equal((await place(bearer())).status, 201)
    const form = { ...bearer(), 'content-type': 'application/x-www-form-urlencoded; charset=UTF-8' }
    const answer = await place(form, 'coffee_name=%EC%BB%A4%ED%94%BC&coffee_price=4500')
    assert.equal(answer.status, 201)
    assert.equal((await answer.json()).coffee_name, '커피')
    await problem(await place({ ...bearer(), 'content-type': 'text/xml' }), 415)
  })

  test('what is no JSON is 400', async () => {
    for (const body of ['{', '{"a":1}x', '{"a":1,"a":2}', '"\u0000"', 'NaN', '['.repeat(100) + ']'.repeat(100)]) {
      const { type, detail } = await problem(await place(bearer(), body), 400)
      assert.equal(type, '/problems/bad-json')
      assert.ok(detail)
    }
  })

  test('an absent body is {}', async () => {
    const { type } = await problem(await ask(orders, { method: 'POST', headers: bearer() }), 400)
    assert.equal(type, '/problems/bad-input')
  })

  test('more than a route takes is 413', async () => {
    const answer = await place(bearer(), JSON.stringify({ coffee_name: 'x'.repeat(900000) }))
    assert.equal(answer.status, 413)
  })
})

describe('languages', () => {
  const message = async (where, language) => {
    const headers = language ? { 'accept-language': language } : {}
    const answer = await ask(where, { headers })
    return [answer.headers.get('content-language'), (await answer.json()).message]
  }
  test('?lang= before Accept-Language before English', async () => {
    assert.deepEqual(await message('/nowhere'), ['en', 'This does not exist.'])
    assert.deepEqual(await message('/nowhere', 'fr, ko;q=0.8, id;q=0.3'), ['ko', '찾을 수 없습니다.'])
    assert.deepEqual(await message('/nowhere?lang=pl', 'ko'), ['pl', 'Nie znaleziono.'])
    assert.deepEqual(await message('/nowhere?lang=fr', 'id'), ['id', 'Tidak ditemukan.'])
  })
})

describe('tokens', () => {
  const encode = (value) => Buffer.from(typeof value === 'string' ? value : JSON.stringify(value)).toString('base64url')
  const secret = () => Buffer.from(readFileSync(path.join(server.data, 'token.key'), 'utf8'), 'base64')
  const claims = () => JSON.parse(Buffer.from(token.split('.')[1], 'base64url'))
  const forge = (header, payload, key = secret()) => {
    const content = `${encode(header)}.${encode(payload)}`
    return `${content}.${createHmac('sha256', key).update(content).digest('base64url')}`
  }
  const hs256 = { alg: 'HS256', typ: 'JWT' }
  const status = async (value) => (await ask(orders, { headers: bearer(value) })).status

  test('our own key makes valid ones, so the forgeries below fail for their own reason', async () => {
    assert.equal(await status(forge(hs256, claims())), 200)
  })

  const bad = {
    'another key': () => forge(hs256, claims(), 'another key, long enough'),
    expired: () => forge(hs256, { ...claims(), exp: Math.floor(Date.now() / 1000) - 1 }),
    'without exp': () => forge(hs256, { ...claims(), exp: undefined }),
    'alg none, unsigned': () => `${encode({ alg: 'none' })}.${encode(claims())}.`,
    'alg none, signed': () => forge({ alg: 'none' }, claims()),
    'alg RS256': () => forge({ alg: 'RS256', typ: 'JWT' }, claims()),
    'alg HS512': () => forge({ alg: 'HS512', typ: 'JWT' }, claims()),
    'another claim under the old signature': () => {
      const [head, , signature] = token.split('.')
      return `${head}.${encode({ ...claims(), username: 'OWNER1', role: 'owner' })}.${signature}`
    },
    'cut short': () => token.slice(0, -1),
    'not a token': () => 'hello',
    empty: () => '',
  }
  for (const [name, make] of Object.entries(bad))
    test(`${name}: 401, on a socket too`, async () => {
      const answer = await ask(orders, { headers: bearer(make()) })
      assert.ok(answer.headers.get('www-authenticate'))
      await problem(answer, 401)
      await assert.rejects(Socket.open(server, `/ws?token=${encodeURIComponent(make())}`), { status: 401 })
    })

  test('none: 401; where nobody needs one a bad one does no harm', async () => {
    await problem(await ask(orders), 401)
    assert.equal((await ask('/livez', { headers: bearer('hello') })).status, 200)
  })

  test('another scheme is no token', async () => {
    await problem(await ask(orders, { headers: { authorization: `Basic ${token}` } }), 401)
    assert.equal((await ask(orders, { headers: { authorization: `JWT ${token}` } })).status, 200)
    assert.equal((await ask(orders, { headers: { authorization: `bearer  ${token}` } })).status, 200)
  })

  test('one\'s own path only; staff see their customers\'', async () => {
    await problem(await ask('/order-ms/USER0002/orders', { headers: bearer() }), 403)
    const owner = await server.token('OWNER1')
    assert.equal((await ask(orders, { headers: bearer(owner) })).status, 200)
  })
})

describe('cookies', () => {
  const cookie = () => ({ cookie: `other=1; accessToken=${token}` })

  test('read with it from anywhere, write with it from our own pages', async () => {
    assert.equal((await ask(orders, { headers: cookie() })).status, 200)
    assert.equal((await place({ ...cookie(), origin: server.url })).status, 201)
    await problem(await place({ ...cookie(), origin: 'https://evil.example' }), 403)
    await problem(await place({ ...cookie(), origin: 'null' }), 403)
    await problem(await place(cookie()), 403)
  })

  test('a bearer token does not excuse a foreign page', async () => {
    await problem(await place({ ...cookie(), ...bearer(), origin: 'https://evil.example' }), 403)
    assert.equal((await place({ ...bearer(), origin: 'https://elsewhere.example' })).status, 201)
  })

  test('a socket by cookie needs our own origin too', async () => {
    await assert.rejects(Socket.open(server, '/ws?kiosk=KIOSK1', { Cookie: `accessToken=${token}`, Origin: 'https://evil.example' }), {
      status: 403,
    })
  })
})
