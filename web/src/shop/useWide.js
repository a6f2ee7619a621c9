/* useWide.js - whether there is room for the order beside the menu. */

import { onUnmounted, ref } from 'vue'

export function useWide() {
  const query = matchMedia('(min-width: 900px)')
  const wide = ref(query.matches)
  const look = () => (wide.value = query.matches)
  query.addEventListener('change', look)
  onUnmounted(() => query.removeEventListener('change', look))
  return wide
}
