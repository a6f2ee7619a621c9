// seed4.test.js - the page of seed 4 as it was, in Chromium: it knows nothing of ours but the addresses, sends forms with a
// header `JWT`, opens a WebSocket at the room's bare address the moment it joins, and asks for the history every four
// seconds. Two people use it.
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { openBrowser, openPage, picture } from '../lib/browser.js'
import { PASSWORD } from '../lib/cast.js'
import { eventually } from '../lib/sale.js'
import { startPesan } from '../lib/server.js'
import { startWire } from '../lib/wire.js'

const SEED = `<!doctype html><meta charset="utf-8"><title>Seed 4</title>
<form id="sign-up"><input name="email"><input name="username"><input name="password"><button>sign up</button></form>
<button id="start">start</button>
<form id="talk"><input name="message"><button>send</button></form>
<ol id="messages"></ol>
<script>
  const kept = sessionStorage;
  const room = () => new URLSearchParams(location.search).get('chat') ?? undefined;
  let inChat = false;
  let messages = [];
  window.opens = window.refreshes = 0;

  function ajax(type, url, data) {
    return new Promise((done, fail) => {
      const xhr = new XMLHttpRequest();
      xhr.open(type, url);
      xhr.setRequestHeader('Accept', '*/*');
      if (data) xhr.setRequestHeader('Content-Type', 'application/x-www-form-urlencoded; charset=UTF-8');
      xhr.setRequestHeader('X-Requested-With', 'XMLHttpRequest');
      if (inChat) xhr.setRequestHeader('Authorization', 'JWT ' + kept.getItem('authToken'));
      const json = () => /json/.test(xhr.getResponseHeader('Content-Type')) ? JSON.parse(xhr.responseText) : xhr.responseText;
      xhr.onload = () => xhr.status >= 200 && xhr.status < 300 ? done(json()) : fail(xhr);
      xhr.onerror = () => fail(xhr);
      xhr.send(data && new URLSearchParams(data).toString());
    });
  }
  const complain = (xhr) => alert(xhr.responseText);
  const on = (id, event, what) => document.getElementById(id).addEventListener(event, (e) => {
    e.preventDefault();
    what(e.target);
  });

  on('sign-up', 'submit', ({ email, username, password }) => {
    const all = { email: email.value, username: username.value, password: password.value };
    ajax('POST', '/auth/users/create/', all).then(() => {
      alert('made, and signed in');
      const { username, password } = all;
      ajax('POST', '/auth/token/create/', { username, password }).then((data) => {
        kept.setItem('authToken', data.auth_token);
        kept.setItem('username', username);
        enter();
      }, complain);
    }, complain);
  });

  function enter() {
    inChat = true;
    if (room()) {
      join();
      connect();
    }
    setInterval(refresh, 240000);
    setInterval(recall, 4000);
    window.entered = true;
  }
  on('start', 'click', () => ajax('POST', '/api/chats/').then((data) => {
    alert('a chat');
    history.pushState(null, '', '?chat=' + data.uri);
    connect();
  }, complain));
  on('talk', 'submit', (form) => ajax('POST', '/api/chats/' + room() + '/messages/', { message: form.message.value }).then(() => {
    form.message.value = '';
  }, complain));
  function join() {
    const username = kept.getItem('username');
    ajax('PATCH', '/api/chats/' + room() + '/', { username }).then((data) => {
      if (!data.members.some((member) => member.username === username)) return;
      window.joined = true;
      recall();
    }, () => {});
  }
  function recall() {
    ajax('GET', '/api/chats/' + room() + '/messages/').then((data) => show(data.messages), () => {});
  }
  function connect() {
    const socket = new WebSocket('ws://' + location.host + '/' + room());
    socket.onopen = () => window.opens++;
    socket.onclose = () => setTimeout(connect, 5000);
    socket.onmessage = (event) => show([...messages, JSON.parse(event.data)]);
    socket.onerror = () => alert('error');
  }
  function refresh() {
    ajax('POST', '/this/is/hard/to/find/', { token: kept.getItem('authToken') }).then((data) => {
      kept.setItem('authToken', data.token);
      window.refreshes++;
    });
  }
  function show(all) {
    messages = all;
    document.getElementById('messages').replaceChildren(...all.map(({ user, message }) => {
      const line = document.createElement('li');
      line.textContent = user.username + ': ' + message;
      return line;
    }));
  }
  if (kept.getItem('authToken')) enter();
</script>`

let server, wire, browser
const open = []

before(async () => {
  server = await startPesan()
  wire = await startWire(server)
  browser = await openBrowser()
})
after(async () => {
  await browser?.close()
  await wire?.stop()
  await server?.stop()
})

/**
 * The page in a browser of its own; what it alerts is kept in `alerts`. Of a page that no server has sent Chromium does
 * not know that it is local, and asks before it lets it open a local WebSocket.
 */
async function seedPage(url, path = '/seed-4.html') {
  const opened = await openPage(browser, { viewport: { width: 390, height: 844 }, permissions: ['local-network-access'] })
  open.push(opened)
  const { page } = opened
  const alerts = []
  page.on('dialog', (dialog) => {
    alerts.push(dialog.message())
    dialog.accept()
  })
  await page.route('**/seed-4.html*', (route) => route.fulfill({ contentType: 'text/html', body: SEED }))
  await page.goto(url + path)
  return { page, alerts }
}

async function signUp(page, username) {
  for (const [name, value] of Object.entries({ email: `${username}@example.com`, username, password: PASSWORD }))
    await page.locator(`#sign-up [name=${name}]`).fill(value)
  await page.locator('#sign-up button').click()
  await page.waitForFunction(() => window.entered)
}

const lines = (page) => page.locator('#messages li').allInnerTexts()
const opens = (page, count = 1) => page.waitForFunction((n) => window.opens >= n, count, { timeout: 20000 })

async function say(page, message) {
  await page.locator('#talk [name=message]').fill(message)
  await page.locator('#talk button').click()
  await page.waitForFunction(() => document.querySelector('#talk [name=message]').value === '')
}

/** Everybody sees this, and still does when each page has asked for the history once more. */
async function allSee(pages, expected) {
  for (const page of pages) await eventually(async () => JSON.stringify(await lines(page)) === JSON.stringify(expected), `${expected.length} lines`)
  const asks = (answer) => /messages\/$/.test(answer.url()) && answer.request().method() === 'GET'
  await Promise.all(pages.map((page) => page.waitForResponse(asks)))
  for (const page of pages) assert.deepEqual(await lines(page), expected)
}

async function play() {
  const [{ page: ann, alerts }, { page: bob }] = [await seedPage(server.url), await seedPage(wire.url)]
  await signUp(ann, 'ann')
  await ann.locator('#start').click()
  await opens(ann)
  assert.deepEqual(alerts, ['made, and signed in', 'a chat'])
  await say(ann, 'anybody?')

  await signUp(bob, 'bob')
  await bob.goto(wire.url + new URL(ann.url()).pathname + new URL(ann.url()).search) // the address he was given
  await bob.waitForFunction(() => window.joined)
  await opens(bob) // at the second try, when he was no member yet at the first
  const said = ['ann: anybody?']
  const talk = async (page, name, message) => {
    await say(page, message)
    said.push(`${name}: ${message}`)
  }
  await talk(bob, 'bob', 'halo, a + b & 100 % ☕')
  await talk(ann, 'ann', '<img src=x onerror="document.body.remove()">')
  await allSee([ann, bob], said)

  for (const page of [ann, bob]) {
    await page.evaluate(() => refresh())
    await page.waitForFunction(() => window.refreshes === 1)
  }
  await talk(bob, 'bob', 'renewed')
  await talk(ann, 'ann', 'me too')
  await allSee([ann, bob], said)

  const before = await bob.evaluate(() => window.opens)
  wire.cut()
  await talk(ann, 'ann', 'where are you?')
  wire.heal()
  await opens(bob, before + 1)
  await talk(bob, 'bob', 'back again')
  await allSee([ann, bob], said)

  const frames = []
  ann.on('websocket', (socket) => socket.on('framereceived', ({ payload }) => frames.push(JSON.parse(payload).message)))
  await ann.reload()
  await ann.waitForFunction(() => window.joined)
  await opens(ann)
  await talk(bob, 'bob', 'live')
  await allSee([ann, bob], said)
  assert.deepEqual(frames, ['live']) // and nothing that the history has
}

test('seed 4: two people sign up, meet at a chat\'s address, talk, and lose and find each other', async () => {
  try {
    await play()
  } catch (error) {
    for (const [i, { page }] of open.entries()) await picture(page, `failed-seed-4-${i}`).catch(() => {})
    throw error
  }
  for (const { close } of open) await close()
})
