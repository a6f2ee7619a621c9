/* useSlide.js - what has another place after a change slides there from where it was, also from one column to the next. */

import { onBeforeUpdate, onUpdated } from 'vue'

const TIMING = { duration: 160, easing: 'ease-out' }

/** @param {() => HTMLElement|undefined} root holds the elements that slide, each with a data-slide of its own */
export function useSlide(root) {
  const still = matchMedia('(prefers-reduced-motion: reduce)')
  let before = new Map()

  const all = () => [...(root()?.querySelectorAll('[data-slide]') ?? [])].filter((element) => element.checkVisibility())

  onBeforeUpdate(() => {
    before = new Map(still.matches ? [] : all().map((element) => [element.dataset.slide, element.getBoundingClientRect()]))
  })

  onUpdated(() => {
    if (still.matches) return
    for (const element of all()) {
      const from = before.get(element.dataset.slide)
      const to = element.getBoundingClientRect()
      const by = from ? [from.left - to.left, from.top - to.top] : [0, -16]
      if (Math.abs(by[0]) < 1 && Math.abs(by[1]) < 1) continue
      const start = { transform: `translate(${by[0]}px, ${by[1]}px)`, ...(from ? {} : { opacity: 0 }) }
      element.animate([start, { transform: 'none', ...(from ? {} : { opacity: 1 }) }], TIMING)
    }
  })
}
