/* useStaff.js - the shops of whoever looks at a board: which there are, which is shown, and what he is there. */

import { computed, ref, watch } from 'vue'
import { useRoute, useRouter } from 'vue-router'
import { api } from '../lib/api.js'
import { knowMe, session } from '../lib/session.js'
import { tell } from '../live/live.js'
import { useLive } from '../live/useLive.js'

/** @returns {object} refs: shops (null before they are known), shop, role, trouble; load(), choose(id) */
export function useStaff() {
  const route = useRoute()
  const router = useRouter()
  const all = ref(null)
  const trouble = ref('')

  const roles = computed(() => Object.fromEntries((session.account?.shops ?? []).map(({ shop_id: id, role }) => [id, role])))
  const isAdmin = computed(() => session.account?.role === 'admin')
  const shops = computed(() => all.value?.filter(({ id }) => isAdmin.value || roles.value[id]) ?? null)
  const shop = computed(() => shops.value?.find(({ id }) => id === route.query.shop) ?? shops.value?.[0])
  const role = computed(() => shop.value && (roles.value[shop.value.id] ?? 'admin'))

  async function load() {
    try {
      if (!(await knowMe())) return router.replace({ path: '/auth', query: { next: route.fullPath } })
      all.value = await api('/v1/shops')
      trouble.value = ''
    } catch (problem) {
      if (!all.value) trouble.value = problem.message
    }
  }

  /* The people of a shop hear of it anyway; an administrator asks to. */
  function listen() {
    if (role.value === 'admin') tell('SUBSCRIBE', { channel: `shop:${shop.value.id}` })
  }

  const choose = (id) => router.replace({ query: { ...route.query, shop: id } })

  useLive({ CONNECTED: listen, SHOP_CHANGED: load, GRANTS: load, RESYNC: load })
  watch(() => shop.value?.id, listen)
  watch(() => session.account, (account) => account === null && load())
  load()
  return { shops, shop, role, trouble, load, choose }
}
