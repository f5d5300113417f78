import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { Diagnostics } from '@fle/diagnostics'
import { readObject } from '@fle/elf'
import { type ObjectFile, relocationRecord } from '@fle/object'
import { assemble, compile, mutate, runToSuccess, seededRandom } from '@fle/testkit'
import t from 'tap'
import { type LineSections, type LineTable, readLineTable } from '../src/index.ts'

const header = `static inline int square(int a) {
  return a * a;
}
`
const source = `
# 1 "inner/square.h"
${header}# 10 "main.c"
int total;
int sum(int count) {
  for (int i = 0; i < count; i++)
    total += square(i);
  return total;
}
int guarded(int a) { if (a) __builtin_trap(); return sum(a) + 1; }

int far(void) {
${'\n'.repeat(3000)}  return sum(7);
}
`

/** The sections of an object, with what its relocations say. */
function lineSectionsOf(object: ObjectFile): LineSections {
  const content = (name: string) => object.sectionContent(sectionNamed(object, name))
  const fields = new Map<number, { section: number; offset: number }>()
  const rela = object.relocationSections[sectionNamed(object, '.debug_line')]
  for (let index = 0; rela && index < object.relocationCount(rela); index++) {
    const record = object.relocationRecord(rela, index)
    const symbol = object.view.getUint32(record + relocationRecord.symbol, true)
    const addend = object.view.getInt32(record + relocationRecord.addend, true)
    const place = { section: object.symbolSection(symbol), offset: Number(object.symbolValue(symbol)) + addend }
    fields.set(object.view.getUint32(record, true), place)
  }
  return {
    line: content('.debug_line'),
    lineStrings: content('.debug_line_str'),
    strings: content('.debug_str'),
    relocated: (offset) => fields.get(offset),
  }
}

function sectionNamed(object: ObjectFile, name: string): number {
  let section = object.sectionCount - 1
  while (section > 0 && object.sectionName(section) !== name) section--
  return section
}

function objectOf(bytes: Uint8Array): ObjectFile {
  const object = readObject(bytes, 'x.o', new Diagnostics())
  if (!object) throw new Error('not an object')
  return object
}

/** `main.c 12 0x10 x`: file, line, address, whether a statement starts there. */
function rowsOf(table: LineTable): string[] {
  return Array.from({ length: table.count }, (_, row) => {
    const file = table.file(row).replace(/.*\//, '')
    const address = `0x${table.address(row).toString(16)}`
    return `${file} ${table.endsSequence(row) ? '-' : table.line(row)} ${address}${table.isStatement(row) ? ' x' : ''}`
  })
}

/** The same of readelf, which does not say it of the row that ends a sequence. */
function readelfRows(path: string): string[] {
  const text = runToSuccess('readelf', ['--wide', '--debug-dump=decodedline', path])
  const pattern = /^(\S+) +(-?\d+|-) +(0x[\da-f]+|0)(?:\[\d+\])?(?: {1,7}\d+)?(?: +(x))? *$/gm
  return Array.from(
    text.matchAll(pattern),
    ([, file, line, address, statement]) => `${file} ${line} 0x${BigInt(address).toString(16)}${statement ? ' x' : ''}`,
  )
}

const withoutEnds = (rows: readonly string[]) => rows.map((row) => row.replace(/^(\S+ - \S+) x$/, '$1'))

const optionsTried = [2, 3, 4, 5].flatMap((version) => [
  [`-gdwarf-${version}`],
  [`-gdwarf-${version}`, '-O2', '-ffunction-sections', '-gno-as-locview-support'],
])

t.test('rows of objects are those of readelf', async (t) => {
  const path = join(t.testdir({}), 'x.o')
  for (const options of [...optionsTried, ['-gdwarf-5', '-gdwarf64', '-O1']]) {
    const bytes = compile(source, options)
    writeFileSync(path, bytes)
    const expected = readelfRows(path)
    const table = readLineTable(lineSectionsOf(objectOf(bytes)))
    t.ok(table.isComplete)
    t.ok(expected.length > 15, `${options.join(' ')}: ${expected.length} rows`)
    t.strictSame(withoutEnds(rowsOf(table)), expected, options.join(' '))
  }
})

t.test("rows of programs are readelf's, lines of addresses are addr2line's", async (t) => {
  const folder = t.testdir({ 'main.c': `${source}\nint main(void) { return sum(3) + far(); }\n` })
  for (const version of [4, 5]) {
    const path = join(folder, `main${version}`)
    runToSuccess('gcc', [`-gdwarf-${version}`, '-O1', '-static', 'main.c', '-o', path], { cwd: folder })
    const content = (section: string) => {
      const file = `${path}${section}`
      runToSuccess('objcopy', [`--dump-section=${section}=${file}`, path, '/dev/null'])
      return existsSync(file) ? new Uint8Array(readFileSync(file)) : new Uint8Array()
    }
    const sections = { line: content('.debug_line'), lineStrings: content('.debug_line_str') }
    const table = readLineTable({ ...sections, strings: content('.debug_str') })
    t.strictSame(withoutEnds(rowsOf(table)), readelfRows(path))

    const [start, end] = ['sum', 'main'].map((name) => Number(addressOf(path, name)))
    const addresses = Array.from({ length: end - start }, (_, index) => start + index)
    const hex = addresses.map((address) => address.toString(16)).join('\n')
    const answers = runToSuccess('addr2line', ['--exe', path], { input: hex }).trimEnd().split('\n')
    t.ok(addresses.length > 20)
    for (const [index, address] of addresses.entries()) {
      const found = table.lineAt(0, address)
      const text = found ? `${found.file}:${found.line}` : '??:?'
      const expected = answers[index].replace(/ \(discriminator \d+\)$/, '')
      t.ok(expected === text || expected.endsWith(`/${text.replace(/^inner\//, '')}`), `${expected} for ${text}`)
    }
    t.equal(table.lineAt(0, 1), undefined)
  }
})

function addressOf(program: string, symbol: string): string {
  const row = runToSuccess('nm', [program])
    .split('\n')
    .find((line) => line.endsWith(` ${symbol}`))
  return `0x${row?.slice(0, 16)}`
}

t.test('paths are those that the compiler was given', async (t) => {
  for (const options of optionsTried) {
    const object = objectOf(compile(source, options))
    const table = readLineTable(lineSectionsOf(object))
    const files = new Set(Array.from({ length: table.count }, (_, row) => table.file(row)))
    t.strictSame([...files].sort(), ['inner/square.h', 'main.c'], options.join(' '))
  }
  const absolute = objectOf(assemble('.file 1 "/src/lib/f.c"\n.loc 1 5 3\nnop\n.loc 1 6 1\nnop'))
  t.strictSame(readLineTable(lineSectionsOf(absolute)).lineAt(sectionNamed(absolute, '.text'), 1), {
    file: '/src/lib/f.c',
    line: 6,
    column: 1,
  })
})

t.test('sections of an object have lines of their own', async (t) => {
  const object = objectOf(compile(source, ['-g', '-ffunction-sections']))
  const table = readLineTable(lineSectionsOf(object))
  const line = (section: string, offset: number) => table.lineAt(sectionNamed(object, section), offset)?.line
  t.equal(line('.text.sum', 0), 11)
  t.equal(line('.text.far', 0), 18)
  t.equal(line('.text.far', 0x1000), undefined)
  t.equal(line('.data', 0), undefined)
})

t.test('damaged tables give rows or none, soon', async (t) => {
  const random = seededRandom(7)
  const started = performance.now()
  for (const options of optionsTried) {
    const whole = lineSectionsOf(objectOf(compile(source, options)))
    const count = readLineTable(whole).count
    for (let round = 0; round < 200; round++) {
      const table = readLineTable({
        ...whole,
        line: mutate(whole.line, random),
        lineStrings: mutate(whole.strings, random),
      })
      for (let row = 0; row < table.count; row += 7) table.file(row)
      table.lineAt(1, 3)
      t.ok(table.count < 20 * count)
    }
  }
  t.notOk(readLineTable({ ...lineSectionsOf(objectOf(compile(source))), line: Uint8Array.of(9, 0, 0) }).isComplete)
  t.ok(performance.now() - started < 10_000)
})
