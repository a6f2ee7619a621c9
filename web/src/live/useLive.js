/* useLive.js - hears events for as long as a component lives. */

import { onUnmounted } from 'vue'
import { on } from './live.js'

/** @param {Object<string, (values: object, event: string) => void>} listeners by event, '*' for all */
export function useLive(listeners) {
  const ends = Object.entries(listeners).map(([event, listener]) => on(event, listener))
  onUnmounted(() => ends.forEach((end) => end()))
}
