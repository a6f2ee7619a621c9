/* begun.js - the orders this browser has talked about: their talk is open again when their page is. */

const STORE = 'pesan.threads'
const MOST = 50

function kept() {
  try {
    const list = JSON.parse(localStorage.getItem(STORE))
    return Array.isArray(list) ? list : []
  } catch {
    return []
  }
}

/** @param {string} subject a tracking link, or an order's id */
export const isBegun = (subject) => kept().includes(subject)

export function remember(subject) {
  try {
    localStorage.setItem(STORE, JSON.stringify([subject, ...kept().filter((one) => one !== subject)].slice(0, MOST)))
  } catch {
    /* storage is switched off: it is opened by hand */
  }
}
