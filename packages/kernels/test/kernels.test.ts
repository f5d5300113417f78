import { instantiate, instantiateScript } from '@fle/kernels/wasm'
import t from 'tap'
import { makeRules, NameTable, PieceTable, RecordWalker, Rule, TableMemory } from '../src/index.ts'

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
  t.test(`names are interned (${form})`, async (t) => {
    const random = randomNumbers(1)
    const memory = new TableMemory(make())
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

  t.test(`memories have nothing to do with each other (${form})`, async (t) => {
    const tables = [0, 1, 2].map(() => new NameTable(new TableMemory(make())))
    for (let i = 0; i < 5000; i++) tables[i % 3].internText(`${'n'.repeat(i % 40)}${i}`)
    for (let i = 0; i < 5000; i++) {
      const name = `${'n'.repeat(i % 40)}${i}`
      if (tables[i % 3].text(Math.floor(i / 3)) !== name) t.fail(name)
      if (tables[(i + 1) % 3].lookupText(name) !== -1) t.fail(`${name} is in another table`)
    }
  })

  t.test(`names that share their bytes take more room than their file (${form})`, async (t) => {
    const table = new NameTable(new TableMemory(make()))
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
    const memory = new TableMemory(make())
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

  t.test(`unsound records are seen (${form})`, async (t) => {
    // Sections: null, .text of 16 bytes, its relocations. Symbols: null, a local and a global one in .text.
    const headers = 0
    const symbols = 3 * 64
    const relocations = symbols + 3 * 24
    const bytes = new Uint8Array(relocations + 2 * 24)
    const words = new Uint32Array(bytes.buffer)
    words[(64 + 32) / 4] = 16
    words[(128 + 4) / 4] = 4
    words[(128 + 24) / 4] = relocations
    words[(128 + 32) / 4] = 48
    words[(128 + 44) / 4] = 1
    words.set([1, 0x10000], symbols / 4 + 6)
    words.set([4, 0x10012], symbols / 4 + 12)
    words.set([15, 0, 2, 2], relocations / 4 + 6)
    const walker = new RecordWalker(new Uint8Array(256), make())
    const tables = { sectionHeaders: headers, sectionCount: 3, symbols, symbolCount: 3, firstGlobal: 2, namesSize: 5 }
    const isSound = (change: (words: Uint32Array) => void = () => {}) => {
      const copy = words.slice()
      change(copy)
      return walker.isSound({ bytes: new Uint8Array(copy.buffer), ...tables })
    }
    t.ok(isSound())
    const set = (at: number, value: number) => (changed: Uint32Array) => {
      changed[at / 4] = value
    }
    const defects: [what: string, at: number, value: number][] = [
      ['a name beyond the table', symbols + 24, 5],
      ['a global symbol among the local ones', symbols + 28, 0x10010],
      ['a local symbol among the global ones', symbols + 52, 0x10002],
      ['a binding that does not exist', symbols + 52, 0x10032],
      ['a section that does not exist', symbols + 52, 0x30012],
      ['a special section', symbols + 52, 0xfff20012],
      ['a thread-local symbol', symbols + 28, 0x10006],
      ['a place beyond the section', relocations + 24, 16],
      ['a place far beyond the section', relocations + 28, 1],
      ['a kind that is none', relocations + 32, 256],
      ['a symbol that does not exist', relocations + 36, 3],
      ['a section of 4 GiB', 64 + 36, 1],
    ]
    t.ok(isSound(set(symbols + 28, 0xfff10004)), 'the name of a source file')
    t.ok(isSound(set(symbols + 52, 0x100a1)), 'a unique symbol')
    t.ok(isSound(set(symbols + 52, 0x00000016)), 'a thread-local symbol of another file')
    for (const [what, at, value] of defects) t.notOk(isSound(set(at, value)), what)
  })

  t.test(`relocations are looked at and applied (${form})`, async (t) => {
    const random = randomNumbers(2)
    const widths = new Uint8Array(256)
    widths.set([0, 4, 4, 4, 8, 4, 4])
    const actions = [Rule.pass, Rule.distance32, Rule.unsigned32, Rule.signed32, Rule.word64, Rule.leaveWithNext]
    const scanRules = makeRules((kind, place) => {
      if (kind === 5) return Rule.leaveWithNext
      if (kind > 6 || place > 1) return Rule.leave
      return kind === 6 ? Rule.passNoted : Rule.pass
    })
    const applyRules = makeRules((kind, place) => (place > 1 ? Rule.leave : (actions[kind] ?? Rule.leave)))
    const walker = new RecordWalker(widths, make())
    const scanTable = walker.addRules(scanRules)
    const applyTable = walker.addRules(applyRules)

    const symbolCount = 50
    const sectionAddresses = [0x400000, 0x7fffffff0000, 0xffff0000]
    walker.addAddresses([0x401000, -16, 2 ** 52, 0x123456789], sectionAddresses)
    for (let round = 0; round < 20; round++) {
      // The object: symbols, relocations, content; two sections.
      const count = random(200)
      const records = symbolCount * 24
      const content = records + count * 24
      const size = 256
      const bytes = new Uint8Array(content + size)
      const view = new DataView(bytes.buffer)
      const places = Uint8Array.from({ length: symbolCount }, () => (random(8) === 0 ? 2 + random(4) : 0))
      for (let symbol = 1; symbol < symbolCount; symbol++) {
        view.setUint16(symbol * 24 + 6, random(10) === 0 ? 0xfff1 : 1 + random(2), true)
        view.setUint32(symbol * 24 + 8, random(1000), true)
        view.setUint32(symbol * 24 + 12, random(20) === 0 ? 0x80000000 : 0, true)
      }
      for (let i = 0; i < count; i++) {
        const at = records + i * 24
        view.setUint32(at, random(size - 4), true)
        if (random(40) === 0) view.setUint32(at + 4, 1, true)
        view.setUint32(at + 8, random(60) === 0 ? 300 : random(8), true)
        view.setUint32(at + 12, random(symbolCount), true)
        view.setBigInt64(at + 16, random(30) === 0 ? 2n ** 40n : BigInt(random(64) - 32), true)
      }
      const firstGlobal = symbolCount - 4
      const placed = {
        symbols: 0,
        symbolCount,
        firstGlobal,
        globals: Int32Array.from([0, 1, 2, 3]),
        outputSection: Int32Array.from([-1, random(3), random(3)]),
        outputOffset: Float64Array.from([0, 16, random(2) === 0 ? Number.NaN : 64]),
      }
      t.ok(walker.open(bytes, places))

      const kindOf = (i: number) => view.getUint32(records + i * 24 + 8, true)
      const symbolOf = (i: number) => view.getUint32(records + i * 24 + 12, true)
      const offsetOf = (i: number) => Number(view.getBigUint64(records + i * 24, true))
      const wantedLeft: number[] = []
      let wantedNoted = -1
      for (let i = 0; i < count; i++) {
        const kind = kindOf(i)
        const isInside = kind < 256 && offsetOf(i) + widths[kind] <= size
        const rule = isInside ? scanRules[kind * 8 + places[symbolOf(i)]] : Rule.leave
        if (rule === Rule.passNoted && wantedNoted < 0) wantedNoted = i
        if (rule === Rule.leave || rule === Rule.leaveWithNext) wantedLeft.push(i)
        if (rule === Rule.leaveWithNext) i++
      }
      const scanned = walker.scan(records, count, size, scanTable)
      const leftOf = (length: number) => Array.from({ length }, (_, i) => walker.left(i))
      t.strictSame(leftOf(scanned.left), wantedLeft, 'what is left of the scan')
      t.equal(scanned.noted, wantedNoted)

      const values = new Array<number>(symbolCount).fill(0)
      const leftSymbols: number[] = []
      for (let symbol = 1; symbol < symbolCount; symbol++) {
        if (symbol >= firstGlobal) {
          values[symbol] = [0x401000, -16, 2 ** 52, 0x123456789][symbol - firstGlobal]
          continue
        }
        const section = view.getUint16(symbol * 24 + 6, true)
        const isPlain = places[symbol] === 0 && section < 0xff00 && view.getUint32(symbol * 24 + 12, true) === 0
        const address = isPlain ? sectionAddresses[placed.outputSection[section]] + placed.outputOffset[section] : 0
        values[symbol] = isPlain ? address + view.getUint32(symbol * 24 + 8, true) : Number.NaN
        if (Number.isNaN(values[symbol])) leftSymbols.push(symbol)
      }
      t.strictSame(leftOf(walker.fillValues(placed)), leftSymbols, 'the symbols that are left')
      for (const symbol of leftSymbols) walker.setValue(symbol, Number.NaN)
      t.strictSame(
        values.map((_, symbol) => walker.value(symbol)),
        values,
        'the values of symbols',
      )

      const address = 0x400800
      const expected = bytes.slice(content)
      const field = new DataView(expected.buffer)
      const wantedUnapplied: number[] = []
      for (let i = 0; i < count; i++) {
        // Only what scanning has found sound comes here.
        if (offsetOf(i) + 8 > size) view.setUint32(records + i * 24, 8, true)
        view.setUint32(records + i * 24 + 4, 0, true)
      }
      walker.open(bytes, places)
      for (let left = walker.fillValues(placed) - 1; left >= 0; left--) walker.setValue(walker.left(left), Number.NaN)
      for (let i = 0; i < count; i++) {
        const rule = kindOf(i) < 256 ? applyRules[kindOf(i) * 8 + places[symbolOf(i)]] : Rule.leave
        const addend = Number(view.getBigInt64(records + i * 24 + 16, true))
        const sum = values[symbolOf(i)] + addend
        const isExact = Math.abs(addend) < 2 ** 31 && Math.abs(values[symbolOf(i)]) < 2 ** 51
        const distance = sum - address - offsetOf(i)
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
      const left = walker.apply(records, count, content, address, applyTable)
      t.strictSame(leftOf(left), wantedUnapplied, 'what is left to apply')
      t.strictSame([...walker.content(content, size)], [...expected], 'the content with what was applied')
    }
  })

  t.test(`an object that is too large is refused (${form})`, async (t) => {
    const walker = new RecordWalker(new Uint8Array(256), make())
    t.notOk(walker.open(Object.create(Uint8Array.prototype, { length: { value: 2 ** 31 } }), new Uint8Array(1)))
  })
}
