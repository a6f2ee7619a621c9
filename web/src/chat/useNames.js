/* useNames.js - people and rooms as they are called in a chat. */

import { useI18n } from 'vue-i18n'

export function useNames() {
  const { t } = useI18n()
  return {
    /** "Siti Aminah", or the username of whoever gave no name; a guest of a tracking link has neither. */
    nameOf(user) {
      if (!user) return ''
      if (!user.id) return t('roles.customer')
      return [user.first_name, user.last_name].filter(Boolean).join(' ') || user.username
    },

    /** By its own name, by its order, or as a chat without one. */
    roomName({ name, number, kind, uri }) {
      if (name) return name
      return kind === 'order' && number ? t('chats.order', { number }) : t('chats.unnamed', { uri: uri.slice(0, 4) })
    },
  }
}

/** The letter on a face. */
export const letterOf = (name) => ([...name][0] ?? '·').toUpperCase()
