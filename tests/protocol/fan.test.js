// fan.test.js - one message to many sockets, on one loop and across several.
import assert from 'node:assert/strict'
import { test } from 'node:test'

import { startProtocolServer } from '../lib/server.js'
import { connect, frame } from '../lib/websocket.js'

const SOCKETS = 24
const MESSAGES = 40

for (const loops of [1, 3])
  test(`each message reaches every socket once, ${loops} loop(s)`, async () => {
    const server = await startProtocolServer(['--loops', String(loops)])
    try {
      const target = { host: '127.0.0.1', port: server.port, path: '/fan' }
      const wires = await Promise.all(Array.from({ length: SOCKETS }, () => connect(target)))
      for (let i = 0; i < MESSAGES; i++) await wires[i % SOCKETS].send(frame(i % 2 ? 0x81 : 0x82, `message ${i}`))
      const all = Array.from({ length: MESSAGES }, (_, i) => `${i % 2 ? 'text' : 'binary'} message ${i}`).sort()
      for (const wire of wires) {
        const heard = []
        for (let i = 0; i < MESSAGES; i++) {
          const event = await wire.event()
          heard.push(`${event.kind} ${event.payload}`)
        }
        assert.deepEqual(heard.sort(), all)
      }
      for (const wire of wires) await wire.send(frame(0x88))
      for (const wire of wires) assert.equal((await wire.event()).kind, 'close')
    } finally {
      await server.stop()
    }
  })
