/* claim.js - something that one tab of a browser has at a time: by Web Locks; where the page is not served over TLS and
 * there are none, by a lease in localStorage that whoever has it renews. */

import { newKey } from '../lib/key.js'

const RENEW_MS = 1000
const LEASE_MS = 3500 // not renewed for so long: its tab has gone
const SETTLE_MS = 60 // two tabs that take it at once both see who was last

function byLock(locks, name, take) {
  const giveUp = new AbortController()
  let letGo = null
  locks
    .request(name, { signal: giveUp.signal }, () => {
      take()
      return new Promise((resolve) => (letGo = resolve))
    })
    .catch(() => {}) // given up before it was ours
  return () => {
    giveUp.abort()
    letGo?.()
  }
}

function byLease(storage, name, take, lose) {
  const me = newKey()
  let mine = false
  let timer = 0

  function holder() {
    try {
      const { id, at } = JSON.parse(storage.getItem(name))
      return Date.now() - at < LEASE_MS && at <= Date.now() + LEASE_MS ? id : null
    } catch {
      return null
    }
  }

  const sign = () => storage.setItem(name, JSON.stringify({ id: me, at: Date.now() }))

  function settle() {
    if (holder() === me && !mine) {
      mine = true
      take()
    }
    timer = setTimeout(look, RENEW_MS)
  }

  function look() {
    const id = holder()
    if (mine && id !== me && id !== null) {
      mine = false
      lose()
    }
    if (id !== null && id !== me) return (timer = setTimeout(look, RENEW_MS))
    sign()
    timer = setTimeout(settle, mine ? 0 : SETTLE_MS)
  }

  look()
  return () => {
    clearTimeout(timer)
    if (holder() === me) storage.removeItem(name)
  }
}

/**
 * Asks for `name` for as long as the page lives.
 * @param {string} name
 * @param {() => void} take it is ours now
 * @param {() => void} lose it is another's: only where a tab that slept too long has lost its lease
 * @param {{locks?: LockManager, storage?: Storage}} browser what it has, unless it is this one
 * @returns {() => void} gives it up, or the wish for it
 */
export function claim(name, take, lose = () => {}, browser = {}) {
  const locks = browser.locks ?? navigator.locks
  if (locks) return byLock(locks, name, take)
  try {
    return byLease(browser.storage ?? localStorage, name, take, lose)
  } catch {
    take() // nothing to agree by: each tab for itself
    return () => {}
  }
}
