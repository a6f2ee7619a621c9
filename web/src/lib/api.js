/* api.js - questions to our own server: JSON both ways, and every "no" as one kind of error. Who asks is
 * told by the browser's cookie, or by the token of a guest. */

import { i18n } from '../i18n.js'

const PATIENCE_MS = 15000
let skewMs = 0

/** Milliseconds the server's clock is ahead of ours, as its last answer told (whole seconds). */
export const serverSkew = () => skewMs

/** A refusal, or no answer at all. */
export class Problem extends Error {
  /** @param {object} body as RFC 9457 has it, with `message` for people */
  constructor(status, body, wait) {
    super(body.message ?? i18n.global.t('problem.other'))
    this.status = status // 0: no answer, and nobody knows whether the request arrived
    this.code = body.type?.split('/').pop() ?? 'other' // the last word of its type
    this.errors = body.errors ?? [] // [{pointer, reason}]
    this.wait = wait // seconds to wait before the next attempt; 0: none told
  }
}

const silent = () => new Problem(0, { type: 'silent', message: i18n.global.t('problem.silent') }, 0)

async function readJson(answer) {
  if (!/json/.test(answer.headers.get('Content-Type') ?? '')) return null
  return answer.json()
}

function learnClock(answer) {
  const at = Date.parse(answer.headers.get('Date'))
  if (!Number.isNaN(at) && Math.abs(at - Date.now()) > 2000) skewMs = at - Date.now()
}

/**
 * @param {string} path beginning with a slash
 * @param {{method?: string, body?: object, key?: string, token?: string}} how method: GET, or POST when there is a
 *   body; key: an Idempotency-Key; token: a guest's, who is then all we are
 * @returns {Promise<any>} the answer's JSON, null when it has none
 * @throws {Problem}
 */
export async function api(path, { method, body, key, token } = {}) {
  const headers = { Accept: 'application/json', 'Accept-Language': i18n.global.locale.value }
  if (body) headers['Content-Type'] = 'application/json'
  if (key) headers['Idempotency-Key'] = key
  if (token) headers.Authorization = `Bearer ${token}`
  let answer, json
  try {
    answer = await fetch(path, {
      method: method ?? (body ? 'POST' : 'GET'),
      headers,
      body: body && JSON.stringify(body),
      cache: 'no-store',
      credentials: token ? 'omit' : 'same-origin',
      signal: AbortSignal.timeout(PATIENCE_MS),
    })
    json = await readJson(answer)
  } catch {
    throw silent()
  }
  learnClock(answer)
  if (!answer.ok) throw new Problem(answer.status, json ?? {}, Number(answer.headers.get('Retry-After')) || 0)
  return json
}

/** What a problem says about each field of a form: {username: "sentence"}; `form` gets what names no field. */
export function byField(problem, fields) {
  const said = {}
  for (const { pointer } of problem.errors) {
    const field = String(pointer).split('/')[1]
    said[fields.includes(field) ? field : 'form'] = problem.message
  }
  if (problem.errors.length === 0) said.form = problem.message
  return said
}
