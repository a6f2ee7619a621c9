// seed4.test.js - the calls of the chat's page as its own client made them, in its order: forms as jQuery sends them, the
// header `JWT`, history, the bare address of a WebSocket; two people, with fetch and the stock client of ws.
import assert from 'node:assert/strict'
import { once } from 'node:events'
import { after, before, describe, test } from 'node:test'
import WebSocket from 'ws'
import { PASSWORD } from '../lib/cast.js'
import { eventually } from '../lib/sale.js'
import { startPesan } from '../lib/server.js'

const URI = /^[0-9a-f]{15}$/
const FRAME = ['at', 'cursor', 'message', 'seq', 'user']
const USER = ['first_name', 'id', 'last_name', 'username']

let server
const pages = []
before(async () => (server = await startPesan()))
after(async () => {
  for (const page of pages) page.socket?.terminate()
  await server?.stop()
})

/** Somebody's page: what it keeps of him, and the calls it makes. */
class Page {
  constructor(username) {
    Object.assign(this, { username, email: `${username}@example.com`, password: PASSWORD, heard: [] })
    pages.push(this)
  }

  /** As jQuery sends it: data is a form, and without data there is no body. */
  async ajax(method, path, data, headers = this.token ? { Authorization: `JWT ${this.token}` } : {}) {
    const answer = await fetch(server.url + path, {
      method,
      headers: { ...(data && { 'Content-Type': 'application/x-www-form-urlencoded; charset=UTF-8' }), 'X-Requested-With': 'XMLHttpRequest', ...headers },
      body: data && new URLSearchParams(data).toString(),
    })
    const text = await answer.text()
    assert.match(answer.headers.get('content-type'), /json/, text)
    return { status: answer.status, text, json: JSON.parse(text) }
  }

  async ok(...call) {
    const { status, text, json } = await this.ajax(...call)
    assert.ok(status === 200 || status === 201, `${call[0]} ${call[1]}: ${status} ${text}`)
    return json
  }

  async signUp() {
    const { email, username, password } = this
    return this.ok('POST', '/auth/users/create/', { email, username, password })
  }

  async signIn() {
    const { username, password } = this
    this.token = (await this.ok('POST', '/auth/token/create/', { username, password })).auth_token
  }

  async start() {
    const made = await this.ok('POST', '/api/chats/')
    this.uri = made.uri
    return made
  }

  join(username = this.username) {
    return this.ok('PATCH', `/api/chats/${this.uri}/`, { username })
  }

  history(query = '') {
    return this.ok('GET', `/api/chats/${this.uri}/messages/${query}`)
  }

  post(message) {
    return this.ok('POST', `/api/chats/${this.uri}/messages/`, { message })
  }

  /** The socket at the room's address; what the seed forgot to say is in the address, or in the header. */
  async connect({ query = `?token=${this.token}`, headers = {}, before = '/' } = {}) {
    const socket = new WebSocket(`ws://${server.host}:${server.port}${before}${this.uri}${query}`, { headers })
    this.socket = socket
    socket.on('message', (data, binary) => this.heard.push(binary ? data : JSON.parse(data)))
    this.closed = new Promise((done) => socket.once('close', done))
    await once(socket, 'open')
  }

  async refresh() {
    this.token = (await this.ok('POST', '/this/is/hard/to/find/', { token: this.token })).token
  }

  hears(count) {
    return eventually(() => this.heard.length >= count, `${count} messages for ${this.username}, who has ${this.heard.length}`)
  }
}

async function person(username) {
  const page = new Page(username)
  await page.signUp()
  await page.signIn()
  return page
}

const told = (messages) => messages.map(({ user, message, seq }) => `${seq} ${user.username}: ${message}`)

describe('two people', () => {
  const ann = new Page('ann')
  const bob = new Page('bob')
  const said = ['halo', 'a + b & c = 100 %', 'ndaru ☕ 커피 🧋', 'two\nlines\tand a tab', '<b onclick="alert(1)">bold</b>']

  test('sign up, and are signed in', async () => {
    for (const page of [ann, bob]) {
      const made = await page.signUp()
      assert.equal(made.username, page.username)
      assert.equal(made.email, page.email)
      assert.ok(made.id)
      await page.signIn()
      assert.equal(page.token.split('.').length, 3)
    }
  })

  test('one starts a chat and listens at its address', async () => {
    const made = await ann.start()
    assert.equal(made.status, 'SUCCESS')
    assert.equal(made.message, 'New chat session created')
    assert.match(made.uri, URI)
    await ann.connect()
  })

  test('the other joins by the address he was given, sees what was said, and listens', async () => {
    bob.uri = ann.uri
    const joined = await bob.join()
    assert.equal(joined.status, 'SUCCESS')
    assert.equal(joined.message, 'bob joined the chat')
    assert.equal(joined.user.username, 'bob')
    assert.deepEqual(joined.members.map(({ username }) => username), ['ann', 'bob'])
    for (const user of [joined.user, ...joined.members]) assert.deepEqual(Object.keys(user).sort(), USER)
    const { id, uri, messages } = await bob.history()
    assert.ok(id)
    assert.equal(uri, ann.uri)
    assert.deepEqual(messages, [])
    await bob.connect({ query: '', headers: { Authorization: `JWT ${bob.token}` } })
  })

  test('what either says both hear at once, each message once', async () => {
    for (const [i, message] of said.entries()) {
      const page = [ann, bob][i % 2]
      const answer = await page.post(message)
      assert.equal(answer.status, 'SUCCESS')
      assert.equal(answer.uri, ann.uri)
      assert.equal(answer.message, message)
      assert.equal(answer.user.username, page.username)
    }
    const lines = said.map((message, i) => `${i + 1} ${['ann', 'bob'][i % 2]}: ${message}`)
    for (const page of [ann, bob]) {
      await page.hears(said.length)
      assert.deepEqual(told(page.heard), lines)
      for (const frame of page.heard) {
        assert.deepEqual(Object.keys(frame).sort(), FRAME)
        assert.deepEqual(Object.keys(frame.user).sort(), USER)
      }
      assert.deepEqual(told((await page.history()).messages), lines)
    }
  })

  test('nobody is told the other\'s e-mail address', async () => {
    const all = JSON.stringify([await bob.join(), await bob.history(), bob.heard, ann.heard])
    assert.ok(!all.includes('@example.com'), all)
  })

  test('a page that is loaded again joins again, which changes nothing', async () => {
    const again = await bob.join()
    assert.deepEqual(again.members.map(({ username }) => username), ['ann', 'bob'])
    assert.deepEqual((await ann.join()).members, again.members)
    assert.equal((await ann.history()).messages.length, said.length)
  })

  test('the token is renewed, and goes on', async () => {
    for (const page of [ann, bob]) {
      const old = page.token
      await page.refresh()
      assert.notEqual(page.token, old)
      await page.post('renewed')
      const { status } = await page.ajax('GET', `/api/chats/${page.uri}/messages/`, undefined, { Authorization: `JWT ${old}` })
      assert.equal(status, 200, 'what was on its way with the old one')
    }
    await ann.hears(said.length + 2)
  })

  test('a socket that breaks disturbs nobody, and comes back to what is new', async () => {
    bob.socket.terminate()
    await ann.post('are you there?')
    bob.heard.length = 0
    await bob.connect({ before: '/ws/chats/' })
    await ann.post('now?')
    await bob.hears(1)
    assert.deepEqual(bob.heard.map(({ message }) => message), ['now?'])
    await ann.hears(said.length + 4)
  })

  test('or to what it missed, when it says where it was', async () => {
    const { cursor } = ann.heard[0]
    bob.socket.terminate()
    bob.heard.length = 0
    await bob.connect({ query: `?after=${cursor}&token=${bob.token}` })
    await bob.hears(ann.heard.length - 1)
    assert.deepEqual(bob.heard, ann.heard.slice(1))
  })
})

describe('the same paths', () => {
  test('without the last slash', async () => {
    const page = await person('cleo')
    const { uri } = await page.ok('POST', '/api/chats')
    assert.equal((await page.ok('PATCH', `/api/chats/${uri}`, { username: 'cleo' })).members.length, 1)
    assert.equal((await page.ok('POST', `/api/chats/${uri}/messages`, { message: 'hm' })).message, 'hm')
    assert.equal((await page.ok('GET', `/api/chats/${uri}/messages`)).messages.length, 1)
  })

  test('say in words for people what is wrong', async () => {
    const page = await person('dora')
    await page.start()
    const path = `/api/chats/${page.uri}/messages/`
    for (const [status, ...call] of [
      [400, 'POST', path, { message: '' }],
      [400, 'POST', path],
      [404, 'GET', '/api/chats/0123456789abcde/messages/'],
      [404, 'GET', '/api/chats/undefined/messages/'], // the page asks so until a chat is started
      [401, 'GET', path, undefined, {}],
      [401, 'GET', path, undefined, { Authorization: 'JWT null' }],
    ]) {
      const answer = await page.ajax(...call)
      assert.equal(answer.status, status, `${call}: ${answer.text}`)
      assert.ok(answer.json.message, answer.text)
    }
  })

  test('may be asked for no room at all, as pages do in the background until a chat is started', async () => {
    const page = await person('gita')
    for (let i = 0; i < 60; i++) assert.equal((await page.ajax('GET', '/api/chats/undefined/messages/')).status, 404)
    await page.start()
    await page.post('here at last')
  })

  test('are closed to whoever is no member', async () => {
    const [page, stranger] = [await person('emma'), await person('finn')]
    stranger.uri = (await page.start()).uri
    await page.post('for us alone')
    const path = `/api/chats/${page.uri}/messages/`
    for (const call of [['GET', path], ['POST', path, { message: 'hello?' }]]) {
      const { status, text } = await stranger.ajax(...call)
      assert.equal(status, 404, text)
      assert.ok(!text.includes('for us alone'))
    }
    await assert.rejects(stranger.connect({ query: '' }), /401/)
    await stranger.connect()
    await page.post('and this')
    assert.equal(await stranger.closed, 1008)
    assert.deepEqual(stranger.heard, [])
  })
})
