/* useSystem.js - what the system says in a room, in the reader's words. */

import { useI18n } from 'vue-i18n'

export function useSystem() {
  const { t, te } = useI18n()

  /** The sentence is in the order's language, and is said anew by its word; what stands behind it is a number or a text. */
  function systemWords({ system, message }) {
    const word = [`said.${system}`, `status.${system}`].find((key) => te(key))
    if (!word) return message
    const detail = / \(([^]*)\)$/.exec(message)?.[1]
    if (!detail) return t(word)
    return `${t(word)} (${te(`reason.${detail}`) ? t(`reason.${detail}`) : detail})`
  }

  /** The last message of a room, in one line. */
  function lastWords(last) {
    if (!last) return ''
    if (last.deleted) return t('talk.deleted')
    return last.user ? last.message : systemWords(last)
  }

  return { systemWords, lastWords }
}
