// server.js - starts the binaries the tests talk to, each on a free port, and stops them again.
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import net from 'node:net'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'

export const root = fileURLToPath(new URL('../..', import.meta.url))
export const build = path.resolve(root, process.env.PESAN_BUILD ?? 'build')

/** A port of 127.0.0.1 that nobody listens on at this moment. */
export async function freePort() {
  const probe = net.createServer().listen(0, '127.0.0.1')
  await once(probe, 'listening')
  const { port } = probe.address()
  probe.close()
  await once(probe, 'close')
  return port
}

async function accepts(port) {
  const socket = net.connect(port, '127.0.0.1')
  try {
    await once(socket, 'connect')
    return true
  } catch {
    return false
  } finally {
    socket.destroy()
  }
}

const ended = (child) => child.exitCode !== null || child.signalCode !== null

/** Ends the child in order; what a sanitizer finds at exit counts as a failure of the tests. */
async function stop(child, name) {
  if (!ended(child)) {
    const over = once(child, 'exit')
    child.kill('SIGTERM')
    const killer = setTimeout(() => child.kill('SIGKILL'), 15000)
    await over
    clearTimeout(killer)
  }
  if (child.exitCode !== 0 && child.signalCode !== 'SIGTERM')
    throw new Error(`${name} ended with ${child.exitCode ?? child.signalCode}`)
}

/**
 * Runs a binary that listens on `port`; resolves once it accepts connections.
 * @returns {Promise<{port: number, child: import('node:child_process').ChildProcess, stop: () => Promise<void>}>}
 */
export async function startServer(binary, args, { port, env = {}, patience = 30000 } = {}) {
  const name = path.basename(binary)
  const child = spawn(binary, args, {
    cwd: root,
    env: { ...process.env, ...env },
    stdio: ['ignore', 'ignore', 'inherit'],
  })
  let failure
  child.on('error', (error) => (failure = error))
  for (const until = Date.now() + patience; !(await accepts(port)); await sleep(20)) {
    if (failure) throw failure
    if (ended(child)) throw new Error(`${name} ended with ${child.exitCode ?? child.signalCode} at start`)
    if (Date.now() > until) {
      child.kill('SIGKILL')
      throw new Error(`${name} does not accept connections on port ${port}`)
    }
  }
  return { port, child, stop: () => stop(child, name) }
}

/**
 * The protocol test server (build/tests/protocol-server) with further arguments, or the program that
 * PESAN_PROTOCOL_SERVER names: a server to compare with, which takes the same arguments.
 */
export async function startProtocolServer(args = []) {
  const port = await freePort()
  const binary = process.env.PESAN_PROTOCOL_SERVER ?? path.join(build, 'tests', 'protocol-server')
  return startServer(binary, ['--listen', `127.0.0.1:${port}`, ...args], { port })
}

/** Runs `pesan` with arguments to its end: {code, stdout, stderr}. */
export async function runPesan(args, { env = {}, patience = 20000 } = {}) {
  const child = spawn(path.join(build, 'pesan'), args, {
    cwd: root,
    env: { ...process.env, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
    timeout: patience,
  })
  const text = (stream) => stream.setEncoding('utf8').toArray().then((parts) => parts.join(''))
  const [stdout, stderr] = await Promise.all([text(child.stdout), text(child.stderr)])
  if (!ended(child)) await once(child, 'exit')
  return { code: child.exitCode, stdout, stderr }
}

/** Resolves with the first line of `stream` that matches. */
function lineOf(child, stream, pattern, patience) {
  return new Promise((resolve, reject) => {
    let text = ''
    const fail = (why) => {
      clearTimeout(timer)
      reject(new Error(`pesan ${why}: ${text}`))
    }
    const timer = setTimeout(fail, patience, 'does not say that it listens')
    child.once('exit', (code, signal) => fail(`ended with ${code ?? signal} at start`))
    stream.setEncoding('utf8').on('data', (part) => {
      text += part
      const found = pattern.exec(text)
      if (!found) return
      clearTimeout(timer)
      resolve(found)
    })
  })
}

/**
 * A server of its own on a free port, or on `listen`. Its data folder is a temporary one that goes with stop(), unless
 * `data` names one. What it logs can be read from `log()`.
 */
export async function startPesan(args = [], { env = {}, data, demo = true, patience = 60000, listen = 0 } = {}) {
  const folder = data ?? path.join(await mkdtemp(path.join(tmpdir(), 'pesan-')), 'data')
  const all = ['serve', '--listen', `127.0.0.1:${listen}`, '--data', folder, ...(demo ? ['--demo'] : []), ...args]
  const child = spawn(path.join(build, 'pesan'), all, {
    cwd: root,
    env: { ...process.env, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let log = ''
  child.stderr.setEncoding('utf8').on('data', (part) => (log += part))
  const line = /listening on http:\/\/(.+):(\d+)\n/
  const [, host, port] = await lineOf(child, child.stdout, line, patience).catch((error) => {
    throw new Error(`${error.message}\n${log}`)
  })
  const forget = () => (data ? undefined : rm(path.dirname(folder), { recursive: true, force: true }))
  return {
    host,
    port: Number(port),
    url: `http://${host}:${port}`,
    data: folder,
    child,
    log: () => log,
    /** A token for an account (`--user`) or a kiosk (`--kiosk`). */
    async token(name, ...more) {
      const which = name.startsWith('KIOSK') ? '--kiosk' : '--user'
      const done = await runPesan(['token', '--data', folder, which, name, ...more], { env })
      if (done.code !== 0) throw new Error(done.stderr)
      return done.stdout.trim()
    },
    async stop() {
      await stop(child, 'pesan').catch((error) => {
        throw new Error(`${error.message}\n${log}`)
      })
      await forget()
    },
    /** The end without a goodbye; the data folder stays for the next start when it was named. */
    async kill9() {
      const over = once(child, 'exit')
      child.kill('SIGKILL')
      await over
      await forget()
    },
  }
}
