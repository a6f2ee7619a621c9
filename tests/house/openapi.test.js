// openapi.test.js - docs/openapi.yaml and docs/asyncapi.yaml say what the code does: routes and roles are compared
// with `pesan routes`, problems and topics with their tables, frames with what the kiosk's socket knows.
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import path from 'node:path'
import { test } from 'node:test'

import { root, runPesan } from '../lib/server.js'

const read = (file) => readFileSync(path.join(root, file), 'utf8')
const METHODS = new Set(['get', 'put', 'post', 'patch', 'delete'])

// ---- What the documents say ----

/** The operations under `paths:` by "METHOD /path": {id, who, security}; of the YAML only lines and their indent. */
function operationsOf(openapi) {
  const operations = new Map()
  let section, route, operation
  for (const line of openapi.split('\n')) {
    const [, indent, key, value] = /^( *)([^\s#:][^:]*):(?: (.*))?$/.exec(line) ?? []
    if (key === undefined) continue
    if (indent.length === 0) section = key
    if (section !== 'paths') continue
    if (indent.length === 2) route = key
    if (indent.length === 4) operation = null
    if (indent.length === 4 && METHODS.has(key)) {
      operation = { security: false }
      operations.set(`${key.toUpperCase()} ${route}`, operation)
    }
    if (indent.length !== 6 || !operation) continue
    if (key === 'operationId') operation.id = value
    if (key === 'x-who') operation.who = value
    if (key === 'security') operation.security = true
  }
  return operations
}

/** The rows of the table of problems: slug -> status. */
function problemsOf(openapi) {
  const rows = openapi.matchAll(/^ +\| ([a-z][a-z-]*) \| (\d{3}) \|/gm)
  return new Map([...rows].map(([, slug, status]) => [slug, status]))
}

/** The values of the schema ProblemSlug. */
function slugsOf(openapi) {
  const [, list] = /^ {4}ProblemSlug:\n(?: {6}[^-\n]*\n)+((?: +- .*\n)+)/m.exec(openapi) ?? [null, '']
  return new Set(list.split('\n').map((line) => line.trim().slice(2)).filter(Boolean))
}

const namesOf = (asyncapi) => new Set([...asyncapi.matchAll(/^ {6}name: (\S+)$/gm)].map(([, name]) => name))

// ---- What the code says ----

const routesOf = (told) =>
  told.trim().split('\n').map((line) => {
    const [method, pattern, name, who] = line.split(' ')
    return { method, pattern, name, who }
  })

const rowsOf = (table, macro, pattern) => [...table.matchAll(new RegExp(`^${macro}\\(${pattern}`, 'gm'))].map((row) => row.slice(1))

const problemRows = (table) => new Map(rowsOf(table, 'PROBLEM', '\\w+, "([^"]+)", (\\d+)'))
const topicRows = (table) => rowsOf(table, 'TOPIC', '\\w+, "([^"]+)"').flat()

/** Every event that goes over a socket: the house's own, the kiosk's, a tracking link's, a person's, chat's. */
function framesOf(screens, notices, sources) {
  const states = rowsOf(screens, 'KIOSK_STATE', '(\\w+), "').flat()
  const commands = [...sources.matchAll(/\.event = "(\w+)"/g)].map(([, name]) => name)
  const told = [...sources.matchAll(/(?:reply_event\((?:rq|&c->rq),|live_say\(l,|say_done\(rq,) ?"(\w+)"/g)].map(([, name]) => name)
  const worded = [...sources.matchAll(/\{TOPIC_\w+, "(\w+)"\}/g)].map(([, name]) => name)
  const returned = [...sources.matchAll(/return "([A-Z_]+)";/g)].map(([, name]) => name)
  const noticed = rowsOf(notices, 'NOTICE', '\\w+, "[^"]*", \\w+, "(\\w+)"').flat()
  return new Set([...states, ...commands, ...told, ...worded, ...returned, ...noticed, 'OUT_OF_ORDER', 'ERROR'])
}

// ---- Complaints ----

function routeComplaints(routes, operations) {
  const complaints = []
  const known = new Set()
  for (const { method, pattern, name, who } of routes) {
    const socket = method === 'SOCKET'
    const key = `${socket ? 'GET' : method} ${pattern}`
    const operation = operations.get(key)
    known.add(key)
    if (!operation) {
      complaints.push(`${key} is not documented`)
      continue
    }
    if (operation.id !== name) complaints.push(`${key}: operationId is ${operation.id}, the route is ${name}`)
    if (socket) continue
    if (operation.who !== who) complaints.push(`${key}: x-who is ${operation.who}, the route is for ${who}`)
    // What is for roles goes by the document's security; what is for anyone says so, or has a way of its own.
    if (operation.security !== (who === 'anyone')) complaints.push(`${key}: security does not fit ${who}`)
  }
  for (const key of operations.keys()) if (!known.has(key)) complaints.push(`${key} is documented and does not exist`)
  return complaints
}

function problemComplaints(problems, openapi) {
  const table = problemsOf(openapi)
  const slugs = slugsOf(openapi)
  const complaints = []
  for (const [slug, status] of problems) {
    if (table.get(slug) !== status) complaints.push(`problem ${slug}: the table says ${table.get(slug)}, not ${status}`)
    if (!slugs.has(slug)) complaints.push(`problem ${slug} is not in ProblemSlug`)
  }
  for (const slug of [...table.keys(), ...slugs])
    if (!problems.has(slug)) complaints.push(`problem ${slug} is documented and does not exist`)
  return complaints
}

function messageComplaints(topics, frames, asyncapi) {
  const names = namesOf(asyncapi)
  const expected = new Set([...topics, ...frames])
  return [
    ...[...expected].filter((name) => !names.has(name)).map((name) => `${name} is not in asyncapi.yaml`),
    ...[...names].filter((name) => !expected.has(name)).map((name) => `${name} is in asyncapi.yaml and nobody says it`),
  ]
}

/** `#/a/b` of every $ref that leads nowhere, by the keys' indent alone: components are two deep. */
function danglingRefs(text) {
  const names = new Set()
  const stack = []
  for (const line of text.split('\n')) {
    const [, indent, key] = /^( *)([A-Za-z$][\w$-]*):/.exec(line) ?? []
    if (key === undefined) continue
    stack.length = indent.length / 2
    stack.push(key)
    names.add(`#/${stack.join('/')}`)
  }
  return [...text.matchAll(/\$ref: '([^']+)'/g)].map(([, ref]) => ref).filter((ref) => !names.has(ref))
}

// ---- Tests ----

const openapi = read('docs/openapi.yaml')
const asyncapi = read('docs/asyncapi.yaml')
const problems = problemRows(read('src/app/tbl/problems.h'))
const topics = topicRows(read('src/app/tbl/topics.h'))
const sources = ['', '_owner', '_channel', '_event'].map((file) => read(`src/app/live${file}.c`)).join('') + read('src/kiosk/socket.c') + read('src/kiosk/hears.c') + read('src/kiosk/screen.c') + read('src/delivery/track.c') + read('src/notify/person.c') + read('src/chat/live.c') + read('src/chat/command.c')
const frames = framesOf(read('src/kiosk/tbl/screens.h'), read('src/notify/tbl/notices.h'), sources)

test('every route is documented with its name and who may ask, and no other is', async () => {
  const told = await runPesan(['routes'])
  assert.equal(told.code, 0, told.stderr)
  const routes = routesOf(told.stdout)
  assert.ok(routes.length > 10 && routes.some(({ method }) => method === 'SOCKET'))
  assert.deepEqual(routeComplaints(routes, operationsOf(openapi)), [])
})

test('a route too many, too few or for others is complained about', () => {
  const operations = operationsOf(openapi)
  const real = [...operations].filter(([, { who }]) => who).map(([key, { id, who }]) => `${key} ${id} ${who}`)
  const sockets = [...operations].filter(([, { who }]) => !who).map(([key, { id }]) => `SOCKET ${key.split(' ')[1]} ${id}`)
  const told = (lines) => routeComplaints(routesOf([...lines, ...sockets].join('\n')), operations)
  assert.deepEqual(told(real), [])
  assert.deepEqual(told([...real, 'GET /v1/secrets secret.list anyone']), ['GET /v1/secrets is not documented'])
  assert.equal(told(real.slice(1)).length, 1)
  assert.equal(told(real.map((line) => line.replace('order.place admin,', 'order.place '))).length, 1)
  assert.equal(told(real.map((line) => line.replace(/(menu\.change) .*/, '$1 anyone'))).length, 2)
  assert.equal(told(real.map((line) => line.replace('menu.get ', 'menu.one '))).length, 1)
})

test('every problem is documented with its status, and no other is', () => {
  assert.ok(problems.size > 20)
  assert.deepEqual(problemComplaints(problems, openapi), [])
})

test('a problem too many, too few or of another status is complained about', () => {
  const more = new Map(problems).set('no-coffee', '418')
  assert.equal(problemComplaints(more, openapi).length, 2)
  const fewer = new Map(problems)
  fewer.delete('sold-out')
  assert.equal(problemComplaints(fewer, openapi).length, 2)
  assert.equal(problemComplaints(new Map(problems).set('sold-out', '410'), openapi).length, 1)
})

test('every topic of the journal and every frame of the kiosk is documented, and no other is', () => {
  assert.ok(topics.length > 10 && frames.size > 10)
  assert.deepEqual(messageComplaints(topics, frames, asyncapi), [])
})

test('a topic or a frame too many or too few is complained about', () => {
  assert.deepEqual(messageComplaints([...topics, 'order.sung'], frames, asyncapi), ['order.sung is not in asyncapi.yaml'])
  assert.equal(messageComplaints(topics.slice(1), frames, asyncapi).length, 1)
  assert.equal(messageComplaints(topics, [...frames, 'DANCE'], asyncapi).length, 1)
})

test('every reference within the two documents leads somewhere', () => {
  assert.deepEqual(danglingRefs(openapi), [])
  assert.deepEqual(danglingRefs(asyncapi), [])
  assert.deepEqual(danglingRefs("a:\n  b: {$ref: '#/a/c'}\n"), ['#/a/c'])
})
