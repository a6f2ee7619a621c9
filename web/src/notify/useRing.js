/* useRing.js - knocks for each new order and each time it rings again, on whatever page this is. */

import { serverNow } from '../live/live.js'
import { isFresh } from '../live/rings.js'
import { useLive } from '../live/useLive.js'
import { knock } from './knock.js'

export function useRing() {
  useLive({
    SUBMIT_ORDER: (values) => isFresh(values, serverNow()) && knock(0),
    RING: (values) => isFresh(values, serverNow()) && knock(values.level ?? 1),
    CONNECTED: (values) => values.ringing?.length && knock(Math.max(...values.ringing.map(({ level }) => level ?? 0))),
  })
}
