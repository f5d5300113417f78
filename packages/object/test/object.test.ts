import {
  addWords,
  ByteBuffer,
  GRP_COMDAT,
  hexadecimal,
  ObjectBuilder,
  ObjectFile,
  readSize,
  readWord,
  relocationRecord,
  SHF,
  SHN,
  SHT,
  STB,
  STT,
  STV,
  specialSection,
  subtractWords,
  toWord,
  type Word,
  writeWord,
} from '@fle/object'
import { seededRandom } from '@fle/testkit'
import t from 'tap'

const text = { name: '.text', type: SHT.PROGBITS, flags: SHF.ALLOC | SHF.EXECINSTR, alignment: 16 }
const data = { name: '.data', type: SHT.PROGBITS, flags: SHF.ALLOC | SHF.WRITE, alignment: 8 }

/** The symbols' names in the order of the table, without the null symbol. */
function symbolNames(object: ObjectFile): string[] {
  return Array.from({ length: object.symbolCount - 1 }, (_, i) => object.symbolName(i + 1))
}

function sectionNumber(object: ObjectFile, name: string): number {
  for (let section = 1; section < object.sectionCount; section++)
    if (object.sectionName(section) === name) return section
  return 0
}

t.test('Word', async (t) => {
  const two64 = 1n << 64n
  const edges = [0n, 1n, 2n ** 31n, 2n ** 32n, 2n ** 52n, 2n ** 53n - 1n, 2n ** 53n, 2n ** 53n + 1n, 2n ** 63n - 1n]
  const values = edges.flatMap((edge) => [edge, -edge, edge - two64, two64 - edge])
  const random = seededRandom(1)
  for (let i = 0; i < 200; i++) {
    const high = BigInt(random.below(2 ** 32))
    values.push(BigInt.asIntN(1 + random.below(64), (high << 32n) | BigInt(random.below(2 ** 32))))
  }
  const isWord = (word: Word) => typeof word === 'number' || !Number.isSafeInteger(Number(word))

  t.test('is a number where a double holds the value, and the value modulo 2^64', async (t) => {
    const wrong = values.filter((value) => {
      const word = toWord(value)
      return !isWord(word) || BigInt.asUintN(64, BigInt(word)) !== BigInt.asUintN(64, value)
    })
    t.strictSame(wrong, [])
  })

  t.test('goes to bytes and back', async (t) => {
    const view = new DataView(new ArrayBuffer(16))
    const wrong = values.filter((value) => {
      const word = toWord(value)
      writeWord(view, 3, word)
      return view.getBigUint64(3, true) !== BigInt.asUintN(64, value) || readWord(view, 3) !== word
    })
    t.strictSame(wrong, [])
    writeWord(view, 3, -1)
    t.equal(view.getUint8(2) + view.getUint8(11), 0, 'the bytes around are left alone')
  })

  t.test('adds and subtracts as 64-bit hardware does', async (t) => {
    const wrong: unknown[] = []
    for (const a of values) {
      for (const b of values) {
        const sum = addWords(toWord(a), toWord(b))
        const difference = subtractWords(toWord(a), toWord(b))
        if (sum !== toWord(a + b) || difference !== toWord(a - b) || !isWord(sum)) wrong.push([a, b, sum, difference])
      }
    }
    t.strictSame(wrong, [])
  })

  t.test('prints as an address', async (t) => {
    t.equal(hexadecimal(0x401000), '0x401000')
    t.equal(hexadecimal(-(2 ** 31)), '0xffffffff80000000')
    t.equal(hexadecimal(toWord(2n ** 63n)), '0x8000000000000000')
  })

  t.test('readSize counts from 0 to 2^64', async (t) => {
    const view = new DataView(new ArrayBuffer(8))
    for (const value of [0n, 4096n, 2n ** 53n - 1n, 2n ** 64n - 1n]) {
      view.setBigUint64(0, value, true)
      t.equal(readSize(view, 0), Number(value))
    }
  })
})

t.test('ByteBuffer', async (t) => {
  const buffer = new ByteBuffer(1)
  buffer.byte(0xaa)
  buffer.uint16(0xbbcc)
  buffer.uint32(0x11223344)
  buffer.text('é')
  buffer.append(new Uint8Array([1, 2]))
  buffer.align(8)
  t.strictSame([...buffer.bytes], [0xaa, 0xcc, 0xbb, 0x44, 0x33, 0x22, 0x11, 0xc3, 0xa9, 1, 2, 0, 0, 0, 0, 0])
  buffer.align(8)
  t.equal(buffer.length, 16, 'align adds nothing at a multiple')
  const at = buffer.reserve(1000)
  t.equal(at, 16)
  t.ok(
    buffer.bytes.subarray(16).every((byte) => byte === 0),
    'reserved bytes are zero',
  )
  buffer.view.setUint8(at, 7)
  t.equal(buffer.bytes[16], 7, 'the view is of the same bytes')
})

t.test('an object of every kind of record', async (t) => {
  const builder = new ObjectBuilder()
  const code = builder.addSection(text)
  builder.content(code).append(new Uint8Array([0xe8, 0, 0, 0, 0, 0xc3]))
  const variable = builder.addSection(data)
  builder.content(variable).reserve(8)
  const zeros = builder.addSection({ name: '.bss', type: SHT.NOBITS, flags: SHF.ALLOC | SHF.WRITE, alignment: 32 })
  builder.setSize(zeros, 2 ** 33)
  const ordered = builder.addSection({
    name: 'ordered',
    type: SHT.PROGBITS,
    flags: SHF.ALLOC | SHF.LINK_ORDER,
    alignment: 1,
    entrySize: 4,
  })
  builder.setLink(ordered, code)
  const symbol = { type: STT.NOTYPE, section: 0 }
  const puts = builder.addSymbol({ ...symbol, name: 'puts', binding: STB.GLOBAL })
  const main = builder.addSymbol({ name: 'main', binding: STB.GLOBAL, type: STT.FUNC, section: code, size: 6 })
  const local = builder.addSymbol({ name: 'local', binding: STB.LOCAL, type: STT.OBJECT, section: variable, value: 4 })
  builder.addSymbol({ ...symbol, name: 'weak', binding: STB.WEAK, visibility: STV.HIDDEN })
  const constant = { section: specialSection(SHN.ABS), value: toWord(2n ** 63n + 1n) }
  builder.addSymbol({ ...symbol, name: 'constant', binding: STB.GLOBAL, ...constant })
  builder.addSymbol({ name: 'common', binding: STB.GLOBAL, type: STT.OBJECT, section: specialSection(SHN.COMMON) })
  builder.addRelocation(code, 1, 4, puts, -4)
  builder.addRelocation(variable, 0, 1, local, toWord(-(2n ** 60n) - 1n))
  builder.addRelocation(variable, 4, 0, 0, 0)
  builder.addGroup(main, true, [code])
  t.equal(builder.sectionCount, 4)
  t.equal(builder.symbolCount, 6)
  const object = builder.build('main.o')

  t.test('sections', async (t) => {
    const [code, data, bss] = ['.text', '.data', '.bss'].map((name) => sectionNumber(object, name))
    t.strictSame([...object.sectionContent(code)], [0xe8, 0, 0, 0, 0, 0xc3])
    t.equal(object.sectionType(code), SHT.PROGBITS)
    t.equal(object.sectionFlags(code), SHF.ALLOC | SHF.EXECINSTR | SHF.GROUP)
    t.equal(object.sectionAlignment(code), 16)
    t.equal(object.sectionSize(bss), 2 ** 33)
    t.equal(object.sectionContent(bss).length, 0)
    t.ok(object.isAllocated(data))
    const ordered = sectionNumber(object, 'ordered')
    t.equal(object.sectionLink(ordered), code)
    t.equal(object.sectionEntrySize(ordered), 4)
    t.notOk(object.isAllocated(sectionNumber(object, '.symtab')))
  })

  t.test('symbols: local ones first, each kind in the order of adding', async (t) => {
    t.strictSame(symbolNames(object), ['local', 'puts', 'main', 'weak', 'constant', 'common'])
    t.equal(object.firstGlobal, 2)
    t.equal(object.symbolSection(1), sectionNumber(object, '.data'))
    t.equal(object.symbolValue(1), 4)
    t.equal(object.symbolType(3), STT.FUNC)
    t.equal(object.symbolSize(3), 6)
    t.equal(object.symbolBinding(4), STB.WEAK)
    t.equal(object.symbolVisibility(4), STV.HIDDEN)
    t.equal(object.symbolRawSection(5), SHN.ABS)
    t.equal(object.symbolSection(5), 0)
    t.equal(object.symbolValue(5), BigInt.asIntN(64, 2n ** 63n + 1n))
    t.equal(object.symbolRawSection(6), SHN.COMMON)
  })

  t.test('relocations name the symbols by their new numbers', async (t) => {
    const ofCode = object.relocationSections[sectionNumber(object, '.text')]
    const ofData = object.relocationSections[sectionNumber(object, '.data')]
    t.equal(object.sectionName(ofData), '.rela.data')
    t.equal(object.relocationCount(ofData), 2)
    const read = (section: number, relocation: number) => {
      const at = object.relocationRecord(section, relocation)
      const field = (offset: number) => object.view.getUint32(at + offset, true)
      return [
        readWord(object.view, at),
        field(relocationRecord.type),
        field(relocationRecord.symbol),
        readWord(object.view, at + relocationRecord.addend),
      ]
    }
    t.strictSame(read(ofCode, 0), [1, 4, 2, -4])
    t.strictSame(read(ofData, 0), [0, 1, 1, -(2n ** 60n) - 1n])
    t.strictSame(read(ofData, 1), [4, 0, 0, 0])
  })

  t.test('a group lists its members and their relocations', async (t) => {
    const group = sectionNumber(object, '.group')
    const members = new Uint32Array(object.sectionContent(group).slice().buffer)
    const code = sectionNumber(object, '.text')
    t.strictSame([...members], [GRP_COMDAT, code, object.relocationSections[code]])
    t.equal(object.symbolName(object.sectionInfo(group)), 'main')
    t.equal(object.sectionLink(group), object.tables.symbolTable)
    t.ok(object.sectionFlags(object.relocationSections[code]) & SHF.GROUP)
  })
})

t.test('names may be any bytes but NUL', async (t) => {
  const builder = new ObjectBuilder()
  const name = new Uint8Array([0x61, 0xff, 0xfe])
  const section = builder.addSection({ ...data, name })
  builder.content(section).reserve(8)
  const symbol = builder.addSymbol({ name, binding: STB.GLOBAL, type: STT.OBJECT, section })
  builder.addSymbol({ name: 'größe', binding: STB.GLOBAL, type: STT.OBJECT, section })
  builder.addRelocation(section, 0, 1, symbol, 0)
  const object = builder.build('odd.o')
  t.strictSame(object.stringBytesAt(object.sectionNameOffset(1)), name)
  t.strictSame([...object.stringBytesAt(object.sectionNameOffset(2))], [...Buffer.from('.rela'), ...name])
  t.strictSame(object.stringBytesAt(object.symbolNameOffset(1)), name)
  t.equal(object.symbolName(1), 'a��')
  t.equal(object.symbolName(2), 'größe')
})

t.test('an empty object', async (t) => {
  const object = new ObjectBuilder().build('empty.o')
  t.equal(object.tables.symbolTable, 0, 'it has no symbol table')
  t.equal(object.symbolCount, 0)
  t.equal(object.firstGlobal, 0)
  t.equal(object.source, undefined)
  t.equal(object.relocationSections.length, object.sectionCount)
})

t.test('a NOBITS section has no content to write to', async (t) => {
  const builder = new ObjectBuilder()
  const section = builder.addSection({ ...data, type: SHT.NOBITS })
  t.throws(() => builder.content(section), { message: /SHT_NOBITS/ })
})

t.test('more sections than st_shndx can number', async (t) => {
  const builder = new ObjectBuilder()
  const count = 0x10010
  for (let i = 1; i <= count; i++) {
    const section = builder.addSection({ ...text, name: '.text.f', alignment: 1 })
    builder.content(section).byte(i & 0xff)
    builder.addSymbol({ name: 'f', binding: STB.GLOBAL, type: STT.FUNC, section })
  }
  const object = builder.build('many.o')
  t.not(object.tables.extendedIndexTable, 0)
  t.equal(object.sectionType(object.tables.extendedIndexTable), SHT.SYMTAB_SHNDX)
  const wrong = []
  for (let i = 1; i <= count; i++) if (object.symbolSection(i) !== i) wrong.push(i)
  t.strictSame(wrong, [])
  t.equal(object.symbolRawSection(SHN.LORESERVE - 1), SHN.LORESERVE - 1)
  t.equal(object.symbolRawSection(SHN.LORESERVE), SHN.XINDEX)
  t.strictSame([...object.sectionContent(count)], [count & 0xff])
})

t.test('lines of the text an object was read from', async (t) => {
  const builder = new ObjectBuilder()
  const section = builder.addSection(text)
  builder.content(section).reserve(8)
  const global = builder.addSymbol({ name: 'g', binding: STB.GLOBAL, type: STT.FUNC, section, line: 3 })
  builder.addSymbol({ name: 'l', binding: STB.LOCAL, type: STT.FUNC, section, line: 5 })
  const alias = { name: '_text', binding: STB.GLOBAL, type: STT.NOTYPE, section: 0, alias: section }
  builder.addSymbol(alias)
  builder.addRelocation(section, 0, 1, global, 0, 7)
  const object = builder.build('main.fle')
  t.equal(object.source?.lineOfSymbol(2), 3, 'the global symbol, now behind the local one')
  t.equal(object.source?.lineOfSymbol(1), 5)
  t.equal(object.source?.lineOfSymbol(99), 0)
  t.equal(object.source?.lineOfRelocation(object.relocationSections[1], 0), 7)
  t.equal(object.source?.lineOfRelocation(object.relocationSections[1], 1), 0)
  t.strictSame([...object.sectionAliases], [[3, 1]])

  const bare = new ObjectBuilder()
  bare.content(bare.addSection(text)).reserve(8)
  bare.addRelocation(1, 0, 1, 0, 0, 7)
  t.equal(bare.build('main.fle').source?.lineOfRelocation(2, 0), 7, 'also where no symbol has a line')
})

t.test('an object in a larger buffer reads the same', async (t) => {
  const builder = new ObjectBuilder()
  builder.content(builder.addSection(text)).append(new Uint8Array([0x90, 0xc3]))
  const { bytes, tables } = builder.build('a.o')
  const larger = new Uint8Array(bytes.length + 13)
  larger.set(bytes, 5)
  const object = new ObjectFile('a.o', larger.subarray(5, 5 + bytes.length), tables)
  t.equal(object.sectionName(1), '.text')
  t.strictSame([...object.sectionContent(1)], [0x90, 0xc3])
})
