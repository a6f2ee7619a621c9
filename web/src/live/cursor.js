/* cursor.js - how far this browser has heard what happens to an account: a seq of the server's journal, and the epoch
 * that counts it. Kept over reloads and shared by all tabs, so that whoever was away hears on from there. */

const STORE = 'pesan.cursor.'

function parse(text) {
  try {
    const { epoch, seq } = JSON.parse(text)
    return typeof epoch === 'string' && Number.isSafeInteger(seq) && seq >= 0 ? { epoch, seq } : null
  } catch {
    return null
  }
}

/** @param {string} account its id @param {Storage} storage localStorage, unless another is given */
export function cursorOf(account, storage) {
  const key = STORE + account
  let own = null // when storage is switched off: as long as the page lives

  function read() {
    try {
      return parse((storage ?? localStorage).getItem(key)) ?? own
    } catch {
      return own
    }
  }

  function write(at) {
    own = at
    try {
      const shelf = storage ?? localStorage
      shelf.setItem(key, JSON.stringify(at))
    } catch {
      /* storage is switched off or full */
    }
  }

  return {
    read,

    /**
     * What the server is told, so that it goes on from there: `seen` is what this tab has shown itself, which is less
     * than what is kept when the tab that was told more has gone before it passed that on.
     * @returns {{after?: number, epoch?: string}} nothing for an account that is heard for the first time
     */
    from(seen) {
      const at = read()
      if (!at) return {}
      return { after: seen ? Math.min(seen, at.seq) : at.seq, epoch: at.epoch }
    },

    /** An event has been passed on. Another tab may be further: the cursor never goes back. */
    keep(seq) {
      const at = read()
      if (at && seq > at.seq) write({ epoch: at.epoch, seq })
    },

    /** The server tells which journal it is, and from where it goes on. */
    begin(epoch, seq) {
      const at = read()
      if (at?.epoch !== epoch || seq > at.seq) write({ epoch, seq })
    },

    /** What was missed is lost: the journal goes on from here. */
    restart(epoch, seq) {
      write({ epoch, seq })
    },
  }
}
