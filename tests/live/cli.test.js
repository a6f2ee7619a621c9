// cli.test.js - `pesan user`: people made and changed on the machine, with a running server and without one.
import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, statSync } from 'node:fs'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import net from 'node:net'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { after, before, describe, test } from 'node:test'
import { call, eventually } from '../lib/sale.js'
import { build, root, startPesan } from '../lib/server.js'

const PASSWORD = 'kopi susu gula aren'
let home
before(async () => (home = await mkdtemp(path.join(tmpdir(), 'pesan-cli-'))))
after(() => rm(home, { recursive: true, force: true }))

/** Runs `pesan` with something on its standard input: {code, stdout, stderr}. */
async function pesan(args, input = '') {
  const child = spawn(path.join(build, 'pesan'), args, { cwd: root })
  const text = (stream) => stream.setEncoding('utf8').toArray().then((parts) => parts.join(''))
  child.stdin.on('error', () => {})
  child.stdin.end(input)
  const over = once(child, 'exit')
  const [stdout, stderr] = await Promise.all([text(child.stdout), text(child.stderr)])
  await over
  return { code: child.exitCode, stdout, stderr }
}

const user = (data, args, input) => pesan(['user', ...args, '--data', data], input)
const logIn = (server, username, password) => call(`${server.url}/auth/token/create/`, { body: { username, password } })
const claimsOf = (token) => JSON.parse(Buffer.from(token.split('.')[1], 'base64url').toString())

function done(answer, word) {
  assert.equal(answer.code, 0, answer.stderr)
  assert.equal(answer.stdout, `${word}\n`)
}

function refused(answer, why) {
  assert.equal(answer.code, 2, answer.stdout)
  assert.equal(answer.stdout, '')
  assert.match(answer.stderr, why)
  assert.equal(answer.stderr.trim().split('\n').length, 1, answer.stderr)
}

describe('without a server', () => {
  test('the first admin of a fresh folder, who then logs in', async () => {
    const data = path.join(home, 'fresh')
    done(await user(data, ['add', 'root', '--role', 'admin', '--email', 'root@example.com', '--name', 'Ibu Kepala'], `${PASSWORD}\n`), 'added')
    assert.ok(!existsSync(path.join(data, 'pesan.sock')), 'the house is gone again')
    assert.ok(!existsSync(path.join(data, 'demo')))
    refused(await user(data, ['add', 'ROOT'], `${PASSWORD}\n`), /taken.*\/username/)
    refused(await user(data, ['role', 'root', 'customer']), /nobody else is an admin/)
    done(await user(data, ['passwd', 'root'], 'es teh manis\r\n'), 'changed')
    const server = await startPesan([], { data, demo: false })
    try {
      assert.equal((await logIn(server, 'root', PASSWORD)).status, 401)
      const { auth_token: token } = (await logIn(server, 'root', 'es teh manis')).json
      assert.equal(claimsOf(token).role, 'admin')
      const me = (await call(`${server.url}/v1/me`, { token })).json.account
      assert.deepEqual([me.username, me.email, me.name, me.role], ['root', 'root@example.com', 'Ibu Kepala', 'admin'])
      assert.equal((await call(`${server.url}/users`, { token })).json.length, 1)
    } finally {
      await server.stop()
    }
  })

  test('a demo\'s folder stays a demo\'s', async () => {
    const data = path.join(home, 'demo')
    await (await startPesan([], { data })).stop()
    done(await user(data, ['add', 'budi'], `${PASSWORD}\n`), 'added')
    done(await user(data, ['role', 'USER0002', 'admin']), 'changed')
    done(await user(data, ['role', 'budi', 'manager']), 'hired')
    const server = await startPesan([], { data })
    try {
      assert.equal(claimsOf((await logIn(server, 'budi', PASSWORD)).json.auth_token).role, 'manager')
      assert.equal(claimsOf((await logIn(server, 'USER0002', 'pesan-demo')).json.auth_token).role, 'admin')
    } finally {
      await server.stop()
    }
  })
})

describe('with a running server', () => {
  let server
  before(async () => (server = await startPesan()))
  after(() => server.stop())
  const ask = (args, input) => user(server.data, args, input)

  test('its socket is for its owner only, and answers the same HTTP', async () => {
    const file = statSync(path.join(server.data, 'pesan.sock'))
    assert.ok(file.isSocket())
    assert.equal(file.mode & 0o777, 0o600)
    const socket = net.connect(path.join(server.data, 'pesan.sock'))
    socket.end('GET /v1/sessions HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n')
    const text = (await socket.setEncoding('utf8').toArray()).join('')
    assert.match(text, /^HTTP\/1\.1 401 /, 'being near is no right')
  })

  test('people are added, and changed at once', async () => {
    done(await ask(['add', 'sari'], `${PASSWORD}\n`), 'added')
    const { auth_token: token } = (await logIn(server, 'sari', PASSWORD)).json
    const get = (where) => call(server.url + where, { token })
    assert.equal((await get('/users')).status, 403)
    done(await ask(['role', 'sari', 'admin']), 'changed')
    assert.equal((await get('/users')).status, 200)
    done(await ask(['role', 'sari', 'customer']), 'changed')
    assert.equal((await get('/users')).status, 403)
    done(await ask(['passwd', 'sari'], 'es teh manis\n'), 'changed')
    assert.equal((await get('/v1/sessions')).status, 401)
    assert.equal((await logIn(server, 'sari', 'es teh manis')).status, 200)
  })

  test('roles of staff are given by a shop', async () => {
    done(await ask(['add', 'tono'], `${PASSWORD}\n`), 'added')
    const { auth_token: token } = (await logIn(server, 'tono', PASSWORD)).json
    done(await ask(['role', 'tono', 'barista']), 'hired')
    const shop_id = '0198c0de-0000-7000-8000-000000000001'
    assert.deepEqual((await call(`${server.url}/v1/me`, { token })).json.account.shops, [{ shop_id, role: 'barista' }])
    done(await ask(['role', 'tono', 'courier', '--shop', shop_id]), 'hired')
    assert.equal((await call(`${server.url}/v1/me`, { token })).json.account.role, 'courier')
    refused(await ask(['role', 'tono', 'owner', '--shop', 'x']), /not the id of a shop/)
    refused(await ask(['role', 'tono', 'owner', '--shop', '0198c0de-0000-7000-8000-0000000000ff']), /./)
  })

  test('what is refused, in one line', async () => {
    refused(await ask(['add', 'ab'], `${PASSWORD}\n`), /3 to 64 characters/)
    refused(await ask(['add', 'KIOSK7'], `${PASSWORD}\n`), /kiosk/)
    refused(await ask(['add', 'nopass']), /a password is needed/)
    refused(await ask(['add', 'shortpass'], 'short\n'), /\/password must have at least 8/)
    refused(await ask(['add', 'mailer', '--email', 'nobody'], `${PASSWORD}\n`), /\/email/)
    refused(await ask(['add', 'boss', '--role', 'owner'], `${PASSWORD}\n`), /given by a shop/)
    refused(await ask(['role', 'USER0001', 'emperor']), /a role is/)
    refused(await ask(['role', 'USER0001', 'kiosk']), /a role is/)
    refused(await ask(['role', 'USER0001']), /role NAME ROLE/)
    refused(await ask(['role', 'nobody', 'admin']), /no such user/)
    refused(await ask(['passwd', 'nobody'], `${PASSWORD}\n`), /no such user/)
    refused(await ask(['remove', 'USER0001']), /add NAME, passwd NAME or role NAME ROLE/)
    refused(await ask([]), /add NAME/)
    assert.equal((await logIn(server, 'nopass', PASSWORD)).status, 401)
  })

  test('`pesan token` reads, and tells today\'s role', async () => {
    const owner = claimsOf(await server.token('OWNER1'))
    assert.equal(owner.role, 'owner')
    assert.equal(owner.owner_id, owner.sub)
    assert.equal(owner.sid, undefined)
    done(await ask(['add', 'wati', '--role', 'admin'], `${PASSWORD}\n`), 'added')
    assert.equal(claimsOf(await server.token('wati')).role, 'admin')
  })
})

test('what a killed server left in the folder is no hindrance', async () => {
  const data = path.join(home, 'killed')
  await (await startPesan([], { data })).kill9()
  assert.ok(existsSync(path.join(data, 'pesan.sock')))
  done(await user(data, ['add', 'lina'], `${PASSWORD}\n`), 'added')
  await (await startPesan([], { data })).kill9()
  const server = await startPesan([], { data })
  try {
    done(await user(data, ['add', 'lino'], `${PASSWORD}\n`), 'added')
    assert.equal((await logIn(server, 'lina', PASSWORD)).status, 200)
  } finally {
    await server.stop()
  }
})

test('a folder whose path is too long for a socket is served, and its commands say why not', async () => {
  const data = path.join(home, 'x'.repeat(120))
  const server = await startPesan([], { data })
  try {
    await eventually(() => server.log().includes('APP-NO-LOCAL-SOCKET'), 'the line in the log')
    refused(await user(data, ['add', 'lina'], `${PASSWORD}\n`), /in use by another server/)
  } finally {
    await server.stop()
  }
})

test('the settings file is read as the server reads it', async () => {
  const data = path.join(home, 'settings')
  const file = path.join(home, 'pesan.conf')
  await writeFile(file, `data = ${data}\naccess-token-key = sixteen-bytes-and-more\n`)
  done(await pesan(['user', 'add', 'root', '--role', 'admin', '--config', file], `${PASSWORD}\n`), 'added')
  assert.ok(existsSync(path.join(data, 'pesan.db')))
  assert.ok(!existsSync(path.join(data, 'token.key')))
})
