// http.test.js - duties 24 and 25: HTTP/1.1 (RFC 9110, RFC 9112), each case whole and a byte at a time.
//
// Runs against the protocol test server, or with PESAN_SUBJECT=pesan against the real one: there /echo
// stands for /health-check, a POST to it is a 405, and what needs an echo is left to the test server.
import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { cuts, parseAnswers, Wire } from '../lib/http.js'
import { startPesan, startProtocolServer } from '../lib/server.js'

const real = process.env.PESAN_SUBJECT === 'pesan'
let server
before(async () => (server = await (real ? startPesan() : startProtocolServer())))
after(() => server.stop())

const place = real ? '/health-check' : '/echo'
const good = `GET ${place} HTTP/1.1\r\nHost: x\r\n\r\n`
const get = (...fields) => ['GET /echo HTTP/1.1', ...fields, '', ''].join('\r\n')
const post = (fields, body) => ['POST /echo HTTP/1.1', 'Host: x', ...fields, '', ''].join('\r\n') + body
const chunked = (body) => post(['Transfer-Encoding: chunked'], body)

/** Registers a test for each way to cut the bytes. */
function each(name, body, options = {}) {
  for (const [how, cut] of Object.entries(cuts)) test(`${name}, ${how}`, options, () => body(cut))
}

/** One refusal, then the end; what stands behind is not read as a request. */
function refused(name, bytes, status = 400) {
  each(name, async (cut) => {
    const wire = await Wire.open(server.port)
    await wire.send(Buffer.concat([Buffer.from(bytes, 'latin1'), Buffer.from(good)]), cut)
    await wire.untilEnd()
    const answers = parseAnswers(wire.received)
    assert.deepEqual(answers.map((a) => a.status), [status], wire.received.toString('latin1'))
    assert.equal(answers[0].fields.connection, 'close')
    assert.equal(answers[0].fields['content-type'], 'application/problem+json')
    const problem = JSON.parse(answers[0].body)
    assert.equal(problem.status, status)
    assert.match(problem.type, /^\/problems\/[a-z-]+$/)
    assert.ok(problem.title && problem.detail && problem.message)
    wire.close()
  })
}

/** The real server takes no POST there, and tells OPTIONS which methods it takes. */
function onRealServer(request, status) {
  if (request.startsWith('POST') && status === 200) return 405
  return request.startsWith('OPTIONS /') ? 204 : status
}

/** Answered with these statuses, and the connection is still good for another request. */
function accepted(name, bytes, statuses, look = () => {}) {
  const request = bytes.replace('/echo', place)
  const expected = real ? statuses.map((status) => onRealServer(request, status)) : statuses
  each(name, async (cut) => {
    const wire = await Wire.open(server.port)
    await wire.send(request, cut)
    const first = await wire.answers(expected.length)
    if (!real) look(first)
    await wire.send(good)
    const answers = await wire.answers(expected.length + 1)
    assert.deepEqual(answers.map((a) => a.status), [...expected, 200])
    wire.close()
  })
}

/** What only a server that echoes can show. */
const echoing = { skip: real && 'the real server has no echo' }

describe('request line', () => {
  for (const [name, line] of [
    ['no version (HTTP/0.9)', 'GET /echo'],
    ['a blank and no version', 'GET /echo '],
    ['lower-case protocol', 'GET /echo http/1.1'],
    ['other protocol', 'GET /echo HTTQ/1.1'],
    ['two digits in the version', 'GET /echo HTTP/1.10'],
    ['no minor version', 'GET /echo HTTP/1'],
    ['two blanks before the target', 'GET  /echo HTTP/1.1'],
    ['two blanks behind the target', 'GET /echo  HTTP/1.1'],
    ['a tab for a blank', 'GET\t/echo HTTP/1.1'],
    ['a blank at the end', 'GET /echo HTTP/1.1 '],
    ['a blank at the beginning', ' GET /echo HTTP/1.1'],
    ['no method', '/echo HTTP/1.1'],
    ['a method that is no token', 'G(T /echo HTTP/1.1'],
    ['an endless method', `${'G'.repeat(40)} /echo HTTP/1.1`],
    ['a relative target', 'GET echo HTTP/1.1'],
    ['authority form', 'GET x:80 HTTP/1.1'],
    ['CONNECT', 'CONNECT x:80 HTTP/1.1'],
    ['asterisk form for GET', 'GET * HTTP/1.1'],
    ['a fragment', 'GET /echo#a HTTP/1.1'],
    ['NUL in the target', 'GET /ec\0ho HTTP/1.1'],
    ['a control character in the target', 'GET /ec\x01ho HTTP/1.1'],
    ['DEL in the target', 'GET /ec\x7fho HTTP/1.1'],
    ['a byte over 127 in the target', 'GET /ec\xf6ho HTTP/1.1'],
    ['CR in the target', 'GET /ec\rho HTTP/1.1'],
    ['LF in the target', 'GET /ec\nho HTTP/1.1'],
    ['a bad escape', 'GET /ec%zzho HTTP/1.1'],
    ['a cut escape', 'GET /echo%4 HTTP/1.1'],
    ['an escaped NUL', 'GET /echo%00 HTTP/1.1'],
    ['absolute form without host', 'GET http:///echo HTTP/1.1'],
    ['absolute form with userinfo', 'GET http://a@x/echo HTTP/1.1'],
    ['absolute form of another scheme', 'GET ftp://x/echo HTTP/1.1'],
  ])
    refused(name, `${line}\r\nHost: x\r\n\r\n`)
  refused('HTTP/2.0', 'GET /echo HTTP/2.0\r\nHost: x\r\n\r\n', 505)
  refused('HTTP/1.2', 'GET /echo HTTP/1.2\r\nHost: x\r\n\r\n', 505)
  refused('HTTP/0.9 by name', 'GET /echo HTTP/0.9\r\nHost: x\r\n\r\n', 505)
  refused('the preface of HTTP/2', 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n', 505)
  refused('a greeting of TLS', '\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03')
  refused('bare LF behind the request line', 'GET /echo HTTP/1.1\nHost: x\r\n\r\n')
  refused('CR CR LF behind the request line', 'GET /echo HTTP/1.1\r\r\nHost: x\r\n\r\n')
  accepted('an empty line first', `\r\n${good}`, [200])
  accepted('absolute form', 'GET http://x/echo HTTP/1.1\r\nHost: x\r\n\r\n', [200])
  accepted('absolute form with port and query', 'GET HTTP://x:80/echo?a=b HTTP/1.1\r\nHost: x:80\r\n\r\n', [200])
  accepted('an escaped path', `GET /%${place.charCodeAt(1).toString(16)}${place.slice(2)}?%zz HTTP/1.1\r\nHost: x\r\n\r\n`, [200])
  accepted('asterisk form for OPTIONS', 'OPTIONS * HTTP/1.1\r\nHost: x\r\n\r\n', [204])
  refused('a target too long', `GET /${'a'.repeat(70000)} HTTP/1.1\r\nHost: x\r\n\r\n`, 414)
})

describe('header fields', () => {
  for (const [name, ...fields] of [
    ['no Host'],
    ['two Hosts', 'Host: x', 'Host: x'],
    ['two different Hosts', 'Host: x', 'Host: y'],
    ['an empty Host', 'Host:'],
    ['a Host with a path', 'Host: x/y'],
    ['a Host with a blank', 'Host: x y'],
    ['a Host with a comma', 'Host: x, y@z'],
    ['a Host with userinfo', 'Host: a@x'],
    ['a Host with a bad port', 'Host: x:8o'],
    ['a Host with a port too large', 'Host: x:65536'],
    ['a Host with a port alone', 'Host: :80'],
    ['a Host with bad IPv6', 'Host: [::z]'],
    ['a Host with IPv6 and junk', 'Host: [::1]x'],
    ['a Host with a bad escape', 'Host: x%2'],
    ['a blank before the colon', 'Host : x'],
    ['a tab before the colon', 'Host\t: x'],
    ['a blank before another colon', 'Host: x', 'A : b'],
    ['a blank in a name', 'Host: x', 'A B: c'],
    ['a name with brackets', 'Host: x', 'A(b): c'],
    ['a name over 127', 'Host: x', '\xc3\xa4: c'],
    ['a name with NUL', 'Host: x', 'A\0: c'],
    ['no name', 'Host: x', ': c'],
    ['no colon', 'Host: x', 'abc'],
    ['NUL in a value', 'Host: x', 'A: b\0c'],
    ['a control character in a value', 'Host: x', 'A: b\x01c'],
    ['DEL in a value', 'Host: x', 'A: b\x7fc'],
    ['bare CR in a value', 'Host: x', 'A: b\rc'],
    ['bare LF between fields', 'Host: x\nA: b'],
    ['CR CR LF between fields', 'Host: x\r\r\nA: b'],
    ['a folded line', 'Host: x', 'A: b', ' c'],
    ['a folded line with a tab', 'Host: x', 'A: b', '\tc'],
    ['a folded first line', ' Host: x'],
    ['a folded Transfer-Encoding', 'Host: x', 'Transfer-Encoding:', ' chunked'],
  ])
    refused(name, get(...fields))
  refused('bare LF LF at the end', 'GET /echo HTTP/1.1\r\nHost: x\n\n')
  refused('CRLF LF at the end', 'GET /echo HTTP/1.1\r\nHost: x\r\n\n')
  refused('CRLF CR X at the end', 'GET /echo HTTP/1.1\r\nHost: x\r\n\rX')
  refused('a second Host in HTTP/1.0', 'GET /echo HTTP/1.0\r\nHost: x\r\nHost: x\r\n\r\n')
  for (const host of ['x', 'X.example:8080', '127.0.0.1', '[::1]', '[::1]:80', 'x:', 'a-b_c.d~e', '%41'])
    accepted(`Host ${host}`, get(`Host: ${host}`), [200])
  accepted('odd but legal fields', get('host:x', 'A:', 'B:  \t c \t', `C: \xe4${'"'}\t`, "!#$%&'*+-.^_`|~: d"), [200])
  accepted('a hundred fields', get('Host: x', ...Array.from({ length: 99 }, (_, i) => `A${i}: b`)), [200])
  refused('a hundred and one fields', get('Host: x', ...Array.from({ length: 100 }, (_, i) => `A${i}: b`)), 431)
  refused('fields too large', get('Host: x', `A: ${'b'.repeat(70000)}`), 431)
})

describe('framing', () => {
  for (const [name, fields, body] of [
    ['Content-Length that is no number', ['Content-Length: five'], 'hello'],
    ['Content-Length with a sign', ['Content-Length: +5'], 'hello'],
    ['Content-Length below zero', ['Content-Length: -5'], 'hello'],
    ['Content-Length in hexadecimal', ['Content-Length: 0x5'], 'hello'],
    ['Content-Length with a blank inside', ['Content-Length: 5 5'], 'hello'],
    ['Content-Length as a list', ['Content-Length: 5, 5'], 'hello'],
    ['Content-Length empty', ['Content-Length:'], ''],
    ['Content-Length beyond 64 bits', ['Content-Length: 18446744073709551621'], 'hello'],
    ['Content-Length twice', ['Content-Length: 5', 'Content-Length: 5'], 'hello'],
    ['Content-Length twice, different', ['Content-Length: 5', 'Content-Length: 6'], 'hello'],
    ['Transfer-Encoding with Content-Length', ['Transfer-Encoding: chunked', 'Content-Length: 5'], '0\r\n\r\n'],
    ['Content-Length with Transfer-Encoding', ['Content-Length: 5', 'Transfer-Encoding: chunked'], '0\r\n\r\n'],
    ['Transfer-Encoding twice', ['Transfer-Encoding: chunked', 'Transfer-Encoding: chunked'], '0\r\n\r\n'],
    ['Transfer-Encoding chunked, chunked', ['Transfer-Encoding: chunked, chunked'], '0\r\n\r\n'],
    ['Transfer-Encoding identity', ['Transfer-Encoding: identity'], ''],
    ['Transfer-Encoding gzip, chunked', ['Transfer-Encoding: gzip, chunked'], '0\r\n\r\n'],
    ['Transfer-Encoding chunked, gzip', ['Transfer-Encoding: chunked, gzip'], '0\r\n\r\n'],
    ['Transfer-Encoding chunked, identity', ['Transfer-Encoding: chunked, identity'], '0\r\n\r\n'],
    ['Transfer-Encoding xchunked', ['Transfer-Encoding: xchunked'], '0\r\n\r\n'],
    ['Transfer-Encoding in quotes', ['Transfer-Encoding: "chunked"'], '0\r\n\r\n'],
    ['Transfer-Encoding with a parameter', ['Transfer-Encoding: chunked;q=1'], '0\r\n\r\n'],
    ['Transfer-Encoding empty', ['Transfer-Encoding:'], ''],
    ['Transfer-Encoding with a vertical tab', ['Transfer-Encoding: \x0bchunked'], '0\r\n\r\n'],
  ])
    refused(name, post(fields, body))
  refused('Transfer-Encoding in HTTP/1.0', 'POST /echo HTTP/1.0\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n')
  for (const [name, body] of [
    ['no chunk size', '\r\nhello\r\n0\r\n\r\n'],
    ['a chunk size that is no number', 'g\r\nhello\r\n0\r\n\r\n'],
    ['a chunk size with 0x', '0x5\r\nhello\r\n0\r\n\r\n'],
    ['a chunk size with a sign', '+5\r\nhello\r\n0\r\n\r\n'],
    ['a negative chunk size', '-5\r\nhello\r\n0\r\n\r\n'],
    ['a chunk size beyond 64 bits', '10000000000000005\r\nhello\r\n0\r\n\r\n'],
    ['a blank before the chunk size', ' 5\r\nhello\r\n0\r\n\r\n'],
    ['a blank behind the chunk size', '5 \r\nhello\r\n0\r\n\r\n'],
    ['bare LF behind the chunk size', '5\nhello\r\n0\r\n\r\n'],
    ['bare CR behind the chunk size', '5\rXhello\r\n0\r\n\r\n'],
    ['an extension without a name', '5;\r\nhello\r\n0\r\n\r\n'],
    ['NUL in an extension', '5;a\0\r\nhello\r\n0\r\n\r\n'],
    ['bare LF in an extension', '5;a\nhello\r\n0\r\n\r\n'],
    ['endless extensions', `5;${'a'.repeat(20000)}\r\nhello\r\n0\r\n\r\n`],
    ['a chunk longer than it says', '5\r\nhello!\r\n0\r\n\r\n'],
    ['a chunk that ends in LF', '5\r\nhello\n0\r\n\r\n'],
    ['a chunk that ends in two stray bytes', '5\r\nhelloXX0\r\n\r\n'],
    ['a chunk without an end', '5\r\nhello0\r\n\r\n'],
    ['a trailer without colon', '0\r\nabc\r\n\r\n'],
    ['a trailer with a blank before the colon', '0\r\nA : b\r\n\r\n'],
    ['a nameless trailer', '0\r\n: b\r\n\r\n'],
    ['a folded trailer', '0\r\nA: b\r\n c\r\n\r\n'],
    ['NUL in a trailer', '0\r\nA: \0\r\n\r\n'],
    ['bare LF behind a trailer', '0\r\nA: b\n\r\n'],
    ['bare LF at the end', '0\r\n\n'],
    ['CR X at the end', '0\r\n\rX'],
  ])
    refused(name, chunked(body))
  refused('endless trailers', chunked(`0\r\n${'A: b\r\n'.repeat(2000)}\r\n`), 431)
  const echoes = (want) => (answers) => assert.deepEqual(answers.map((a) => a.body), want)
  accepted('one chunk', chunked('5\r\nhello\r\n0\r\n\r\n'), [200], echoes(['hello']))
  accepted('several chunks', chunked('1\r\nh\r\n4\r\nello\r\n00a\r\n, everyone\r\n000\r\n\r\n'), [200], echoes(['hello, everyone']))
  accepted('extensions', chunked('5;a=b;c="d;e"\r\nhello\r\n0 ; f\r\n\r\n'), [200], echoes(['hello']))
  accepted('trailers', chunked('5\r\nhello\r\n0\r\nA: b\r\nContent-Length: 3\r\nHost: y\r\n\r\n'), [200], echoes(['hello']))
  accepted('an empty chunked body', chunked('0\r\n\r\n'), [200], echoes(['']))
  accepted('Chunked in any case', post(['Transfer-Encoding: CHUNKED'], '5\r\nhello\r\n0\r\n\r\n'), [200], echoes(['hello']))
  accepted('Content-Length', post(['Content-Length: 5'], 'hello'), [200], echoes(['hello']))
  accepted('Content-Length with leading zeros', post(['Content-Length: 0005'], 'hello'), [200], echoes(['hello']))
  accepted('Content-Length 0', post(['Content-Length: 0'], ''), [200], echoes(['']))
  accepted('no length at all', post([], ''), [200], echoes(['']))
  accepted('a body that looks like requests', post([`Content-Length: ${good.length}`], good), [200], echoes([good]))
  accepted('GET with a body', get('Host: x', 'Content-Length: 5') + 'hello', [200], echoes(['echo\n']))
})

describe('body limits', () => {
  test('a body of exactly the limit', echoing, async () => {
    const wire = await Wire.open(server.port)
    await wire.send(post(['Content-Length: 1000000'], 'a'.repeat(1000000)))
    const [answer] = await wire.answers(1)
    assert.equal(answer.status, 200)
    assert.equal(answer.body.length, 1000000)
    wire.close()
  })
  test('a chunked body of exactly the limit', echoing, async () => {
    const wire = await Wire.open(server.port)
    await wire.send(chunked(`${'8000\r\n' + 'a'.repeat(32768) + '\r\n'}`.repeat(30) + `4240\r\n${'a'.repeat(16960)}\r\n0\r\n\r\n`))
    const [answer] = await wire.answers(1)
    assert.equal(answer.status, 200)
    assert.equal(answer.body.length, 1000000)
    wire.close()
  })
  refused('a length over the limit', post(['Content-Length: 1000001'], 'a'.repeat(100)), 413)
  refused('a chunk over the limit', chunked(`${(1000001).toString(16)}\r\n${'a'.repeat(100)}`), 413)
  test('chunks whose sum is over the limit', echoing, async () => {
    const wire = await Wire.open(server.port)
    await wire.send(chunked(`8000\r\n${'a'.repeat(32768)}\r\n`.repeat(31)) + good)
    await wire.untilEnd()
    assert.deepEqual(parseAnswers(wire.received).map((a) => a.status), [413])
    wire.close()
  })
  test('the answer to a body far too long can be read', echoing, async () => {
    const wire = await Wire.open(server.port)
    await wire.send(post(['Content-Length: 4000000'], ''))
    await wire.send('a'.repeat(4000000))
    await wire.untilEnd()
    assert.deepEqual(parseAnswers(wire.received).map((a) => a.status), [413])
    assert.equal(wire.reset, false)
    wire.close()
  })
})

describe('expectations', () => {
  each('100 Continue comes before the body is sent', async (cut) => {
    const wire = await Wire.open(server.port)
    await wire.send(post(['Content-Length: 5', 'Expect: 100-continue'], ''), cut)
    assert.equal((await wire.answers(1))[0].status, 100)
    await wire.send('hello', cut)
    const answers = await wire.answers(2)
    assert.deepEqual(answers.map((a) => a.status), [100, 200])
    assert.equal(answers[1].body, 'hello')
    wire.close()
  }, echoing)
  each('100 Continue for chunks, in any case', async (cut) => {
    const wire = await Wire.open(server.port)
    await wire.send(post(['Transfer-Encoding: chunked', 'Expect: 100-Continue'], ''), cut)
    assert.equal((await wire.answers(1))[0].status, 100)
    await wire.send('5\r\nhello\r\n0\r\n\r\n', cut)
    assert.equal((await wire.answers(2))[1].body, 'hello')
    wire.close()
  }, echoing)
  accepted('an expectation without a body', get('Host: x', 'Expect: 100-continue'), [200])
  accepted('an expectation in HTTP/1.0 is ignored', 'POST /echo HTTP/1.0\r\nConnection: keep-alive\r\nContent-Length: 2\r\nExpect: 100-continue\r\n\r\nhi', [200])
  refused('a body too long is not asked for', post(['Content-Length: 1000001', 'Expect: 100-continue'], ''), 413)
  refused('an unknown expectation', post(['Content-Length: 5', 'Expect: miracles'], 'hello'), 417)
})

describe('connections', () => {
  each('pipelined requests are answered in order', async (cut) => {
    const wire = await Wire.open(server.port)
    const bodies = Array.from({ length: 20 }, (_, i) => `number ${i}`)
    await wire.send(bodies.map((b) => post([`Content-Length: ${b.length}`], b)).join(''), cut)
    assert.deepEqual((await wire.answers(20)).map((a) => a.body), bodies)
    wire.close()
  }, echoing)
  test('thousands of pipelined requests are all answered', async () => {
    const wire = await Wire.open(server.port)
    await wire.send(good.repeat(5000))
    await wire.answers(5000)
    wire.close()
  })
  test('megabytes of pipelined answers wait for a slow reader', echoing, async () => {
    const wire = await Wire.open(server.port)
    wire.socket.pause()
    const body = 'b'.repeat(200000)
    await wire.send(post([`Content-Length: ${body.length}`], body).repeat(40))
    await sleep(300)
    wire.socket.resume()
    const answers = await wire.answers(40)
    assert.ok(answers.every((a) => a.body === body))
    wire.close()
  })
  each('HEAD has no body but says how long it is', async (cut) => {
    const wire = await Wire.open(server.port)
    await wire.send('HEAD /echo HTTP/1.1\r\nHost: x\r\n\r\n' + good, cut)
    const answers = await wire.answers(2, { heads: [0] })
    assert.deepEqual(answers.map((a) => a.fields['content-length']), ['5', '5'])
    assert.deepEqual(answers.map((a) => a.body), ['', 'echo\n'])
    wire.close()
  }, echoing)
  each('a refused HEAD has no body either', async (cut) => {
    const wire = await Wire.open(server.port)
    await wire.send('HEAD /echo HTTP/1.1\r\n\r\n', cut)
    await wire.untilEnd()
    const text = wire.received.toString()
    assert.match(text, /^HTTP\/1\.1 400 /)
    assert.ok(text.endsWith('\r\n\r\n'))
    wire.close()
  })
  each('a half-closed client is answered', async (cut) => {
    const wire = await Wire.open(server.port)
    await wire.send(good + post(['Content-Length: 5'], 'hello'), cut)
    wire.halfClose()
    await wire.untilEnd()
    assert.deepEqual(parseAnswers(wire.received).map((a) => a.body), ['echo\n', 'hello'])
  }, echoing)
  each('a client that ends within a request gets nothing', async (cut) => {
    const wire = await Wire.open(server.port)
    await wire.send(good.slice(0, -2), cut)
    wire.halfClose()
    await wire.untilEnd()
    assert.equal(wire.received.length, 0)
  })
  for (const value of ['close', 'Close', 'foo, close', 'close, keep-alive'])
    each(`Connection: ${value}`, async (cut) => {
      const wire = await Wire.open(server.port)
      await wire.send(get('Host: x', `Connection: ${value}`).replace('/echo', place) + good, cut)
      await wire.untilEnd()
      const answers = parseAnswers(wire.received)
      assert.deepEqual(answers.map((a) => a.status), [200])
      assert.equal(answers[0].fields.connection, 'close')
      wire.close()
    })
  for (const [name, head] of [
    ['HTTP/1.0', 'GET /echo HTTP/1.0\r\n\r\n'],
    ['HTTP/1.0 with Connection: close', 'GET /echo HTTP/1.0\r\nConnection: close\r\n\r\n'],
  ])
    each(`${name} is answered and closed`, async (cut) => {
      const wire = await Wire.open(server.port)
      await wire.send(head.replace('/echo', place) + good, cut)
      await wire.untilEnd()
      assert.deepEqual(parseAnswers(wire.received).map((a) => a.status), [200])
      wire.close()
    })
  accepted('HTTP/1.0 with keep-alive', 'GET /echo HTTP/1.0\r\nConnection: Keep-Alive\r\n\r\n', [200], ([answer]) =>
    assert.equal(answer.fields.connection, 'keep-alive'))
  accepted('Date is there and right', good, [200], ([answer]) => {
    assert.match(answer.fields.date, /^(Mon|Tue|Wed|Thu|Fri|Sat|Sun), \d\d \w{3} \d{4} \d\d:\d\d:\d\d GMT$/)
    assert.ok(Math.abs(Date.parse(answer.fields.date) - Date.now()) < 2000)
  })
  for (const method of ['PUT', 'DELETE', 'PATCH', 'OPTIONS', 'TRACE', 'BREW', 'get'])
    accepted(`${method} is not allowed`, `${method} /echo HTTP/1.1\r\nHost: x\r\n\r\n`, [405], ([answer]) =>
      assert.equal(answer.fields.allow, 'GET, HEAD, POST'))
  accepted('another path', 'GET /nowhere HTTP/1.1\r\nHost: x\r\n\r\n', [404])
  accepted('Upgrade to something else is ignored', get('Host: x', 'Connection: upgrade, HTTP2-Settings', 'Upgrade: h2c'), [200])
})

describe('time', () => {
  test('a stalled head is cut 10 s after its first byte, however it drips', async () => {
    const silent = await Wire.open(server.port)
    const drip = await Wire.open(server.port)
    const started = Date.now()
    await silent.send('GET /echo HTTP/1.1\r\n')
    const dripping = (async () => {
      for (const c of get('Host: x', `A: ${'b'.repeat(1000)}`)) {
        if (drip.ended) return
        await drip.send(c)
        await sleep(100)
      }
    })()
    for (const wire of [silent, drip]) {
      await wire.untilEnd(15000)
      const seconds = (Date.now() - started) / 1000
      assert.ok(seconds > 9 && seconds < 13, `cut after ${seconds} s`)
      assert.deepEqual(parseAnswers(wire.received).map((a) => a.status), [408])
      wire.close()
    }
    await dripping
  })
})
