// account.test.js - signing up, logging in, tokens that are renewed in turns, sessions, limits, people; the time of
// minutes is made by moving rows in the stopped server's database.
import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { mkdtemp, rm } from 'node:fs/promises'
import http from 'node:http'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { after, before, describe, test } from 'node:test'
import { promisify } from 'node:util'
import { call } from '../lib/sale.js'
import { startPesan } from '../lib/server.js'
import { Socket } from '../lib/socket.js'

const PASSWORD = 'pesan-demo'
const run = promisify(execFile)
const claimsOf = (token) => JSON.parse(Buffer.from(token.split('.')[1], 'base64url').toString())
const cookieOf = (answer) => answer.headers.getSetCookie().find((line) => line.startsWith('accessToken='))

let server
before(async () => (server = await startPesan()))
after(() => server.stop())

const ask = (where, options) => call(server.url + where, options)
const signUp = (person, headers) => ask('/auth/users/create/', { body: person, headers })
const logIn = (username, password = PASSWORD, headers) =>
  ask('/auth/token/create/', { body: { username, password }, headers })

async function tokenOf(username, password) {
  const answer = await logIn(username, password)
  assert.equal(answer.status, 200, answer.text)
  return answer.json.auth_token
}

/** A form as jQuery's $.post sends it. */
async function post(where, fields, headers = {}) {
  const answer = await fetch(server.url + where, {
    method: 'POST',
    headers: { 'Content-Type': 'application/x-www-form-urlencoded; charset=UTF-8', ...headers },
    body: new URLSearchParams(fields).toString(),
  })
  const text = await answer.text()
  return { status: answer.status, headers: answer.headers, text, json: text && JSON.parse(text) }
}

/** The slug of a refusal and the fields it names. */
function refused(answer, status) {
  assert.equal(answer.status, status, answer.text)
  assert.match(answer.headers.get('content-type'), /^application\/problem\+json/)
  return [answer.json.type.replace('/problems/', ''), ...(answer.json.errors ?? []).map((field) => field.pointer)]
}

describe('signing up', () => {
  test('an account, and in with it', async () => {
    const made = await signUp({ username: 'Rara.W', email: 'Rara@EXAMPLE.com', password: 'kopi susu gula aren' })
    assert.equal(made.status, 201, made.text)
    assert.match(made.json.id, /^[0-9a-f-]{36}$/)
    assert.deepEqual({ ...made.json, id: '' }, { id: '', username: 'Rara.W', email: 'Rara@example.com' })
    const token = await tokenOf('rara.w', 'kopi susu gula aren')
    const claims = claimsOf(token)
    assert.equal(claims.sub, made.json.id)
    assert.equal(claims.username, 'Rara.W')
    assert.equal(claims.client_id, made.json.id)
    assert.equal(claims.role, 'customer')
    assert.equal(claims.exp - claims.iat, 900)
    assert.equal(claims.til - claims.iat, 30 * 86400)
    const me = await ask('/v1/me', { token })
    assert.deepEqual(me.json.account, {
      id: made.json.id, username: 'Rara.W', name: 'Rara.W', email: 'Rara@example.com', role: 'customer', language: null, shops: [],
    })
    const order = await ask('/order-ms/Rara.W/orders', { token, body: { coffee_name: 'Kopi', coffee_price: 9000 } })
    assert.equal(order.status, 201, order.text)
  })

  test('names and addresses are taken whatever their case; both are told', async () => {
    const person = { username: 'taken1', email: 'taken1@example.com', password: 'kopi susu gula aren' }
    assert.equal((await signUp(person)).status, 201)
    assert.deepEqual(refused(await signUp({ ...person, email: 'other@example.com', username: 'TAKEN1' }), 400), ['taken', '/username'])
    assert.deepEqual(refused(await signUp({ ...person, email: 'TAKEN1@Example.Com' }), 400), ['taken', '/username', '/email'])
    assert.deepEqual(refused(await signUp({ ...person, username: 'taken2' }), 400), ['taken', '/email'])
  })

  test('one of two at the same time', async () => {
    const person = { username: 'twin', email: 'twin@example.com', password: 'kopi susu gula aren' }
    const both = await Promise.all([signUp(person), signUp(person)])
    assert.deepEqual(both.map((answer) => answer.status).sort(), [201, 400])
  })

  test('what is no name, no address, no password', async () => {
    const good = { username: 'fine', email: 'fine@example.com', password: 'kopi susu gula aren' }
    const cases = [
      [{ username: 'ab' }, 'bad-input', '/username'],
      [{ username: 'KIOSK7' }, 'bad-input', '/username'],
      [{ username: 'a b c' }, 'bad-input', '/username'],
      [{ username: '../../etc' }, 'bad-input', '/username'],
      [{ username: '0198c0de-0000-7000-8000-0000000000a1' }, 'bad-input', '/username'],
      [{ username: 7 }, 'bad-input', '/username'],
      [{ username: undefined }, 'bad-input', '/username'],
      [{ email: 'nobody' }, 'bad-input', '/email'],
      [{ email: 'a@b@c.de' }, 'bad-input', '/email'],
      [{ email: null }, 'bad-input', '/email'],
      [{ name: 'a\u0001b' }, 'bad-input', '/name'],
      [{ name: 'x'.repeat(121) }, 'bad-input', '/name'],
      [{ language: 'xx' }, 'bad-input', '/language'],
      [{ password: ['kopi susu gula aren'] }, 'bad-input', '/password'],
      [{ password: '' }, 'bad-input', '/password'],
      [{ password: '7 chars' }, 'weak-password', '/password'],
      [{ password: 'x'.repeat(129) }, 'weak-password', '/password'],
      [{ password: 'Password123' }, 'weak-password', '/password'],
      [{ username: 'kopi-susu', password: 'KOPI-SUSU' }, 'weak-password', '/password'],
      [{ password: 'FINE@example.com' }, 'weak-password', '/password'],
    ]
    for (const [change, ...no] of cases) assert.deepEqual(refused(await signUp({ ...good, ...change }), 400), no, JSON.stringify(change))
    assert.deepEqual(refused(await ask('/auth/users/create/', { body: [] }), 400), ['bad-input', ''])
    const nul = await fetch(`${server.url}/auth/users/create/`, {
      method: 'POST',
      headers: { 'Content-Type': 'application/json' },
      body: '{"username":"fine","email":"fine@example.com","password":"kopi\\u0000susu gula"}',
    })
    assert.equal(nul.status, 400)
    assert.equal((await post('/auth/users/create/', {}, {})).status, 400)
    const percent = await fetch(`${server.url}/auth/users/create/`, {
      method: 'POST',
      headers: { 'Content-Type': 'application/x-www-form-urlencoded' },
      body: 'username=fine&email=fine@example.com&password=kopi%00susu%ff',
    })
    assert.equal(percent.status, 400)
    assert.equal((await signUp(good)).status, 201, 'nothing of these was written')
  })

  test('in the reader\'s language', async () => {
    const weak = await signUp({ username: 'minji', email: 'minji@example.com', password: 'x' }, { 'Accept-Language': 'ko-KR' })
    assert.equal(weak.json.message, '더 긴 비밀번호를 선택해 주세요.')
    const wrong = await logIn('USER0001', 'not this one', { 'Accept-Language': 'ko' })
    assert.equal(wrong.json.message, '이름 또는 비밀번호가 올바르지 않습니다.')
    const person = { username: 'minji', email: 'minji@example.com', password: '비밀번호는여덟자' }
    assert.equal((await signUp({ ...person, name: '김민지', language: 'ko' })).status, 201)
    const token = await tokenOf('minji', '비밀번호는여덟자')
    assert.equal(claimsOf(token).lang, 'ko')
    assert.equal((await ask('/v1/me', { token })).json.account.name, '김민지')
  })
})

describe('the page of the chat, with jQuery', () => {
  test('signs up, signs in, and refreshes with forms and Authorization: JWT', async () => {
    const data = { email: 'chat@example.com', username: 'chatire', password: 'sesuatu yang lain' }
    const made = await post('/auth/users/create/', data)
    assert.equal(made.status, 201, made.text)
    const welcome = await post('/auth/token/create/', { username: data.username, password: data.password })
    assert.equal(welcome.status, 200, welcome.text)
    const jwt = { Authorization: `JWT ${welcome.json.auth_token}` }
    const me = await fetch(`${server.url}/v1/me`, { headers: jwt })
    assert.equal((await me.json()).account.username, 'chatire')
    const next = await post('/auth/token/refresh/', { token: welcome.json.auth_token }, jwt)
    assert.equal(next.status, 200, next.text)
    const again = await post('/this/is/hard/to/find/', { token: next.json.token }, jwt)
    assert.equal(again.status, 200)
    assert.equal((await post('/auth/token/destroy/', {}, { Authorization: `JWT ${again.json.token}` })).status, 204)
    assert.equal((await post('/auth/token/refresh/', { token: again.json.token })).status, 401)
  })
})

describe('logging in', () => {
  test('the demo\'s people, from the first moment', async () => {
    const fresh = await startPesan()
    try {
      const names = ['OWNER1', 'USER0001', 'USER0002', 'BARISTA1', 'COURIER1', 'ADMIN1']
      const roles = ['owner', 'customer', 'customer', 'barista', 'courier', 'admin']
      const answers = await Promise.all(
        names.map((username) => call(`${fresh.url}/auth/token/create`, { body: { username, password: PASSWORD } })),
      )
      assert.deepEqual(answers.map((answer) => answer.status), names.map(() => 200))
      assert.deepEqual(answers.map((answer) => claimsOf(answer.json.auth_token).role), roles)
      const owner = claimsOf(answers[0].json.auth_token)
      assert.equal(owner.owner_id, owner.sub)
    } finally {
      await fresh.stop()
    }
  })

  test('the cookie', async () => {
    const answer = await logIn('USER0001')
    assert.match(cookieOf(answer), /^accessToken=[^;]+; Path=\/; Max-Age=2592000; HttpOnly; SameSite=Lax$/)
    const [cookie] = cookieOf(answer).split(';')
    assert.equal(cookie, `accessToken=${answer.json.auth_token}`)
    const me = await ask('/v1/me', { headers: { Cookie: cookie } })
    assert.equal(me.json.account.username, 'USER0001')
    const leave = (origin) => ask('/auth/token/destroy/', { method: 'POST', headers: { Cookie: cookie, Origin: origin } })
    assert.equal((await leave('https://evil.example')).status, 403)
    const gone = await leave(server.url)
    assert.equal(gone.status, 204)
    assert.match(cookieOf(gone), /^accessToken=; .*Max-Age=0/)
    assert.equal((await ask('/v1/me', { headers: { Cookie: cookie } })).json.account, null)
  })

  test('a wrong password and an unknown name are the same answer', async () => {
    const wrong = await logIn('USER0001', 'wrong password')
    const nobody = await logIn('nobody-at-all', 'wrong password')
    assert.deepEqual(refused(wrong, 401), ['wrong-password'])
    assert.equal(wrong.text, nobody.text)
    assert.deepEqual(refused(await ask('/auth/token/create/', { body: {} }), 400), ['bad-input', '/username', '/password'])
    assert.deepEqual(refused(await ask('/auth/token/create/', { body: { username: 'x', password: 1 } }), 400), ['bad-input', '/password'])
  })

  test('a token without a session only loses its cookie', async () => {
    const token = await server.token('USER0001')
    const gone = await ask('/auth/token/destroy/', { method: 'POST', token })
    assert.equal(gone.status, 204)
    assert.match(cookieOf(gone), /Max-Age=0/)
    assert.equal((await ask('/v1/sessions', { token })).status, 200)
    assert.deepEqual(refused(await ask('/auth/token/refresh', { body: { token } }), 401), ['not-logged-in'])
    assert.deepEqual(refused(await ask('/auth/token/destroy/', { method: 'POST' }), 401), ['not-logged-in'])
  })
})

describe('tokens in turns', () => {
  let folder
  let house
  before(async () => {
    folder = await mkdtemp(path.join(tmpdir(), 'pesan-account-'))
    house = await startPesan([], { data: path.join(folder, 'data') })
  })
  after(async () => {
    await house.stop()
    await rm(folder, { recursive: true, force: true })
  })

  const renew = (token) => call(`${house.url}/auth/token/refresh/`, { body: { token } })
  const enter = async (username = 'USER0001') =>
    (await call(`${house.url}/auth/token/create/`, { body: { username, password: PASSWORD } })).json.auth_token

  /** Stops the server, runs SQL on its database, and starts it again. */
  async function later(sql) {
    await house.stop()
    await run('sqlite3', [path.join(folder, 'data', 'pesan.db'), sql])
    house = await startPesan([], { data: path.join(folder, 'data') })
  }
  const past = (seconds) => `UPDATE sessions SET renewed_at = renewed_at - ${seconds}000000, previous_at = previous_at - ${seconds}000000`

  test('a repeat gets the same successor byte for byte, also over a restart', async () => {
    const first = await enter()
    const [a, b] = await Promise.all([renew(first), renew(first)])
    assert.equal(a.status, 200, a.text)
    assert.equal(a.text, b.text)
    assert.equal(claimsOf(a.json.token).trn, 1)
    assert.equal(claimsOf(a.json.token).sid, claimsOf(first).sid)
    const second = await renew(a.json.token)
    assert.equal(claimsOf(second.json.token).trn, 2)
    assert.equal((await renew(first)).text, a.text)
    await later('SELECT 1')
    assert.equal((await renew(a.json.token)).text, second.text)
    assert.equal((await call(`${house.url}/v1/sessions`, { token: first })).status, 200, 'the old token goes on')
  })

  test('used again after a minute: the session ends for whoever holds it', async () => {
    const first = await enter()
    const second = (await renew(first)).json.token
    await later(past(61))
    const reuse = await renew(first)
    assert.deepEqual(refused(reuse, 401), ['not-logged-in'])
    assert.match(reuse.json.detail, /used again/)
    assert.equal((await renew(second)).status, 401)
    assert.equal((await call(`${house.url}/v1/sessions`, { token: second })).status, 401)
  })

  test('not beyond thirty days, and the rows go thirty days later', async () => {
    const first = await enter()
    const sid = claimsOf(first).sid
    await later(`UPDATE sessions SET expires_at = 1000000 WHERE id = '${sid}'`)
    assert.equal((await renew(first)).status, 401)
    await later("UPDATE sessions SET swept_at = 0; UPDATE deadlines SET at = 0 WHERE service = 'account'")
    for (let rows = '1'; rows !== '0'; )
      rows = (await run('sqlite3', [path.join(folder, 'data', 'pesan.db'), 'SELECT count(*) FROM sessions'])).stdout.trim()
  })

  test('a hash with older settings is made anew when its person comes', async () => {
    const sql = (text) => run('sqlite3', [path.join(folder, 'data', 'pesan.db'), text])
    const hash = async () => (await sql("SELECT password FROM accounts WHERE username = 'USER0002'")).stdout.trim()
    await enter('USER0002')
    const made = await hash()
    assert.match(made, /^\$argon2id\$v=19\$m=65536,t=2,p=1\$/)
    await enter('USER0002')
    assert.equal(await hash(), made)
    // "pesan-demo" with 8 MB, one turn.
    const old = '$argon2id$v=19$m=8192,t=1,p=1$iM6dBaQi6CB5ezhqWv2+YA$Ot/qj5YNHk6QnVAyXyxIC57VxjdaCSaJAw4cqIkvQBk'
    await later(`UPDATE accounts SET password = '${old}' WHERE username = 'USER0002'`)
    assert.ok(await enter('USER0002'))
    assert.match(await hash(), /^\$argon2id\$v=19\$m=65536,t=2,p=1\$/)
    assert.ok(await enter('USER0002'))
  })

  test('tokens that are none', async () => {
    const good = await enter()
    const [head, claims, mac] = good.split('.')
    const none = Buffer.from('{"alg":"none","typ":"JWT"}').toString('base64url')
    for (const token of ['', 'x', `${none}.${claims}.`, `${none}.${claims}.${mac}`, `${head}.${claims}.AAAA`])
      assert.equal((await renew(token)).status, 401, token)
    assert.deepEqual(refused(await call(`${house.url}/auth/token/refresh/`, { body: {} }), 400), ['bad-input', '/token'])
    assert.deepEqual(refused(await call(`${house.url}/auth/token/refresh/`, { body: { token: 1 } }), 400), ['bad-input', '/token'])
    const kiosk = await house.token('KIOSK1')
    assert.equal((await renew(kiosk)).status, 401)
  })

  test('the cookie is renewed with its session', async () => {
    const welcome = await call(`${house.url}/auth/token/create/`, { body: { username: 'USER0001', password: PASSWORD } })
    const [cookie] = cookieOf(welcome).split(';')
    const answer = await call(`${house.url}/auth/token/refresh/`, { method: 'POST', headers: { Cookie: cookie, Origin: house.url } })
    assert.equal(answer.status, 200, answer.text)
    assert.equal(cookieOf(answer).split(';')[0], `accessToken=${answer.json.token}`)
  })

  test('a cookie that was left behind by a program of the same session ends nothing', async () => {
    const body = { username: 'USER0001', password: PASSWORD }
    const welcome = await call(`${house.url}/auth/token/create/`, { body })
    const [cookie] = cookieOf(welcome).split(';')
    const second = (await renew(welcome.json.auth_token)).json.token
    await later(past(61))
    const third = (await renew(second)).json.token
    const headers = { Cookie: cookie, Origin: house.url }
    const answer = await call(`${house.url}/auth/token/refresh/`, { method: 'POST', headers })
    assert.equal(answer.status, 200, answer.text)
    assert.equal(claimsOf(answer.json.token).trn, 2)
    assert.equal(cookieOf(answer).split(';')[0], `accessToken=${answer.json.token}`)
    assert.equal((await renew(third)).status, 200)
  })
})

describe('sessions', () => {
  const list = (token) => ask('/v1/sessions', { token })

  test('are listed with their devices and ended one by one, sockets at once', async () => {
    const phone = (await logIn('OWNER1', PASSWORD, { 'User-Agent': `Phone\u00ff ${'x'.repeat(300)}` })).json.auth_token
    const desk = await tokenOf('OWNER1')
    const sessions = (await list(desk)).json
    assert.equal(sessions[0].current, true)
    assert.equal(sessions[0].id, claimsOf(desk).sid)
    assert.equal(sessions[1].current, false)
    assert.match(sessions[1].device, /^Phone\S* x+$/)
    assert.equal([...sessions[1].device].length, 120)
    assert.equal(sessions[1].address, '127.0.0.1')

    const socket = await Socket.open(server, `/ws?kiosk=KIOSK1&token=${phone}`)
    await socket.expect('CONNECTED')
    const other = await Socket.open(server, `/ws?kiosk=KIOSK1&token=${desk}`)
    const ended = await ask(`/v1/sessions/${claimsOf(phone).sid}`, { method: 'DELETE', token: desk })
    assert.equal(ended.status, 204)
    assert.equal((await socket.closed()).code, 1008)
    socket.destroy()
    assert.equal((await list(phone)).status, 401)
    assert.deepEqual(refused(await ask(`/v1/sessions/${claimsOf(phone).sid}`, { method: 'DELETE', token: desk }), 404), ['not-found'])
    assert.equal((await list(desk)).json.length, sessions.length - 1)
    await other.send('SHOW_MENU', {})
    for (let got; got?.event !== 'SHOW_MENU'; ) got = await other.next()
    other.destroy()
  })

  test('of others are nobody\'s business', async () => {
    const mine = await tokenOf('USER0001')
    const yours = await tokenOf('USER0002')
    assert.equal((await ask(`/v1/sessions/${claimsOf(yours).sid}`, { method: 'DELETE', token: mine })).status, 404)
    assert.equal((await ask('/v1/sessions/x', { method: 'DELETE', token: mine })).status, 404)
    assert.equal((await list(yours)).status, 200)
    assert.equal((await ask('/v1/sessions')).status, 401)
  })

  test('all others end at once', async () => {
    const tokens = [await tokenOf('BARISTA1'), await tokenOf('BARISTA1'), await tokenOf('BARISTA1')]
    assert.equal((await ask('/v1/sessions', { method: 'DELETE', token: tokens[1] })).status, 204)
    assert.deepEqual(await Promise.all(tokens.map(async (token) => (await list(token)).status)), [401, 200, 401])
  })

  test('another password ends the others', async () => {
    const person = { username: 'changer', email: 'changer@example.com', password: 'kopi susu gula aren' }
    await signUp(person)
    const here = await tokenOf('changer', person.password)
    const there = await tokenOf('changer', person.password)
    const change = (old_password, new_password) => ask('/v1/me/password', { token: here, body: { old_password, new_password } })
    assert.deepEqual(refused(await change('not this one', 'es teh manis'), 401), ['wrong-password', '/old_password'])
    assert.deepEqual(refused(await change(person.password, 'short'), 400), ['weak-password', '/new_password'])
    assert.deepEqual(refused(await change(person.password, 'changer@example.com'), 400), ['weak-password', '/new_password'])
    assert.deepEqual(refused(await change(person.password), 400), ['bad-input', '/new_password'])
    assert.equal((await change(person.password, 'es teh manis')).status, 204)
    assert.equal((await list(here)).status, 200)
    assert.equal((await list(there)).status, 401)
    assert.equal((await logIn('changer', person.password)).status, 401)
    assert.equal((await logIn('changer', 'es teh manis')).status, 200)
  })
})

describe('people', () => {
  let admin
  before(async () => (admin = await tokenOf('ADMIN1')))

  test('who asks', async () => {
    assert.deepEqual((await ask('/v1/me')).json, { account: null })
    const owner = (await ask('/v1/me', { token: await tokenOf('OWNER1') })).json.account
    assert.equal(owner.role, 'owner')
    assert.deepEqual(owner.shops, [{ shop_id: '0198c0de-0000-7000-8000-000000000001', role: 'owner' }])
    assert.deepEqual((await ask('/v1/me', { token: await server.token('KIOSK1') })).json, { account: null })
  })

  test('one\'s own name and language', async () => {
    const token = await tokenOf('USER0002')
    const change = (body) => ask('/v1/me', { method: 'PATCH', token, body })
    const changed = await change({ name: '  김민지 ', language: 'ko' })
    assert.equal(changed.status, 200, changed.text)
    assert.equal(changed.json.account.name, '김민지')
    assert.equal(changed.json.account.language, 'ko')
    assert.equal((await change({ language: null })).json.account.language, null)
    assert.deepEqual(refused(await change({ language: 'xx', name: '\u0007' }), 400).sort(), ['/language', '/name', 'bad-input'])
    assert.equal((await change({ role: 'admin' })).json.account.role, 'customer')
  })

  test('by an admin, as the coffee shop\'s clients add them', async () => {
    const add = (body, token = admin) => ask('/users', { token, body })
    const made = await add({ name: 'Kim Minji', email: 'kim@example.com' })
    assert.equal(made.status, 201, made.text)
    assert.match(made.json.user_id, /^[0-9a-f-]{36}$/)
    assert.equal(made.json.username, made.json.user_id)
    assert.ok(Date.parse(made.json.created_at))
    assert.equal((await logIn(made.json.user_id, '')).status, 400)
    assert.equal((await logIn(made.json.user_id, PASSWORD)).status, 401)
    const password = 'kopi tanpa gula'
    assert.equal((await ask(`/v1/users/${made.json.user_id}`, { method: 'PATCH', token: admin, body: { password } })).status, 200)
    const token = await tokenOf(made.json.user_id, password)
    assert.equal((await ask(`/users/${made.json.user_id}`, { token })).json.email, 'kim@example.com')
    assert.deepEqual(refused(await add({ name: 'Kim' }), 400), ['bad-input', '/email'])
    assert.deepEqual(refused(await add({ name: 'Kim', email: 'KIM@example.com' }), 400), ['taken', '/email'])
    assert.deepEqual(refused(await add({ username: 'kim', role: 'owner' }), 400), ['bad-input', '/role'])
    assert.equal((await add({ name: 'x', email: 'x@example.com' }, token)).status, 403)
    assert.equal((await add({ name: 'x', email: 'x@example.com' }, null)).status, 401)
  })

  test('are added once by who repeats with an Idempotency-Key; what is secret is never kept', async () => {
    const add = () => ask('/users', { token: admin, body: { name: 'Once', email: 'once@example.com' }, headers: { 'Idempotency-Key': 'once' } })
    const [first, repeat] = [await add(), await add()]
    assert.equal(first.status, 201, first.text)
    assert.equal(repeat.text, first.text)
    const enter = () =>
      ask('/auth/token/create', { token: admin, body: { username: 'ADMIN1', password: PASSWORD }, headers: { 'Idempotency-Key': 'in' } })
    assert.notEqual((await enter()).json.auth_token, (await enter()).json.auth_token)
  })

  test('are listed for admins, page by page, and read by themselves', async () => {
    const all = (await ask('/users?limit=200', { token: admin })).json
    assert.ok(all.length >= 6)
    assert.deepEqual(all.map((one) => one.id), all.map((one) => one.id).sort().reverse())
    const first = (await ask('/users?limit=2', { token: admin })).json
    const rest = (await ask(`/users?limit=200&before=${first[1].id}`, { token: admin })).json
    assert.deepEqual([...first, ...rest], all)
    assert.equal((await ask('/users?limit=0', { token: admin })).status, 400)
    assert.ok(!JSON.stringify(all).includes('argon2'))
    const token = await tokenOf('USER0001')
    assert.equal((await ask('/users', { token })).status, 403)
    assert.equal((await ask('/users/USER0001', { token })).json.username, 'USER0001')
    assert.equal((await ask('/users/USER0002', { token })).status, 403)
    assert.equal((await ask('/users/nobody', { token })).status, 403)
    assert.equal((await ask('/users/nobody', { token: admin })).status, 404)
  })

  test('become admins and cease to be, at once; the last one stays', async () => {
    const person = { username: 'boss', email: 'boss@example.com', password: 'kopi susu gula aren' }
    await signUp(person)
    const token = await tokenOf('boss', person.password)
    const change = (who, body, by = admin) => ask(`/v1/users/${who}`, { method: 'PATCH', token: by, body })
    assert.deepEqual(refused(await change('ADMIN1', { role: 'customer' }), 409), ['conflict', '/role'])
    assert.equal((await ask('/users', { token })).status, 403)
    assert.equal((await change('boss', { role: 'admin' })).json.role, 'admin')
    assert.equal((await ask('/users', { token })).status, 200)
    assert.equal((await change('boss', { role: 'customer' }, token)).json.role, 'customer')
    assert.equal((await ask('/users', { token })).status, 403)
    assert.equal((await change('boss', { role: 'kiosk' })).status, 400)
    assert.equal((await change('nobody', { role: 'admin' })).status, 404)
    assert.equal((await change('nobody', { password: 'kopi tanpa gula' })).status, 404)
    assert.deepEqual(refused(await change('boss', { email: 'kim@example.com' }), 400), ['taken', '/email'])
    assert.equal((await change('boss', { password: 'kopi tanpa gula' })).status, 200)
    assert.equal((await ask('/v1/sessions', { token })).status, 401, 'another password ended his session')
  })
})

describe('limits', () => {
  let house
  before(async () => (house = await startPesan()))
  after(() => house.stop())

  /** A log-in from one of this machine's addresses. */
  const from = (localAddress, username, password) =>
    new Promise((resolve, reject) => {
      const body = JSON.stringify({ username, password })
      const headers = { 'Content-Type': 'application/json', 'Content-Length': Buffer.byteLength(body) }
      const options = { host: house.host, port: house.port, localAddress, path: '/auth/token/create/', method: 'POST', headers, agent: false }
      http.request(options, (answer) => {
        answer.resume()
        answer.on('end', () => resolve({ status: answer.statusCode, wait: Number(answer.headers['retry-after']) }))
      }).on('error', reject).end(body)
    })
  const guess = (address, username, times) =>
    Promise.all(Array.from({ length: times }, () => from(address, username, 'not this one')))
  const count = (answers, status) => answers.filter((answer) => answer.status === status).length

  test('five failures a minute to one account from one address', async () => {
    const answers = await guess('127.0.0.2', 'USER0001', 8)
    assert.equal(count(answers, 401), 5)
    assert.equal(count(answers, 429), 3)
    const shut = await from('127.0.0.2', 'user0001', PASSWORD)
    assert.equal(shut.status, 429)
    assert.ok(shut.wait > 0 && shut.wait <= 60, `Retry-After: ${shut.wait}`)
    assert.equal((await from('127.0.0.2', 'USER0002', PASSWORD)).status, 200, 'another account')
    assert.equal((await from('127.0.0.3', 'USER0001', PASSWORD)).status, 200, 'from another address')
  })

  test('success forgets what went wrong before', async () => {
    for (let round = 0; round < 3; round++) {
      assert.equal(count(await guess('127.0.0.4', 'BARISTA1', 4), 401), 4)
      assert.equal((await from('127.0.0.4', 'BARISTA1', PASSWORD)).status, 200)
    }
  })

  test('thirty failures from one address, whoever it tries to be', async () => {
    const answers = await Promise.all(Array.from({ length: 34 }, (_, i) => from('127.0.0.5', `somebody${i}`, 'not this one')))
    assert.equal(count(answers, 401), 30)
    const shut = await from('127.0.0.5', 'COURIER1', PASSWORD)
    assert.equal(shut.status, 429)
    assert.ok(shut.wait > 60 && shut.wait <= 900, `Retry-After: ${shut.wait}`)
  })

  test('strangers who guess elsewhere do not shut a person out where he is at home', async () => {
    assert.equal((await from('127.0.0.9', 'OWNER1', PASSWORD)).status, 200)
    for (let i = 0; i < 10; i++) assert.equal(count(await guess(`127.0.1.${i + 1}`, 'OWNER1', 5), 401), 5)
    assert.equal((await from('127.0.2.1', 'OWNER1', PASSWORD)).status, 429, 'from a new address')
    assert.equal((await from('127.0.0.9', 'OWNER1', PASSWORD)).status, 200, 'from his own')
  })
})
