import { expect, test } from 'vitest'
import { ownPath } from './next.js'

test('a path of ours stays as it is', () => {
  expect(['/', '/orders', '/orders/x?a=1#b', '/?shop=1&cart=1'].map(ownPath))
    .toEqual(['/', '/orders', '/orders/x?a=1#b', '/?shop=1&cart=1'])
})

test.each([
  undefined, null, ['/a'], '', 'orders', '//evil.example', '/\\evil.example', '/\t/evil.example', '/\n/evil.example',
  'https://evil.example', 'javascript:alert(1)', ' //evil.example',
])('%j leads nowhere else', (wish) => {
  expect(ownPath(wish)).toBe('/')
})
