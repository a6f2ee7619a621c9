/* useTrack.js - an order's public tracking, live: a socket that heals, and plain questions while it is down. */

import { onUnmounted, ref, watch } from 'vue'
import { api } from '../lib/api.js'
import { isOver } from '../lib/steps.js'
import { openSocket, socketUrl } from '../lib/socket.js'

/**
 * @param {() => string|undefined} link the secret part of the link; undefined until it is known
 * @returns {object} refs: track (the facts; null before they came), offline, missing (nobody made such a
 *   link), waiting (a good link, and nothing to tell yet: the order is not paid)
 */
export function useTrack(link) {
  const track = ref(null)
  const offline = ref(false)
  const missing = ref(false)
  const waiting = ref(false)
  let socket = null

  function show(facts) {
    if (!facts?.status) return
    track.value = facts
    waiting.value = false
    offline.value = false
    if (isOver(facts.status)) end()
  }

  function end() {
    socket?.close()
    socket = null
  }

  /** @returns {Promise<number>} the status of the answer, 0 without one */
  async function look(code) {
    try {
      show(await api(`/v1/track/${encodeURIComponent(code)}`))
      return 200
    } catch (problem) {
      return problem.status
    }
  }

  function onFrame({ event, values }) {
    offline.value = false
    if (event === 'TRACK') show(values)
    else if (!track.value) waiting.value = true
  }

  /* A browser does not tell why a socket failed: whoever is told 404 in plain words has a bad link. */
  async function onDown(code) {
    const status = await look(code)
    if (code !== link() || status === 200) return
    offline.value = status !== 404
    if (status === 404 && !track.value && !waiting.value) {
      missing.value = true
      end()
    }
  }

  function begin(code) {
    end()
    if (!code) return
    look(code)
    const url = socketUrl(`/ws/track?link=${encodeURIComponent(code)}`)
    socket = openSocket(url, { question: 'TRACK', silent: true, onFrame, onDown: () => onDown(code) })
  }

  watch(link, begin, { immediate: true })
  onUnmounted(end)
  return { track, offline, missing, waiting }
}
