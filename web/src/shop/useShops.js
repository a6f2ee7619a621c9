/* useShops.js - the shops of this house, and the menu of the one that is shown; fresh again whenever the
 * page comes back to sight, and each minute while it is in sight. */

import { computed, onMounted, onUnmounted, ref, watch } from 'vue'
import { useRoute } from 'vue-router'
import { api } from '../lib/api.js'

const FRESH_MS = 60000

/** @returns {object} shops, shop, menu ({categories, products}), trouble (a sentence), all refs; load() */
export function useShops() {
  const route = useRoute()
  const shops = ref(null) // null before the server has told
  const menu = ref(null)
  const trouble = ref('')

  const wanted = computed(() => route.query.shop ?? (shops.value?.length === 1 ? shops.value[0].id : undefined))
  const shop = computed(() => menu.value?.shop ?? shops.value?.find(({ id }) => id === wanted.value))

  const openFirst = (list) => list.toSorted((a, b) => b.open - a.open || a.name.localeCompare(b.name))

  async function load() {
    try {
      if (!wanted.value || !shops.value) shops.value = openFirst(await api('/v1/shops'))
      const id = wanted.value
      if (!id) return
      const now = await api(`/v1/shops/${encodeURIComponent(id)}/menu`)
      if (id === wanted.value) menu.value = now
      trouble.value = ''
    } catch (problem) {
      if (!menu.value || problem.status === 404) trouble.value = problem.message
    }
  }

  /** Once more after a failure, with the dots in between. */
  function again() {
    trouble.value = ''
    return load()
  }

  const look = () => document.visibilityState === 'visible' && load()
  let timer = 0
  watch(wanted, (now, before) => {
    if (now === menu.value?.shop.id) return
    menu.value = null
    if (before !== undefined || now !== undefined) load()
  })
  onMounted(() => {
    load()
    timer = setInterval(look, FRESH_MS)
    document.addEventListener('visibilitychange', look)
  })
  onUnmounted(() => {
    clearInterval(timer)
    document.removeEventListener('visibilitychange', look)
  })
  return { shops, shop, menu, wanted, trouble, load, again }
}
