/* useEta.js - how long an order takes, as it was last chosen on this device. */

import { ref } from 'vue'

const STORE = 'pesan.eta'
const USUAL = 10

/** Minutes to choose from; 0: nothing is promised. */
export const MINUTES = [0, 5, 10, 15, 20, 30, 45, 60]

function kept() {
  try {
    const minutes = Number(localStorage.getItem(STORE) ?? USUAL)
    return MINUTES.includes(minutes) ? minutes : USUAL
  } catch {
    return USUAL
  }
}

const usual = ref(kept())

export function useEta() {
  function remember(minutes) {
    usual.value = minutes
    try {
      localStorage.setItem(STORE, String(minutes))
    } catch {
      /* storage is switched off: as long as the page lives */
    }
  }
  return { usual, remember }
}
