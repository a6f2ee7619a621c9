// server.js - starts the binaries the tests talk to, each on a free port, and stops them again.
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import net from 'node:net'
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

/** The protocol test server (build/tests/protocol-server) with further arguments. */
export async function startProtocolServer(args = []) {
  const port = await freePort()
  const binary = path.join(build, 'tests', 'protocol-server')
  return startServer(binary, ['--listen', `127.0.0.1:${port}`, ...args], { port })
}
