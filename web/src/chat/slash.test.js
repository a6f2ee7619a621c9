import { expect, test } from 'vitest'
import { isCommand, lengthOf, suggestionsFor } from './slash.js'
import { typingAfter, typingNow, typingWithout } from './typing.js'

const names = (text) => suggestionsFor(text).map(({ name }) => name).join(' ')

test('what may be meant is offered until the word is whole', () => {
  expect(names('/')).toBe('accept preparing eta ready delivered refund help')
  expect([names('/re'), names(' /E'), names('/eta 10'), names('/xyz'), names('ready'), names('a /re')]).toEqual(['ready refund', 'eta', '', '', '', ''])
  expect(['/ready', ' /eta 5', '/', 'x /ready', ''].map(isCommand)).toEqual([true, true, false, false, false])
})

test('characters, not bytes', () => {
  expect([lengthOf('abc'), lengthOf('커피'), lengthOf('☕🍵'), lengthOf('')]).toEqual([3, 2, 2, 0])
})

test('who writes is believed for a while, and until his message comes', () => {
  const [a, b] = [{ id: 'a', username: 'A' }, { id: null, username: 'guest' }]
  const both = typingAfter(typingAfter({}, a, 0), b, 3000)
  expect(Object.keys(both)).toEqual(['a', 'guest'])
  expect(typingNow(both, 4000)).toBe(both)
  expect(Object.keys(typingNow(both, 6000))).toEqual(['guest'])
  expect(typingNow(typingAfter(both, a, 6000), 6000)).toHaveProperty('a')
  expect(Object.keys(typingWithout(both, a))).toEqual(['guest'])
  expect(typingWithout(both, { id: 'z' })).toBe(both)
  expect(typingWithout(both, null)).toBe(both)
})
