/* backoff.js - how long to wait before the next attempt to connect. */

const FIRST_MS = 300
const LONGEST_MS = 5000

/**
 * Doubles from 0.3 s to 5 s; the jitter (the upper half is random) keeps a street of kiosks from
 * knocking at the same moment after a restart of the server.
 * @param {number} attempt 0 for the first
 * @param {() => number} random in [0,1)
 */
export function backoffMs(attempt, random = Math.random) {
  const full = Math.min(LONGEST_MS, FIRST_MS * 2 ** Math.min(attempt, 10))
  return Math.round(full / 2 + (full / 2) * random())
}
