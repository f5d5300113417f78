import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { Diagnostics, type FileSystem, memoryFiles, type OpenFile, openMemory, renderText } from '@fle/diagnostics'
import { nodeFiles } from '@fle/diagnostics/node'
import { type ArchiveMember, type ElfArchive, isArchive, openArchive, readObject, writeArchive } from '@fle/elf'
import { assemble, compile, mutate, runCommand, runToSuccess, seededRandom } from '@fle/testkit'
import t from 'tap'

const noFiles = memoryFiles({})

function messages(diagnostics: Diagnostics): string {
  return diagnostics.list.map((diagnostic) => renderText(diagnostic, { tool: 't' })).join('')
}

interface OpenOptions {
  readonly files?: FileSystem
  readonly path?: string
  readonly indexedOnly?: boolean
}

/** Opens what must be sound. */
function open(
  source: Uint8Array | OpenFile,
  { files = noFiles, path = 'test.a', ...options }: OpenOptions = {},
): ElfArchive {
  const diagnostics = new Diagnostics()
  const file = source instanceof Uint8Array ? openMemory(source) : source
  const archive = openArchive(file, path, files, diagnostics, options)
  if (!archive || diagnostics.list.length > 0) throw new Error(messages(diagnostics))
  return archive
}

function openPath(path: string, indexedOnly = false): ElfArchive {
  return open(nodeFiles.open(path), { files: nodeFiles, path, indexedOnly })
}

function member(archive: ElfArchive, number: number): Uint8Array {
  const diagnostics = new Diagnostics()
  const content = archive.readMember(number, diagnostics)
  if (!content || diagnostics.list.length > 0) throw new Error(messages(diagnostics))
  return content
}

/** All members: name and content. */
function members(archive: ElfArchive): [string, Uint8Array][] {
  return Array.from({ length: archive.memberCount }, (_, i) => [archive.memberName(i), member(archive, i)])
}

const decoder = new TextDecoder()

/** The index as `nm --print-armap` has it: `name in member`. */
function indexLines(archive: ElfArchive): string[] {
  const { index } = archive
  if (!index) throw new Error('no index')
  return Array.from(index.members, (number, i) => {
    const start = index.nameOffsets[i]
    const name = decoder.decode(index.bytes.subarray(start, index.bytes.indexOf(0, start)))
    return `${name} in ${archive.memberName(number)}`
  })
}

function armap(path: string): string[] {
  const text = runToSuccess('nm', ['--print-armap', path])
  const start = text.indexOf('Archive index:\n') + 'Archive index:\n'.length
  return text.slice(start, text.indexOf('\n\n', start)).split('\n')
}

/** The members of an archive with what is in them, for the writer. */
function toMembers(archive: ElfArchive): ArchiveMember[] {
  return members(archive).map(([name, content]) => ({
    name,
    content,
    object: readObject(content, name, new Diagnostics()),
  }))
}

function write(list: readonly ArchiveMember[]): Uint8Array {
  const diagnostics = new Diagnostics()
  const bytes = writeArchive('out.a', list, diagnostics)
  if (!bytes || diagnostics.list.length > 0) throw new Error(messages(diagnostics))
  return bytes
}

const longName = 'a-name-that-is-longer-than-a-header-has-room-for.o'

/** A folder with three objects, and archives of them. */
function archives(t: { testdir(content: Record<string, string>): string }): string {
  const folder = t.testdir({ 'notes.txt': 'odd', 'no-index.txt': 'x' })
  const source =
    'int com; int weak __attribute__((weak)); int ext(void); static int s; int f(void) { return ext() + s; }'
  writeFileSync(join(folder, 'f.o'), compile(source, ['-fcommon']))
  writeFileSync(
    join(folder, longName),
    assemble('.globl g, absolute\nabsolute = 5\ng: call f\n.type u,@gnu_unique_object\n.data\nu: .quad 1'),
  )
  writeFileSync(join(folder, 'nothing.o'), assemble(''))
  const ar = (...args: string[]) => runToSuccess('ar', args, { cwd: folder })
  ar('rcD', 'all.a', 'f.o', 'notes.txt', longName, 'nothing.o')
  ar('rcD', 'texts.a', 'notes.txt', 'no-index.txt')
  ar('rcD', 'nothing.a', 'nothing.o')
  ar('rcD', 'empty.a')
  ar('rcDS', 'unindexed.a', 'f.o', longName)
  ar('rcDT', 'thin.a', 'f.o', longName)
  ar('rcDT', 'nested.a', 'all.a')
  return folder
}

t.test('GNU archives: members and index as ar and nm have them', async (t) => {
  const folder = archives(t)
  for (const name of ['all.a', 'texts.a', 'nothing.a', 'empty.a', 'unindexed.a', 'thin.a']) {
    const path = join(folder, name)
    const archive = openPath(path)
    const found = members(archive)
    t.strictSame(
      found.map(([name]) => name).join('\n'),
      runToSuccess('ar', ['t', path]).replaceAll(`${folder}/`, '').trim(),
      name,
    )
    for (const [name, content] of found) t.ok(readFileSync(join(folder, name)).equals(content), name)
  }
  for (const name of ['all.a', 'thin.a']) {
    for (const indexedOnly of [false, true]) {
      const lines = indexLines(openPath(join(folder, name), indexedOnly))
      t.strictSame(
        lines,
        armap(join(folder, name)).map((line) => line.replace(`${folder}/`, '')),
      )
    }
  }
  t.strictSame(indexLines(openPath(join(folder, 'all.a'))), [
    'com in f.o',
    'weak in f.o',
    'f in f.o',
    ...['g', 'absolute', 'u'].map((name) => `${name} in ${longName}`),
  ])
  t.equal(openPath(join(folder, 'unindexed.a')).index, undefined)
  t.equal(openPath(join(folder, 'texts.a')).index, undefined)
  t.equal(openPath(join(folder, 'nothing.a')).index?.count, 0)
})

t.test('a thin archive of an archive has members inside of it', async (t) => {
  const folder = archives(t)
  const archive = openPath(join(folder, 'nested.a'))
  t.strictSame(
    members(archive).map(([, content]) => content),
    members(openPath(join(folder, 'all.a'))).map(([, content]) => content),
  )
  writeFileSync(join(folder, 'all.a'), '!<arch>\n')
  const diagnostics = new Diagnostics()
  t.equal(archive.readMember(0, diagnostics), undefined)
  t.match(messages(diagnostics), 'has changed since')
})

t.test('the members of a thin archive are beside it', async (t) => {
  const files = memoryFiles({ 'lib/f.o': 'content', '/abs/g.o': 'absolute' })
  const bytes = (name: string) => new TextEncoder().encode(`!<thin>\n${header(`${name}/`, 7)}`)
  t.equal(decoder.decode(member(open(bytes('f.o'), { files, path: 'lib/thin.a' }), 0)), 'content')
  t.equal(decoder.decode(member(open(bytes('/abs/g.o'), { files, path: 'lib/thin.a' }), 0)), 'absolute')
  const diagnostics = new Diagnostics()
  t.equal(open(bytes('none.o'), { files, path: 'lib/thin.a' }).readMember(0, diagnostics), undefined)
  t.match(messages(diagnostics), 'lib/thin.a: cannot open the member lib/none.o of this thin archive: No such file')
})

function header(name: string, size: number): string {
  return `${name.padEnd(16)}${'0'.padEnd(12)}${'0'.padEnd(6)}${'0'.padEnd(6)}${'644'.padEnd(8)}${String(size).padEnd(10)}\`\n`
}

/** A member as BSD's ar writes one, its name before the content. */
function bsdMember(name: string, content: Uint8Array): Uint8Array {
  const length = Math.ceil((name.length + 1) / 4) * 4
  const size = length + content.length
  return Buffer.concat([
    Buffer.from(header(`#1/${length}`, size)),
    Buffer.from(name.padEnd(length, '\0')),
    content,
    Buffer.alloc(size % 2, '\n'),
  ])
}

t.test('BSD archives: names before the content, an index by name offsets', async (t) => {
  const first = Buffer.from('first content')
  const second = Buffer.from('second')
  for (const width of [4, 8]) {
    for (const suffix of ['', ' SORTED']) {
      const pool = Buffer.from('alpha\0beta\0gamma\0\0\0\0')
      const index = Buffer.alloc(width * (1 + 2 * 3 + 1) + pool.length)
      const indexName = (width === 8 ? '__.SYMDEF_64' : '__.SYMDEF') + suffix
      const place1 = 8 + bsdMember(indexName, index).length
      const members1 = bsdMember('a name with spaces.o', first)
      const numbers = [3 * 2 * width, 11, place1, 0, place1 + members1.length, 6, place1, pool.length]
      for (const [i, number] of numbers.entries()) index.writeUInt32LE(number, i * width)
      pool.copy(index, numbers.length * width)
      const bytes = Buffer.concat([
        Buffer.from('!<arch>\n'),
        bsdMember(indexName, index),
        members1,
        Buffer.from(header('plain.o', second.length)),
        second,
      ])
      for (const indexedOnly of [false, true]) {
        const archive = open(bytes, { indexedOnly })
        t.strictSame(indexLines(archive), [
          'gamma in a name with spaces.o',
          'alpha in plain.o',
          'beta in a name with spaces.o',
        ])
        t.strictSame(
          members(archive).map(([name, content]) => `${name}: ${decoder.decode(content)}`),
          ['a name with spaces.o: first content', 'plain.o: second'],
        )
      }
    }
  }
})

t.test('an index of 64-bit numbers', async (t) => {
  const index = Buffer.alloc(8 + 8 + 4)
  index.writeUInt32BE(1, 4)
  index.writeUInt32BE(8 + 60 + index.length, 12)
  index.write('sym', 16)
  const bytes = Buffer.concat([
    Buffer.from(`!<arch>\n${header('/SYM64/', index.length)}`),
    index,
    Buffer.from(`${header('a.o/', 2)}ab`),
  ])
  for (const indexedOnly of [false, true]) t.strictSame(indexLines(open(bytes, { indexedOnly })), ['sym in a.o'])
})

t.test('what a link reads of an archive', async (t) => {
  const bytes = new Uint8Array(readFileSync(join(archives(t), 'all.a')))
  const reads: number[] = []
  const counted = (size: number | undefined): OpenFile => {
    const memory = openMemory(bytes)
    let position = 0
    return {
      size,
      readAt(into, offset) {
        const count = memory.readAt(into, size === undefined ? position : offset)
        position += count
        reads.push(count)
        return count
      },
      close() {},
    }
  }
  const archive = open(counted(bytes.length), { indexedOnly: true })
  t.equal(archive.memberCount, 2, 'the two members that define something')
  reads.length = 0
  const content = member(archive, 0)
  t.equal(archive.memberName(0), 'f.o')
  t.equal(reads.length, 1, 'one read for a member and its name')
  t.ok(content.length < bytes.length / 2)
  t.strictSame(members(open(counted(undefined), {})), members(open(bytes)), 'a pipe is read from beginning to end')
})

t.test('the archives of the system', async (t) => {
  for (const name of ['libc.a', 'libm-2.36.a', 'libgcc.a', 'libstdc++.a']) {
    const path = runToSuccess('gcc', [`-print-file-name=${name}`]).trim()
    if (!path.includes('/')) continue
    const archive = openPath(path)
    t.equal(archive.memberCount, runToSuccess('ar', ['t', path]).trim().split('\n').length, `members of ${name}`)
    const expected = armap(path)
    t.strictSame(indexLines(archive), expected, `index of ${name}`)
    t.strictSame(indexLines(openPath(path, true)), expected, `index of ${name} without other members`)
  }
})

t.test('the writer writes what ar writes', async (t) => {
  const folder = archives(t)
  for (const name of ['all.a', 'texts.a', 'nothing.a', 'empty.a']) {
    const bytes = readFileSync(join(folder, name))
    t.ok(bytes.equals(write(toMembers(open(bytes)))), name)
  }
  const edges = ['exactly15chars.', 'exactly_16_chars', 'with space', 'ünïcödé-ünïcödé', '.o'].map((name) => ({
    name,
    content: new TextEncoder().encode(name),
  }))
  for (const { name, content } of edges) writeFileSync(join(folder, name), content)
  runToSuccess('ar', ['rcD', 'edges.a', ...edges.map(({ name }) => name)], { cwd: folder })
  t.ok(readFileSync(join(folder, 'edges.a')).equals(write(edges)), 'names around the limit')
  const gcc = runToSuccess('gcc', ['-print-file-name=libgcc.a']).trim()
  const again = join(folder, 'again.a')
  writeFileSync(again, write(toMembers(openPath(gcc))))
  t.strictSame(armap(again), armap(gcc))
  t.equal(runCommand('ar', ['t', again]).stdout, runCommand('ar', ['t', gcc]).stdout)
})

t.test('names that no archive can hold', async (t) => {
  for (const name of ['', 'a/b.o', 'a\nb.o', 'a\0b.o']) {
    const diagnostics = new Diagnostics()
    t.equal(writeArchive('out.a', [{ name, content: new Uint8Array() }], diagnostics), undefined)
    t.match(messages(diagnostics), 'out.a: a member of an archive cannot be named')
  }
})

t.test('what is no archive, or a damaged one, is said', async (t) => {
  const bytes = new Uint8Array(readFileSync(join(archives(t), 'all.a')))
  t.ok(isArchive(bytes))
  t.notOk(isArchive(bytes.subarray(1)))
  const refusal = (bytes: Uint8Array, indexedOnly = false) => {
    const diagnostics = new Diagnostics()
    const archive = openArchive(openMemory(bytes), 'test.a', noFiles, diagnostics, { indexedOnly })
    for (let i = 0; archive && i < archive.memberCount; i++) archive.readMember(i, diagnostics)
    return messages(diagnostics)
  }
  const damage = (at: number, ...values: number[]) => {
    const copy = bytes.slice()
    copy.set(values, at)
    return copy
  }
  t.match(refusal(bytes.subarray(1)), 'test.a: this is not an archive')
  t.match(refusal(bytes.subarray(0, 100)), 'the archive is cut short: it ends inside the member /')
  t.match(refusal(bytes.subarray(0, bytes.length - 2)), 'the archive is cut short: it ends inside the member nothing.o')
  t.match(refusal(damage(8 + 58, 0)), 'no header of a member at offset 8')
  t.match(refusal(damage(68, 0x7f)), 'the symbol index of the archive is damaged')
  t.match(refusal(damage(72, 0, 0, 0, 9)), 'the symbol index names a member at offset 9, where none is')
  t.match(refusal(damage(72, 0, 0, 0, 9), true), 'no header of a member at offset 9')
  const sizeOfFirst = decoder.decode(bytes).indexOf('f.o/ ') + 48
  t.match(
    refusal(damage(sizeOfFirst, 0x39, 0x39, 0x39, 0x39), true),
    'the member f.o reaches into the member at offset',
  )
  t.match(refusal(damage(sizeOfFirst, 0x39, 0x39, 0x39, 0x39, 0x39, 0x39)), 'the archive is cut short')
  t.match(refusal(damage(sizeOfFirst, 0x2d)), 'no header of a member at offset')
})

t.test('a file with holes that claims members of many gigabytes', async (t) => {
  const claim = (name: string): OpenFile => {
    const memory = openMemory(new TextEncoder().encode(`!<arch>\n${header(name, 9_999_999_990)}`))
    return { ...memory, size: 10_000_000_058 }
  }
  const diagnostics = new Diagnostics()
  t.equal(openArchive(claim('/'), 'test.a', noFiles, diagnostics), undefined)
  t.match(messages(diagnostics), 'test.a: cannot read the archive: Member too large')
  t.equal(open(claim('a.o/')).readMember(0, diagnostics), undefined)
  t.equal(diagnostics.errorCount, 2)
})

t.test('damaged archives: a message or members, never an exception', async (t) => {
  const folder = archives(t)
  const originals = ['all.a', 'thin.a', 'nested.a'].map((name) => new Uint8Array(readFileSync(join(folder, name))))
  const files = memoryFiles({ 'f.o': 'x', 'all.a': originals[0] })
  const attempt = (bytes: Uint8Array) => {
    for (const indexedOnly of [false, true]) {
      const diagnostics = new Diagnostics()
      const archive = openArchive(openMemory(bytes), 'test.a', files, diagnostics, { indexedOnly })
      if (!archive && !diagnostics.hasErrors) throw new Error('refused without a word')
      if (!archive) continue
      if (archive.index) indexLines(archive)
      let total = 0
      for (let i = 0; i < archive.memberCount; i++) {
        archive.memberName(i)
        total += archive.readMember(i, diagnostics)?.length ?? 0
      }
      if (bytes[2] === 0x61 && total > bytes.length) throw new Error('members overlap')
    }
  }
  for (const bytes of originals) {
    for (let length = 0; length < bytes.length; length += 7) attempt(bytes.slice(0, length))
  }
  for (let seed = 0; seed < 2000; seed++) {
    try {
      attempt(mutate(originals[seed % originals.length], seededRandom(seed)))
    } catch (error) {
      t.fail(`seed ${seed}: ${error}`)
    }
  }
  t.pass('4000 attempts and the truncations went well')
})
