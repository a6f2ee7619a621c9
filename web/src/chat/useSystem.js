/* useSystem.js - what the system says in a room, in the reader's words. */

import { useI18n } from 'vue-i18n'
import { nameOf } from './names.js'

export function useSystem() {
  const { t, te } = useI18n()

  /** A word that is not known yet is told as the server has written it. */
  function systemWords({ system, message, user }) {
    if (te(`said.${system}`)) return t(`said.${system}`, { name: nameOf(user) || message, text: message })
    return te(`status.${system}`) ? t(`status.${system}`) : message
  }

  /** The last message of a room, in one line. */
  function lastWords(last) {
    if (!last) return ''
    if (last.deleted) return t('talk.deleted')
    return last.kind === 'system' || (!last.user && last.system) ? systemWords(last) : last.message
  }

  return { systemWords, lastWords }
}
