/* useThreads.js - what is unread in the talks about a shop's orders, for its board. */

import { computed, shallowRef, watch } from 'vue'
import { api } from '../lib/api.js'
import { session } from '../lib/session.js'
import { useLive } from '../live/useLive.js'
import { isNewRoom, roomsAfter } from './roomList.js'

/** @param {() => string|undefined} shop its id @returns {object} refs: unread (order id -> messages); load() */
export function useThreads(shop) {
  const threads = shallowRef([])
  const unread = computed(() => Object.fromEntries(threads.value.map(({ order_id: id, unread: n }) => [id, n])))

  /* A board without the talks is a board all the same. */
  async function load() {
    const id = shop()
    if (!id) return
    const list = await api(`/v1/shops/${encodeURIComponent(id)}/threads`).catch(() => null)
    if (list && id === shop()) threads.value = list.map((one) => ({ ...one, read_seq: one.seq - one.unread }))
  }

  function hear(values, event) {
    const me = session.account?.id
    if (isNewRoom(threads.value, event, values, me)) return values.order_id && load()
    threads.value = roomsAfter(threads.value, event, values, me)
  }

  useLive({ CHAT_MESSAGE: hear, CHAT_READ: hear, CONNECTED: load, RESYNC: load })
  watch(shop, () => {
    threads.value = []
    load()
  }, { immediate: true })
  return { unread, load }
}
