/* pack.js - after the build: Socket.IO's stock client is put where pages look for it, and each file of dist/ that
 * compresses well gets a .br and a .gz beside it, so that the server sends ready bytes. */

import { copyFileSync, mkdirSync, readFileSync, readdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { brotliCompressSync, constants, gzipSync } from 'node:zlib'

const DIST = new URL('./dist/', import.meta.url).pathname
const COMPRESSIBLE = /\.(html|js|css|svg|json|webmanifest|txt)$/

function pack(name) {
  const bytes = readFileSync(join(DIST, name))
  const br = brotliCompressSync(bytes, {
    params: {
      [constants.BROTLI_PARAM_QUALITY]: 11,
      [constants.BROTLI_PARAM_LGWIN]: 22,
      [constants.BROTLI_PARAM_SIZE_HINT]: bytes.length,
    },
  })
  const gz = gzipSync(bytes, { level: 9 })
  writeFileSync(join(DIST, `${name}.br`), br)
  writeFileSync(join(DIST, `${name}.gz`), gz)
  return { name, raw: bytes.length, br: br.length, gz: gz.length }
}

const client = new URL('./node_modules/socket.io-client/dist/socket.io.min.js', import.meta.url).pathname
mkdirSync(join(DIST, 'socket.io'), { recursive: true })
copyFileSync(client, join(DIST, 'socket.io', 'socket.io.js'))

const packed = readdirSync(DIST, { recursive: true }).filter((name) => COMPRESSIBLE.test(name)).sort().map(pack)

for (const { name, raw, br, gz } of packed.filter((file) => /\.(js|css|html)$/.test(file.name))) {
  console.log(`${name.padEnd(44)} ${String(raw).padStart(7)}  br ${String(br).padStart(6)}  gz ${String(gz).padStart(6)}`)
}
const scripts = packed.filter((file) => file.name.endsWith('.js')).reduce((sum, file) => sum + file.br, 0)
console.log(`all scripts together: ${scripts} bytes in brotli`)
