/* useShopNames.js - what the shops of this house are called; '' until it is known, which nothing waits for. */

import { shallowRef } from 'vue'
import { api } from '../lib/api.js'

const names = shallowRef(null)

export function useShopNames() {
  if (!names.value) {
    api('/v1/shops')
      .then((shops) => (names.value = new Map(shops.map(({ id, name }) => [id, name]))))
      .catch(() => {})
  }
  return (id) => names.value?.get(id) ?? ''
}
