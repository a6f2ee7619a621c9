import { expect, test } from 'vitest'
import { isCommand, lengthOf, partsOf, suggestionsFor } from './slash.js'
import { typingAfter, typingNow, typingWithout } from './typing.js'

const COMMANDS = ['accept', 'eta', 'ready', 'refund'].map((command) => ({ command, help: `/${command}: x` }))
const names = (text) => suggestionsFor(COMMANDS, text).map(({ command }) => command).join(' ')

test('what may be meant is offered until the word is whole', () => {
  expect(names('/')).toBe('accept eta ready refund')
  expect([names('/re'), names('/E'), names('/eta 10'), names('/xyz'), names('ready'), names(' /re')]).toEqual(['ready refund', 'eta', '', '', '', ''])
  expect(['/ready', '/Eta 5', '/', '/7', 'x /ready', ''].map(isCommand)).toEqual([true, true, false, false, false, false])
})

test('how a command is written, and what it does', () => {
  expect(partsOf({ command: 'eta', help: '/eta minutes: when: soon' })).toEqual({ usage: '/eta minutes', does: 'when: soon', takesMore: true })
  expect(partsOf({ command: 'ready', help: '/ready: it is' }).takesMore).toBe(false)
  expect(partsOf({ command: 'go', help: 'goes' })).toEqual({ usage: '/go', does: 'goes', takesMore: false })
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
