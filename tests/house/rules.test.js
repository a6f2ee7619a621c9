// rules.test.js - the rules of the house that a machine can hold us to. Each rule takes a file's path and text and
// answers with complaints; each is also shown a text that breaks it, so that it is known to complain.
import assert from 'node:assert/strict'
import { readFileSync, readdirSync } from 'node:fs'
import path from 'node:path'
import { describe, test } from 'node:test'

import { root } from '../lib/server.js'

const FILE_MAX = 800 // lines
const FUNCTION_MAX = 80 // lines, braces included

// ---- The files of the house ----

const NOT_OURS = /^(build(-.*)?|node_modules|\.git|\.tools|dist|pesan-(data|demo)|__pycache__|corpus)$/
const NOT_TEXT = /\.(png|jpe?g|webp|ico|woff2?|mp3|ogg|wav|gz|br|log|pyc)$/

/** Paths below `folder`, relative to the root. */
function walk(folder) {
  return readdirSync(path.join(root, folder), { withFileTypes: true })
    .filter(({ name }) => !NOT_OURS.test(name))
    .flatMap((entry) => {
      const name = path.posix.join(folder, entry.name)
      return entry.isDirectory() ? walk(name) : entry.isFile() && !NOT_TEXT.test(name) ? [name] : []
    })
}

const files = walk('.')
const text = new Map(files.map((file) => [file, readFileSync(path.join(root, file), 'utf8')]))

// ---- Rules ----

const lines = (source) => source.split('\n')
const isC = (file) => /\.[ch]$/.test(file)
const where = (source, at) => lines(source.slice(0, at)).length

/** `FILE:LINE: what` for each match of `pattern`. */
function matches(file, source, pattern, what) {
  return [...source.matchAll(pattern)].map((match) => `${file}:${where(source, match.index)}: ${what}: ${match[0].trim()}`)
}

/** The functions of clang-formatted C: their brace stands alone in the first column. */
function* functionsOf(source) {
  const all = lines(source)
  for (let at = 0; at < all.length; at++) {
    if (all[at] !== '{' || all[at - 1]?.trimEnd().endsWith('=')) continue
    const from = at
    while (at < all.length && all[at] !== '}') at++
    yield { from: from + 1, size: at - from + 1 }
  }
}

// Words that would match themselves are written in two parts.
const LATER = new RegExp(`(?<!["'\\w])(?:TO${''}DO|FIX${''}ME|XX${''}X|HA${''}CK)\\b`, 'g')
const MACHINE = /(?<![\w.{}/*-])(?:\/(?:home|root|work|Users)\/|[A-Z]:\\\\?Users\b)/g
const REGISTRY = new RegExp(
  [
    `registry\\.(?:npm${''}js|yarn${''}pkg)\\.\\w+`,
    `(?:\\w+\\.)?debian\\.(?:org|net)`,
    `(?:raw|codeload|objects)\\.github(?:user${''}content)?\\.com`,
    `github\\.com/[\\w.-]+/[\\w.-]+/(?:archive|releases|tarball|zipball|raw)\\b`,
  ].join('|'),
  'g',
)

const rules = {
  'a file of src/ or web/src/ has fewer than 800 lines': {
    concerns: (file) => /^(src|web\/src)\//.test(file),
    complaints(file, source) {
      const count = lines(source).length - 1
      return count < FILE_MAX ? [] : [`${file}: ${count} lines`]
    },
    plants: [['src/a.c', 'x\n'.repeat(FILE_MAX)]],
    passes: [['src/a.c', 'x\n'.repeat(FILE_MAX - 1)]],
  },

  'a function has at most 80 lines': {
    concerns: isC,
    complaints: (file, source) =>
      [...functionsOf(source)]
        .filter(({ size }) => size > FUNCTION_MAX)
        .map(({ from, size }) => `${file}:${from}: a function of ${size} lines`),
    plants: [['src/a.c', `void f(void)\n{\n${'    g();\n'.repeat(FUNCTION_MAX - 1)}}\n`]],
    passes: [
      ['src/a.c', `void f(void)\n{\n${'    g();\n'.repeat(FUNCTION_MAX - 2)}}\n`],
      ['src/a.c', `static const struct row rows[] = {\n${'    {1},\n'.repeat(200)}};\n`],
    ],
  },

  'a C file opens with its name and what it owns': {
    concerns: isC,
    complaints(file, source) {
      const opening = `/* ${path.basename(file)} - `
      return source.startsWith(opening) ? [] : [`${file}: does not open with "${opening}"`]
    },
    plants: [
      ['src/a.h', '#ifndef PESAN_A_H\n'],
      ['src/a.h', '/* b.h - something else. */\n'],
      ['src/a.c', '\n/* a.c - late. */\n'],
    ],
    passes: [['src/a.h', '/* a.h - the first letter. */\n']],
  },

  'a header guards itself by its path': {
    concerns: (file) => /^src\/(?!.*\/tbl\/).*\.h$/.test(file),
    complaints(file, source) {
      const guard = `PESAN_${file.slice(4, -2).replace(/\W/g, '_').toUpperCase()}_H`
      return source.includes(`#ifndef ${guard}\n#define ${guard}\n`) ? [] : [`${file}: has no guard ${guard}`]
    },
    plants: [['src/net/a.h', '/* a.h - x. */\n#ifndef PESAN_A_H\n#define PESAN_A_H\n#endif\n']],
    passes: [['src/net/a.h', '/* a.h - x. */\n#ifndef PESAN_NET_A_H\n#define PESAN_NET_A_H\n#endif\n']],
  },

  'nothing is left for later': {
    concerns: () => true,
    complaints: (file, source) => matches(file, source, LATER, 'left for later'),
    plants: ['TO', 'FIX', 'XX', 'HA'].map((half, i) => ['src/a.c', `/* ${half}${['DO', 'ME', 'X', 'CK'][i]}: x */`]),
    passes: [['src/a.c', 'currency_parse(STR("XX' + 'X")); mkstemp("/tmp/aXXXXXX");'], ['a.js', "currency: 'XX" + "X'"]],
  },

  'no path of a machine': {
    concerns: () => true,
    complaints: (file, source) => matches(file, source, MACHINE, 'path of a machine'),
    plants: ['home', 'root', 'work', 'Users'].map((name) => ['run', `cd /${name}/somebody/pesan`]),
    passes: [['run', `cd "$PWD/${'work'}/x"; cp a ./${'home'}/b; ls /tmp/x`]],
  },

  'no host of a package registry or of downloads, but for where licences are cited': {
    concerns: (file) => file !== 'THIRD-PARTY.md',
    complaints: (file, source) => matches(file, source, REGISTRY, 'host of downloads'),
    plants: [
      ['package-lock.json', `"resolved": "https://registry.npm${''}js.org/a/-/a-1.0.0.tgz"`],
      ['packaging/setup', `curl http://deb.debian.${'org'}/debian/`],
      ['packaging/setup', `curl -L https://github.com/a/b/relea${''}ses/download/v1/x.tar.gz`],
      ['packaging/setup', `curl https://raw.githubuser${''}content.com/a/b/main/x`],
    ],
    passes: [['package-lock.json', '"url": "https://github.com/sponsors/somebody"']],
  },
}

// ---- Settings are documented ----

const settingsOf = (table) => [...table.matchAll(/^SETTING\(\w+, "([^"]+)"/gm)].map(([, name]) => name)

/** Settings without a row `| `name` | ...` in the table, and rows without a setting. */
function settingComplaints(settings, document) {
  const rows = [...document.matchAll(/^\| `--([a-z-]+)/gm)].map(([, name]) => name)
  return [
    ...settings.filter((name) => !rows.includes(name)).map((name) => `setting ${name} is not in operations.md`),
    ...rows.filter((name) => !settings.includes(name)).map((name) => `operations.md knows a setting ${name}`),
  ]
}

const metricsOf = (table) => [...table.matchAll(/^METRIC\(\w+, "([^"]+)"/gm)].map(([, name]) => name)

// ---- Tests ----

test('the house has been found', () => {
  for (const file of ['README.md', 'run', 'src/main.c', 'tests/house/rules.test.js', 'web/src/main.js'])
    assert.ok(text.has(file), file)
  assert.ok(files.every((file) => !/(^|\/)(node_modules|\.git|build|dist)\//.test(file)))
})

for (const [name, rule] of Object.entries(rules)) {
  describe(name, () => {
    test('is kept', () => {
      const complaints = files.filter(rule.concerns).flatMap((file) => rule.complaints(file, text.get(file)))
      assert.deepEqual(complaints, [])
    })

    test('complains where it is broken, and nowhere else', () => {
      for (const [file, source] of rule.plants) {
        assert.ok(rule.concerns(file), file)
        assert.equal(rule.complaints(file, source).length, 1, source)
      }
      for (const [file, source] of rule.passes) assert.deepEqual(rule.complaints(file, source), [])
    })
  })
}

describe('docs/operations.md knows', () => {
  const operations = text.get('docs/operations.md') ?? ''

  test('every setting, and no other', () => {
    const settings = settingsOf(text.get('src/app/tbl/config.h'))
    assert.ok(settings.length > 10)
    assert.deepEqual(settingComplaints(settings, operations), [])
    assert.deepEqual(settingComplaints([...settings, 'colour'], operations), ['setting colour is not in operations.md'])
    assert.equal(settingComplaints(settings.slice(1), operations).length, 1)
  })

  test('every metric', () => {
    const metrics = metricsOf(text.get('src/base/tbl/metrics.h'))
    const missing = (names) => names.filter((name) => !operations.includes(`\`${name}\``))
    assert.ok(metrics.length > 10)
    assert.deepEqual(missing(metrics), [])
    assert.deepEqual(missing([...metrics, 'pesan_moods']), ['pesan_moods'])
  })
})
