// docs/errors.md has every code that a message of ours can have, and no other.
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import t from 'tap'

const root = fileURLToPath(new URL('../..', import.meta.url))

/** Functions whose first argument is the code of a diagnostic, and whose second is its message. */
const reporters = 'error|fatal|warning|add|fail|fileError|warn|lacks|problem|refuse'

/** Where each code stands in the sources. */
function codesOfSources(): Map<string, string> {
  const codes = new Map<string, string>()
  for (const room of readdirSync(join(root, 'packages'))) {
    const folder = join(root, 'packages', room, 'src')
    for (const name of readdirSync(folder, { recursive: true, encoding: 'utf8' })) {
      if (!name.endsWith('.ts')) continue
      const source = readFileSync(join(folder, name), 'utf8').replace(/\/\*[\s\S]*?\*\/|^\s*\/\/.*$/gm, '')
      const calls = source.matchAll(new RegExp(`[.#](?:${reporters})\\(\\s*'([a-z0-9]+(?:-[a-z0-9]+)*)'\\s*,`, 'g'))
      const calledByName = source.matchAll(/\brefuse\(\s*'([a-z0-9-]+)'\s*,/g)
      const written = source.matchAll(/severity: '(?:error|warning)', code: '([a-z0-9-]+)'/g)
      for (const [, code] of [...calls, ...calledByName, ...written]) codes.set(code, `packages/${room}/src/${name}`)
    }
  }
  return codes
}

const codes = codesOfSources()
t.ok(codes.size > 80, `${codes.size} codes in the sources`)

for (const document of ['docs/errors.md', 'docs/zh-CN/errors.md']) {
  t.test(document, async (t) => {
    const rows = Array.from(readFileSync(join(root, document), 'utf8').matchAll(/^\| `([^`]+)` \| (.*) \| (.*) \|$/gm))
    const explained = rows.map(([, code]) => code)
    t.equal(new Set(explained).size, explained.length, 'each code once')
    for (const [, code, message, cure] of rows)
      t.ok(message.length > 0 && cure.length > 5, `${code} has cause and cure`)
    for (const [code, place] of codes) t.ok(explained.includes(code), `${code} (${place}) is explained`)
    for (const code of explained) t.ok(codes.has(code), `${code} can occur`)
  })
}
