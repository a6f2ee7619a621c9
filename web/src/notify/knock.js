/* knock.js - the one sound of the house: a wooden knock for a new order, louder the longer it waits. A browser lets a
 * page sound after a touch, and of the tabs that may, one does. */

import { reactive } from 'vue'
import { claim } from '../live/claim.js'

const STORE = 'pesan.sound'
const NAME = 'pesan.sound'
const APART_MS = 1200 // a rush of orders is one knock
const LOUD = [0.35, 0.55, 0.8, 1] // by how often it has rung
const MOST = 4 // knocks in a row
const TAP = 0.3
const BETWEEN_S = 0.17

function kept() {
  try {
    return localStorage.getItem(STORE) !== 'off'
  } catch {
    return true
  }
}

/** wanted: as the reader chose on this device; ready: this tab has been touched and may sound. */
export const sound = reactive({ wanted: kept(), ready: false })

let context = null
let mine = false // this tab is the one that sounds
let last = 0

/** A stick on a block of wood: two tones that die at once, and the tick of the touch. */
function strike(at, loud) {
  for (const [hertz, share, dies] of [[760, 0.6, 0.06], [1180, 0.35, 0.035], [2900, 0.15, 0.012]]) {
    const tone = context.createOscillator()
    const gain = context.createGain()
    tone.type = hertz > 2000 ? 'square' : 'triangle'
    tone.frequency.setValueAtTime(hertz * 1.15, at)
    tone.frequency.exponentialRampToValueAtTime(hertz, at + 0.02)
    gain.gain.setValueAtTime(0.0001, at)
    gain.gain.exponentialRampToValueAtTime(share * loud, at + 0.002)
    gain.gain.exponentialRampToValueAtTime(0.0001, at + dies * 3)
    tone.connect(gain).connect(context.destination)
    tone.start(at)
    tone.stop(at + dies * 3 + 0.05)
  }
}

function play(level) {
  const step = Math.min(Math.max(level, 0), LOUD.length - 1)
  const knocks = Math.min(2 + step, MOST)
  for (let i = 0; i < knocks; i++) strike(context.currentTime + 0.01 + i * BETWEEN_S, LOUD[step])
}

/** Knocks, if this is the tab that does and the reader wants it. @param {number} level 0 for the first time */
export function knock(level) {
  if (!sound.wanted || !sound.ready || !mine || Date.now() - last < APART_MS) return
  last = Date.now()
  if (context.state !== 'running') context.resume() // a call has come between
  play(level)
}

/** One soft knock, for a message: which tab does is agreed elsewhere. */
export function tap() {
  if (!sound.wanted || !sound.ready) return
  if (context.state !== 'running') context.resume()
  strike(context.currentTime + 0.01, TAP)
}

/** In a touch: from now on this tab may sound. */
export async function unlock() {
  if (!sound.wanted || sound.ready) return
  try {
    context ??= new AudioContext()
    await context.resume()
  } catch {
    return // no sound on this device
  }
  if (context.state !== 'running' || sound.ready) return
  sound.ready = true
  claim(NAME, () => (mine = true), () => (mine = false))
}

/** The reader's choice for this device; switching it on sounds once, so that one hears how loud it is. */
export async function want(on) {
  sound.wanted = on
  try {
    localStorage.setItem(STORE, on ? 'on' : 'off')
  } catch {
    /* storage is switched off: as long as the page lives */
  }
  await unlock()
  if (on && sound.ready) play(0)
}

for (const touch of ['pointerup', 'keydown']) addEventListener(touch, unlock, { passive: true })
if (navigator.userActivation?.hasBeenActive) unlock()
