/* i18n.js - the four languages: which one is shown, how it is chosen, and when its messages are loaded.
 * Messages come in sets (a folder of locales/ each): `common` always, the others with the pages that
 * speak them. */

import { createI18n } from 'vue-i18n'

/** Each language: its own name, and the short sign on its button. */
export const LANGUAGES = {
  id: { name: 'Bahasa Indonesia', sign: 'ID' },
  ko: { name: '한국어', sign: '한' },
  pl: { name: 'Polski', sign: 'PL' },
  en: { name: 'English', sign: 'EN' },
}

const STORED = 'pesan.language'
const AGAIN_MS = 10000
const loaders = import.meta.glob('./locales/common/*.json', { import: 'default' })
const loaded = new Set()
let wanted = 'id' // what shall be shown as soon as it is loaded

/** Polish counts 1 napój, 2-4 napoje, 5 napojów, 22 napoje. */
function polishPlural(n) {
  if (n === 1) return 0
  const few = n % 10 >= 2 && n % 10 <= 4 && !(n % 100 >= 12 && n % 100 <= 14)
  return few ? 1 : 2
}

export const i18n = createI18n({
  legacy: false,
  locale: 'id',
  fallbackLocale: 'en',
  missingWarn: false,
  fallbackWarn: false,
  messages: {},
  pluralRules: { pl: polishPlural },
})

export const isLanguage = (code) => Object.hasOwn(LANGUAGES, code ?? '')

async function loadOne(code, path) {
  const messages = await loaders[path]()
  if (loaded.has(path)) return
  loaded.add(path)
  const { getLocaleMessage, setLocaleMessage } = i18n.global
  setLocaleMessage(code, { ...getLocaleMessage(code), ...messages })
}

function load(code) {
  const paths = Object.keys(loaders).filter((path) => path.endsWith(`/${code}.json`) && !loaded.has(path))
  return Promise.all(paths.map((path) => loadOne(code, path)))
}

/** Adds sets of messages: the loaders of a page, as import.meta.glob makes them. Resolves when it can be read. */
export function addMessages(more) {
  Object.assign(loaders, more)
  return load(wanted)
}

/** Loads a module and the messages it speaks: its export `messages`, the loaders, where it has messages of its own. */
export const withMessages = (load) => async () => {
  const module = await load()
  await addMessages(module.messages)
  return module
}

/** The same for a part that its page is whole without: fetched again, as long as the server is away. */
export const withPatience = (load) => async () => {
  for (;;) {
    try {
      return await withMessages(load)()
    } catch {
      await new Promise((resolve) => setTimeout(resolve, AGAIN_MS))
    }
  }
}

/** Shows a language, loading it first; an unknown code is ignored. */
export async function showLanguage(code) {
  if (!isLanguage(code)) return
  wanted = code
  await load(code)
  if (wanted !== code) return
  i18n.global.locale.value = code
  document.documentElement.lang = code
}

/** Keeps a reader's choice for the next visit. A kiosk never calls this: its readers change. */
export function rememberLanguage(code) {
  try {
    localStorage.setItem(STORED, code)
  } catch {
    /* storage is switched off: the choice lasts as long as the page */
  }
}

function remembered() {
  try {
    return localStorage.getItem(STORED)
  } catch {
    return null
  }
}

/** The language of the page's own address (?lang=), or null. */
export function languageOfAddress() {
  const code = new URLSearchParams(location.search).get('lang')
  return isLanguage(code) ? code : null
}

/** What to show first: the address, then (off the kiosk) the last choice and the browser's wish. */
export function firstLanguage(onKiosk) {
  const own = onKiosk ? [] : [remembered(), ...navigator.languages.map((tag) => tag.slice(0, 2))]
  return [languageOfAddress(), ...own, 'id'].find(isLanguage)
}

/** Fetches the other languages while nothing else is to do, so that switching works offline; again later when
 * the server is away. */
export async function loadAllLanguages() {
  try {
    for (const code of Object.keys(LANGUAGES)) await load(code)
  } catch {
    setTimeout(loadAllLanguages, AGAIN_MS)
  }
}
