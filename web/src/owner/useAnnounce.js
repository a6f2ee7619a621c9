/* useAnnounce.js - new orders in words, for whoever hears the board instead of seeing it. */

import { ref, watch } from 'vue'
import { useI18n } from 'vue-i18n'

/** @returns {import('vue').Ref<string>} what a live region says */
export function useAnnounce(tickets, shop) {
  const { t } = useI18n()
  const said = ref('')
  let known = null // order ids; null before the first look at this shop

  const words = ({ number, items }) =>
    t('owner.announce', { number, items: items.map(({ qty, name }) => `${qty} × ${name}`).join(', ') })

  watch(shop, () => (known = null))
  watch(tickets, (now) => {
    if (!now) return
    const fresh = known && Object.values(now).filter(({ order_id: id, status }) => status === 'received' && !known.has(id))
    known = new Set([...(known ?? []), ...Object.keys(now)])
    if (fresh?.length) said.value = fresh.map(words).join('. ')
  })
  return said
}
