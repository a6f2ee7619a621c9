/* next.js - where to go after signing in: a path of our own, whatever the address says. */

/** @returns {string} `wish` when it is a path on this server, else the start page */
export function ownPath(wish) {
  if (typeof wish !== 'string' || !/^\/(?![/\\])/.test(wish)) return '/'
  const url = new URL(wish, 'http://own.invalid')
  return url.host === 'own.invalid' ? url.pathname + url.search + url.hash : '/'
}
