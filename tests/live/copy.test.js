// copy.test.js - a copy of the data folder taken and put back by the very lines of docs/operations.md: every order
// that was acknowledged before the copy is in it, whatever was sold meanwhile, and the restored server sells on.
import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { after, before, test } from 'node:test'
import { promisify } from 'node:util'

import { root, startPesan } from '../lib/server.js'

const run = promisify(execFile)
const place = {} // folders, by their names in the page
let folder, page

before(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'pesan-copy-'))
  for (const name of ['DATA', 'COPY', 'NEW', 'MOVED']) place[name] = path.join(folder, name)
  page = await readFile(path.join(root, 'docs/operations.md'), 'utf8')
})

after(() => rm(folder, { recursive: true, force: true }))

/** The shell lines behind a heading of the page: its first indented block. */
function linesUnder(heading) {
  const [, block] = new RegExp(`^### ${heading}\\n(?:(?! {4}).*\\n)*((?: {4}.*\\n)+)`, 'm').exec(page) ?? []
  assert.ok(block, `${heading} has lines to run`)
  return block.replaceAll(/^ {4}/gm, '')
}

const shell = (lines) => run('sh', ['-euc', lines], { env: { ...process.env, ...place } })

const ask = async (database, sql) => (await run('sqlite3', [path.join(database, 'pesan.db'), sql])).stdout.trim()
const epochOf = (database) => ask(database, "SELECT value FROM journal_meta WHERE name = 'epoch'")

/** Places one order; resolves with it once the server has said that it is written. */
async function order(server, token, name) {
  const answer = await fetch(`${server.url}/order-ms/USER0001/orders`, {
    method: 'POST',
    headers: { 'Content-Type': 'application/json', Authorization: `Bearer ${token}` },
    body: JSON.stringify({ coffee_name: name, coffee_price: 12000 }),
  })
  assert.equal(answer.status, 201)
  return answer.json()
}

/** Every order of the customer, oldest first, page by page. */
async function orders(server, token) {
  const all = []
  for (let some; !some || some.length === 200;) {
    const before = all.length ? `&before=${all.at(-1).order_id}` : ''
    const answer = await fetch(`${server.url}/order-ms/USER0001/orders?limit=200${before}`, {
      headers: { Authorization: `Bearer ${token}` },
    })
    assert.equal(answer.status, 200)
    some = await answer.json()
    all.push(...some)
  }
  return all.reverse()
}

/** Customers who order one coffee after the other until stop(); `placed` grows with every 201. */
function customers(server, token, count) {
  const placed = []
  let going = true
  const crowd = Array.from({ length: count }, async (_, i) => {
    for (let cup = 0; going; cup++) placed.push(await order(server, token, `Kopi ${i}-${cup}`))
  })
  return {
    placed,
    reach: async (size) => {
      while (placed.length < size) await Promise.race([new Promise((done) => setTimeout(done, 5)), Promise.all(crowd)])
    },
    stop: () => {
      going = false
      return Promise.all(crowd)
    },
  }
}

const byId = (list) => new Map(list.map((each) => [each.order_id, each]))

function assertHolds(list, expected) {
  const there = byId(list)
  for (const each of expected) assert.deepEqual(there.get(each.order_id), each)
}

test('a copy of a selling server holds what was acknowledged before it, and can be put back', async () => {
  const server = await startPesan([], { data: place.DATA })
  const token = await server.token('USER0001')
  const crowd = customers(server, token, 4)
  await crowd.reach(40)
  const acknowledged = [...crowd.placed]
  await shell(linesUnder('Taking a copy'))
  await crowd.reach(crowd.placed.length + 40)
  await crowd.stop()
  assertHolds(await orders(server, token), crowd.placed)
  await server.stop()

  assert.match(await ask(place.COPY, 'PRAGMA integrity_check'), /^ok$/)
  await shell(linesUnder('Putting it back'))
  assert.equal(await epochOf(place.NEW), '')
  const restored = await startPesan([], { data: place.NEW })
  assert.match(await epochOf(place.NEW), /^[0-9a-z]{16}$/)
  assert.notEqual(await epochOf(place.NEW), await epochOf(place.DATA))
  const there = await orders(restored, token)
  assertHolds(there, acknowledged)
  assert.ok(there.length < crowd.placed.length, 'the copy is from before the last order')
  assertHolds(crowd.placed, there)

  const next = await order(restored, token, 'Kopi lagi')
  assertHolds(await orders(restored, token), [...there, next])
  await restored.stop()
})

test('the folder of a stopped server can be moved as it is', async () => {
  const server = await startPesan([], { data: place.DATA })
  const token = await server.token('USER0001')
  await order(server, token, 'Kopi terakhir')
  const all = await orders(server, token)
  await server.stop()
  await shell('cp -a "$DATA" "$MOVED"')
  const moved = await startPesan([], { data: place.MOVED })
  assert.deepEqual(await orders(moved, token), all)
  assert.equal(await epochOf(place.MOVED), await epochOf(place.DATA))
  await moved.stop()
})

test('a copy is never written over another', async () => {
  await assert.rejects(shell(linesUnder('Taking a copy')))
})
