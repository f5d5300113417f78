import { addWords, ByteBuffer, type Word } from '@fle/object'
import type { Dialect, ExecutableSymbol, FleExecutable, Segment } from './fle-file.ts'
import { readHexadecimal } from './hexadecimal.ts'
import type { JsonScanner } from './json-scanner.ts'
import { Keys } from './keys.ts'
import { readSectionHeaders } from './lab-headers.ts'
import { readLabSymbol } from './lab-lines.ts'
import { LineCursor } from './line-cursor.ts'
import { bindingOfTag, isCommonTag, readTag, Tag } from './line-tags.ts'
import { longestFilling } from './section-reader.ts'

const decoder = new TextDecoder()

/** Sizes end where the address space of a process does. */
const largestSize = 2 ** 47

/** The key of the bytes of a program that runs at any address. */
const blobKey = '.load'

/** Bytes as lines say them: zeros at their end are counted, not stored. */
interface Content {
  readonly bytes: Uint8Array
  readonly size: number
  readonly symbols: readonly ContentSymbol[]
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

interface SegmentHeader {
  readonly name: string
  readonly address: Word
  readonly size: number
  readonly flags: number
  /** Offset in the file. */
  readonly place: number
}

/** Reads an executable, which the scanner stands at; undefined if anything was wrong. */
export function readExecutable(
  scanner: JsonScanner,
): { readonly executable: FleExecutable; readonly dialect: Dialect } | undefined {
  const reader = new ExecutableReader(scanner)
  return reader.read()
}

class ExecutableReader {
  readonly #scanner: JsonScanner
  readonly #cursor: LineCursor
  readonly #contents = new Map<string, Content>()
  #symbols: ExecutableSymbol[] | undefined
  #headers: SegmentHeader[] | undefined
  #entry: Word | undefined
  #filling = 0
  #isExtended = false
  /** Whether section headers with alignments are there, which only the lab of 2024 writes. */
  #hasAlignments = false

  constructor(scanner: JsonScanner) {
    this.#scanner = scanner
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
      else if (key === 'needed') this.#refuseNeeded()
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
    if (this.#entry === undefined) return source.fileError('invalid-fle', 'the key "entry" is missing')
    const segments: Segment[] = []
    for (const { name, address, size, flags, place } of headers) {
      const content = this.#contents.get(name)
      if (content === undefined && this.#symbols !== undefined)
        return source.error('invalid-fle', `there is no key "${name}" with the bytes of this segment`, place)
      // The lab's linker pads what it loads no further than `size` says; ours never writes more than it.
      if (content !== undefined && content.size > size && this.#symbols !== undefined)
        return source.error('invalid-fle', `${name} has more bytes than its size in "phdrs": ${content.size}`, place)
      const bytes = content === undefined ? new Uint8Array() : content.bytes.subarray(0, size)
      segments.push({ name, address, size, flags, content: bytes })
    }
    return { form: 'segments', entry: this.#entry, segments, symbols: this.#symbols ?? this.#contentSymbols(headers) }
  }

  /** The symbols that lines among the bytes say, in the order of the segments. */
  #contentSymbols(headers: readonly SegmentHeader[]): ExecutableSymbol[] {
    return headers.flatMap(({ name, address }) => {
      const symbols = this.#contents.get(name)?.symbols ?? []
      return symbols.map(({ offset, ...symbol }) => ({ ...symbol, value: addWords(address, offset) }))
    })
  }

  /** Reads the key "needed" of the labs' programs, which names shared objects. */
  #refuseNeeded(): void {
    const scanner = this.#scanner
    scanner.openArray()
    while (scanner.nextElement()) {
      scanner.source.error(
        'unsupported-dialect',
        'the program needs a shared object: these are not supported',
        scanner.at,
      )
      scanner.skipValue()
    }
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
        name = decoder.decode(scanner.text.subarray(scanner.start, scanner.end))
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
    let size = 0
    scanner.openArray()
    while (scanner.nextElement()) {
      const { line } = scanner
      if (!scanner.readString()) return
      this.#cursor.moveTo(scanner.text, scanner.start, scanner.end, line)
      size = this.#readLine(bytes, size, symbols)
      if (scanner.source.isHopeless) scanner.failed = true
    }
    this.#contents.set(this.#cursor.names.textOf(key.name), { bytes: bytes.bytes, size, symbols, place })
  }

  /** Reads a line; returns the size of the content up to its end. */
  #readLine(bytes: ByteBuffer, size: number, symbols: ContentSymbol[]): number {
    const cursor = this.#cursor
    const start = cursor.at
    const tag = readTag(cursor)
    if (tag !== undefined && !isCommonTag(tag)) this.#isExtended = true
    if (tag === Tag.bytes) {
      const filling = size - bytes.length
      this.#filling += filling
      if (this.#filling > longestFilling) {
        cursor.error('too-large', 'more than 256 MiB of zeros stand before bytes', start)
        return size
      }
      bytes.reserve(filling)
      readHexadecimal(cursor, bytes)
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

  #readSymbol(symbols: ContentSymbol[], binding: number, position: number): void {
    const symbol = readLabSymbol(this.#cursor)
    if (symbol === undefined) return
    const { name, size = 0, offset = position } = symbol
    symbols.push({ name: this.#cursor.names.textOf(name), offset, size, binding })
  }
}
