import { readFileSync, readdirSync } from 'node:fs'
import { expect, test } from 'vitest'

const here = new URL('.', import.meta.url).pathname
const LANGUAGES = ['en', 'id', 'ko', 'pl']
const sets = readdirSync(here, { withFileTypes: true }).filter((entry) => entry.isDirectory()).map(({ name }) => name)

/** The files themselves: the build's own reading of them compiles what this test compares. */
const read = (set, language) => JSON.parse(readFileSync(`${here}${set}/${language}.json`, 'utf8'))

/** "menu.count" -> sentence, for every sentence of a set. */
function flatten(tree, path = []) {
  return Object.entries(tree).flatMap(([key, value]) =>
    typeof value === 'string' ? [[[...path, key].join('.'), value]] : flatten(value, [...path, key]))
}

const placeholders = (sentence) => [...new Set(sentence.match(/\{\w+\}/g))].sort()
const pages = readdirSync(`${here}..`, { recursive: true, withFileTypes: true })
  .filter(({ name }) => /\.(vue|js)$/.test(name) && !name.endsWith('.test.js'))
  .map(({ parentPath, name }) => readFileSync(`${parentPath}/${name}`, 'utf8'))
  .join('\n')

test.each(sets.flatMap((set) => LANGUAGES.slice(1).map((language) => [set, language])))('%s: %s says everything English says', (set, language) => {
  const english = flatten(read(set, 'en'))
  const own = Object.fromEntries(flatten(read(set, language)))
  expect(Object.keys(own).sort()).toEqual(english.map(([key]) => key).sort())
  for (const [key, sentence] of english) {
    expect([key, placeholders(own[key])]).toEqual([key, placeholders(sentence)])
  }
})

test.each([['kiosk', 'menu'], ['shop', 'cart']])('%s: one plural form in Indonesian and Korean, two in English, three in Polish', (set, key) => {
  expect(['id', 'ko', 'en', 'pl'].map((language) => read(set, language)[key].count.split('|').length)).toEqual([1, 1, 2, 3])
})

test.each(LANGUAGES)('%s does not shout, and leaves no sentence empty', (language) => {
  for (const set of sets)
    for (const [key, sentence] of flatten(read(set, language))) {
      expect([key, sentence]).toEqual([key, expect.not.stringContaining('!')])
      expect([key, sentence.trim()]).toEqual([key, expect.stringMatching(/./)])
    }
})

test('no two sets speak of the same thing, so that none hides another\'s words', () => {
  const keys = sets.flatMap((set) => Object.keys(read(set, 'en')))
  expect(keys.length).toBe(new Set(keys).size)
})

test('every sentence that a page asks for by name is there, and each is asked for', () => {
  const known = new Set(sets.flatMap((set) => flatten(read(set, 'en')).map(([key]) => key)))
  const asked = [...pages.matchAll(/\bt\(\s*'([\w.-]+)'/g)].map(([, key]) => key)
  expect(asked.filter((key) => !known.has(key))).toEqual([])
  const families = [...pages.matchAll(/`([\w.]+)\.\$\{/g)].map(([, family]) => `${family}.`)
  const named = (key) => pages.includes(`'${key}'`) || families.some((family) => key.startsWith(family))
  expect([...known].filter((key) => !named(key))).toEqual([])
})

test('an order\'s statuses are called what the server calls them', () => {
  const table = readFileSync(`${here}../../../src/app/tbl/order_states.h`, 'utf8')
  const rows = [...table.matchAll(/^ORDER_STATE\(\w+, ("[^\n]*")\)/gm)].map(([, cells]) => JSON.parse(`[${cells}]`))
  expect(rows.length).toBe(10)
  for (const language of LANGUAGES) {
    const own = Object.fromEntries(rows.map(([word, , ...labels]) => [word, labels[LANGUAGES.indexOf(language)]]))
    expect(read('orders', language).status).toEqual(own)
  }
})
