// auth-house.test.js - who is let in, and for how long: tokens that are forged, cookies that live with their session,
// pages of others, and sockets that end with whoever opened them.
import assert from 'node:assert/strict'
import { createHmac, generateKeyPairSync, sign } from 'node:crypto'
import { after, before, describe, test } from 'node:test'
import { runPesan, startPesan } from '../lib/server.js'
import { Socket } from '../lib/socket.js'

const KEY = 'a key that this test knows as well'
const SERVICE_KEY = 'a-key-between-processes'
const FRIEND = 'https://friend.example'
const EVIL = 'https://evil.example'
const PASSWORD = 'pesan-demo'

let server
before(async () => {
  server = await startPesan(['--cors-origins', FRIEND, '--loops', '2'], {
    env: { ACCESS_TOKEN_KEY: KEY, PESAN_SERVICE_KEY: SERVICE_KEY },
  })
})
after(() => server.stop())

// ---- Asking ----

const ask = (where, options = {}) => fetch(server.url + where, { redirect: 'manual', ...options })
const bearer = (token) => ({ authorization: `Bearer ${token}` })
const cookie = (token) => ({ cookie: `accessToken=${token}` })
const json = (body) => ({ method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) })

/** A log-in: {token, cookie} of a new session. */
async function logIn(username) {
  const answer = await ask('/auth/token/create/', json({ username, password: PASSWORD }))
  assert.equal(answer.status, 200, await answer.clone().text())
  const { auth_token: token } = await answer.json()
  return { token, cookie: setCookie(answer).value, claims: claimsOf(token) }
}

const logOut = async (token) =>
  assert.equal((await ask('/auth/token/destroy/', { method: 'POST', headers: bearer(token) })).status, 204)

/** The cookie an answer sets: {value, maxAge, line}; null when it sets none. */
function setCookie(answer) {
  const lines = answer.headers.getSetCookie()
  assert.ok(lines.length <= 1, lines.join('\n'))
  if (lines.length === 0) return null
  const [, value, maxAge] = /^accessToken=([^;]*);.*Max-Age=(\d+)/.exec(lines[0])
  return { value, maxAge: Number(maxAge), line: lines[0] }
}

/** Who the request is taken for: the account of GET /v1/me, or null. */
async function whoIs(headers) {
  const answer = await ask('/v1/me', { headers })
  assert.equal(answer.status, 200)
  return (await answer.json()).account
}

const MINE = '/order-ms/USER0001/orders' // for people with a token
const status = async (headers) => (await ask(MINE, { headers })).status

// ---- Tokens ----

const part = (value) => Buffer.from(typeof value === 'string' ? value : JSON.stringify(value)).toString('base64url')
const claimsOf = (token) => JSON.parse(Buffer.from(token.split('.')[1], 'base64url'))

function hs256(claims, { header = { alg: 'HS256', typ: 'JWT' }, key = KEY, hash = 'sha256' } = {}) {
  const content = `${part(header)}.${part(claims)}`
  return `${content}.${createHmac(hash, key).update(content).digest('base64url')}`
}

const now = () => Math.floor(Date.now() / 1000)

describe('tokens', () => {
  let good
  before(async () => {
    good = (await logIn('USER0001')).claims
  })

  test('what we would have signed is good', async () => {
    assert.equal(await status(bearer(hs256(good))), 200)
  })

  test('"none", in whichever spelling, is not', async () => {
    for (const alg of ['none', 'None', 'NONE', 'nOnE', '']) {
      const content = `${part({ alg, typ: 'JWT' })}.${part(good)}`
      assert.equal(await status(bearer(`${content}.`)), 401, alg)
      assert.equal(await status(bearer(content)), 401, alg)
      assert.equal(await status(bearer(hs256(good, { header: { alg } }))), 401, alg)
    }
  })

  test('another algorithm is not, right as its signature may be', async () => {
    assert.equal(await status(bearer(hs256(good, { header: { alg: 'HS512' }, hash: 'sha512' }))), 401)
    assert.equal(await status(bearer(hs256(good, { header: { alg: 'HS384' }, hash: 'sha384' }))), 401)
    const { privateKey, publicKey } = generateKeyPairSync('rsa', { modulusLength: 2048 })
    const content = `${part({ alg: 'RS256', typ: 'JWT' })}.${part(good)}`
    assert.equal(await status(bearer(`${content}.${sign('sha256', Buffer.from(content), privateKey).toString('base64url')}`)), 401)
    const pem = publicKey.export({ type: 'spki', format: 'pem' })
    assert.equal(await status(bearer(hs256(good, { header: { alg: 'RS256' }, key: pem }))), 401)
    assert.equal(await status(bearer(hs256(good, { key: pem }))), 401)
  })

  test('another key is not', async () => {
    for (const key of ['', 'another key that nobody told us', `${KEY}x`, KEY.slice(1)])
      assert.equal(await status(bearer(hs256(good, { key }))), 401)
  })

  test('one that has expired, or is for later, is not', async () => {
    assert.equal(await status(bearer(hs256({ ...good, exp: now() - 1 }))), 401)
    assert.equal(await status(bearer(hs256({ ...good, exp: undefined }))), 401)
    assert.equal(await status(bearer(hs256({ ...good, exp: String(now() + 900) }))), 401)
    assert.equal(await status(bearer(hs256({ ...good, nbf: now() + 900 }))), 401)
  })

  test('changed claims under the old signature are not', async () => {
    const [header, , signature] = hs256(good).split('.')
    assert.equal(await status(bearer(`${header}.${part({ ...good, role: 'admin' })}.${signature}`)), 401)
  })

  test('a role is what is true, not what is claimed', async () => {
    const claimed = hs256({ ...good, role: 'admin', sid: undefined, owner_id: good.sub })
    assert.equal((await ask('/users', { headers: bearer(claimed) })).status, 403)
    assert.equal((await whoIs(bearer(claimed))).role, 'customer')
  })

  test('the key of services is no token elsewhere, and no token is that key', async () => {
    assert.equal((await ask('/v1/journal', { headers: bearer(SERVICE_KEY) })).status, 200)
    assert.equal((await ask('/v1/journal', { headers: bearer(`${SERVICE_KEY}x`) })).status, 401)
    assert.equal((await ask('/v1/journal', { headers: cookie(SERVICE_KEY) })).status, 401)
    assert.equal((await ask('/v1/journal', { headers: bearer(hs256({ ...good, role: 'service' })) })).status, 401)
    assert.equal((await ask('/users', { headers: bearer(SERVICE_KEY) })).status, 403)
  })
})

// ---- Cookies ----

describe('cookies', () => {
  test('a log-in sets one that pages cannot read; it is left alone while it is young', async () => {
    const answer = await ask('/auth/token/create/', json({ username: 'USER0001', password: PASSWORD }))
    const set = setCookie(answer)
    assert.match(set.line, /; HttpOnly; SameSite=Lax$/)
    assert.ok(set.maxAge > 29 * 86400 && set.maxAge <= 30 * 86400)
    const again = await ask(MINE, { headers: cookie(set.value) })
    assert.equal(again.status, 200)
    assert.equal(setCookie(again), null)
  })

  test('an ageing one is renewed, an expired one lives with its session; a bearer token does neither', async () => {
    const { claims } = await logIn('USER0001')
    const ageing = hs256({ ...claims, iat: now() - 400, exp: now() + 500 })
    const expired = hs256({ ...claims, iat: now() - 5000, exp: now() - 4100 })
    for (const token of [ageing, expired]) {
      const answer = await ask(MINE, { headers: cookie(token) })
      assert.equal(answer.status, 200)
      const renewed = claimsOf(setCookie(answer).value)
      assert.deepEqual([renewed.sub, renewed.sid, renewed.til, renewed.trn], [claims.sub, claims.sid, claims.til, claims.trn])
      assert.ok(renewed.exp > now() + 890 && renewed.exp <= now() + 900)
      assert.equal((await status(cookie(setCookie(answer).value))), 200)
    }
    assert.equal(await status(bearer(expired)), 401)
    assert.equal(setCookie(await ask(MINE, { headers: bearer(ageing) })), null)
  })

  test('one whose session was ended is taken away, on whichever loop', async () => {
    const { token, cookie: value, claims } = await logIn('USER0001')
    const expired = hs256({ ...claims, iat: now() - 5000, exp: now() - 4100 })
    assert.equal(await status(cookie(expired)), 200)
    await logOut(token)
    for (const dead of [value, expired, hs256({ ...claims, iat: now() })]) {
      for (let i = 0; i < 4; i++) {
        const answer = await ask(MINE, { headers: { ...cookie(dead), connection: 'close' } })
        assert.equal(answer.status, 401)
        assert.equal(setCookie(answer).value, '')
        assert.equal(setCookie(answer).maxAge, 0)
      }
      assert.equal(await status(bearer(dead)), 401)
    }
  })

  test('one that is nothing at all harms nobody where nobody is needed', async () => {
    const answer = await ask('/v1/me', { headers: cookie('nonsense') })
    assert.equal(answer.status, 200)
    assert.equal((await answer.json()).account, null)
    assert.equal(setCookie(answer).value, '')
  })
})

// ---- Pages of others ----

describe('pages of others', () => {
  const order = JSON.stringify({ coffee_name: 'Kopi', coffee_price: 9000 })
  const place = (headers) => ask(MINE, { method: 'POST', headers: { 'content-type': 'application/json', ...headers }, body: order })

  test('change nothing with the cookie', async () => {
    const { cookie: value } = await logIn('USER0001')
    for (const origin of [EVIL, 'null', `${server.url}.evil.example`, 'http://127.0.0.1'])
      assert.equal((await place({ ...cookie(value), origin })).status, 403, origin)
    assert.equal((await place(cookie(value))).status, 403)
    assert.equal((await place({ ...cookie(value), 'sec-fetch-site': 'cross-site' })).status, 403)
    assert.equal((await place({ ...cookie(value), origin: server.url })).status, 201)
  })

  test('log nobody in', async () => {
    const body = { username: 'USER0001', password: PASSWORD }
    const answer = await ask('/auth/token/create/', { ...json(body), headers: { ...json(body).headers, origin: EVIL } })
    assert.equal(setCookie(answer), null)
  })

  test('read nothing unless they are listed', async () => {
    const { token } = await logIn('USER0001')
    const foreign = await ask(MINE, { headers: { ...bearer(token), origin: EVIL } })
    assert.equal(foreign.headers.get('access-control-allow-origin'), null)
    const listed = await ask(MINE, { headers: { ...bearer(token), origin: FRIEND } })
    assert.equal(listed.status, 200)
    assert.equal(listed.headers.get('access-control-allow-origin'), FRIEND)
    assert.equal(listed.headers.get('access-control-allow-credentials'), null)
    assert.match(listed.headers.get('vary'), /Origin/)
    assert.match(listed.headers.get('access-control-expose-headers'), /Retry-After/)
    const refused = await ask(MINE, { headers: { origin: FRIEND } })
    assert.equal(refused.status, 401)
    assert.equal(refused.headers.get('access-control-allow-origin'), FRIEND)
  })

  test('are told beforehand what they may, when they are listed', async () => {
    const preflight = (origin) =>
      ask(MINE, { method: 'OPTIONS', headers: { origin, 'access-control-request-method': 'POST', 'access-control-request-headers': 'authorization' } })
    const listed = await preflight(FRIEND)
    assert.equal(listed.status, 204)
    assert.equal(listed.headers.get('access-control-allow-origin'), FRIEND)
    assert.match(listed.headers.get('access-control-allow-methods'), /POST/)
    assert.equal(listed.headers.get('access-control-allow-headers'), 'Authorization, Content-Type, Idempotency-Key')
    assert.ok(Number(listed.headers.get('access-control-max-age')) > 0)
    const foreign = await preflight(EVIL)
    assert.equal(foreign.headers.get('access-control-allow-origin'), null)
    assert.equal(foreign.headers.get('access-control-allow-methods'), null)
  })

  test('open no socket without a token in hand', async () => {
    const staff = await logIn('OWNER1')
    const open = (path, headers) => Socket.open(server, path, headers)
    for (const origin of [EVIL, 'null'])
      await assert.rejects(open('/ws', { Origin: origin }), { status: 403 })
    await assert.rejects(open('/ws?kiosk=KIOSK1', { Origin: EVIL, Cookie: `accessToken=${staff.cookie}` }), { status: 403 })
    await assert.rejects(open('/ws?kiosk=KIOSK1', { Cookie: `accessToken=${staff.cookie}` }), { status: 403 })
    for (const [path, headers] of [
      ['/ws', {}],
      ['/ws', { Origin: server.url }],
      ['/ws', { Origin: FRIEND }],
      [`/ws?kiosk=KIOSK1&token=${staff.token}`, { Origin: EVIL }],
      ['/ws?kiosk=KIOSK1', { Origin: server.url, Cookie: `accessToken=${staff.cookie}` }],
    ]) {
      const socket = await open(path, headers)
      await socket.expect('CONNECTED')
      socket.destroy()
    }
  })
})

// ---- Sockets ----

describe('sockets', () => {
  /** Sockets of this log-in, by its token and by its cookie, some on either loop. */
  async function openSome({ token, cookie: value }) {
    const sockets = []
    for (let i = 0; i < 4; i++) {
      sockets.push(await Socket.open(server, `/ws?kiosk=KIOSK1&token=${token}`))
      sockets.push(await Socket.open(server, '/ws?kiosk=KIOSK1', { Origin: server.url, Cookie: `accessToken=${value}` }))
    }
    for (const socket of sockets) await socket.expect('CONNECTED')
    return sockets
  }

  test('end with the session, all of its and no other', async () => {
    const mine = await logIn('OWNER1')
    const other = await logIn('OWNER1')
    const sockets = await openSome(mine)
    const [stays] = await openSome(other)
    await logOut(mine.token)
    for (const socket of sockets) {
      assert.deepEqual(await socket.closed(), { code: 1008, reason: 'session ended' })
      socket.destroy()
    }
    await stays.next() // the screen, from its opening
    await stays.send('SHOW_MENU')
    await stays.expect('SHOW_MENU')
    stays.destroy()
    await assert.rejects(Socket.open(server, `/ws?kiosk=KIOSK1&token=${mine.token}`), { status: 401 })
  })

  test('in the demo a bare /ws is the kiosk, whoever the browser is logged in as', async () => {
    for (const name of ['USER0001', 'OWNER1']) {
      const { cookie: value, token } = await logIn(name)
      const socket = await Socket.open(server, '/ws', { Origin: server.url, Cookie: `accessToken=${value}` })
      assert.equal((await socket.expect('CONNECTED')).kiosk, 'KIOSK1')
      await logOut(token) // a kiosk is nobody's
      await socket.next()
      await socket.send('SHOW_MENU')
      await socket.expect('SHOW_MENU')
      socket.destroy()
    }
  })

  test('are not opened by a session that was ended', async () => {
    const mine = await logIn('OWNER1')
    await logOut(mine.token)
    await assert.rejects(Socket.open(server, `/ws?kiosk=KIOSK1&token=${mine.token}`), { status: 401 })
    await assert.rejects(
      Socket.open(server, '/ws?kiosk=KIOSK1', { Origin: server.url, Cookie: `accessToken=${mine.cookie}` }),
      { status: 401 },
    )
  })

  test('of somebody who is dismissed are closed, and opened no more', async () => {
    const owner = await logIn('OWNER1')
    const barista = await logIn('BARISTA1')
    const [{ shop_id: shop }] = (await whoIs(bearer(owner.token))).shops
    const { id } = await whoIs(bearer(barista.token))
    const path = `/ws?kiosk=KIOSK1&token=${barista.token}`
    const socket = await Socket.open(server, path)
    await socket.expect('CONNECTED')
    const gone = await ask(`/v1/shops/${shop}/staff/${barista.claims.username}`, { method: 'DELETE', headers: bearer(owner.token) })
    assert.equal(gone.status, 204)
    assert.equal((await ask(`/order-ms/USER0002/orders`, { headers: bearer(barista.token) })).status, 403, id)
    assert.deepEqual(await socket.closed(), { code: 1012, reason: 'rights have changed' })
    await assert.rejects(Socket.open(server, path), { status: 403 })
    const hired = await ask(`/v1/shops/${shop}/staff`, {
      ...json({ username: 'BARISTA1', role: 'barista' }),
      headers: { 'content-type': 'application/json', ...bearer(owner.token) },
    })
    assert.ok(hired.status < 300, await hired.text())
    const again = await Socket.open(server, path)
    await again.expect('CONNECTED')
    again.destroy()
  })

  test('end with a bearer token, unless AUTH brought the next in time', async () => {
    const { claims } = await logIn('OWNER1')
    const short = () => hs256({ ...claims, iat: now(), exp: now() + 2 })
    const ends = await Socket.open(server, `/ws?kiosk=KIOSK1&token=${short()}`)
    const stays = await Socket.open(server, `/ws?kiosk=KIOSK1&token=${short()}`)
    await stays.expect('CONNECTED')
    await stays.next()
    await stays.send('AUTH', { token: hs256({ ...claims, exp: now() + 600 }) })
    const { expires_at: at } = await stays.expect('AUTH')
    assert.ok(Date.parse(at) > Date.now() + 500_000)
    assert.deepEqual(await ends.closed(), { code: 1008, reason: 'token expired' })
    await stays.send('SHOW_MENU')
    await stays.expect('SHOW_MENU')
    const stranger = await logIn('USER0001')
    await stays.send('AUTH', { token: stranger.token })
    assert.equal((await stays.expect('ERROR')).code, 'forbidden')
    await stays.send('AUTH', { token: 'nonsense' })
    assert.equal((await stays.expect('ERROR')).code, 'not-logged-in')
    await stays.send('SHOW_MENU')
    await stays.expect('SHOW_MENU')
    stays.destroy()
  })

  test('opened with a cookie whose token has expired live with its session', async () => {
    const { token, claims } = await logIn('OWNER1')
    const expired = hs256({ ...claims, iat: now() - 5000, exp: now() - 4100 })
    const socket = await Socket.open(server, '/ws?kiosk=KIOSK1', { Origin: server.url, Cookie: `accessToken=${expired}` })
    await socket.expect('CONNECTED')
    await logOut(token)
    assert.deepEqual(await socket.closed(), { code: 1008, reason: 'session ended' })
  })
})

// ---- The start ----

describe('settings', () => {
  const refused = async (args, complaint) => {
    const { code, stderr } = await runPesan(['serve', '--demo', '--data', '/nonexistent/pesan', ...args])
    assert.equal(code, 2)
    assert.match(stderr, complaint)
  }

  test('a short service key is refused', () => refused(['--service-key', 'too-short'], /service-key must have 16/))

  test('what is no list of origins is refused', async () => {
    for (const list of ['*', 'null', 'friend.example', 'https://friend.example/', 'https://a.example,,https://b.example'])
      await refused(['--cors-origins', list], /cors-origins.*is not a list of origins/)
  })
})

test('ended sessions and dismissals are known after kill -9', async () => {
  const mine = await startPesan([], { data: `${server.data}-again`, env: { ACCESS_TOKEN_KEY: KEY } })
  const login = async (username) => {
    const answer = await fetch(`${mine.url}/auth/token/create/`, json({ username, password: PASSWORD }))
    return (await answer.json()).auth_token
  }
  const dead = await login('USER0001')
  const alive = await login('USER0001')
  const gone = await fetch(`${mine.url}/auth/token/destroy/`, { method: 'POST', headers: bearer(dead) })
  assert.equal(gone.status, 204)
  await mine.kill9()
  const again = await startPesan([], { data: `${server.data}-again`, env: { ACCESS_TOKEN_KEY: KEY } })
  try {
    assert.equal((await fetch(again.url + MINE, { headers: bearer(dead) })).status, 401)
    assert.equal((await fetch(again.url + MINE, { headers: bearer(alive) })).status, 200)
  } finally {
    await again.stop()
  }
})
