/* useSeen.js - a board that lies there in sight has not been seen by anybody: a hand on it has. */

import { onMounted, onUnmounted } from 'vue'
import { tell } from '../live/live.js'
import { useLive } from '../live/useLive.js'

/** @param {() => string|undefined} shop its id */
export function useSeen(shop) {
  let latest = 0 // of the orders that nobody at this device has seen yet

  function touched() {
    if (!latest || document.visibilityState !== 'visible') return
    tell('SEEN', { seq: latest })
    latest = 0
  }

  useLive({ SUBMIT_ORDER: (values) => values.shop_id === shop() && (latest = values.seq) })
  onMounted(() => ['pointerdown', 'keydown'].forEach((touch) => addEventListener(touch, touched, { passive: true })))
  onUnmounted(() => ['pointerdown', 'keydown'].forEach((touch) => removeEventListener(touch, touched)))
}
