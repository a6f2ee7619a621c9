/* useNow.js - the time, for countdowns: ticks four times a second while a component lives. */

import { onUnmounted, ref } from 'vue'

export function useNow() {
  const now = ref(Date.now())
  const timer = setInterval(() => (now.value = Date.now()), 250)
  onUnmounted(() => clearInterval(timer))
  return now
}
