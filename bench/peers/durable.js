// durable.js - what the durable peers share: a better-sqlite3 database that flushes every commit, jobs that share a
// transaction, and who asks.
import Database from 'better-sqlite3'
import { createVerifier } from 'fast-jwt'

/** The database of this folder, made anew by `schema`; WAL, synchronous=FULL. */
export function open(folder, schema) {
  const db = new Database(`${folder}/peer.db`)
  db.pragma('journal_mode = WAL')
  db.pragma('synchronous = FULL')
  db.exec(schema)
  return db
}

/**
 * Jobs that came in one turn of the event loop share a transaction. Of what `run(...job)` throws, what `isRefusal` says is
 * the job's alone, which must have left nothing behind; anything else undoes all.
 * @returns {(...job) => Promise} what run() returned, once it is on disk
 */
export function together(db, run, isRefusal = () => true) {
  let jobs = []
  const runAll = db.transaction((all) => {
    for (const each of all) {
      try {
        each.found = run(...each.job)
      } catch (error) {
        if (!isRefusal(error)) throw error
        each.found = { error }
      }
    }
  })
  return (...job) => new Promise((done, fail) => {
    if (jobs.push({ job, done, fail }) > 1) return
    setImmediate(() => {
      const all = jobs
      jobs = []
      runAll(all)
      for (const { found, done, fail } of all) found.error ? fail(found.error) : done(found)
    })
  })
}

/** Each job is a transaction of its own, as better-sqlite3's documentation has it. */
export function alone(db, run) {
  const runOne = db.transaction(run)
  return async (...job) => runOne(...job)
}

/** Who a request's bearer token names; null for whoever is nobody, or whose session is over. */
export function bearers(key) {
  const verify = createVerifier({ key, algorithms: ['HS256'], cache: true })
  const sessionsOver = new Set()
  return ({ headers }) => {
    try {
      const who = verify((headers.authorization ?? '').slice(7))
      return sessionsOver.has(who.sid) ? null : who
    } catch {
      return null
    }
  }
}
