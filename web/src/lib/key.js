/* key.js - a name for one attempt that nobody else gives; also where the page is not served over TLS. */

const hex = (number, digits) => number.toString(16).padStart(digits, '0')

/**
 * 32 hex digits: the time in milliseconds, then chance. What is named at one time stands together where names are kept
 * in their order.
 */
export const newKey = () =>
  hex(Date.now(), 12) + [...crypto.getRandomValues(new Uint8Array(10))].map((byte) => hex(byte, 2)).join('')
