// storm.js - a server in a storm: it is reached through bad weather alone, and killed again and again. STORM_SECONDS makes
// it longer, STORM_SEED plays the same dice again.
import assert from 'node:assert/strict'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { SERVICE_KEY } from './cast.js'
import { randomOf } from './game.js'
import { call, eventually } from './sale.js'
import { freePort, startPesan } from './server.js'
import { startWeather } from './weather.js'

export const PATIENCE = 60000

const SEED = Number(process.env.STORM_SEED ?? Date.now() % 1e9)

export class Storm {
  /** @param {number} seconds that it lasts unless STORM_SECONDS says otherwise */
  constructor(seconds) {
    this.seconds = Number(process.env.STORM_SECONDS ?? seconds)
    this.random = randomOf(SEED)
  }

  /** A calm one: the server runs, and nothing breaks yet. */
  async begin() {
    this.folder = await mkdtemp(path.join(tmpdir(), 'pesan-storm-'))
    this.port = await freePort()
    await this.start()
    this.weather = await startWeather(this.port, this.random)
  }

  async start() {
    this.server = await startPesan(['--service-key', SERVICE_KEY], { data: path.join(this.folder, 'data'), listen: this.port })
  }

  /** Where the server is reached. */
  get url() {
    return this.weather.url
  }

  /** Asks through the storm until an answer is as `good` says. */
  insist(where, options, good) {
    return eventually(async () => {
      const answer = await call(this.url + where, options).catch(() => undefined)
      return answer && good.includes(answer.status) && answer
    }, `${options.method ?? 'POST'} ${where}`, PATIENCE)
  }

  /** The server has not ended by itself, nor has a sanitizer found anything. */
  judgeServer() {
    const { exitCode, signalCode } = this.server.child
    assert.deepEqual({ exitCode, signalCode }, { exitCode: null, signalCode: null }, this.server.log())
    assert.doesNotMatch(this.server.log(), /Sanitizer|runtime error/)
  }

  async killUntil(over) {
    let kills = 0
    while (!over()) {
      await sleep(1500 + this.random.below(3500))
      this.judgeServer()
      await this.server.kill9()
      await sleep(this.random.below(600))
      await this.start()
      kills++
    }
    return kills
  }

  /** Lets it storm while everybody works, each a function that is told when it is over: the number of kills. */
  async rage(workers) {
    let on = true
    const over = () => !on
    this.weather.storm()
    const working = workers.map((work) => work(over))
    const killer = this.killUntil(over)
    await sleep(this.seconds * 1000)
    on = false
    const kills = await killer
    await Promise.all(working)
    this.weather.calm()
    return kills
  }

  /** The number of the dice is said with whatever goes wrong. */
  async seeded(what) {
    try {
      await what()
    } catch (error) {
      error.message += `\nSTORM_SEED=${SEED} STORM_SECONDS=${this.seconds}`
      throw error
    }
  }

  async end() {
    await this.weather?.stop()
    await this.server?.stop()
    await rm(this.folder, { recursive: true, force: true })
  }
}
