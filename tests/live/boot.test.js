// boot.test.js - starting, refusing to start, ending in order, and starting again after the worst.
import assert from 'node:assert/strict'
import { once } from 'node:events'
import { existsSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import net from 'node:net'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { after, afterEach, before, describe, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { runPesan, startPesan as startOne } from '../lib/server.js'
import { Socket } from '../lib/socket.js'

let base
before(() => (base = mkdtempSync(path.join(tmpdir(), 'pesan-boot-'))))
after(() => rmSync(base, { recursive: true, force: true }))

const folder = (name) => path.join(base, name)

/** Servers a test has started; whatever a failing one leaves behind is ended. */
const started = []
async function startPesan(...args) {
  const server = await startOne(...args)
  started.push(server)
  return server
}
afterEach(async () => {
  for (const server of started.splice(0))
    if (server.child.exitCode === null && server.child.signalCode === null) await server.kill9()
})

describe('what is wrong is refused with one line', () => {
  const cases = [
    ['an unknown flag', ['serve', '--colour', 'red'], /^pesan: unknown flag --colour/],
    ['an unknown command', ['dance'], /^pesan: unknown command "dance"/],
    ['a number that is none', ['serve', '--loops', 'many'], /^pesan: --loops: "many" is not a number/],
    ['an address that is none', ['serve', '--listen', 'here'], /^pesan: --listen: "here" is not an address/],
    ['an unknown service', ['serve', '--services', 'shop,bakery'], /^pesan: there is no service "bakery" to run/],
    ['a key that is too short', ['serve', '--access-token-key', 'x'], /^pesan: --access-token-key must have 16/],
    ['a flag without its value', ['serve', '--data'], /^pesan: --data needs a value/],
    ['a settings file that is not there', ['--config', '/nowhere'], /^pesan: the settings file \/nowhere cannot/],
    ['a database of another kind', ['serve', '--db', 'oracle://x'], /^pesan: .+/],
    ['a token for nobody', ['token'], /^pesan: token: say either --user NAME or --kiosk ID/],
  ]
  for (const [name, args, expected] of cases)
    test(name, async () => {
      const done = await runPesan([...args, ...(args.includes('--data') ? [] : ['--data', folder('refused')])])
      const got = args[0] === 'dance' ? await runPesan(args) : done
      assert.equal(got.code, 2)
      assert.match(got.stderr, expected)
      assert.equal(got.stderr.trimEnd().split('\n').length, 1)
      assert.equal(got.stdout, '')
    })

  test('a setting from the environment', async () => {
    const done = await runPesan(['serve'], { env: { PESAN_LOG_LEVEL: 'loud' } })
    assert.equal(done.code, 2)
    assert.match(done.stderr, /^pesan: PESAN_LOG_LEVEL: "loud"/)
  })

  test('a line of the settings file', async () => {
    writeFileSync(folder('bad.conf'), '# ours\nlisten = 127.0.0.1:0\nlisten-to = radio\n')
    const done = await runPesan(['serve', '--config', folder('bad.conf')])
    assert.equal(done.code, 2)
    assert.match(done.stderr, /bad\.conf:3: unknown setting "listen-to"/)
  })
})

test('version and help', async () => {
  const version = await runPesan(['version'])
  assert.equal(version.code, 0)
  assert.match(version.stdout, /^pesan \d+\.\d+\.\d+\n/)
  assert.match(version.stdout, /sqlite3 3\./)
  for (const words of [['help'], ['--help']]) {
    const help = await runPesan(words)
    assert.equal(help.code, 0)
    assert.match(help.stdout, /--listen A:P/)
  }
})

describe('the data folder', () => {
  test('is private, keeps its key, and is one server\'s', async () => {
    const data = folder('one')
    const server = await startPesan([], { data, demo: false })
    assert.equal(statSync(data).mode & 0o777, 0o700)
    assert.equal(statSync(path.join(data, 'token.key')).mode & 0o777, 0o600)
    const second = await runPesan(['serve', '--data', data, '--listen', '127.0.0.1:0'])
    assert.equal(second.code, 2)
    assert.match(second.stderr, new RegExp(`in use by another server \\(process ${server.child.pid}\\)`))
    const key = readFileSync(path.join(data, 'token.key'), 'utf8')
    await server.stop()
    const again = await startPesan([], { data, demo: false })
    assert.equal(readFileSync(path.join(data, 'token.key'), 'utf8'), key)
    await again.stop()
  })

  test('of a demo is no other\'s', async () => {
    const demo = folder('demo')
    await (await startPesan([], { data: demo })).stop()
    const real = await runPesan(['serve', '--data', demo, '--listen', '127.0.0.1:0'])
    assert.equal(real.code, 2)
    assert.match(real.stderr, /was made by --demo/)
    await (await startPesan([], { data: demo })).stop()

    const used = folder('used')
    await (await startPesan([], { data: used, demo: false })).stop()
    const mixed = await runPesan(['serve', '--demo', '--data', used, '--listen', '127.0.0.1:0'])
    assert.equal(mixed.code, 2)
    assert.match(mixed.stderr, /--demo needs an empty data folder/)
  })

  test('without --demo nothing is made up', async () => {
    const server = await startPesan([], { demo: false })
    await assert.rejects(server.token('USER0001'), /there is no account "USER0001"/)
    await assert.rejects(Socket.open(server, '/ws'), { status: 401 })
    await server.stop()
  })
})

test('a port that is taken is told', async () => {
  const server = await startPesan()
  const done = await runPesan(['serve', '--data', folder('port'), '--listen', `127.0.0.1:${server.port}`])
  assert.equal(done.code, 2)
  assert.match(done.stderr, /the address is in use/)
  await server.stop()
})

test('tokens work under the key that was given', async () => {
  const env = { ACCESS_TOKEN_KEY: 'a key that two servers share' }
  const server = await startPesan([], { env })
  const token = await server.token('USER0001')
  const answer = await fetch(`${server.url}/order-ms/USER0001/orders`, { headers: { authorization: `JWT ${token}` } })
  assert.equal(answer.status, 200)
  await server.stop()
})

describe('the end', () => {
  test('closes sockets with 1001 and leaves with 0', async () => {
    const server = await startPesan()
    const socket = await Socket.open(server, '/ws')
    await socket.expect('CONNECTED')
    const exit = once(server.child, 'exit')
    server.child.kill('SIGTERM')
    assert.equal((await socket.closed()).code, 1001)
    socket.destroy()
    assert.deepEqual(await exit, [0, null])
    await server.stop()
  })

  test('leaves a database that is whole without its log', async () => {
    const data = folder('whole')
    const server = await startPesan([], { data })
    const answer = await fetch(`${server.url}/auth/token/create/`, {
      method: 'POST',
      headers: { 'Content-Type': 'application/json' },
      body: JSON.stringify({ username: 'USER0001', password: 'pesan-demo' }),
    })
    assert.equal(answer.status, 200)
    assert.ok(existsSync(path.join(data, 'pesan.db-wal')))
    await server.stop()
    assert.ok(!existsSync(path.join(data, 'pesan.db-wal')))
  })

  test('waits for the request that is being sent', async () => {
    const server = await startPesan()
    const token = await server.token('USER0001')
    const body = JSON.stringify({ coffee_name: 'Last', coffee_price: 1 })
    const socket = net.connect(server.port, server.host)
    socket.write(
      `POST /order-ms/USER0001/orders HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${token}\r\n` +
        `Content-Type: application/json\r\nContent-Length: ${body.length}\r\n\r\n${body.slice(0, 5)}`,
    )
    await sleep(300)
    const exit = once(server.child, 'exit')
    server.child.kill('SIGINT')
    await sleep(300)
    await assert.rejects(fetch(`${server.url}/livez`)) // nobody new is let in
    socket.write(body.slice(5))
    const text = (await socket.setEncoding('utf8').toArray()).join('')
    assert.match(text, /^HTTP\/1\.1 201 /)
    assert.deepEqual(await exit, [0, null])
    await server.stop()
  })

  test('comes within ten seconds whatever peers do', { timeout: 30000 }, async () => {
    const server = await startPesan()
    const silent = net.connect(server.port, server.host)
    silent.on('error', () => {})
    silent.write('POST /order-ms/x/orders HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\n\r\n1')
    await sleep(200)
    const began = Date.now()
    const exit = once(server.child, 'exit')
    server.child.kill('SIGTERM')
    assert.deepEqual(await exit, [0, null])
    assert.ok(Date.now() - began < 10000)
    silent.destroy()
    await server.stop()
  })

  test('comes at once when asked for twice', async () => {
    const server = await startPesan()
    const silent = net.connect(server.port, server.host)
    silent.on('error', () => {})
    silent.write('GET / HTTP/1.1\r\n')
    await sleep(200)
    const exit = once(server.child, 'exit')
    server.child.kill('SIGTERM')
    await sleep(300)
    server.child.kill('SIGTERM')
    assert.deepEqual(await exit, [null, 'SIGTERM'])
    silent.destroy()
  })
})

test('what was answered survives kill -9, and a repeat is the same order', async () => {
  const data = folder('crash')
  const key = { env: { ACCESS_TOKEN_KEY: 'a key that outlives the crash' } }
  let server = await startPesan([], { data, ...key })
  const headers = {
    authorization: `Bearer ${await server.token('USER0001')}`,
    'content-type': 'application/json',
    'idempotency-key': 'once',
  }
  const order = () =>
    fetch(`${server.url}/order-ms/USER0001/orders`, {
      method: 'POST',
      headers,
      body: JSON.stringify({ coffee_name: 'Kopi', coffee_price: 9000 }),
    })
  const first = await order()
  assert.equal(first.status, 201)
  const text = await first.text()
  await server.kill9()
  server = await startPesan([], { data, ...key })
  const again = await order()
  assert.equal(again.status, 201)
  assert.equal(await again.text(), text)
  const list = await (await fetch(`${server.url}/order-ms/USER0001/orders`, { headers })).json()
  assert.equal(list.length, 1)
  await server.stop()
})
