/* slash.js - what the shop's people can tell an order to do from its thread. */

export const MOST = 2000 // characters of a message

/** Each with what stands behind it: 'minutes', 'amount', or nothing. */
export const COMMANDS = [
  { name: 'accept' },
  { name: 'preparing' },
  { name: 'eta', argument: 'minutes' },
  { name: 'ready' },
  { name: 'delivered' },
  { name: 'refund', argument: 'amount' },
  { name: 'help' },
]

export const isCommand = (text) => /^\s*\/\S/.test(text)

/** What may be meant by what was typed so far; nothing once the word is whole and more follows. */
export function suggestionsFor(text) {
  const typed = /^\s*\/(\w*)$/.exec(text)
  return typed ? COMMANDS.filter(({ name }) => name.startsWith(typed[1].toLowerCase())) : []
}

/** Characters as people count them, or nearly: not bytes, not halves of an emoji. */
export const lengthOf = (text) => [...text].length
