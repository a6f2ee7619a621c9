// readme.test.js - what README.md shows can be done: its shell lines, its kiosk's frames and its list of commands are
// read out of the page and tried on a demo shop.
import assert from 'node:assert/strict'
import { execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFile } from 'node:fs/promises'
import path from 'node:path'
import { after, before, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { promisify } from 'node:util'

import { io } from 'sio-4.8'

import { build, root, runPesan, startPesan } from '../lib/server.js'

const run = promisify(execFile)
let server, page

before(async () => {
  page = await readFile(path.join(root, 'README.md'), 'utf8')
  server = await startPesan()
})

after(() => server?.stop())

/** The indented blocks of the page in which `word` stands, with this server in place of the page's. */
function blockWith(word) {
  const blocks = page.match(/(?:^ {4}.*\n|^\n(?= {4}))+/gm) ?? []
  const found = blocks.find((block) => block.includes(word))
  assert.ok(found, `README.md shows ${word}`)
  return found
    .replaceAll(/^ {4}/gm, '')
    .replaceAll('127.0.0.1:3333', `${server.host}:${server.port}`)
    .replaceAll('build/pesan ', `${build}/pesan `)
    .replaceAll('--data pesan-demo', `--data ${server.data}`)
}

test('the shell lines place an order and list it', async () => {
  const { stdout } = await run('sh', ['-euc', blockWith('curl -H').replaceAll('curl ', 'curl -sSf ')], { cwd: root })
  const [placed, listed] = stdout.replace('}[', '}\n[').split('\n').map((line) => JSON.parse(line))
  assert.equal(placed.coffee_name, 'Latte')
  assert.equal(placed.total, 25000)
  assert.deepEqual(listed, [placed])
  const [answer] = /^ {4}\{"order_id"(?:.*\n)+?(?=\n)/m.exec(page)
  const shown = [...answer.matchAll(/"(\w+)":/g)].map(([, name]) => name)
  assert.ok(shown.length > 5)
  assert.deepEqual(shown.filter((name) => !(name in placed)), [])
})

test('the shell lines behind the counter accept it, make it, and list it', async () => {
  const { stdout } = await run('sh', ['-euc', blockWith('curl -H').replaceAll('curl ', 'curl -sSf ')], { cwd: root })
  const { order_id } = JSON.parse(stdout.slice(0, stdout.indexOf('}[') + 1 || stdout.indexOf('\n')))
  const lines = blockWith('/order-receive/').replace(/^order=.*$/m, `order=${order_id}`).replaceAll('curl ', 'curl -sSf ')
  const done = await run('sh', ['-euc', `json="Content-Type: application/json"\n${lines.replaceAll(/^curl.*$/gm, '$&; echo')}`], { cwd: root })
  const [accepted, made, listed] = done.stdout.trim().split('\n').map((line) => JSON.parse(line))
  assert.equal(accepted.order_id, order_id)
  assert.equal(made.status, 'preparing')
  assert.ok(listed.some((delivery) => delivery.order_id === order_id))
})

test('a stock client hears of an order, and the stream begins', async () => {
  const { stdout: token } = await runPesan(['token', '--data', server.data, '--user', 'OWNER1'])
  const heard = []
  const lines = blockWith('SUBMIT_ORDER').replaceAll('console.log', 'heard.push')
  const owner = new Function('io', 'token', 'heard', `${lines}\nreturn owner`)(io, token.trim(), heard)
  await once(owner, 'connect')
  await run('sh', ['-euc', blockWith('curl -H').replaceAll('curl ', 'curl -sSf ')], { cwd: root })
  for (const until = Date.now() + 20000; heard.length < 3 && Date.now() < until;) await sleep(20)
  owner.close()
  assert.ok(heard.length >= 3, 'SUBMIT_ORDER: seq, order_id, message')

  const stream = `owner="Authorization: Bearer ${token.trim()}"\n${blockWith('text/event-stream').replace('curl ', 'curl -sS -m 2 ').trim()} || true`
  const { stdout } = await run('sh', ['-c', stream], { cwd: root })
  assert.match(stdout, /event: CONNECTED\n/)
  assert.match(stdout, /event: SUBMIT_ORDER\n/)
})

test('the shell lines make a room, say something and read it back', async () => {
  const lines = blockWith('/api/chats/').replaceAll('curl ', 'curl -sSf ').replaceAll(/^curl.*$/gm, '$&; echo')
  const { stdout: token } = await runPesan(['token', '--data', server.data, '--user', 'USER0001'])
  const known = `auth="Authorization: Bearer ${token.trim()}"\njson="Content-Type: application/json"\n`
  const { stdout } = await run('sh', ['-euc', known + lines], { cwd: root })
  const [said, read] = stdout.trim().split('\n').map((line) => JSON.parse(line))
  assert.deepEqual([said.message, said.seq], ['Two lattes?', 1])
  assert.deepEqual([read.uri, read.messages.map(({ message }) => message)], [said.uri, ['Two lattes?']])
})

/** What a child says line by line, as parsed frames. */
async function* framesOf(child) {
  let text = ''
  for await (const part of child.stdout.setEncoding('utf8')) {
    text += part
    const lines = text.split('\n')
    text = lines.pop()
    for (const line of lines) yield JSON.parse(line)
  }
}

test('the kiosk hears what is shown, and is paid', async () => {
  const block = blockWith('new WebSocket')
  const shown = [...page.matchAll(/^ {4}< \{"event":"(\w+)"/gm)].map(([, event]) => event)
  const child = spawn(process.execPath, ['-e', block.replaceAll(/^< .*$/gm, '')], { stdio: ['ignore', 'pipe', 'inherit'] })
  const heard = []
  for await (const { event, values } of framesOf(child)) {
    heard.push(event)
    if (event === 'ORDER_CREATED') {
      const answer = await fetch(values.pay_url, {
        method: 'POST',
        headers: { 'Content-Type': 'application/json' },
        body: '{"action":"pay"}',
      })
      assert.equal(answer.status, 200)
    }
    if (heard.length === shown.length) break
  }
  child.kill()
  if (child.exitCode === null && child.signalCode === null) await once(child, 'exit')
  assert.ok(shown.length > 5)
  assert.deepEqual(heard, shown)
})

test('the commands are those that `pesan help` tells', async () => {
  const { stdout } = await runPesan(['help'])
  const commands = (text) => [...text.matchAll(/^ *(pesan [^\n]*?)  ?(?:run|print) /gm)].map(([, line]) => line.trim())
  const told = commands(stdout)
  assert.ok(told.length > 5, stdout)
  assert.deepEqual(commands(blockWith('pesan [serve]')), told)
})
