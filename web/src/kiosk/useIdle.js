/* useIdle.js - notices that nobody touches the screen any more: after a while it asks, then it gives up. */

import { onUnmounted, ref, watch } from 'vue'

const TOUCHES = ['pointerdown', 'keydown', 'wheel']
const BEGINNINGS = ['pointerdown', 'keydown'] // of a click, which shall find the question still standing

/**
 * @param {{active: () => boolean, quietMs: () => number, graceMs: () => number, onGone: () => void}} rules
 *   active: whether anybody could be waited for; quietMs: silence before asking; graceMs: how long the
 *   question stands (0: no question); onGone: nobody answered
 * @returns {{asking: import('vue').Ref<boolean>, left: import('vue').Ref<number>, share: import('vue').Ref<number>}}
 *   asking: show the question; left: seconds until we give up; share: of the grace that is left
 */
export function useIdle({ active, quietMs, graceMs, onGone }) {
  const asking = ref(false)
  const left = ref(0)
  const share = ref(1)
  let touched = performance.now()

  function touch(event) {
    if (asking.value && BEGINNINGS.includes(event?.type) && event.key !== 'Escape') return
    touched = performance.now()
    asking.value = false
  }

  function look() {
    if (!active()) return touch()
    const graceLeft = quietMs() + graceMs() - (performance.now() - touched)
    if (graceLeft <= 0) {
      touch()
      onGone()
      return
    }
    asking.value = graceLeft <= graceMs()
    left.value = Math.ceil(graceLeft / 1000)
    share.value = Math.min(1, graceLeft / graceMs())
  }

  const timer = setInterval(look, 250)
  for (const kind of TOUCHES) addEventListener(kind, touch, { passive: true, capture: true })
  addEventListener('click', touch) // after whatever the click itself does
  watch(active, () => touch())
  onUnmounted(() => {
    clearInterval(timer)
    for (const kind of TOUCHES) removeEventListener(kind, touch, { capture: true })
    removeEventListener('click', touch)
  })
  return { asking, left, share }
}
