/* rooms.js - the channels of chat rooms beside the account's own: asked for by whoever shows a room, again after each
 * connection, and from where the room was heard last. All tabs share one line: a tab that leaves a room tells the others,
 * who ask anew. What speaks to the server is an argument. */

const LEAVE_MS = 1000 // from one page to the next a room is not left

const TOLD = ['CHAT_MESSAGE', 'CHAT_EDITED', 'CHAT_DELETED', 'CHAT_MEMBER', 'CHAT_READ', 'CHAT_ROOM', 'CHAT_COMMAND']

/** Is this told of a room? Such events may come again, and their `seq` is the room's own. */
export const isOfRoom = (event) => event.startsWith('CHAT_')

const channelOf = (uri) => `chat:${uri}`

/**
 * @param {object} live tell(event, values): asks the server; on(event, listener): hears it;
 *   announce(event, values): tells the other tabs
 * @returns {{listen: (uri: string, to: {onUp?: () => void, onLost?: (code: string) => void}) => () => void}}
 *   onUp: from now on all is heard, and something may have been missed before; onLost: the server refuses
 */
export function roomsOn({ tell, on, announce }) {
  const rooms = new Map() // uri -> {cursor, listeners}
  let last = Promise.resolve() // the server takes only so many questions at once

  /* The answer of a connection that has gone meanwhile says nothing: the next one asks again. */
  async function ask(uri, room) {
    if (rooms.get(uri) !== room) return
    const after = room.cursor
    const { error } = await tell('SUBSCRIBE', { channel: channelOf(uri), ...(after ? { after } : {}) })
    if (rooms.get(uri) !== room || error?.code === 'silent') return
    if (error?.code === 'resync' && after) {
      room.cursor = 0
      return ask(uri, room)
    }
    for (const { onUp, onLost } of [...room.listeners]) error ? onLost?.(error.code) : onUp?.()
  }

  const inTurn = (uri, room) => (last = last.then(() => ask(uri, room)))
  const askAll = () => rooms.forEach((room, uri) => inTurn(uri, room))

  function heard({ uri, cursor }) {
    const room = rooms.get(uri)
    if (room && cursor > room.cursor) room.cursor = cursor
  }

  function dropped({ channel }) {
    for (const [uri, room] of rooms) if (channelOf(uri) === channel) inTurn(uri, room)
  }

  async function leave(uri, room) {
    if (room.listeners.size || rooms.get(uri) !== room) return
    rooms.delete(uri)
    await tell('UNSUBSCRIBE', { channel: channelOf(uri) })
    announce('UNSUBSCRIBED', { channel: channelOf(uri) })
  }

  for (const event of TOLD) on(event, heard)
  on('CONNECTED', askAll)
  on('RESYNC', askAll)
  on('UNSUBSCRIBED', dropped)

  return {
    listen(uri, to) {
      const room = rooms.get(uri) ?? { cursor: 0, listeners: new Set() }
      rooms.set(uri, room)
      room.listeners.add(to)
      inTurn(uri, room)
      return () => {
        room.listeners.delete(to)
        setTimeout(leave, LEAVE_MS, uri, room)
      }
    },
  }
}
