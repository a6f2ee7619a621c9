/* roomList.js - the rooms of one account, the latest on top, kept right by what is told. */

const withRoom = (rooms, uri, change) => rooms.map((room) => (room.uri === uri ? { ...room, ...change(room) } : room))

function toTop(rooms, uri) {
  const at = rooms.findIndex((room) => room.uri === uri)
  return at > 0 ? [rooms[at], ...rooms.toSpliced(at, 1)] : rooms
}

function withMessage(rooms, { uri, seq, user, message, at, kind, system }, me) {
  const room = rooms.find((one) => one.uri === uri)
  if (!room || seq <= (room.seq ?? 0)) return rooms
  const isRead = user?.id === me || (!user && !room.unread) // what the system says waits for nobody who had read all
  const read = isRead ? seq : (room.read_seq ?? 0)
  return toTop(withRoom(rooms, uri, () => ({ seq, read_seq: read, unread: seq - read, last: { user, message, seq, at, kind, system } })), uri)
}

function withRead(rooms, { uri, account_id: id, read_seq: read }, me) {
  if (id !== me || !read) return rooms
  return withRoom(rooms, uri, (room) => {
    const now = Math.max(read, room.read_seq ?? 0)
    return { read_seq: now, unread: Math.max(0, (room.seq ?? 0) - now) }
  })
}

const withLast = (rooms, { uri, seq, message }, change) =>
  withRoom(rooms, uri, (room) => (room.last?.seq === seq ? { last: { ...room.last, message: message ?? '', ...change } } : {}))

function withMember(rooms, { uri, user, change, role, member_count: count }, me) {
  if (user?.id !== me) return withRoom(rooms, uri, (room) => ({ member_count: count ?? room.member_count }))
  if (change === 'left' || change === 'removed') return rooms.filter((room) => room.uri !== uri)
  return withRoom(rooms, uri, () => ({ role }))
}

/**
 * The rooms after an event. @param {string} me account id
 */
export function roomsAfter(rooms, event, values, me) {
  switch (event) {
    case 'CHAT_MESSAGE':
      return withMessage(rooms, values, me)
    case 'CHAT_READ':
      return withRead(rooms, values, me)
    case 'CHAT_EDITED':
      return withLast(rooms, values, {})
    case 'CHAT_DELETED':
      return withLast(rooms, values, { deleted: true })
    case 'CHAT_MEMBER':
      return withMember(rooms, values, me)
    case 'CHAT_ROOM':
      return withRoom(rooms, values.uri, () => ({ name: values.name, open: values.open }))
    default:
      return rooms
  }
}

/** Is this told of a room that is not shown? Then the list has to be asked for. */
export const isNewRoom = (rooms, event, { uri, user, change }, me) =>
  !rooms.some((room) => room.uri === uri) && (event === 'CHAT_MESSAGE' || (event === 'CHAT_MEMBER' && change === 'joined' && user?.id === me))

/** What wants to be read, of the rooms that are not muted. */
export const unreadOf = (rooms) => rooms.reduce((sum, { unread, muted }) => sum + (muted ? 0 : (unread ?? 0)), 0)
