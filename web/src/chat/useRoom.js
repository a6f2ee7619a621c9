/* useRoom.js - one room, live: its messages without holes, what is written here, who is writing, how far all have read. */

import { computed, onUnmounted, reactive, shallowRef } from 'vue'
import { newKey } from '../lib/key.js'
import { chime } from './chime.js'
import { speakerOf } from './rows.js'
import { isCommand } from './slash.js'
import { emptyTimeline, firstSeq, holeOf, lastSeq, withChange, withMessage, withPage, withPending, withState, withoutPending } from './timeline.js'
import { TELL_MS, typingAfter, typingNow, typingWithout } from './typing.js'

const PAGE = 50
const HOLE_PAGE = 200
const SLOW_MS = 1500 // when nothing is heard by then, what is there is shown all the same
const FAR = 1000 // so much was missed: read back from the end instead

const mayPass = ({ status }) => status === 0 || status >= 500

/**
 * @param {object} source as sources.js has it
 * @param {{commands?: boolean, muted?: () => boolean, onEvent?: (event: string, values: object) => void}} how commands:
 *   what begins with a slash is told to the order; muted: nothing sounds
 * @returns {object} state (reactive), timeline and typing (refs), and what can be done
 */
export function useRoom(source, { commands, muted = () => false, onEvent = () => {} } = {}) {
  const timeline = shallowRef(emptyTimeline())
  const typing = shallowRef({}) // as typing.js has it
  const outcome = shallowRef(null) // of the last command: {command, state: 'asked'|'refused', why}
  const known = shallowRef([]) // commands, as the server lists them
  /** ready: the end of the room is shown; up: what happens is heard; lost: why it never will be. */
  const state = reactive({ ready: false, up: true, busy: false, trouble: '', lost: '', reads: {} })
  const more = computed(() => firstSeq(timeline.value) > 1)
  let gone = false
  let told = [] // changes heard while a page was on its way
  let healing = false
  let read = 0 // as far as the server was told on this connection
  let delivered = 0
  let typedAt = 0
  let sending = Promise.resolve() // one after another, so that they stand as they were written

  // ---- What is there ----

  async function page(query) {
    told = []
    const { messages } = await source.ask(`/messages/?${new URLSearchParams(query)}`)
    if (gone) return []
    timeline.value = told.reduce(withChange, withPage(timeline.value, messages, source.isMine))
    return messages
  }

  async function heal() {
    if (healing) return
    healing = true
    try {
      for (let hole = holeOf(timeline.value); hole && !gone; hole = holeOf(timeline.value))
        if (!(await page({ ...hole, limit: HOLE_PAGE })).length) break
    } catch {
      /* asked again when something comes, or after the next connection */
    } finally {
      healing = false
    }
  }

  async function load() {
    state.busy = true
    state.trouble = ''
    const before = lastSeq(timeline.value)
    try {
      const messages = await page({ limit: PAGE })
      if (before && messages[0]?.seq > before + FAR) timeline.value = { ...timeline.value, messages }
      state.ready = true
      await heal()
    } catch (problem) {
      if (!state.ready) state.trouble = problem.message
    } finally {
      state.busy = false
    }
  }

  /** @returns {Promise<void>} resolves when what is older is above, or cannot be had */
  async function older() {
    if (state.busy || !more.value) return
    state.busy = true
    await page({ before: firstSeq(timeline.value), limit: PAGE }).catch(() => {})
    state.busy = false
  }

  // ---- What happens ----

  function heardMessage(values) {
    const before = timeline.value
    timeline.value = withMessage(before, values, source.isMine)
    typing.value = typingWithout(typing.value, values.user)
    if (timeline.value === before || source.isMine(values)) return
    if (!values.user) outcome.value = null // what was told to be done has been done, or something else has happened
    else if (!muted()) chime(`${source.uri}-${values.seq}`)
    if (holeOf(timeline.value)) heal()
  }

  function heardChange(values, event) {
    told.push({ event, ...values })
    timeline.value = withChange(timeline.value, { event, ...values })
  }

  function heardRead({ account_id: id, read_seq: seq = 0, delivered_seq: delivered = 0 }) {
    const known = state.reads[id ?? 'guest'] ?? {}
    state.reads[id ?? 'guest'] = {
      read_seq: Math.max(seq, known.read_seq ?? 0),
      delivered_seq: Math.max(delivered, known.delivered_seq ?? 0),
    }
  }

  const hearing = {
    CHAT_MESSAGE: heardMessage,
    CHAT_EDITED: heardChange,
    CHAT_DELETED: heardChange,
    CHAT_READ: heardRead,
    CHAT_TYPING: (values) => source.isMine(values) || (typing.value = typingAfter(typing.value, values.user, Date.now())),
    CHAT_COMMAND: ({ command, outcome: became, message }) => (outcome.value = { command, state: became, why: message }),
  }

  function hear(event, values) {
    hearing[event]?.(values, event)
    onEvent(event, values)
  }

  function onUp() {
    state.up = true
    state.lost = ''
    read = delivered = 0
    load()
    for (const { id, again } of timeline.value.pending) if (again) retry(id)
  }

  // ---- What is written here ----

  /* It was no message: the order was told something. */
  function obeyed(id, command) {
    discard(id)
    outcome.value = { command, state: 'asked' }
  }

  async function deliver(id) {
    const entry = timeline.value.pending.find((one) => one.id === id)
    if (!entry || gone) return
    const { message, reply_to } = entry
    try {
      const answer = await source.ask('/messages/', { body: { id, message, ...(reply_to ? { reply_to } : {}) } })
      if (!answer.seq) return obeyed(id, answer.command)
      timeline.value = withMessage(timeline.value, { kind: 'text', reply_to, at: entry.at, ...answer, id }, () => true)
      heal()
    } catch (problem) {
      timeline.value = withState(timeline.value, id, 'failed', problem.message)
      timeline.value.pending.find((one) => one.id === id).again = mayPass(problem)
    }
  }

  function retry(id) {
    timeline.value = withState(timeline.value, id, 'sending')
    sending = sending.then(() => deliver(id))
  }

  async function command(text) {
    const [name] = text.slice(1).split(/\s+/)
    outcome.value = { command: name, state: 'asked' }
    try {
      const { seq } = await source.ask('/messages/', { body: { message: text, id: newKey() } })
      if (seq) outcome.value = null // it has become a message
    } catch (problem) {
      outcome.value = { command: name, state: 'refused', why: problem.message }
    }
  }

  /* Without the list, commands are written by heart. */
  async function learn() {
    const told = await source.ask('/messages/', { body: { message: '/help' } }).catch(() => null)
    known.value = told?.commands ?? []
  }

  /** @param {string} text @param {number} [reply_to] seq of the message that is answered */
  function send(text, reply_to) {
    typedAt = 0
    if (commands && isCommand(text)) return command(text)
    const id = newKey()
    timeline.value = withPending(timeline.value, { id, message: text, reply_to, at: new Date().toISOString() })
    sending = sending.then(() => deliver(id))
  }

  const discard = (id) => (timeline.value = withoutPending(timeline.value, id))

  /* What was changed is shown by the answer; all others hear of it. @throws {Problem} */
  async function edit(seq, message) {
    const now = await source.ask(`/messages/${seq}`, { method: 'PATCH', body: { message } })
    heardChange({ seq, message: now.message, at: now.edited_at }, 'CHAT_EDITED')
  }

  async function remove(seq) {
    await source.ask(`/messages/${seq}`, { method: 'DELETE' })
    heardChange({ seq }, 'CHAT_DELETED')
  }

  function typed() {
    if (Date.now() - typedAt < TELL_MS) return
    typedAt = Date.now()
    source.tell('TYPING', {})
  }

  /** All that is shown has been read; or has come to this device, and nobody looks. */
  function looked(looking) {
    const last = lastSeq(timeline.value)
    if (!last || last <= read) return
    if (looking) {
      read = last
      source.tell('CHAT_READ', { seq: last })
    } else if (last > delivered) {
      delivered = last
      source.tell('CHAT_DELIVERED', { seq: last })
    }
  }

  if (commands) learn()
  const timer = setInterval(() => (typing.value = typingNow(typing.value, Date.now())), 1000)
  const slow = setTimeout(() => state.ready || state.busy || load(), SLOW_MS)
  const end = source.hear({ onEvent: hear, onUp, onDown: () => (state.up = false), onLost: (code) => (state.lost = code) })
  onUnmounted(() => {
    gone = true
    clearInterval(timer)
    clearTimeout(slow)
    end()
  })

  const names = computed(() => Object.values(typing.value).map(({ user }) => user).filter((user) => speakerOf({ user })))
  return { state, timeline, more, outcome, commands: known, typing: names, isMine: source.isMine, ask: source.ask, load, older, send, retry, discard, edit, remove, typed, looked }
}
