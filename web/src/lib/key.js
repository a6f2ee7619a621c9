/* key.js - a name for one attempt that nobody else gives; also where the page is not served over TLS. */

export const newKey = () =>
  [...crypto.getRandomValues(new Uint8Array(16))].map((byte) => byte.toString(16).padStart(2, '0')).join('')
