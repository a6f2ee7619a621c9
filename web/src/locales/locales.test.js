import { expect, test } from 'vitest'
import en from './en.json'
import id from './id.json'
import ko from './ko.json'
import pl from './pl.json'

/** "menu.count" -> sentence, for every sentence of a language. */
function flatten(tree, path = []) {
  return Object.entries(tree).flatMap(([key, value]) =>
    typeof value === 'string' ? [[[...path, key].join('.'), value]] : flatten(value, [...path, key]))
}

const placeholders = (sentence) => [...new Set(sentence.match(/\{\w+\}/g))].sort()
const english = flatten(en)

test.each([['id', id], ['ko', ko], ['pl', pl]])('%s says everything English says', (_, messages) => {
  const own = Object.fromEntries(flatten(messages))
  expect(Object.keys(own).sort()).toEqual(english.map(([key]) => key).sort())
  for (const [key, sentence] of english) {
    expect([key, placeholders(own[key])]).toEqual([key, placeholders(sentence)])
  }
})

test('one plural form in Indonesian and Korean, two in English, three in Polish', () => {
  expect([id, ko, en, pl].map((m) => m.menu.count.split('|').length)).toEqual([1, 1, 2, 3])
})

test.each([['id', id], ['ko', ko], ['pl', pl], ['en', en]])('%s does not shout', (_, messages) => {
  for (const [key, sentence] of flatten(messages)) expect([key, sentence]).toEqual([key, expect.not.stringContaining('!')])
})
