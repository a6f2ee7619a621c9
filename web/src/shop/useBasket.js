/* useBasket.js - the order that is being put together: kept for the tab, fitted to each new menu, sent once. */

import { computed, nextTick, ref, watch } from 'vue'
import { useI18n } from 'vue-i18n'
import { api } from '../lib/api.js'
import { choiceNames, put, readLines, reconcile, toItems, total } from '../lib/basket.js'
import { newKey } from '../lib/key.js'
import { toMajor } from '../lib/price.js'
import { session } from '../lib/session.js'
import { useMoney } from '../parts/useMoney.js'

/** Refusals that a fresh menu explains. */
const STALE = ['sold-out', 'price-changed', 'unknown-product', 'bad-options', 'shop-closed', 'payment-unavailable']

const read = (name) => {
  try {
    return sessionStorage.getItem(name)
  } catch {
    return null // storage is switched off: the order lasts as long as the page
  }
}

const keep = (name, text) => {
  try {
    if (text === null) sessionStorage.removeItem(name)
    else sessionStorage.setItem(name, text)
  } catch {
    /* as above */
  }
}

/**
 * @param {object} shops as useShops() has it
 * @returns {object} lines (with name, choices and product for showing), sum in minor units, notice, busy,
 *   add(product, options, by), send(pay)
 */
export function useBasket({ shop, menu, wanted, load }) {
  const { t } = useI18n()
  const money = useMoney()
  const lines = ref([])
  const notice = ref('')
  const busy = ref(false)
  const store = computed(() => `pesan.cart.${wanted.value}`)
  const names = new Map() // of products that were on the menu, by id

  const amount = (minor) => money(toMajor(minor, shop.value.currency), shop.value.currency)

  const shown = computed(() => {
    const products = new Map(menu.value?.products.map((product) => [product.id, product]))
    return lines.value.flatMap((line) => {
      const product = products.get(line.id)
      return product ? [{ ...line, product, name: product.name, choices: choiceNames(product, line.options) }] : []
    })
  })

  function hold(now) {
    lines.value = now
    keep(store.value, now.length ? JSON.stringify(now) : null)
  }

  /** Takes a new menu into account. @returns {boolean} whether it changed the order */
  function fit() {
    const { lines: kept, gone, repriced } = reconcile(lines.value, menu.value.products)
    for (const { id, name } of menu.value.products) names.set(id, name)
    const said = [
      ...gone.map((id) => t('cart.gone', { name: names.get(id) ?? t('cart.unknown') })),
      ...repriced.map(({ name, price }) => t('cart.repriced', { name, amount: amount(price) })),
    ]
    if (!said.length) return false
    notice.value = said.join(' ')
    hold(kept)
    return true
  }

  watch(wanted, () => (lines.value = readLines(read(store.value))), { immediate: true })
  watch(menu, () => menu.value && fit(), { immediate: true })

  function add(product, options, by) {
    notice.value = ''
    hold(put(lines.value, product, options, by))
  }

  /* The same order keeps its key until the server has said yes or no to it: a lost answer doubles nothing. */
  const sent = computed(() => `${store.value}.sent`)
  const openAttempt = (text) => {
    const kept = JSON.parse(read(sent.value) ?? 'null')
    return kept?.text === text ? kept.key : null
  }

  async function place(path, body, text) {
    const key = openAttempt(text) ?? newKey()
    keep(sent.value, JSON.stringify({ text, key }))
    try {
      const order = await api(path, { body, key })
      keep(sent.value, null)
      hold([])
      return order
    } catch (problem) {
      const refused = problem.status >= 400 && problem.status < 500 && problem.code !== 'idempotency-key-in-flight'
      if (refused) keep(sent.value, null)
      throw problem
    }
  }

  /** Loads the menu and fits the order to it; `notice` says what has changed. */
  async function refresh() {
    await load()
    await nextTick()
  }

  async function explain(problem) {
    notice.value = problem.status === 0 ? t('cart.lost') : problem.message
    if (problem.status === 401) session.account = null
    if (!STALE.includes(problem.code)) return
    notice.value = ''
    await refresh()
    notice.value = [problem.message, notice.value, t('cart.check')].filter(Boolean).join(' ')
  }

  /**
   * Sends the order as it is shown; but first, unless an attempt is open, looks whether it still stands.
   * @returns {Promise<object|null>} the order; null when notice says why not
   */
  async function send(pay) {
    if (busy.value) return null
    busy.value = true
    notice.value = ''
    const path = `/order-ms/${encodeURIComponent(session.account.username)}/orders`
    const body = { shop_id: wanted.value, items: toItems(lines.value, shop.value.currency), pay }
    const text = JSON.stringify([path, body])
    try {
      if (!openAttempt(text)) await refresh()
      return notice.value ? null : await place(path, body, text)
    } catch (problem) {
      await explain(problem)
      return null
    } finally {
      busy.value = false
    }
  }

  return { lines, shown, sum: computed(() => total(lines.value)), notice, busy, amount, add, send }
}
