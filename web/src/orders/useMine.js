/* useMine.js - questions that only a signed-in customer may ask; whoever is not is led to the door and back. */

import { useRoute, useRouter } from 'vue-router'
import { knowMe, session } from '../lib/session.js'

export function useMine() {
  const route = useRoute()
  const router = useRouter()

  function toDoor() {
    session.account = null
    router.replace({ path: '/auth', query: { next: route.fullPath } })
    return null
  }

  /**
   * @param {(username: string) => Promise<any>} ask gets the username as it stands in paths
   * @returns {Promise<any>} what it answers; null when we are on the way to the door
   */
  async function asMe(ask) {
    const account = await knowMe()
    if (!account) return toDoor()
    try {
      return await ask(encodeURIComponent(account.username))
    } catch (problem) {
      if (problem.status === 401) return toDoor()
      throw problem
    }
  }

  return { asMe }
}
