/* useBoard.js - the tickets of one shop, live: asked for whole, then moved by what the server tells, and asked for again
 * whenever something is not as it is shown. */

import { onMounted, onUnmounted, ref, shallowRef, watch } from 'vue'
import { api } from '../lib/api.js'
import { live } from '../live/live.js'
import { useLive } from '../live/useLive.js'
import { STATUSES, fromLists, isMissing, moved } from './board.js'

const FRESH_MS = 60000
const LOST_MS = 3000 // between attempts while the server does not answer
const MOST = 200

/**
 * @param {() => string|undefined} shop its id
 * @returns {object} refs: tickets (null before they are known), trouble (a sentence), offline; load(), show(move)
 */
export function useBoard(shop) {
  const tickets = shallowRef(null)
  const trouble = ref('')
  const offline = ref(false)
  let timer = 0
  let gone = false
  let busy = false
  let again = false // something has happened that the answers on their way may not know
  let told = [] // moves that came while the lists were on their way

  function show(move) {
    told.push(move)
    if (tickets.value) tickets.value = moved(tickets.value, move)
  }

  const ask = (id) =>
    Promise.all(STATUSES.map((status) => api(`/delivery-ms/${status}?shop_id=${encodeURIComponent(id)}&limit=${MOST}`)))

  async function fetchAll() {
    const id = shop()
    told = []
    const lists = await ask(id)
    if (id === shop()) tickets.value = told.reduce(moved, fromLists(lists))
    else again = true
  }

  async function load() {
    again = true
    if (busy || !shop()) return
    busy = true
    try {
      while (again && !gone) {
        again = false
        await fetchAll()
      }
      trouble.value = ''
      offline.value = false
    } catch (problem) {
      again = false
      offline.value = problem.status === 0 || problem.status >= 500
      if (!tickets.value) trouble.value = problem.message
    } finally {
      busy = false
      plan()
    }
  }

  function plan() {
    clearTimeout(timer)
    if (!gone) timer = setTimeout(look, offline.value ? LOST_MS : FRESH_MS)
  }

  const look = () => (document.visibilityState === 'visible' ? load() : plan())

  function hear(values, event) {
    if (values.shop_id && values.shop_id !== shop()) return
    if (event === 'ORDER_STATUS') show(values)
    if (busy || !tickets.value || isMissing(tickets.value, event, values)) load()
  }

  useLive({ SUBMIT_ORDER: hear, ORDER_STATUS: hear, CONNECTED: load, RESYNC: load })
  watch(shop, () => {
    tickets.value = null
    trouble.value = ''
    load()
  }, { immediate: true })
  watch(() => live.online, (up) => up && load())
  onMounted(() => document.addEventListener('visibilitychange', look))
  onUnmounted(() => {
    gone = true
    clearTimeout(timer)
    document.removeEventListener('visibilitychange', look)
  })
  return { tickets, trouble, offline, load, show }
}
