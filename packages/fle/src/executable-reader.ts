import { addWords, ByteBuffer, type Word } from '@fle/object'
import { Expression } from './expression.ts'
import type { Dialect, DynamicRelocation, ExecutableSymbol, FleExecutable, Segment } from './fle-file.ts'
import { readHexadecimal } from './hexadecimal.ts'
import type { JsonScanner } from './json-scanner.ts'
import { Keys } from './keys.ts'
import { readSectionHeaders } from './lab-headers.ts'
import { readLabRelocation, readLabSymbol } from './lab-lines.ts'
import { LineCursor } from './line-cursor.ts'
import { bindingOfTag, isCommonTag, readTag, Tag } from './line-tags.ts'
import { longestFilling } from './section-reader.ts'

const dot = 0x2e

/** Sizes end where the address space of a process does. */
const largestSize = 2 ** 47

/** The key of the bytes of a program that runs at any address. */
const blobKey = '.load'

/** Bytes as lines say them: zeros at their end are counted, not stored. */
interface Content {
  readonly bytes: Uint8Array
  readonly size: number
  readonly symbols: readonly ContentSymbol[]
  readonly relocations: readonly ContentRelocation[]
  /** Offset in the file of the key. */
  readonly place: number
}

/** A symbol that a line among the bytes says. */
interface ContentSymbol {
  readonly name: string
  readonly offset: number
  readonly size: number
  readonly binding: number
}

/** A field that a line among the bytes leaves to the loader. */
interface ContentRelocation extends Omit<DynamicRelocation, 'address'> {
  readonly offset: number
  /** In bytes. */
  readonly width: number
  /** Offset in the file. */
  readonly place: number
}

/** Segments that the labs' loader leaves zero, whatever bytes the file has. */
function isBss(name: string): boolean {
  return name === '.bss' || name.startsWith('.bss.')
}

interface SegmentHeader {
  readonly name: string
  readonly address: Word
  readonly size: number
  readonly flags: number
  /** Offset in the file. */
  readonly place: number
}

/** Reads an executable or a shared object, which the scanner stands at; undefined if anything was wrong. */
export function readExecutable(
  scanner: JsonScanner,
  isShared: boolean,
): { readonly executable: FleExecutable; readonly dialect: Dialect } | undefined {
  const reader = new ExecutableReader(scanner, isShared)
  return reader.read()
}

class ExecutableReader {
  readonly #scanner: JsonScanner
  readonly #isShared: boolean
  readonly #cursor: LineCursor
  readonly #contents = new Map<string, Content>()
  #symbols: ExecutableSymbol[] | undefined
  #headers: SegmentHeader[] | undefined
  #entry: Word | undefined
  #filling = 0
  #isExtended = false
  #needed: string[] = []
  readonly #expression = new Expression()
  /** Whether section headers with alignments are there, which only the lab of 2024 writes. */
  #hasAlignments = false

  constructor(scanner: JsonScanner, isShared: boolean) {
    this.#scanner = scanner
    this.#isShared = isShared
    this.#cursor = new LineCursor(scanner.source, (position) => scanner.offsetOf(position))
  }

  read(): { readonly executable: FleExecutable; readonly dialect: Dialect } | undefined {
    const scanner = this.#scanner
    const { source } = scanner
    const keys = new Keys(scanner)
    scanner.openObject()
    while (scanner.nextKey()) {
      const key = keys.take()
      if (key === 'type' || key === 'name') scanner.skipValue()
      else if (key === 'symbols') this.#symbols = this.#readSymbols()
      else if (key === 'entry') this.#entry = scanner.readInteger()
      else if (key === 'phdrs') this.#headers = this.#readHeaders()
      else if (key === 'shdrs')
        this.#hasAlignments = readSectionHeaders(scanner).some(({ alignment }) => alignment !== undefined)
      else if (key === 'needed') this.#needed = this.#readNeeded()
      else if (scanner.isAtListOfStrings) this.#readContent()
      else scanner.skipValue()
      if (source.isHopeless) scanner.failed = true
    }
    scanner.expectEnd()
    if (scanner.failed || source.hasErrors) return undefined
    const executable = this.#headers === undefined ? this.#blob() : this.#segmented(this.#headers)
    return executable && !source.hasErrors ? { executable, dialect: this.#dialect() } : undefined
  }

  #dialect(): Dialect {
    if (this.#hasAlignments) return 'linklab2024'
    if (this.#headers !== undefined) return this.#symbols === undefined ? 'linklab' : 'fle'
    return this.#isExtended ? 'fle' : 'classic'
  }

  #blob(): FleExecutable | undefined {
    const { source } = this.#scanner
    if (this.#isShared) return source.fileError('invalid-fle', 'a shared object needs "phdrs", which say what to load')
    const content = this.#contents.get(blobKey)
    if (content === undefined) return source.fileError('invalid-fle', 'neither ".load" nor "phdrs" says what to load')
    const symbols = this.#symbols ?? []
    const entry = symbols.find(({ name }) => name === '_start')?.value
    if (entry === undefined) return source.fileError('invalid-fle', '"symbols" has no _start, where execution begins')
    if (typeof entry !== 'number' || entry < 0 || entry >= content.size)
      return source.error('invalid-fle', '_start lies outside of the bytes of ".load"', content.place)
    return { form: 'blob', entry, size: content.size, content: content.bytes, symbols }
  }

  #segmented(headers: readonly SegmentHeader[]): FleExecutable | undefined {
    const { source } = this.#scanner
    const entry = this.#entry ?? (this.#isShared ? 0 : undefined)
    if (entry === undefined) return source.fileError('invalid-fle', 'the key "entry" is missing')
    const segments: Segment[] = []
    for (const { name, address, size, flags, place } of headers) {
      const content = this.#contents.get(name)
      const isOfLab = this.#symbols === undefined
      if (content === undefined && !(isOfLab && (size === 0 || isBss(name))))
        return source.error('invalid-fle', `there is no key "${name}" with the bytes of this segment`, place)
      // The lab's linker pads what it loads no further than `size` says; ours never writes more than it.
      if (content !== undefined && content.size > size && !isOfLab)
        return source.error('invalid-fle', `${name} has more bytes than its size in "phdrs": ${content.size}`, place)
      const hasBytes = content !== undefined && !(isOfLab && isBss(name))
      if (isOfLab && hasBytes && content.size < size)
        return source.error('invalid-fle', `${name} has fewer bytes than its size in "phdrs": ${content.size}`, place)
      const bytes = hasBytes ? content.bytes.subarray(0, size) : new Uint8Array()
      segments.push({ name, address, size, flags, content: bytes })
    }
    const dynamicRelocations = this.#dynamicRelocations(headers)
    return {
      form: 'segments',
      entry,
      segments,
      symbols: this.#symbols ?? this.#contentSymbols(headers),
      ...(this.#isShared ? { isShared: true } : {}),
      ...(this.#needed.length > 0 ? { needed: this.#needed } : {}),
      ...(dynamicRelocations.length > 0 ? { dynamicRelocations } : {}),
    }
  }

  /** The symbols that lines among the bytes say, in the order of the segments. */
  #contentSymbols(headers: readonly SegmentHeader[]): ExecutableSymbol[] {
    return headers.flatMap(({ name, address }) => {
      const symbols = this.#contents.get(name)?.symbols ?? []
      return symbols.map(({ offset, ...symbol }) => ({ ...symbol, value: addWords(address, offset) }))
    })
  }

  /** The fields that are left to the loader, in the order of the segments. */
  #dynamicRelocations(headers: readonly SegmentHeader[]): DynamicRelocation[] {
    return headers.flatMap(({ name, address, size }) => {
      const relocations = this.#contents.get(name)?.relocations ?? []
      return relocations.flatMap(({ offset, width, place, ...relocation }) => {
        if (offset + width <= size) return [{ ...relocation, address: addWords(address, offset) }]
        this.#scanner.source.error('invalid-fle', `this field lies beyond the size of ${name} in "phdrs"`, place)
        return []
      })
    })
  }

  /** Reads the key "needed", which names shared objects. */
  #readNeeded(): string[] {
    const scanner = this.#scanner
    const names: string[] = []
    scanner.openArray()
    while (scanner.nextElement()) {
      if (scanner.readString()) names.push(scanner.stringText)
    }
    return names
  }

  #readSymbols(): ExecutableSymbol[] {
    const scanner = this.#scanner
    const symbols: ExecutableSymbol[] = []
    const keys = new Keys(scanner)
    scanner.openObject()
    while (scanner.nextKey()) {
      keys.take()
      this.#moveToKey()
      const name = this.#cursor.readKeyName()
      const value = scanner.readInteger()
      if (name !== 0 && value !== undefined) symbols.push({ name: this.#cursor.names.textOf(name), value })
      if (scanner.source.isHopeless) scanner.failed = true
    }
    return symbols
  }

  #readHeaders(): SegmentHeader[] {
    const scanner = this.#scanner
    const headers: SegmentHeader[] = []
    const names = new Set<string>()
    scanner.openArray()
    while (scanner.nextElement()) {
      const header = this.#readHeader()
      if (header === undefined) continue
      if (names.has(header.name))
        scanner.source.error('duplicate-key', `the segment ${header.name} is there twice`, header.place)
      names.add(header.name)
      headers.push(header)
    }
    return headers
  }

  #readHeader(): SegmentHeader | undefined {
    const scanner = this.#scanner
    const place = scanner.at
    const keys = new Keys(scanner)
    let name: string | undefined
    const numbers: Record<string, Word | undefined> = { vaddr: undefined, size: undefined, flags: undefined }
    scanner.openObject()
    while (scanner.nextKey()) {
      const key = keys.take()
      if (key === 'name') {
        if (!scanner.readString()) return undefined
        name = scanner.stringText
      } else if (Object.hasOwn(numbers, key)) numbers[key] = scanner.readInteger()
      else scanner.skipValue()
    }
    if (scanner.failed) return undefined
    const { vaddr, size, flags } = numbers
    if (name === undefined || vaddr === undefined || size === undefined || flags === undefined)
      return scanner.source.error('invalid-fle', 'a segment needs "name", "vaddr", "size" and "flags"', place)
    if (typeof size !== 'number' || size < 0 || size > largestSize)
      return scanner.source.error('invalid-fle', '"size" is no size of memory: it is at most 2^47', place)
    if (typeof flags !== 'number' || flags < 0 || flags > 7)
      return scanner.source.error('invalid-fle', '"flags" is a sum of 1 (execute), 2 (write) and 4 (read)', place)
    return { name, address: vaddr, size, flags, place }
  }

  #moveToKey(): void {
    const { text, start, end, line } = this.#scanner
    this.#cursor.moveTo(text, start, end, line)
  }

  #readContent(): void {
    const scanner = this.#scanner
    const place = scanner.keyOffset
    this.#moveToKey()
    const key = this.#cursor.readSectionKey()
    if (key === undefined) {
      scanner.skipValue()
      return
    }
    const bytes = new ByteBuffer(1 << 12)
    const symbols: ContentSymbol[] = []
    const relocations: ContentRelocation[] = []
    let size = 0
    scanner.openArray()
    while (scanner.nextElement()) {
      const { line } = scanner
      if (!scanner.readString()) return
      this.#cursor.moveTo(scanner.text, scanner.start, scanner.end, line)
      size = this.#readLine(bytes, size, symbols, relocations)
      if (scanner.source.isHopeless) scanner.failed = true
    }
    this.#contents.set(this.#cursor.names.textOf(key.name), { bytes: bytes.bytes, size, symbols, relocations, place })
  }

  /** Reads a line; returns the size of the content up to its end. */
  #readLine(bytes: ByteBuffer, size: number, symbols: ContentSymbol[], relocations: ContentRelocation[]): number {
    const cursor = this.#cursor
    const start = cursor.at
    const tag = readTag(cursor)
    if (tag !== undefined && !isCommonTag(tag)) this.#isExtended = true
    if (tag === Tag.bytes || (tag === Tag.relocation && cursor.next === dot)) {
      const filling = size - bytes.length
      this.#filling += filling
      if (this.#filling > longestFilling) {
        cursor.error('too-large', 'more than 256 MiB of zeros stand before bytes', start)
        return size
      }
      bytes.reserve(filling)
      if (tag === Tag.bytes) readHexadecimal(cursor, bytes)
      else this.#readRelocation(bytes, relocations)
      return bytes.length
    }
    if (tag === Tag.relocation) cursor.error('invalid-line', 'an executable has no relocations: it is linked', start)
    const binding = bindingOfTag(tag)
    // Ours say all symbols under a key of their own.
    if (binding !== undefined && this.#symbols === undefined) this.#readSymbol(symbols, binding, size)
    if (tag !== Tag.zeros) return size
    const count = cursor.readCount()
    if (count === undefined || !cursor.expectEnd()) return size
    if (size + count <= largestSize) return size + count
    cursor.error('too-large', 'a segment is at most 2^47 bytes', start)
    return size
  }

  /** Reads what the loader is to fill in, for which as many zeros stand as the field is long. */
  #readRelocation(bytes: ByteBuffer, relocations: ContentRelocation[]): void {
    const cursor = this.#cursor
    const expression = this.#expression
    const place = cursor.offset()
    if (!readLabRelocation(cursor, 'linklab', expression, true)) return
    const width = expression.field === 'u64' ? 8 : 4
    const kind = expression.here < 0 ? 'dynrel' : width === 8 ? 'dynabs64' : 'dynabs32'
    const symbol = cursor.names.textOf(expression.references[0])
    const offset = bytes.reserve(width)
    bytes.storage.fill(0, offset, offset + width)
    relocations.push({ kind, symbol, addend: expression.addend, offset, width, place })
  }

  #readSymbol(symbols: ContentSymbol[], binding: number, position: number): void {
    const symbol = readLabSymbol(this.#cursor)
    if (symbol === undefined) return
    const { name, size = 0, offset = position } = symbol
    symbols.push({ name: this.#cursor.names.textOf(name), offset, size, binding })
  }
}
