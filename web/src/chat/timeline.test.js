import { expect, test } from 'vitest'
import { emptyTimeline, firstSeq, holeOf, lastSeq, withChange, withMessage, withPage, withPending, withState, withoutPending } from './timeline.js'

const message = (seq, more = {}) => ({ seq, message: `m${seq}`, user: { id: 'a' }, ...more })
const page = (...seqs) => seqs.map((seq) => message(seq))
const seqs = ({ messages }) => messages.map(({ seq }) => seq)

/** The same out of a shuffled deck each time the test runs. */
function shuffled(list, seed) {
  const all = [...list]
  for (let i = all.length - 1; i > 0; i--) {
    seed = (seed * 16807) % 2147483647
    const j = seed % (i + 1)
    ;[all[i], all[j]] = [all[j], all[i]]
  }
  return all
}

test('messages stand by seq, each once, in whatever order and however often they come', () => {
  for (let seed = 1; seed <= 50; seed++) {
    const told = shuffled([...page(1, 2, 3, 4, 5, 6, 7, 8), ...page(2, 5, 8)], seed)
    const live = told.reduce((timeline, one) => withMessage(timeline, one), emptyTimeline())
    expect(seqs(live)).toEqual([1, 2, 3, 4, 5, 6, 7, 8])
    expect(seqs(withPage(withPage(emptyTimeline(), told.slice(0, 4)), told))).toEqual([1, 2, 3, 4, 5, 6, 7, 8])
  }
})

test('what is known already changes nothing', () => {
  const timeline = withPage(emptyTimeline(), page(1, 2))
  expect(withMessage(timeline, message(2))).toBe(timeline)
  expect(withPage(timeline, [])).toBe(timeline)
  expect([firstSeq(timeline), lastSeq(timeline), firstSeq(emptyTimeline()), lastSeq(emptyTimeline())]).toEqual([1, 2, 0, 0])
})

test('holes are found one after the other, and none at the ends', () => {
  let timeline = withPage(emptyTimeline(), page(4, 5, 9, 12))
  expect(holeOf(timeline)).toEqual({ after: 5, before: 9 })
  timeline = withPage(timeline, page(6, 7, 8))
  expect(holeOf(timeline)).toEqual({ after: 9, before: 12 })
  expect(holeOf(withPage(timeline, page(10, 11)))).toBe(null)
  expect(holeOf(emptyTimeline())).toBe(null)
})

test('an edited message stays edited when its beginning is told again; a page knows better', () => {
  let timeline = withPage(emptyTimeline(), page(1, 2))
  timeline = withChange(timeline, { event: 'CHAT_EDITED', seq: 2, message: 'better', at: 'then' })
  expect(timeline.messages[1]).toMatchObject({ message: 'better', edited_at: 'then' })
  expect(withMessage(timeline, message(2))).toBe(timeline)
  timeline = withPage(timeline, [message(2, { message: 'best', edited_at: 'later' })])
  expect(timeline.messages[1].message).toBe('best')
  timeline = withChange(timeline, { event: 'CHAT_DELETED', seq: 2 })
  expect(timeline.messages[1]).toMatchObject({ message: '', deleted: true })
  expect(withChange(timeline, { event: 'CHAT_DELETED', seq: 7 })).toBe(timeline)
})

test('what was written here waits below until it comes back, by answer or by event, once', () => {
  const wrote = withPending(withPage(emptyTimeline(), page(1)), { id: 'x', message: 'hi', at: 'now' })
  expect(wrote.pending).toEqual([{ id: 'x', message: 'hi', at: 'now', state: 'sending' }])
  const answered = withMessage(wrote, message(2, { id: 'x' }))
  expect([answered.pending, seqs(answered)]).toEqual([[], [1, 2]])
  expect(withMessage(answered, message(2, { id: 'x' }))).toBe(answered)
  const told = withPage(wrote, [message(2, { id: 'x' }), message(3)])
  expect([told.pending, seqs(told)]).toEqual([[], [1, 2, 3]])
})

test('an answer that comes behind the page that brought the message settles it, too', () => {
  const wrote = withPending(withPage(emptyTimeline(), page(1)), { id: 'x', message: 'hi' })
  const paged = withPage(wrote, [message(2)]) // a page that tells no ids
  expect(paged.pending.length).toBe(1)
  expect(withMessage(paged, message(2, { id: 'x' })).pending).toEqual([])
})

test('another\'s message under the same id is another\'s', () => {
  const wrote = withPending(emptyTimeline(), { id: 'x', message: 'hi' })
  const mine = ({ user }) => user.id === 'me'
  expect(withMessage(wrote, message(1, { id: 'x' }), mine).pending.length).toBe(1)
  expect(withMessage(wrote, message(1, { id: 'x', user: { id: 'me' } }), mine).pending.length).toBe(0)
})

test('what could not be sent says why, is sent again, or is taken back', () => {
  const wrote = withPending(withPending(emptyTimeline(), { id: 'x', message: 'a' }), { id: 'y', message: 'b' })
  const failed = withState(wrote, 'x', 'failed', 'no')
  expect(failed.pending.map(({ state, why }) => [state, why])).toEqual([['failed', 'no'], ['sending', undefined]])
  expect(withState(failed, 'x', 'sending').pending[0]).toMatchObject({ state: 'sending', why: undefined })
  expect(withoutPending(failed, 'x').pending.map(({ id }) => id)).toEqual(['y'])
})
