/* useRooms.js - the rooms of whoever is signed in, live: asked for a page at a time, then kept right by what is told. */

import { computed, onUnmounted, ref, shallowRef, watch } from 'vue'
import { api } from '../lib/api.js'
import { session } from '../lib/session.js'
import { listen } from '../live/live.js'
import { useLive } from '../live/useLive.js'
import { chime } from './chime.js'
import { isNewRoom, roomsAfter, unreadOf } from './roomList.js'

const PAGE = 30
const SETTLE_MS = 200 // rooms that are heard from now on come one after the other
const HEARD = 30 // the latest rooms are heard; the others say what is new when they are asked for

export function useRooms() {
  const rooms = shallowRef(null)
  const more = ref(false)
  const busy = ref(false)
  const trouble = ref('')
  const heard = new Map() // uri -> the end of listening
  const unread = computed(() => unreadOf(rooms.value ?? []))
  let again = false
  let timer = 0

  const ask = (before) => api(`/v1/chats?limit=${PAGE}${before ? `&before=${before}` : ''}`)

  async function run(task) {
    busy.value = true
    trouble.value = ''
    try {
      await task()
    } catch (problem) {
      if (!rooms.value) trouble.value = problem.message
    } finally {
      busy.value = false
    }
  }

  /** The latest again, above the older ones that are shown. */
  async function load() {
    again = true
    if (busy.value) return
    await run(async () => {
      while (again) {
        again = false
        const page = await ask()
        const uris = new Set(page.map(({ uri }) => uri))
        const older = rooms.value?.slice(PAGE).filter(({ uri }) => !uris.has(uri)) ?? []
        if (!older.length) more.value = page.length === PAGE
        rooms.value = [...page, ...older]
      }
    })
  }

  const older = () => run(async () => {
    const page = await ask(rooms.value.at(-1).uri)
    rooms.value = [...rooms.value, ...page]
    more.value = page.length === PAGE
  })

  function hear(values, event) {
    const me = session.account?.id
    if (!rooms.value) return
    if (isNewRoom(rooms.value, event, values, me)) return load()
    const before = rooms.value
    rooms.value = roomsAfter(before, event, values, me)
    const room = rooms.value.find(({ uri }) => uri === values.uri)
    const isNews = event === 'CHAT_MESSAGE' && rooms.value !== before && values.kind !== 'system' && values.user?.id !== me
    if (isNews && !room?.muted) chime(`${values.uri}-${values.seq}`)
  }

  /** A change that one's own hand has made, told by the answer. */
  function put(uri, change) {
    rooms.value = rooms.value?.map((room) => (room.uri === uri ? { ...room, ...change } : room)) ?? null
  }

  /** What was said between the list's answer and the moment a room is heard is in the next answer. */
  function onUp() {
    clearTimeout(timer)
    timer = setTimeout(load, SETTLE_MS)
  }

  function follow() {
    const wanted = new Set((rooms.value ?? []).slice(0, HEARD).map(({ uri }) => uri))
    for (const [uri, end] of heard) if (!wanted.has(uri)) heard.delete(uri), end()
    for (const uri of wanted) if (!heard.has(uri)) heard.set(uri, listen(uri, { onUp }))
  }

  useLive({
    CHAT_MESSAGE: hear, CHAT_READ: hear, CHAT_EDITED: hear, CHAT_DELETED: hear, CHAT_MEMBER: hear, CHAT_ROOM: hear,
    CONNECTED: load, RESYNC: load,
  })
  watch(() => rooms.value?.slice(0, HEARD).map(({ uri }) => uri).sort().join(), follow)
  onUnmounted(() => {
    clearTimeout(timer)
    heard.forEach((end) => end())
  })
  return { rooms, more, busy, trouble, unread, load, older, put }
}
