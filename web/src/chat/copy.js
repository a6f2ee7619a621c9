/* copy.js - a text into the clipboard, also where the page is not served over TLS. */

/** @param {string} text @param {HTMLInputElement} field holds the same text, for the older way */
export async function copy(text, field) {
  try {
    await navigator.clipboard.writeText(text)
  } catch {
    field.select()
    document.execCommand('copy')
  }
}
