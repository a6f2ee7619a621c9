/* session.js - who is signed in, as far as the page may know: the token itself is in a cookie that no
 * script reads. */

import { reactive } from 'vue'
import { api } from './api.js'

/** account: undefined before the server has told, null when nobody is signed in. */
export const session = reactive({ account: undefined })

let asking = null

async function ask() {
  try {
    session.account = (await api('/v1/me')).account ?? null
  } finally {
    asking = null
  }
}

/** Asks the server who we are, unless it is known. @throws {Problem} when it does not answer */
export async function knowMe() {
  if (session.account === undefined) await (asking ??= ask())
  return session.account
}

/** Asks anew, for instance after a 401. */
export function askAgain() {
  session.account = undefined
  return knowMe()
}

export async function signIn(username, password) {
  await api('/auth/token/create/', { body: { username, password } })
  return askAgain()
}

export async function signUp({ username, email, password, language }) {
  await api('/auth/users/create/', { body: { username, email, password, language } })
  return signIn(username, password)
}

export async function signOut() {
  await api('/auth/token/destroy/', { method: 'POST', body: {} })
  session.account = null
}
