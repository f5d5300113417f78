import { instantiate, instantiateScript } from '@fle/kernels/wasm'
import t from 'tap'
import {
  ByteLines,
  FrameTable,
  hashContent,
  Memory,
  makeRules,
  NameTable,
  OutputKind,
  PieceTable,
  placeColumns,
  RecordWalker,
  Rule,
  readIndex,
  SectionAssigner,
  SymbolWriter,
} from '../src/index.ts'

/** Pseudo-random numbers, the same in each run. */
function randomNumbers(seed: number): (below: number) => number {
  let state = seed
  return (below) => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0
    return Math.floor((state / 2 ** 32) * below)
  }
}

const encoder = new TextEncoder()

for (const [form, make] of [
  ['WebAssembly', instantiate],
  ['JavaScript', instantiateScript],
] as const) {
  // The hashes are those of the reference implementation's Python module, mmh3.
  t.test(`contents are hashed (${form})`, async (t) => {
    const memory = new Memory(make())
    const known = [
      ['', '00000000000000000000000000000000'],
      ['hello', 'a044242bf7de91dbb631db9ab631db9a'],
      ['0123456789abcdef', '09447dfb0ad3ae369b1dad48fd3b2b57'],
      ['I will not buy this record, it is scratched.', '3b68a9a0405eac259528afd9f5dd0d89'],
    ]
    for (const [text, hash] of known) {
      t.equal(Buffer.from(hashContent(memory, encoder.encode(text))).toString('hex'), hash, text)
    }
    const long = Uint8Array.from({ length: 3_000_001 }, (_, i) => i % 251)
    const inMemory = memory.takeBytes(long.length)
    inMemory.set(long)
    const hash = hashContent(memory, long)
    t.equal(Buffer.from(hash).toString('hex'), '2a2a3ff5d56761cc33060874db56a699')
    t.same(hashContent(memory, inMemory), hash, 'in the memory or elsewhere')
  })

  t.test(`members are sorted by their orders (${form})`, async (t) => {
    const random = randomNumbers(3)
    const memory = new Memory(make())
    const walker = new RecordWalker(memory, new Uint8Array(256))
    for (const differentOrders of [1, 3, 16, 40]) {
      const orders = memory.takeInt32(200)
      for (let i = 0; i < orders.length; i++) orders[i] = random(differentOrders) - 5
      const members = memory.takeInt32(2 * orders.length)
      for (let i = 0; i < members.length; i++) members[i] = i
      const sorted = Array.from(orders, (order, i) => ({ order, i })).sort((a, b) => a.order - b.order)
      const expected = sorted.flatMap(({ i }) => [2 * i, 2 * i + 1])
      const found = walker.sortMembers(members, orders)
      t.strictSame(found && [...found], differentOrders > 16 ? undefined : expected, `${differentOrders} orders`)
    }
  })

  t.test(`indices of archives are read (${form})`, async (t) => {
    const memory = new Memory(make())
    const read = (offsets: readonly number[], names: string, count = offsets.length) => {
      const index = memory.takeBytes(4 + 4 * offsets.length + names.length)
      const view = new DataView(index.buffer, index.byteOffset, index.length)
      for (const [i, value] of [count, ...offsets].entries()) view.setUint32(4 * i, value)
      index.set(encoder.encode(names), 4 + 4 * offsets.length)
      const found = readIndex(memory, index)
      return found && [[...found.nameOffsets], [...found.members], [...found.headers]]
    }
    const far = 2 ** 31 + 2
    t.strictSame(read([70, 70, far], 'a\0bc\0\0'), [
      [16, 18, 21],
      [0, 0, 1],
      [70, far],
    ])
    t.strictSame(read([], ''), [[], [], []])
    t.equal(read([80, 70], 'a\0b\0'), undefined, 'in no order')
    t.equal(read([70, 80], 'a\0b'), undefined, 'a name without an end')
    t.equal(read([70], 'a\0', 3), undefined, 'no room for the offsets')
    t.equal(read([70], 'a\0', 2 ** 30 + 1), undefined, 'a count that is too large')
    t.equal(readIndex(memory, new Uint8Array(8)), undefined, 'elsewhere')
    t.equal(readIndex(memory, memory.takeBytes(3)), undefined, 'not even a count')
  })

  t.test(`names are interned (${form})`, async (t) => {
    const random = randomNumbers(1)
    const memory = new Memory(make())
    const tables = [new NameTable(memory), new NameTable(memory)]
    const known = tables.map(() => new Map<string, number>())
    for (let round = 0; round < 60; round++) {
      const which = random(2)
      const names = Array.from({ length: random(400) }, () => 'x'.repeat(random(9)) + String(random(2000)))
      const text = encoder.encode(`pad\0${names.join('\0')}\0`)
      const offsets = new Int32Array(2 * names.length)
      let offset = 4
      names.forEach((name, i) => {
        offsets[2 * i] = offset
        offset += name.length + 1
      })
      const numbers = new Int32Array(names.length)
      tables[which].internAll(text, new Uint8Array(offsets.buffer), 8, numbers)
      names.forEach((name, i) => {
        const expected = known[which].get(name) ?? known[which].size
        known[which].set(name, expected)
        if (numbers[i] !== expected) t.equal(numbers[i], expected, name)
      })
    }
    for (const [which, table] of tables.entries()) {
      t.equal(table.count, known[which].size)
      for (const [name, number] of known[which]) {
        if (table.text(number) !== name || table.lookupText(name) !== number) t.fail(name)
      }
      t.equal(table.lookupText('not there'), -1)
      t.equal(table.internText(''), table.internText(''), 'the empty name')
      t.equal(table.intern(encoder.encode('one\0two\0'), 4), table.internText('two'))
    }
  })

  t.test(`bytes become lines (${form})`, async (t) => {
    const memory = new Memory(make())
    const lines = new ByteLines(memory)
    const random = randomNumbers(4)
    const bytes = memory.takeBytes(3000)
    for (let i = 0; i < bytes.length; i++) bytes[i] = random(256)
    const start = encoder.encode(',\n  "x: ')
    for (const [from, end] of [
      [0, 3000],
      [5, 21],
      [7, 24],
      [9, 10],
      [0, 0],
      [2999, 3000],
    ]) {
      let expected = ''
      for (let at = from; at < end; at += 16) {
        const pairs = Array.from(bytes.subarray(at, Math.min(at + 16, end)), (byte) =>
          byte.toString(16).padStart(2, '0'),
        )
        expected += `,\n  "x: ${pairs.join(' ')}"`
      }
      t.equal(Buffer.from(lines.write(bytes, from, end, start) ?? []).toString(), expected)
    }
    t.equal(lines.write(new Uint8Array(99), 0, 99, start), undefined, 'bytes that are not in the memory')
  })

  t.test(`memories have nothing to do with each other (${form})`, async (t) => {
    const tables = [0, 1, 2].map(() => new NameTable(new Memory(make())))
    for (let i = 0; i < 5000; i++) tables[i % 3].internText(`${'n'.repeat(i % 40)}${i}`)
    for (let i = 0; i < 5000; i++) {
      const name = `${'n'.repeat(i % 40)}${i}`
      if (tables[i % 3].text(Math.floor(i / 3)) !== name) t.fail(name)
      if (tables[(i + 1) % 3].lookupText(name) !== -1) t.fail(`${name} is in another table`)
    }
  })

  t.test(`names that share their bytes take more room than their file (${form})`, async (t) => {
    const table = new NameTable(new Memory(make()))
    const length = 3000
    const text = encoder.encode(`${'a'.repeat(length)}\0`)
    const offsets = Int32Array.from({ length }, (_, i) => i)
    const numbers = new Int32Array(length)
    table.internAll(text, new Uint8Array(offsets.buffer), 4, numbers)
    t.strictSame([...numbers], [...offsets], 'each is a name of its own')
    t.equal(table.text(length - 1), 'a')
    t.equal(table.bytes(0).length, length)
  })

  t.test(`pieces of sections become one (${form})`, async (t) => {
    const random = randomNumbers(3)
    const memory = new Memory(make())
    for (const width of [1, 2, 4, 8, 16]) {
      for (const areStrings of width <= 4 ? [true, false] : [false]) {
        const alignment = 2 ** random(4)
        const table = new PieceTable(memory, alignment)
        const places = new Map<string, number>()
        let size = 0
        for (let section = 0; section < 12; section++) {
          // Characters are small, so that pieces are often equal and ends of one another.
          const pieces = Array.from({ length: random(section === 5 ? 1200 : 60) }, () => {
            const characters = Array.from({ length: areStrings ? random(5) : 1 }, () => 1 + random(3))
            if (areStrings) characters.push(0)
            const bytes = new Uint8Array(characters.length * width)
            characters.forEach((character, i) => {
              bytes[i * width + (width >> 1)] = character
            })
            return bytes
          })
          const content = Uint8Array.from(pieces.flatMap((piece) => [...piece]))
          const found = table.add(content, width, areStrings)
          if (!found) return t.fail('not taken apart')
          const starts = pieces.map((_, i) => pieces.slice(0, i).reduce((sum, { length }) => sum + length, 0))
          t.strictSame([...found.starts], starts, `${width} ${areStrings}: where pieces begin`)
          pieces.forEach((piece, i) => {
            const key = piece.join()
            if (!places.has(key)) {
              size = Math.ceil(size / alignment) * alignment
              places.set(key, size)
              size += piece.length
            }
            if (table.offset(found.numbers[i]) !== places.get(key)) t.fail(`${key} is at a wrong place`)
          })
        }
        t.equal(table.size, size)
        t.equal(table.count, places.size)
        const check = (text: string) => {
          const output = new Uint8Array(table.size + 9).fill(0xff)
          table.write(output, 5)
          const at = output.subarray(5)
          for (const [key, place] of places) {
            const length = key.split(',').length
            if (at.slice(place, place + length).join() !== key) t.fail(`${text}: ${key} is not at ${place}`)
          }
          t.strictSame([...output.subarray(0, 5), ...output.subarray(5 + table.size)], Array(9).fill(0xff), text)
        }
        check('written')
        if (!areStrings) continue
        table.mergeTails()
        if (alignment <= width) t.ok(table.size < size, 'ends of strings take no room')
        else t.ok(table.size <= size)
        const keys = [...places.keys()]
        keys.forEach((key, piece) => {
          places.set(key, table.offset(piece))
          t.equal(table.offset(piece) % alignment, 0)
        })
        check('with tails merged')
      }
    }
    const table = new PieceTable(memory, 1)
    t.equal(table.add(encoder.encode('no end'), 1, true), undefined)
    t.equal(table.add(Uint8Array.from([1, 0, 0, 1]), 2, true), undefined, 'zeros across characters are no end')
    t.equal(table.count, 0)
  })

  t.test(`unsound objects are seen (${form})`, async (t) => {
    const { bytes, symbols, relocations, header, group } = smallObject()
    const isSound = (...changes: [at: number, value: number][]) => {
      const memory = new Memory(make())
      const walker = new RecordWalker(memory, new Uint8Array(256))
      const copy = memory.takeBytes(bytes.length)
      copy.set(bytes)
      const view = new DataView(copy.buffer, copy.byteOffset, copy.length)
      for (const [at, value] of changes) view.setUint32(at, value, true)
      return walker.firstLook(copy)
    }
    t.match(isSound(), { sectionHeaders: header(0), sectionCount: 7, symbolTable: 3 })
    const fields = {
      name: 0,
      type: 4,
      flags: 8,
      offset: 24,
      offsetHigh: 28,
      size: 32,
      link: 40,
      info: 44,
      alignment: 48,
    }
    const of = (section: number, field: keyof typeof fields) => header(section) + fields[field]
    const defects: [what: string, at: number, value: number][] = [
      ['no ELF file', 0, 0x464c457e],
      ['another class', 4, 0x00010101],
      ['an executable', 16, 0x003e0002],
      ['another machine', 16, 0x00030001],
      ['section headers beyond the file', 40, 0x7fffff00],
      ['section headers askew', 40, header(0) + 1],
      ['section headers of another size', 56, 0x00280000],
      ['names in a section that does not exist', 60, 0x00090007],
      ['names that are no string table', 60, 0x00010007],
      ['a name beyond the table', of(1, 'name'), 100],
      ['content beyond the file', of(1, 'size'), 100_000],
      ['content far beyond the file', of(1, 'offsetHigh'), 1],
      ['sections that overlap', of(1, 'size'), bytes.length - 64],
      ['an odd alignment', of(1, 'alignment'), 3],
      ['a link to nowhere', of(1, 'link'), 7],
      ['a compressed section', of(1, 'flags'), 0x800],
      ['a second symbol table', of(1, 'type'), 2],
      ['relocations without addends', of(1, 'type'), 9],
      ['a symbol table without names', of(3, 'link'), 1],
      ['more local symbols than there are', of(3, 'info'), 4],
      ['no local symbol', of(3, 'info'), 0],
      ['symbols of no whole number', of(3, 'size'), 71],
      ['relocations for another symbol table', of(2, 'link'), 4],
      ['relocations for no section', of(2, 'info'), 0],
      ['relocations for a table', of(2, 'info'), 3],
      ['a group for no symbol', of(6, 'info'), 3],
      ['a group of nothing', of(6, 'size'), 0],
      ['a group of a group', group + 4, 6],
      ['a group of what does not exist', group + 4, 7],
      ['a symbol without a name', symbols + 24, 50],
      ['a global symbol among the local ones', symbols + 28, 0x10010],
      ['a local symbol among the global ones', symbols + 52, 0x10002],
      ['a binding that does not exist', symbols + 52, 0x10032],
      ['a section that does not exist', symbols + 52, 0x90012],
      ['a section numbered elsewhere', symbols + 52, 0xffff0012],
      ['a thread-local symbol in another section', symbols + 28, 0x10006],
      ['a place beyond the section', relocations, 16],
      ['a place far beyond the section', relocations + 4, 1],
      ['a kind that is none', relocations + 8, 256],
      ['a symbol that does not exist', relocations + 12, 3],
    ]
    for (const [what, at, value] of defects) t.equal(isSound([at, value]), undefined, what)
    t.ok(isSound([symbols + 28, 0xfff10004]), 'the name of a source file')
    t.ok(isSound([symbols + 52, 0x100a1]), 'a unique symbol')
    t.ok(isSound([symbols + 52, 0x00000016]), 'a thread-local symbol of another file')
    t.ok(isSound([symbols + 28, 0x10006], [of(1, 'flags'), 0x402]), 'a thread-local symbol')
    t.ok(isSound([symbols + 52, 0xfff20011], [symbols + 56, 16]), 'a common symbol')
    t.notOk(isSound([symbols + 52, 0xfff20011], [symbols + 56, 24]), 'a common symbol of an odd alignment')
    const walker = new RecordWalker(new Memory(make()), new Uint8Array(256))
    t.equal(walker.firstLook(bytes), undefined, 'one that is not in the memory')
  })

  t.test(`relocations are looked at and applied (${form})`, async (t) => {
    const random = randomNumbers(2)
    const widths = new Uint8Array(256)
    widths.set([0, 4, 4, 4, 8, 4, 4])
    const actions = [Rule.pass, Rule.distance32, Rule.unsigned32, Rule.signed32, Rule.word64, Rule.leaveWithNext]
    const scanRules = makeRules((kind, place) => {
      if (kind === 5) return Rule.leaveWithNext
      if (kind > 6 || place > 1) return Rule.leave
      if (kind === 3) return Rule.leaveOnce
      return kind === 6 ? Rule.passNoted : Rule.pass
    })
    const applyRules = makeRules((kind, place) =>
      place > 1 && place !== merged ? Rule.leave : (actions[kind] ?? Rule.leave),
    )
    const allLeft = makeRules(() => Rule.leave)
    const symbolCount = 50
    const firstGlobal = symbolCount - 4
    const globalValues = [0x401000, -16, 2 ** 52, 0x123456789]
    const size = 256
    for (let round = 0; round < 20; round++) {
      // Sections: null, content, its relocations, strings in pieces. Symbols of the second and the fourth.
      const count = random(200)
      const headers = 0
      const symbols = 4 * 64
      const records = symbols + symbolCount * 24
      const content = records + count * 24
      const strings = content + size
      const memory = new Memory(make())
      const walker = new RecordWalker(memory, widths)
      const bytes = memory.takeBytes(strings + 64)
      const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length)
      const words = (at: number, ...values: number[]) => {
        for (const [i, value] of values.entries()) view.setUint32(at + 4 * i, value, true)
      }
      words(headers + 64 + 4, 1, 2, 0, 0, 0, content, 0, size)
      words(headers + 128 + 4, 4, 0, 0, 0, 0, records, 0, count * 24, 0, 0, 1)
      words(headers + 192 + 4, 1, 2, 0, 0, 0, strings, 0, 64)
      const texts = ['one', 'two', 'one', 'three']
      bytes.set(encoder.encode(`${texts.join('\0')}\0`), strings)
      const textStarts = texts.map((_, i) => texts.slice(0, i).join('').length + i)
      const textSize = texts.join('').length + texts.length
      const pieces = new PieceTable(memory, 1)
      pieces.address = 0x500000
      const found = pieces.add(bytes.subarray(strings, strings + textSize), 1, true)
      if (!found) return t.fail('not taken apart')
      const pieceAddress = (offset: number) => {
        const piece = Math.max(
          0,
          textStarts.findLastIndex((start) => start <= offset),
        )
        return 0x500000 + pieces.offset(found.numbers[piece]) + offset - textStarts[piece]
      }

      const places = new Uint8Array(symbolCount)
      for (let symbol = 1; symbol < symbolCount; symbol++) {
        const section = random(10) === 0 ? 0xfff1 : random(4) === 0 ? 3 : 1
        places[symbol] = random(8) === 0 ? 2 + random(3) : section === 3 && random(2) === 0 ? merged : 0
        view.setUint16(symbols + symbol * 24 + 6, section, true)
        words(symbols + symbol * 24 + 8, random(section === 3 ? textSize : 1000), random(20) === 0 ? 0x80000000 : 0)
      }
      for (let i = 0; i < count; i++) {
        const at = records + i * 24
        words(at, random(size - 4), random(40) === 0 ? 1 : 0, random(60) === 0 ? 300 : random(8), random(symbolCount))
        view.setBigInt64(at + 16, random(30) === 0 ? 2n ** 40n : BigInt(random(64) - 32), true)
      }
      const file = {
        bytes,
        tables: { sectionHeaders: headers, sectionNames: 0 },
        sectionCount: 4,
        symbols,
        symbolCount,
        firstGlobal,
        symbolNames: 0,
      }
      const linked = walker.addObject(file)
      const { record: object, outputOffset } = linked
      linked.places.set(places)
      linked.globals.set([0, 1, 2, 3])
      linked.outputSection.set([-1, 0, -1, 1])
      outputOffset[1] = random(3) === 0 ? Number.NaN : 16
      walker.setPieces(object, 3, found.record)

      const kindOf = (i: number) => view.getUint32(records + i * 24 + 8, true)
      const symbolOf = (i: number) => view.getUint32(records + i * 24 + 12, true)
      const offsetOf = (i: number) => Number(view.getBigUint64(records + i * 24, true))
      const wantedLeft: number[] = []
      let wantedNoted: number | undefined
      const met = new Set<number>()
      for (let i = 0; i < count; i++) {
        const kind = kindOf(i)
        const isInside = kind < 256 && offsetOf(i) + widths[kind] <= size
        const rule = isInside ? scanRules[kind * 8 + places[symbolOf(i)]] : Rule.leave
        if (rule === Rule.passNoted) wantedNoted ??= i
        if (rule === Rule.leave || rule === Rule.leaveWithNext) wantedLeft.push(i)
        if (rule === Rule.leaveOnce) {
          if (symbolOf(i) < firstGlobal || !met.has(symbolOf(i))) wantedLeft.push(i)
          met.add(symbolOf(i))
        }
        if (rule === Rule.leaveWithNext) i++
      }
      const scanned = walker.scan(
        object,
        bytes.length,
        walker.addRules(scanRules),
        walker.addRules(allLeft),
        memory.takeBytes(4),
      )
      const leftOf = (length: number) => {
        const left = Array.from({ length }, (_, i) => walker.leftRelocation(i))
        t.ok(left.every(({ rela }) => rela === 2))
        return left.map(({ relocation }) => relocation)
      }
      t.strictSame(leftOf(scanned.left), wantedLeft, 'what is left of the scan')
      t.strictSame(scanned.noted?.relocation, wantedNoted)

      const address = 0x400800
      const outputs = [
        { address, fileOffset: 64, kind: OutputKind.program },
        { address: 0x500000, fileOffset: 1024, kind: OutputKind.byHand },
      ]
      const globalColumn = memory.takeFloat64(4)
      globalColumn.set(globalValues)
      walker.addOutputs(outputs, 0)
      // They are the linker's own, whose values it knows.
      const columns = {
        rank: memory.takeBytes(4),
        definingObject: memory.takeInt32(4).fill(-2),
        definingSymbol: memory.takeInt32(4),
        visibility: memory.takeBytes(4),
      }
      t.equal(walker.fillGlobalValues(placeColumns(memory, columns), walker.addObjects([0]), 0, globalColumn), 0)
      const values = new Array<number>(symbolCount).fill(0)
      const leftSymbols: number[] = []
      for (let symbol = 1; symbol < symbolCount; symbol++) {
        if (symbol >= firstGlobal) {
          values[symbol] = globalValues[symbol - firstGlobal]
          continue
        }
        const section = view.getUint16(symbols + symbol * 24 + 6, true)
        const value = view.getUint32(symbols + symbol * 24 + 8, true)
        const isHigh = view.getUint32(symbols + symbol * 24 + 12, true) !== 0
        const isPlain = (places[symbol] === 0 || places[symbol] === merged) && section < 0xff00 && !isHigh
        values[symbol] = section === 3 ? pieceAddress(value) : address + outputOffset[1] + value
        if (!isPlain) values[symbol] = Number.NaN
        if (Number.isNaN(values[symbol])) leftSymbols.push(symbol)
      }
      const leftValues = walker.fillValues(object, symbolCount)
      t.strictSame(
        Array.from({ length: leftValues }, (_, i) => walker.leftSymbol(i)),
        leftSymbols,
        'the symbols that are left',
      )
      for (const symbol of leftSymbols) walker.setValue(symbol, Number.NaN)
      t.strictSame(
        values.map((_, symbol) => walker.value(symbol)),
        values,
        'the values of symbols',
      )

      for (let i = 0; i < count; i++) {
        // Only what scanning has found sound comes here.
        words(records + i * 24, Math.min(offsetOf(i), size - 8), 0)
      }
      if (Number.isNaN(outputOffset[1])) outputOffset[1] = 16
      const place = address + 16
      const expected = new Uint8Array(2048)
      expected.set(bytes.subarray(content, content + size), 64 + 16)
      const field = new DataView(expected.buffer, 64 + 16)
      const wantedUnapplied: number[] = []
      for (let i = 0; i < count; i++) {
        const symbol = symbolOf(i)
        const rule = kindOf(i) < 256 ? applyRules[kindOf(i) * 8 + places[symbol]] : Rule.leave
        const addend = Number(view.getBigInt64(records + i * 24 + 16, true))
        const isMerged = places[symbol] === merged
        const inSection = Number(view.getBigUint64(symbols + symbol * 24 + 8, true))
        const sum = isMerged ? pieceAddress(inSection + addend) : values[symbol] + addend
        const isExact = Math.abs(addend) < 2 ** 31 && Math.abs(isMerged ? sum : values[symbol]) < 2 ** 51
        const distance = sum - place - offsetOf(i)
        const at = offsetOf(i)
        if (rule === Rule.pass) continue
        if (isExact && rule === Rule.distance32 && distance === (distance | 0)) field.setInt32(at, distance, true)
        else if (isExact && rule === Rule.unsigned32 && sum === sum >>> 0) field.setUint32(at, sum, true)
        else if (isExact && rule === Rule.signed32 && sum === (sum | 0)) field.setInt32(at, sum, true)
        else if (isExact && rule === Rule.word64) field.setBigInt64(at, BigInt(sum), true)
        else {
          wantedUnapplied.push(i)
          if (rule === Rule.leaveWithNext) i++
        }
      }
      const output = memory.takeBytes(2048)
      const rules = walker.addRules(applyRules)
      const left = walker.copySections(object, bytes.length, output, rules, walker.addRules(allLeft))
      t.strictSame(leftOf(left), wantedUnapplied, 'what is left to apply')
      t.strictSame([...output], [...expected], 'the output with what was applied')
    }
  })

  t.test(`loads of addresses become computations (${form})`, async (t) => {
    const { bytes, symbols, relocations } = smallObject()
    const load = (opcode: number, modrm: number, addend: number, rule: number = Rule.loadAddress, rex = 0x48) => {
      const memory = new Memory(make())
      const widths = new Uint8Array(256).fill(4)
      const walker = new RecordWalker(memory, widths)
      const at = memory.takeBytes(bytes.length)
      at.set(bytes)
      at.set([rex, opcode, modrm], 64 + 9)
      new DataView(at.buffer, at.byteOffset).setBigInt64(relocations + 16, BigInt(addend), true)
      const tables = walker.firstLook(at)
      if (!tables) return t.fail('not sound')
      const file = {
        bytes: at,
        tables,
        sectionCount: 7,
        symbols,
        symbolCount: 3,
        firstGlobal: 2,
        symbolNames: symbols + 72,
      }
      const { record, outputSection } = walker.addObject(file)
      outputSection.fill(-1).fill(0, 1, 2)
      const rules = walker.addRules(makeRules(() => rule))
      const { left } = walker.scan(record, at.length, rules, rules, memory.takeBytes(1))
      walker.addOutputs([{ address: 0x1000, fileOffset: 0, kind: OutputKind.program }], 0x3000)
      walker.fillValues(record, 3)
      walker.setValue(2, 0x2000)
      const output = memory.takeBytes(bytes.length)
      t.equal(walker.copySections(record, at.length, output, rules, rules), left, 'what is left is left again')
      return left === 0 ? [...output.subarray(9, 16)] : 'left'
    }
    const distance = 0x2000 - 4 - (0x1000 + 12)
    t.strictSame(load(0x8b, 0x05, -4), [0x48, 0x8d, 0x05, distance & 0xff, distance >> 8, 0, 0])
    t.equal(load(0x8b, 0x05, 0), 'left', 'another addend')
    t.equal(load(0x03, 0x05, -4), 'left', 'another instruction')
    t.equal(load(0x8b, 0x04, -4), 'left', 'another operand')
    const offset = [0, 0xf0, 0xff, 0xff]
    t.strictSame(load(0x8b, 0x05, -4, Rule.threadOffset), [0x48, 0xc7, 0xc0, ...offset])
    t.strictSame(load(0x8b, 0x3d, -4, Rule.threadOffset, 0x4c), [0x49, 0xc7, 0xc7, ...offset], 'mov to %r15')
    t.strictSame(load(0x03, 0x0d, -4, Rule.threadOffset), [0x48, 0x8d, 0x89, ...offset])
    t.strictSame(load(0x03, 0x25, -4, Rule.threadOffset, 0x4c), [0x49, 0x81, 0xc4, ...offset], 'add to %r12')
    t.equal(load(0x2b, 0x05, -4, Rule.threadOffset), 'left', 'another instruction')
  })

  t.test(`symbols are written as they are found (${form})`, async (t) => {
    const { bytes, symbols } = smallObject()
    const memory = new Memory(make())
    const walker = new RecordWalker(memory, new Uint8Array(256))
    const at = memory.takeBytes(bytes.length)
    at.set(bytes)
    const tables = walker.firstLook(at)
    if (!tables) return t.fail('not sound')
    const object = {
      bytes: at,
      tables,
      sectionCount: 7,
      symbols,
      symbolCount: 3,
      firstGlobal: 2,
      symbolNames: symbols + 72,
    }
    const arrays = walker.addObject(object)
    const { record } = arrays
    const columns = {
      rank: memory.takeBytes(2),
      definingObject: memory.takeInt32(2),
      definingSymbol: memory.takeInt32(2),
      visibility: memory.takeBytes(2),
    }
    columns.rank.set([5, 1])
    columns.definingObject.set([0, -1])
    columns.definingSymbol.set([2, 0])
    const globals = placeColumns(memory, columns)
    const writer = new SymbolWriter(
      memory,
      walker.addObjects([record]),
      [{ base: 0x1000, address: 0x1000, index: 9 }],
      9,
      1,
    )
    t.equal(writer.writeLocals(record, 1, false, false), 1, 'a file symbol is wanted')
    writer.add(encoder.encode('a.c'), 4, 0, 0xfff1)
    t.equal(writer.writeLocals(record, 1, true, true), 2, 'a label of the compiler is left out')
    t.equal(writer.count, 2)
    t.equal(writer.writeLocals(record, 1, true, false), 1, 'there is no room for the name')
    writer.add(encoder.encode('.Lone'), 0, 0, 9)
    t.equal(writer.writeGlobals(globals, 0, 2, true, true, true), 2, 'none is hidden')
    t.equal(writer.writeGlobals(globals, 0, 2, true, false, true), 1, 'a weak symbol that nobody defines')
    const view = new DataView(writer.records.buffer, writer.records.byteOffset)
    t.equal(writer.count, 4)
    t.equal(new TextDecoder().decode(writer.strings), '\0a.c\0.Lone\0two\0')
    t.equal(view.getUint16(72 + 6, true), 9)
    t.equal(view.getUint32(72 + 8, true), 0x1000 + 12)
    columns.visibility[0] = 2
    t.equal(writer.writeGlobals(globals, 0, 2, true, true, false), 0, 'a hidden symbol wants a file symbol')
    t.equal(writer.writeGlobals(globals, 0, 2, false, true, false), 2, 'unless it stays global')
    const places = memory.takeBytes(2)
    t.equal(walker.placeGlobals(globals, walker.addObjects([0]), 0, places), 0, 'its object is not known')
    t.equal(walker.placeGlobals(globals, walker.addObjects([record]), 0, places), 2)
    t.strictSame([...places], [0, 2])
    t.equal(walker.placeSymbols(record, 1, places), 3)
    arrays.outputSection[1] = -1
    walker.placeSymbols(record, 1, places)
    t.strictSame([...arrays.places], [0, 3, 0], 'a symbol of a section that was dropped')
  })

  t.test(`sections get their output sections by name (${form})`, async (t) => {
    const memory = new Memory(make())
    const walker = new RecordWalker(memory, new Uint8Array(256))
    const names = ['', '.text', '.text.f', '.text.hot', '.textual', '.data', '.symtab', '.data.rel', '.odd', '.odd']
    const text = encoder.encode(`${names.join('\0')}\0`)
    const bytes = memory.takeBytes(64 * names.length + text.length)
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length)
    const sectionNames = 64 * names.length
    bytes.set(text, sectionNames)
    names.forEach((name, i) => {
      const type = name === '.symtab' ? 2 : 1
      const fields = [
        names.slice(0, i).join('').length + i,
        type,
        i === 8 ? 0x32 : 2,
        0,
        0,
        0,
        0,
        0,
        10,
        0,
        0,
        0,
        1 << i,
      ]
      for (const [field, value] of fields.entries()) view.setUint32(64 * i + 4 * field, value, true)
    })
    const sectionCount = names.length
    const tables = { sectionHeaders: 0, sectionNames }
    const file = { bytes, tables, sectionCount, symbols: 0, symbolCount: 0, firstGlobal: 0, symbolNames: 0 }
    const arrays = walker.addObject(file)
    const { record } = arrays
    arrays.outputSection.fill(-1)
    arrays.discarded[5] = 1
    const prefixes = [
      { text: encoder.encode('.text'), letters: encoder.encode('h') },
      { text: encoder.encode('.data'), letters: encoder.encode('') },
    ]
    const assigner = new SectionAssigner(memory, prefixes, sectionCount)
    assigner.makeRoom(sectionCount, text.length)
    const left: string[] = []
    for (let section = 1; ; section++) {
      section = assigner.assign(record, 0, section)
      if (section >= sectionCount) break
      left.push(names[section])
      const output = left.length - 1
      assigner.addOutput(output, view.getUint32(64 * section + 8, true), 1, 2 ** 33)
      if (names[section] === '.text') assigner.settlePrefix(0, output, 7)
      else if (names[section] === '.data.rel') assigner.settlePrefix(1, output, 0)
      else assigner.settleName(assigner.names.internText(names[section]), output, 0)
      const place = { output, order: 1, object: 0, section }
      assigner.add({
        ...place,
        flags: view.getUint32(64 * section + 8, true),
        type: 1,
        entrySize: 2 ** 33,
        isArray: false,
      })
    }
    t.strictSame(left, ['.text', '.text.hot', '.textual', '.data.rel', '.odd'])
    t.strictSame([...arrays.outputSection], [-1, -1, 0, -1, -1, -1, -1, -1, -1, 4], 'those that were not left')
    const [first, , , , last] = assigner.finish(5)
    t.match(first, { hasSeveralOrders: true, hasMergeable: false, entrySize: 0, flags: 2 })
    t.strictSame(
      [[...first.members], [...first.orders]],
      [
        [0, 1, 0, 2],
        [1, 7],
      ],
    )
    t.match(last, { hasSeveralOrders: true, hasMergeable: true, entrySize: 0, flags: 2 }, 'what all of them are')

    const extent = memory.takeFloat64(2)
    extent.set([1, 1])
    t.equal(walker.placeMembers(walker.addObjects([record]), first.members, 0, extent), 2)
    t.strictSame([...extent, ...arrays.outputOffset.subarray(1, 3)], [22, 4, 2, 12])
    t.equal(walker.placeMembers(walker.addObjects([0]), first.members, 1, extent), 1, 'its object is not known')
    walker.setPieces(record, 2, 8)
    t.equal(walker.placeMembers(walker.addObjects([record]), first.members, 0, extent), 1, 'one was taken apart')
  })

  t.test(`what an archive has is wanted (${form})`, async (t) => {
    const memory = new Memory(make())
    const walker = new RecordWalker(memory, new Uint8Array(256))
    const archive = {
      symbols: memory.takeInt32(6),
      definingMembers: memory.takeInt32(6),
      pulled: memory.takeBytes(3),
    }
    archive.symbols.set([0, 1, 2, 3, 4, 5])
    archive.definingMembers.set([0, 0, 1, 1, 2, 2])
    const ranks = memory.takeBytes(6)
    ranks.set([1, 2, 5, 2, 3, 4])
    t.equal(walker.findWanted(archive, ranks, 0), 1, 'undefined')
    t.equal(walker.findWanted(archive, ranks, 2), 3)
    t.equal(walker.findWanted(archive, ranks, 4), 5, 'common')
    archive.pulled.fill(1)
    t.equal(walker.findWanted(archive, ranks, 0), 6, 'taken')
    t.equal(walker.findMarked(archive.symbols, archive.pulled, 1), 1)
    archive.pulled.set([0, 0, 1])
    t.equal(walker.findMarked(archive.symbols.subarray(0, 3), archive.pulled, 0), 2)
    t.equal(walker.findMarked(archive.symbols.subarray(0, 2), archive.pulled, 0), 2, 'none is marked')
  })

  t.test(`a damaged table of frames is refused (${form})`, async (t) => {
    const add = (...content: number[]) => {
      const memory = new Memory(make())
      const walker = new RecordWalker(memory, new Uint8Array(256))
      const bytes = memory.takeBytes(128 + 4 * content.length)
      const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length)
      for (const [at, value] of [
        [64 + 24, 128],
        [64 + 32, 4 * content.length],
      ])
        view.setUint32(at, value, true)
      for (const [i, value] of content.entries()) view.setUint32(128 + 4 * i, value, true)
      const file = {
        bytes,
        tables: { sectionHeaders: 0, sectionNames: 0 },
        sectionCount: 2,
        symbols: 0,
        symbolCount: 0,
        firstGlobal: 0,
        symbolNames: 0,
      }
      const { record } = walker.addObject(file)
      const table = new FrameTable(memory, 4 * content.length, 0)
      if (!table.add(walker.addObjects([record]), Int32Array.of(0, 1))) return undefined
      const output = memory.takeBytes(64)
      const rules = walker.addRules(makeRules(() => Rule.leave))
      t.equal(walker.copyRuns(table, record, 0, bytes.length, output, 4, 0x1000, rules), 0)
      return { table, output: [...new Uint32Array(output.buffer, output.byteOffset, 16)] }
    }
    const cie = [8, 0, 1]
    const added = add(...cie, 8, 16, 7, ...cie, 8, 16, 6, 0)
    const table = added?.table
    t.match(table, { size: 36, hasTerminator: true, fdeCount: 2 }, 'equal CIEs are one')
    t.strictSame([...(table?.fdes ?? [])], [12, 0, 24, 0])
    t.strictSame(added?.output.slice(0, 11), [0, ...cie, 8, 16, 7, 8, 16, 6, 0], 'the runs stand one behind the other')
    const memory = new Memory(make())
    const walker = new RecordWalker(memory, new Uint8Array(256))
    const content = memory.takeBytes(40)
    const elsewhere = new Uint8Array(40)
    const fdes = memory.takeBytes(16)
    const words = new Uint32Array(fdes.buffer, fdes.byteOffset, 4)
    words.set([12, 0, 24, 0])
    walker.pointToCies(words, content)
    walker.pointToCies([12, 0, 24, 0], elsewhere)
    t.strictSame([content[16], content[28]], [16, 28])
    t.strictSame([...content], [...elsewhere])
    t.strictSame(
      table?.runs.map(({ start, size }) => [start, size]),
      [
        [0, 24],
        [36, 12],
      ],
    )
    t.equal(add(...cie, 9, 16, 7), undefined, 'a record that ends beyond the section')
    t.equal(add(...cie, 8, 12, 7), undefined, 'a record without a CIE')
    t.equal(add(3, 0), undefined, 'a record of nothing')
  })

  t.test(`an object that is too large is refused (${form})`, async (t) => {
    const memory = new Memory(make())
    t.notOk(memory.hasRoom(2 ** 31))
    t.ok(memory.addressOf(memory.allocate(9)) > 0, 'there is room for a small one')
    t.throws(() => memory.take(2 ** 33), RangeError)
  })
}

/** The place of the start of a section that was taken apart. */
const merged = 6

/** An object: .text, its relocations, symbols, their names, names of sections, a group. */
function smallObject() {
  const bytes = new Uint8Array(1024)
  const view = new DataView(bytes.buffer)
  const text = 64
  const relocations = text + 16
  const symbols = relocations + 24
  const names = symbols + 72
  const group = names + 12
  const start = group + 8
  const header = (section: number) => start + 64 * section
  const words = (at: number, ...values: number[]) => {
    for (const [i, value] of values.entries()) view.setUint32(at + 4 * i, value, true)
  }
  words(0, 0x464c457f, 0x00010102)
  words(16, 0x003e0001, 1)
  words(40, start)
  view.setUint16(58, 64, true)
  view.setUint16(60, 7, true)
  view.setUint16(62, 5, true)
  // name, type, flags, address, offset, size, link, info, alignment, entry size
  const section = (number: number, type: number, flags: number, offset: number, size: number, ...rest: number[]) => {
    const [link = 0, info = 0, alignment = 1, entrySize = 0] = rest
    words(header(number), 0, type, flags, 0, 0, 0, offset, 0, size, 0, link, info, alignment, 0, entrySize)
  }
  section(1, 1, 2, text, 16)
  section(2, 4, 0, relocations, 24, 3, 1, 8, 24)
  section(3, 2, 0, symbols, 72, 4, 2, 8, 24)
  section(4, 3, 0, names, 12)
  section(5, 3, 0, names + 11, 1)
  section(6, 17, 0, group, 8, 3, 2, 4, 4)
  words(relocations, 12, 0, 2, 2)
  words(symbols + 24, 1, 0x10000, 8)
  words(symbols + 48, 7, 0x10012, 12)
  bytes.set(encoder.encode('\0.Lone\0two\0\0'), names)
  words(group, 1, 1)
  return { bytes: bytes.slice(0, header(7)), symbols, relocations, header, group }
}
