// Texts read by the loops of @fle/kernels are the same objects as by @fle/fle's own reader, or are left to it.

import { Diagnostics } from '@fle/diagnostics'
import { makeTextTables, readFle, readFleInBulk } from '@fle/fle'
import { Memory, TextReader } from '@fle/kernels'
import { instantiate, instantiateScript } from '@fle/kernels/wasm'
import { type ObjectFile, SHT } from '@fle/object'
import t from 'tap'

const encoder = new TextEncoder()

/** Lines of all kinds in all forms that the loops know. */
const sections = {
  '.text': [
    '🚩: AX align=16 group=sig',
    '📤: f',
    '🔖: f func size=0x20 hidden unique',
    '🏷️: l',
    '🔢: e8',
    '❓: i32(g - 0x4 - 📍)',
    '🔢:0f 8412AB  cd ',
    '🔢: 0f 84',
    '❓: i32(.data + 1 - 📍)',
    '📎: w',
    '❓: u64(f + 0xffffffffffffffff)',
    '🔢: e9',
    '❓: i32 ( gotx( `odd name` ) - 0x4 - 📍 )',
    '❓: i32(l - 4 - 📍)',
    '❓: i32(pc(f) - 4 - 📍)',
    '❓: mark(tlscall(t))',
    '❓: i32(gotbase - 📍)',
    '❓:mark(none())',
    '❓: u32(0x1230 - 📍)',
    '📐: 64',
    '💬: text \\ with "escapes"',
    '🔖: q at=0x99 weak func',
  ],
  '.data': ['🏷: d', '🕳️: 12', '🔖: d object size=12', '❓: u8(d)', '❓: i8( - 1 + d + 2)', '❓: u16(d + 3)', '📐: 8'],
  '.bss': ['🕳: 4096', '🏷️: b', '📐: 4', '🏷️: d'],
  '.tdata': ['📤: t', '🔖: t tls size=4', '🔢: 00000000'],
  '.text.of': ['🚩: AXL link=.text group=sig', '🔢: c3'],
  '.far': ['🚩: WA type=nobits', '📤: far', '🕳️: 17592186044416', '📤: farther'],
  '.empty': [],
  symbols: [
    '🔖: a.c file',
    '🔖: c common align=8 size=16',
    '🔖: lc lcommon align=1 object',
    '🔖: k abs=0xffffffff81000000 local',
    '🔖: und weak protected',
    '🔖: `quoted é`',
  ],
}
const text = JSON.stringify({ type: '.obj', name: 'x', ...sections }, undefined, 4)

/** What is said of an object, by its tables and lines. */
function describe(object: ObjectFile): object {
  const { bytes, tables, source, sectionAliases } = object
  const symbolLines = Array.from({ length: object.symbolCount }, (_, symbol) => source?.lineOfSymbol(symbol))
  const relocationLines: (number | undefined)[] = []
  for (let section = 1; section < object.sectionCount; section++) {
    if (object.sectionType(section) !== SHT.RELA) continue
    for (let i = 0; i < object.relocationCount(section); i++) relocationLines.push(source?.lineOfRelocation(section, i))
  }
  const content = Buffer.from(bytes).toString('latin1')
  return { content, tables, symbolLines, relocationLines, aliases: [...sectionAliases] }
}

/** Reads a text both ways: whether the loops have read it, and if they have, what differs from what they should have read. */
function readTwice(bytes: Uint8Array, reader: TextReader): { isLeft: boolean; difference?: string } {
  const bulk = readFleInBulk(bytes, 'x.fle', reader)
  if (bulk?.kind !== 'object') return { isLeft: true }
  const diagnostics = new Diagnostics()
  const file = readFle(bytes, 'x.fle', diagnostics)
  if (file?.kind !== 'object') return { isLeft: false, difference: `it is no object: ${diagnostics.list[0]?.message}` }
  if (diagnostics.list.length > 0) return { isLeft: false, difference: `not said: ${diagnostics.list[0].message}` }
  const [expected, found] = [file.object, bulk.object].map((object) => JSON.stringify(describe(object)))
  return expected === found ? { isLeft: false } : { isLeft: false, difference: `${found} instead of ${expected}` }
}

/** Pseudo-random numbers, the same in each run. */
function randomNumbers(seed: number): (below: number) => number {
  let state = seed
  return (below) => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0
    return Math.floor((state / 2 ** 32) * below)
  }
}

const pieces = [
  ...'",][{}: \n\t\\`#0x19f-+()%=\0',
  ...['\\n', '\\u0041', '#2', '📍', '📤', '🏷', '📎', '❓', '📐', '🕳️', '🚩', '🔖', '💬', '🔢', '🔥', 'i8(', 'u64('],
  ...['mark(', 'got(', 'none(', 'size(', 'gotbase', ' func', ' tls', ' hidden', ' weak', ' local', ' unique', ' size='],
  ...[
    ' at=',
    ' abs=',
    ' align=',
    ' common',
    ' file',
    '18446744073709551616',
    '0xffffffffffffffff',
    '0x10000000000000000',
  ],
  ...['281474976710656', '.text', 'f', 'sig', 'é', ' - 📍', '"🔢: 90",', '"📤: f",', '"🔖: f func",', '"💬: c",'],
  ...['"❓: i32(f)",', '"type": ".exe",', '".text": [],', '"shdrs": [],'],
]

/** Cuts, inserts, repeats and swaps at random places. */
function mutate(original: string, random: (below: number) => number): string {
  const lines = original.split('\n')
  const [i, j] = [random(lines.length), random(lines.length)]
  const kind = random(6)
  if (kind === 0) lines.splice(i, 0, lines[j])
  else if (kind === 1) lines.splice(i, random(3))
  else if (kind === 2) [lines[i], lines[j]] = [lines[j], lines[i]]
  const whole = lines.join('\n')
  if (kind < 3) return whole
  const at = random(whole.length)
  const removed = kind === 3 ? 0 : random(4)
  return whole.slice(0, at) + (kind === 5 ? '' : pieces[random(pieces.length)]) + whole.slice(at + removed)
}

for (const [form, make] of [
  ['WebAssembly', instantiate],
  ['JavaScript', instantiateScript],
] as const) {
  const newReader = () => new TextReader(new Memory(make()), makeTextTables())

  t.test(`common lines are read in bulk (${form})`, async (t) => {
    const reader = newReader()
    const forms = [text, text.replace(/\n\s*/g, ''), text.replaceAll('\n', '\r\n\t'), `#!/usr/bin/fle\n\n${text}\n`]
    for (const each of forms) t.strictSame(readTwice(encoder.encode(each), reader), { isLeft: false })
    t.strictSame(readTwice(Buffer.from(forms[1]), reader), { isLeft: false }, 'elsewhere in the memory')
  })

  t.test(`what is uncommon or wrong is left (${form})`, async (t) => {
    const reader = newReader()
    const left = {
      'two symbols': ['❓: i32(f - g)'],
      'a symbol taken away': ['❓: i32(4 - f)'],
      'a name that counts': ['❓: i32(`f#2`)'],
      'a name with an escape': ['📤: `a\\x20b`'],
      parentheses: ['❓: i32((f))'],
      'a function that is none': ['❓: i32(gott(f))'],
      'no width': ['❓: i33(f)'],
      'a mark of a value': ['❓: mark(f)'],
      'a number of 65 bits': ['❓: u64(0x10000000000000000)'],
      'half a byte': ['🔢: 9'],
      'an unknown emoji': ['🔥: 1'],
      'no colon': ['🔢 90'],
      'a tab': ['🔢:\t90'],
      'a name twice': ['📤: f', '📎: f'],
      'details of nothing': ['🔖: g func'],
      'an alignment of three': ['📐: 3'],
      'more zeros than text': ['🕳️: 100000'],
      'properties below': ['🔢: 90', '🚩: AX'],
      'a thread-local symbol elsewhere': ['📤: g', '🔖: g tls'],
    }
    for (const [what, lines] of Object.entries(left)) {
      const whole = JSON.stringify({ type: '.obj', '.text': ['📤: f', '🔖: f func', ...lines] })
      t.strictSame(readTwice(encoder.encode(whole), reader), { isLeft: true }, what)
    }
    for (const cut of ['{', '{"type": ".obj"', '{"type": ".obj", ".text": ["🔖: f', text.slice(0, -3), `${text}}`, ''])
      t.strictSame(readTwice(encoder.encode(cut), reader), { isLeft: true }, `cut: ${cut.slice(-30)}`)
    t.strictSame(readTwice(encoder.encode(text), reader), { isLeft: false }, 'a text after them')
  })

  t.test(`any text is the same object, or left (${form})`, async (t) => {
    const random = randomNumbers(7)
    const reader = newReader()
    let read = 0
    for (let i = 0; i < 3000; i++) {
      const bytes = encoder.encode(mutate(text, random))
      const cut = random(20) === 0 ? bytes.subarray(0, random(bytes.length)) : bytes
      const { isLeft, difference } = readTwice(cut, reader)
      if (!isLeft) read++
      if (difference) t.fail(difference, { text: new TextDecoder().decode(cut) })
    }
    t.ok(read > 300, `${read} of them were read`)
  })

  t.test(`an archive is the same (${form})`, async (t) => {
    const memory = new Memory(make())
    const reader = new TextReader(memory, makeTextTables())
    const uncommon = { type: '.obj', name: 'a', ...sections, other: [1, { x: ['y'] }, '\\u0041'] }
    const members = [uncommon, { type: '.obj', name: 'b', ...sections }]
    const archive = JSON.stringify({ type: '.ar', members, index: { f: [0], t: [0, 1] } }, undefined, 1)
    /** What is said of it and of its members, with the help of the loops or without; undefined if it is left. */
    const describeArchive = (bytes: Uint8Array, loops?: TextReader) => {
      const diagnostics = new Diagnostics()
      const file = loops ? readFleInBulk(bytes, 'x.fa', loops) : readFle(bytes, 'x.fa', diagnostics)
      if (file?.kind !== 'archive') return loops ? undefined : diagnostics.list
      const { memberCount, index } = file.archive
      const objects = Array.from({ length: memberCount }, (_, i) => {
        const object = file.archive.readMember(i, diagnostics, loops)
        return [file.archive.memberName(i), object && describe(object)]
      })
      return [objects, index, diagnostics.list]
    }
    const random = randomNumbers(3)
    let read = 0
    for (let i = 0; i < 200; i++) {
      const bytes = encoder.encode(i === 0 ? archive : mutate(archive, random))
      const at = memory.place(bytes)
      const found = describeArchive(memory.bytes.subarray(at, at + bytes.length), reader)
      if (found === undefined) continue
      read++
      const expected = describeArchive(bytes)
      if (JSON.stringify(found) !== JSON.stringify(expected))
        t.strictSame(found, expected, new TextDecoder().decode(bytes))
    }
    t.ok(read > 20, `${read} of them were looked through`)
  })

  t.test(`more symbols than there is room for are left (${form})`, async (t) => {
    const reader = newReader()
    const lines = Array.from({ length: 500 }, (_, i) => `📤: ${i.toString(36)}a`.replace(/ (\d)/, ' a$1'))
    const dense = JSON.stringify({ type: '.obj', '.text': ['📐: 1', ...new Set(lines)] })
    t.strictSame(readTwice(encoder.encode(dense), reader), { isLeft: true })
    t.strictSame(readTwice(encoder.encode(`${dense}${' '.repeat(8000)}`), reader), { isLeft: false })
  })
}
