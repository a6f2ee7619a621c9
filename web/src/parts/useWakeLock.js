/* useWakeLock.js - a kiosk's screen does not go dark. Browsers grant this on secure pages only. */

import { onMounted, onUnmounted } from 'vue'

export function useWakeLock() {
  const keep = () => {
    if (document.visibilityState === 'visible') navigator.wakeLock?.request('screen').catch(() => {})
  }
  onMounted(() => {
    keep()
    document.addEventListener('visibilitychange', keep)
  })
  onUnmounted(() => document.removeEventListener('visibilitychange', keep))
}
