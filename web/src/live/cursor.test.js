import { expect, test } from 'vitest'
import { cursorOf } from './cursor.js'

function storage(kept = {}) {
  return { kept, getItem: (key) => kept[key] ?? null, setItem: (key, text) => (kept[key] = text) }
}

test('who hears for the first time asks for nothing that was', () => {
  expect(cursorOf('a', storage()).from(0)).toEqual({})
})

test('it goes on where it was, over reloads and for each account by itself', () => {
  const shelf = storage()
  const cursor = cursorOf('a', shelf)
  cursor.begin('e1', 7)
  cursor.keep(9)
  expect(cursorOf('a', shelf).from(0)).toEqual({ after: 9, epoch: 'e1' })
  expect(cursorOf('b', shelf).from(0)).toEqual({})
})

test('it never goes back, whichever tab is behind', () => {
  const shelf = storage()
  const [one, two] = [cursorOf('a', shelf), cursorOf('a', shelf)]
  one.begin('e1', 7)
  two.keep(9)
  one.keep(8)
  one.begin('e1', 7)
  expect(one.read()).toEqual({ epoch: 'e1', seq: 9 })
})

test('a tab that was told less than is kept asks for what it missed', () => {
  const cursor = cursorOf('a', storage())
  cursor.begin('e1', 9)
  expect(cursor.from(8)).toEqual({ after: 8, epoch: 'e1' })
  expect(cursor.from(12)).toEqual({ after: 9, epoch: 'e1' })
})

test('another journal begins anew, and so does one that has forgotten', () => {
  const cursor = cursorOf('a', storage())
  cursor.begin('e1', 900)
  cursor.begin('e2', 3)
  expect(cursor.read()).toEqual({ epoch: 'e2', seq: 3 })
  cursor.restart('e2', 2)
  expect(cursor.from(0)).toEqual({ after: 2, epoch: 'e2' })
})

test.each(['', 'null', '{"epoch":1,"seq":2}', '{"epoch":"e","seq":-1}', '{"epoch":"e","seq":1.5}', '[]'])('%j is no cursor', (text) => {
  expect(cursorOf('a', storage({ 'pesan.cursor.a': text })).from(0)).toEqual({})
})

test('without storage it lasts as long as the page', () => {
  const broken = { getItem() { throw new Error('off') }, setItem() { throw new Error('off') } }
  const cursor = cursorOf('a', broken)
  cursor.begin('e1', 4)
  cursor.keep(6)
  expect(cursor.from(0)).toEqual({ after: 6, epoch: 'e1' })
})
