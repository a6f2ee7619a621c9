/* usePresence.js - who of the shop's people is here at this moment. */

import { computed, onUnmounted, ref, watch } from 'vue'
import { api } from '../lib/api.js'
import { session } from '../lib/session.js'

const LOOK_MS = 30000

/** @param {() => string|undefined} shop its id @returns {object} refs: names of the others */
export function usePresence(shop) {
  const list = ref([])
  const others = computed(() => list.value.filter(({ online, account_id: id }) => online && id !== session.account?.id))
  const names = computed(() => others.value.map(({ username }) => username))

  async function look() {
    const id = shop()
    if (!id || document.visibilityState === 'hidden') return
    const now = await api(`/v1/shops/${encodeURIComponent(id)}/presence`).catch(() => [])
    if (id === shop()) list.value = now
  }

  watch(shop, look, { immediate: true })
  const timer = setInterval(look, LOOK_MS)
  onUnmounted(() => clearInterval(timer))
  return { names }
}
