/* useShops.js - the shops of this house, and the menu of the one that is shown; fresh again whenever the
 * page comes back to sight, and each minute while it is in sight. */

import { computed, onMounted, onUnmounted, ref, watch } from 'vue'
import { useRoute } from 'vue-router'
import { api } from '../lib/api.js'

const FRESH_MS = 60000
const LOST_MS = 3000 // between attempts while the server does not answer

/**
 * @returns {object} shops, shop, menu ({categories, products}), trouble (a sentence), offline, all refs;
 *   load(), again()
 */
export function useShops() {
  const route = useRoute()
  const shops = ref(null) // null before the server has told
  const menu = ref(null)
  const trouble = ref('')
  const offline = ref(false)

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
      offline.value = false
    } catch (problem) {
      offline.value = problem.status === 0
      if (!menu.value || problem.status === 404) trouble.value = problem.message
    } finally {
      plan()
    }
  }

  let timer = 0
  let gone = false
  function plan() {
    clearTimeout(timer)
    if (!gone) timer = setTimeout(look, offline.value ? LOST_MS : FRESH_MS)
  }

  const look = () => (document.visibilityState === 'visible' ? load() : plan())

  /** Once more after a failure, with the dots in between. */
  function again() {
    trouble.value = ''
    return load()
  }

  watch(wanted, (now, before) => {
    if (now === menu.value?.shop.id) return
    menu.value = null
    if (before !== undefined || now !== undefined) load()
  })
  onMounted(() => {
    load()
    document.addEventListener('visibilitychange', look)
  })
  onUnmounted(() => {
    gone = true
    clearTimeout(timer)
    document.removeEventListener('visibilitychange', look)
  })
  return { shops, shop, menu, wanted, trouble, offline, load, again }
}
