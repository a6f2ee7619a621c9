import { afterEach, expect, test, vi } from 'vitest'
import { Problem, api, byField, serverSkew } from './api.js'

const answers = (status, body, headers = {}) =>
  vi.stubGlobal('fetch', vi.fn(async () => new Response(body === null ? null : JSON.stringify(body), { status, headers })))
const JSON_TYPE = { 'Content-Type': 'application/json' }

afterEach(() => vi.unstubAllGlobals())

test('a question without a body is GET, one with a body POST; the key goes along', async () => {
  answers(200, { a: 1 }, JSON_TYPE)
  expect(await api('/x')).toEqual({ a: 1 })
  await api('/x', { body: { b: 2 }, key: 'k' })
  const [[, get], [, post]] = fetch.mock.calls
  expect([get.method, get.body]).toEqual(['GET', undefined])
  expect([post.method, post.body, post.headers['Idempotency-Key']]).toEqual(['POST', '{"b":2}', 'k'])
})

test('an answer without JSON is null', async () => {
  answers(204, null)
  expect(await api('/x', { method: 'DELETE' })).toBe(null)
})

test('a refusal brings its words, its code and its time', async () => {
  const body = { type: '/problems/too-many', message: 'Wait.', errors: [{ pointer: '/username', reason: 'r' }] }
  answers(429, body, { 'Content-Type': 'application/problem+json', 'Retry-After': '30' })
  const problem = await api('/x').catch((error) => error)
  expect(problem).toBeInstanceOf(Problem)
  expect(problem).toMatchObject({ status: 429, code: 'too-many', message: 'Wait.', wait: 30 })
  expect(byField(problem, ['username', 'password'])).toEqual({ username: 'Wait.' })
  expect(byField(problem, ['email'])).toEqual({ form: 'Wait.' })
})

test('no answer is a problem of its own: nobody knows whether the request arrived', async () => {
  vi.stubGlobal('fetch', vi.fn(async () => Promise.reject(new TypeError('failed to fetch'))))
  expect(await api('/x').catch((error) => error)).toMatchObject({ status: 0, code: 'silent' })
})

test('half an answer counts as none', async () => {
  vi.stubGlobal('fetch', vi.fn(async () => new Response('{"a":', { status: 201, headers: JSON_TYPE })))
  expect(await api('/x').catch((error) => error)).toMatchObject({ status: 0 })
})

test('the server\'s clock is learned from its answers', async () => {
  answers(200, {}, { ...JSON_TYPE, Date: new Date(Date.now() + 60000).toUTCString() })
  await api('/x')
  expect(Math.abs(serverSkew() - 60000)).toBeLessThan(2000)
})
