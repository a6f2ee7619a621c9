/* clock.js - countdowns measured by the server's clock, not by the tablet's. */

/** Milliseconds the server is ahead of us, from the ISO time it just sent; 0 when it sent none. */
export function skewFrom(serverNow, localMs) {
  const at = Date.parse(serverNow)
  return Number.isNaN(at) ? 0 : at - localMs
}

/** Seconds until an ISO time, rounded, never below zero; NaN without a time. */
export function secondsUntil(iso, localMs, skewMs) {
  const left = Date.parse(iso) - (localMs + skewMs)
  return Math.max(0, Math.round(left / 1000))
}

/** 754 -> "12:34" */
export function minutesSeconds(seconds) {
  if (Number.isNaN(seconds)) return ''
  return `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, '0')}`
}

/** What is left of a span, as a share between 0 and 1. */
export function shareLeft(from, until, localMs, skewMs) {
  const start = Date.parse(from)
  const end = Date.parse(until)
  if (!(end > start)) return 0
  return Math.min(1, Math.max(0, (end - localMs - skewMs) / (end - start)))
}
