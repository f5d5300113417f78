// What the documents say is true: links lead somewhere, the examples of code run, the tables are those of the readers.
import { copyFileSync, existsSync, readdirSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { Diagnostics } from '@fle/diagnostics'
import { readFleObject } from '@fle/fle'
import { type ObjectFile, relocationRecord, SHF } from '@fle/object'
import { runCommand } from '@fle/testkit'
import { elfRelocationKinds, relocationName } from '@fle/x86-64'
import t from 'tap'

const root = fileURLToPath(new URL('../..', import.meta.url))

function read(path: string): string {
  return readFileSync(join(root, path), 'utf8')
}

function documentsIn(folder: string): string[] {
  return readdirSync(join(root, folder))
    .filter((name) => name.endsWith('.md'))
    .map((name) => join(folder, name))
}

/** The object that an FLE text is. */
function objectOf(json: object): ObjectFile {
  const diagnostics = new Diagnostics()
  const object = readFleObject(new TextEncoder().encode(JSON.stringify(json)), 'document.fle', diagnostics)
  if (!object) throw new Error(diagnostics.list.map(({ message }) => message).join('; '))
  return object
}

t.test('links lead to files', async (t) => {
  const folders = ['.', 'docs', 'examples', ...['packages', 'examples'].flatMap((folder) => foldersIn(folder))]
  for (const document of folders.flatMap(documentsIn)) {
    for (const [, target] of read(document).matchAll(/\]\(([^)#:\s]+)\)/g))
      t.ok(existsSync(join(root, dirname(document), target)), `${document}: ${target}`)
  }
  function foldersIn(folder: string): string[] {
    const entries = readdirSync(join(root, folder), { withFileTypes: true })
    return entries.filter((entry) => entry.isDirectory()).map((entry) => join(folder, entry.name))
  }
})

t.test('files that the READMEs of packages name exist', async (t) => {
  for (const room of readdirSync(join(root, 'packages'))) {
    const path = `packages/${room}/README.md`
    if (!existsSync(join(root, path))) continue
    const sources = readdirSync(join(root, 'packages', room, 'src'), { recursive: true, encoding: 'utf8' })
    const isThere = (name: string) => existsSync(join(root, 'packages', room, name))
    for (const [, name] of read(path).matchAll(/`(?:src\/)?([\w/-]+\.ts)`/g))
      t.ok(
        isThere(name) || sources.some((source) => source === name || source.endsWith(`/${name}`)),
        `${path}: ${name}`,
      )
  }
})

const format = read('docs/fle-format.md')

t.test('the table of relocations is what the reader understands', async (t) => {
  const rows = Array.from(format.matchAll(/^\| (`\w+\(.*?) \| ([^|]+) \|$/gm), ([, forms, names]) => ({ forms, names }))
  const said = new Set<string>()
  for (const { forms, names } of rows) {
    const expressions = Array.from(forms.matchAll(/`([^`]+)`/g), ([, expression]) => expression)
    const expected = Array.from(names.matchAll(/\b(?:PLT32|[A-Z0-9_]+)\b(?=[, ]|$)/g), ([name]) => name)
    const found = expressions.map((expression) => {
      const field = expression.replace(/\bA\b/, '0x10')
      const object = objectOf({ type: '.obj', '.text': [`❓: ${field}`, '📤: other'] })
      const section = object.relocationSections[1]
      const at = object.relocationRecord(section, 0) + relocationRecord.type
      return relocationName(object.view.getUint32(at, true)).replace('R_X86_64_', '')
    })
    if (names.startsWith('PLT32 where')) t.strictSame(found, ['PC32'], forms)
    else t.strictSame(found, expected, forms)
    for (const name of found) said.add(`R_X86_64_${name}`)
  }
  t.strictSame(
    elfRelocationKinds.map(({ name }) => name).filter((name) => !said.has(name)),
    [],
    'every kind stands in the table',
  )
})

t.test('the table of implied flags is what the reader implies', async (t) => {
  const letters: Record<string, number> = { W: SHF.WRITE, A: SHF.ALLOC, X: SHF.EXECINSTR, T: SHF.TLS }
  const rows = Array.from(format.matchAll(/^\| ((?:`\.[^`]+` ?)+) \| (W?AX?T?|none) \|/gm))
  t.ok(rows.length >= 8)
  for (const [, names, flags] of rows) {
    const expected = flags === 'none' ? 0 : [...flags].reduce((sum, letter) => sum | letters[letter], 0)
    for (const [, name] of names.matchAll(/`([^`]+)`/g)) {
      const object = objectOf({ type: '.obj', [name.replace('*', 'x')]: ['📤: s'] })
      t.equal(object.sectionFlags(1), expected, name)
    }
  }
})

t.test('the lines of the documents are lines', async (t) => {
  const examples = Array.from(format.matchAll(/```json\n([\s\S]*?)```/g), ([, text]) => text)
  t.ok(examples.length > 0)
  for (const text of examples) t.equal(objectOf(JSON.parse(text)).sectionSize(1), 14)
})

/** What must be the same in a translation: commands as they are typed, and the code that begins each row of a table. */
function untranslated(document: string): { readonly commands: string[]; readonly rows: string[] } {
  const text = read(document)
  const typed = Array.from(text.matchAll(/^\$ (.*)$/gm), ([, line]) => line.replace(/\s+#.*$/, ''))
  const rows = Array.from(text.matchAll(/^\| (`[^|]*?) \|/gm), ([, cell]) => [...cell.matchAll(/`+[^`]+`+/g)].join(' '))
  return { commands: typed, rows }
}

t.test('the Chinese pages say as much as the English ones', async (t) => {
  const pages = documentsIn('docs/zh-CN').map((page) => [page, page.replace('zh-CN/', '')])
  for (const [chinese, english] of [['README.zh-CN.md', 'README.md'], ...pages])
    t.strictSame(untranslated(chinese), untranslated(english), chinese)
})

t.test('the sessions of docs/looking-inside.md are what the commands say', async (t) => {
  const folder = t.testdir()
  for (const name of ['foo', 'libc', 'main'])
    copyFileSync(join(root, `fixtures/warm-up/${name}.fle`), join(folder, `${name}.fle`))
  const PATH = `${join(root, 'node_modules/.bin')}:${process.env.PATH}`
  for (const [, session] of read('docs/looking-inside.md').matchAll(/^```console\n(.*?)^```$/gms)) {
    for (const step of session.split(/^\$ /m).filter((step) => step !== '')) {
      const [command, ...lines] = step.trimEnd().split('\n')
      // What gcc makes depends on its version: the objects are there already.
      if (command.startsWith('fle-cc ')) continue
      const { stdout, stderr } = runCommand('sh', ['-c', command], { cwd: folder, env: { LC_ALL: 'C', PATH } })
      const said = stdout.replace(/[ \t]+$/gm, '').trimEnd()
      const pattern = lines
        .join('\n')
        .split(/^…\n?/m)
        .map((part) => part.trimEnd().replace(/[^\w\s]/g, '\\$&'))
      t.match(said, new RegExp(`^${pattern.join('[^]*')}$`), command)
      t.equal(stderr, '', `${command}: no complaint`)
    }
  }
})
