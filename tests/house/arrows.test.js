// arrows.test.js - the check of the arrows finds what is planted.
import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { appendFileSync, cpSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { test } from 'node:test'
import { root } from '../lib/server.js'

const check = (folder) => spawnSync(path.join(root, 'tests/arrows'), [folder], { encoding: 'utf8' })

/** Runs `plant` on a copy of the sources, and the check on what it leaves. */
function planted(plant) {
  const folder = mkdtempSync(path.join(tmpdir(), 'pesan-arrows-'))
  try {
    cpSync(path.join(root, 'src'), path.join(folder, 'src'), { recursive: true })
    cpSync(path.join(root, 'arrows.txt'), path.join(folder, 'arrows.txt'))
    plant((file, text) => appendFileSync(path.join(folder, file), `\n${text}\n`), folder)
    return check(folder)
  } finally {
    rmSync(folder, { recursive: true })
  }
}

test('the sources hold to the arrows', () => {
  const { status, stdout } = check(root)
  assert.equal(status, 0, stdout)
})

const cases = [
  ['a lower room sees a higher one', 'src/base/str.c', '#include "app/app.h"', /src\/base\/str\.c:\d+: base may not see app/],
  ['a service sees net', 'src/order/order.c', '#include "net/hub.h"', /order may not see net/],
  ['a follower sees a trade', 'src/payment/payment.c', '  #  include "order/order.h"', /payment may not see order/],
  ['a library is met twice', 'src/db/db.c', '#include <sqlite3.h>', /<sqlite3\.h> is met in db\/sqlite\.c and db\/sqlite_files\.c only/],
  ['a library nobody named', 'src/net/server.c', '#include <lzma.h>', /<lzma\.h> is an outside library/],
  ['a header without its folder', 'src/base/buf.c', '#include "str.h"', /is not written as/],
  ['a header that is not there', 'src/base/buf.c', '#include "base/gone.h"', /does not exist/],
  ['a unit test library in the code', 'src/base/buf.c', '#include <cmocka.h>', /cmocka/],
]

for (const [name, file, line, expected] of cases)
  test(name, () => {
    const { status, stdout } = planted((append) => append(file, line))
    assert.equal(status, 1)
    assert.match(stdout, expected)
  })

test('main.c sees every room', () => {
  const { status } = planted((append) => append('src/main.c', '#include "wire/websocket.h"'))
  assert.equal(status, 0)
})

test('an empty house is no clean house', () => {
  const { status } = planted((append, folder) => rmSync(path.join(folder, 'src'), { recursive: true }))
  assert.notEqual(status, 0)
})

test('a line that is not understood is told', () => {
  const { status } = planted((append, folder) => writeFileSync(path.join(folder, 'arrows.txt'), 'base sees all'))
  assert.notEqual(status, 0)
})
