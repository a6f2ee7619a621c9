/* useKiosk.js - the running kiosk: joins the state machine to its socket, the clock and the screen. */

import { onMounted, onUnmounted, reactive, ref } from 'vue'
import { openSocket, socketUrl } from '../lib/socket.js'
import { act, disconnected, hear, newState } from './machine.js'

/** The page's own query names the kiosk and its token; without them the server decides (demo: KIOSK1). */
function kioskUrl() {
  const query = new URLSearchParams()
  const own = new URLSearchParams(location.search)
  for (const name of ['kiosk', 'token']) if (own.has(name)) query.set(name, own.get(name))
  return socketUrl(`/ws${query.size ? `?${query}` : ''}`)
}

/** A browser does not tell why a socket failed. A server that answers plainly is there, but refuses us. */
async function isRefused(url) {
  try {
    const answer = await fetch(url.replace(/^ws/, 'http'), { cache: 'no-store' })
    return answer.status < 500
  } catch {
    return false
  }
}

/**
 * @param {{slow: () => boolean}} options slow: whether results stay twice as long on the screen
 * @returns {{state: object, refused: import('vue').Ref<boolean>, does: (name: string) => void,
 *   refresh: () => void}} state as in machine.js; refused: the server does not know this kiosk;
 *   does: an act of the customer; refresh: ask for the menu
 */
export function useKiosk({ slow }) {
  const state = reactive(newState())
  const refused = ref(false)
  let socket
  let lingering = 0
  let answering = false // the server answers, though our socket failed

  const send = (frames) => frames.forEach((frame) => socket.send(frame))

  /** For slow readers an IDLE that ends a result is held back for as long again as the result stood. */
  function lingerMs(frame) {
    const result = state.result
    if (frame.event !== 'IDLE' || !slow() || !['success', 'failed'].includes(state.screen)) return 0
    const shown = Date.now() + state.skew - Date.parse(result.from)
    return shown > 0 ? Math.min(shown, 20000) : 0
  }

  function onFrame(frame) {
    refused.value = false
    clearTimeout(lingering)
    const wait = lingerMs(frame)
    if (wait) lingering = setTimeout(() => send(hear(state, frame, Date.now())), wait)
    else send(hear(state, frame, Date.now()))
  }

  /* One more failure after a plain answer: a server that is just starting is given time to take us. */
  async function onDown(attempt) {
    disconnected(state)
    refused.value = attempt > 2 && answering
    answering = attempt >= 2 && (await isRefused(kioskUrl()))
  }

  onMounted(() => (socket = openSocket(kioskUrl(), { question: 'SHOW_MENU', onFrame, onDown })))
  onUnmounted(() => {
    clearTimeout(lingering)
    socket.close()
  })

  return {
    state,
    refused,
    does: (name) => send(act(state, name)),
    refresh: () => socket.send({ event: 'SHOW_MENU', values: {} }),
  }
}
