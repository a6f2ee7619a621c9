/* useRoomName.js - what a room is called: by its own name, by its order, or as a chat without one. */

import { useI18n } from 'vue-i18n'

export function useRoomName() {
  const { t } = useI18n()
  return ({ name, number, kind, uri }) => name || (kind === 'order' && number ? t('chats.order', { number }) : t('chats.unnamed', { uri: uri.slice(0, 4) }))
}
