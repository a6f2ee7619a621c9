/* slash.js - what is written: how long it is, and whether it tells an order to do something. */

export const MOST = 2000 // characters of a message

export const isCommand = (text) => /^\/[a-z]/i.test(text)

/**
 * What may be meant by what was typed so far; nothing once the word is whole and more follows.
 * @param {{command: string, help: string}[]} commands as the server lists them
 */
export function suggestionsFor(commands, text) {
  const typed = /^\/(\w*)$/.exec(text)
  return typed ? commands.filter(({ command }) => command.startsWith(typed[1].toLowerCase())) : []
}

/** "/eta minutes: when it will be there" -> how it is written, and what it does. */
export function partsOf({ command, help }) {
  const at = help.indexOf(': ')
  const usage = at < 0 ? `/${command}` : help.slice(0, at)
  return { usage, does: at < 0 ? help : help.slice(at + 2), takesMore: usage.includes(' ') }
}

/** Characters as people count them, or nearly: not bytes, not halves of an emoji. */
export const lengthOf = (text) => [...text].length
