// What a loader does for a program that needs shared objects: finds them, gives them addresses, and fills in what was left
// to it. The outcome is a program that needs nothing more.

import { type Diagnostics, type FileSystem, fileExists, readInput } from '@fle/diagnostics'
import { addWords, STB, subtractWords, type Word } from '@fle/object'
import { fitsField, Range, writeField } from '@fle/x86-64'
import {
  type DynamicRelocation,
  dynamicFieldWidth,
  isSharedObject,
  type Segment,
  type SegmentedExecutable,
} from './fle-file.ts'
import { isFle, readFle } from './read.ts'
import { sortedByPlace } from './segment-headers.ts'

/** Where shared objects are looked for. */
export interface SharedObjectSearch {
  readonly files: FileSystem
  /** Folders with colons between them: the value of FLE_LIBRARY_PATH. */
  readonly libraryPath: string | undefined
}

export interface BoundProgram {
  readonly program: SegmentedExecutable
  /** The files of the shared objects, in the order in which symbols are looked for in them. */
  readonly files: readonly string[]
}

/** A program or shared object at its place. */
interface Module {
  readonly path: string
  readonly executable: SegmentedExecutable
  /** What is added to all of its addresses. */
  readonly base: number
}

/** Shared objects begin at multiples of this, behind whatever is below them. */
const distance = 1 << 21

/** More than any course has; each is a file. */
const mostModules = 500

/**
 * Puts the shared objects that a program needs, and those that they need, behind it in memory, and fills in all fields that
 * are left to the loader. A symbol means its first definition: the program's, then those of the shared objects depth first.
 * `path` is the program's, for messages. What is wrong is reported, and undefined returned.
 */
export function bindSharedObjects(
  program: SegmentedExecutable,
  path: string,
  search: SharedObjectSearch,
  diagnostics: Diagnostics,
): BoundProgram | undefined {
  const errors = diagnostics.errorCount
  const modules = loadModules(program, path, search, diagnostics)
  if (diagnostics.errorCount > errors) return undefined
  const addresses = addressesOf(modules)
  const bound = modules.map((module) => bindModule(module, addresses, diagnostics))
  if (diagnostics.errorCount > errors) return undefined
  const { entry } = program
  const segments = bound.flatMap((one) => one.segments)
  const symbols = bound.flatMap((one) => one.symbols)
  return { program: { form: 'segments', entry, segments, symbols }, files: modules.slice(1).map((one) => one.path) }
}

function loadModules(
  program: SegmentedExecutable,
  path: string,
  search: SharedObjectSearch,
  diagnostics: Diagnostics,
): Module[] {
  const modules: Module[] = [{ path, executable: program, base: 0 }]
  const seen = new Set<string>()
  let end = endOf(program)
  const loadNeeded = ({ path: by, executable }: Module): void => {
    for (const name of executable.needed ?? []) {
      if (seen.has(name)) continue
      seen.add(name)
      if (modules.length > mostModules) {
        diagnostics.error('too-large', `more than ${mostModules} shared objects are needed`, { at: { file: path } })
        return
      }
      const found = readSharedObject(name, by, search, diagnostics)
      if (!found) continue
      const base = Math.ceil(end / distance) * distance
      end = base + endOf(found.executable)
      const module = { ...found, base }
      modules.push(module)
      loadNeeded(module)
    }
  }
  loadNeeded(modules[0])
  return modules
}

function endOf({ segments }: SegmentedExecutable): number {
  return segments.reduce((most, { address, size }) => Math.max(most, Number(address) + size), 0)
}

function readSharedObject(
  name: string,
  neededBy: string,
  { files, libraryPath }: SharedObjectSearch,
  diagnostics: Diagnostics,
): Pick<Module, 'path' | 'executable'> | undefined {
  const folders = libraryPath?.split(':').filter((folder) => folder !== '') ?? []
  const candidates = [name, `${name}.fle`, ...folders.map((folder) => `${folder}/${name}`)]
  const path = candidates.find((candidate) => fileExists(files, candidate))
  if (path === undefined)
    return diagnostics.error('shared-object-not-found', `cannot find the shared object ${name}`, {
      notes: [`needed by ${neededBy}`, `looked for: ${candidates.join(' ')}`],
      hint: `put its folder into FLE_LIBRARY_PATH: FLE_LIBRARY_PATH=FOLDER`,
    })
  const bytes = readInput(files, path, diagnostics)
  if (!bytes) return undefined
  const read = isFle(bytes) ? readFle(bytes, path, diagnostics) : undefined
  if (read?.kind === 'executable' && isSharedObject(read.executable)) return { path, executable: read.executable }
  if (read || !isFle(bytes))
    diagnostics.error('not-shared', 'this is not a shared object of FLE', {
      at: { file: path },
      notes: [`needed by ${neededBy}`],
    })
  return undefined
}

/** The addresses of all names that modules see of each other. */
function addressesOf(modules: readonly Module[]): Map<string, Word> {
  const addresses = new Map<string, Word>()
  for (const { executable, base } of modules) {
    for (const { name, value, binding } of executable.symbols) {
      if (binding !== STB.LOCAL && !addresses.has(name)) addresses.set(name, addWords(value, base))
    }
  }
  return addresses
}

/** A module's segments and symbols at their addresses, with all fields filled in. */
function bindModule(
  { path, executable, base }: Module,
  addresses: ReadonlyMap<string, Word>,
  diagnostics: Diagnostics,
): Pick<SegmentedExecutable, 'segments' | 'symbols'> {
  const { segments, dynamicRelocations = [] } = executable
  const relocations = sortedByPlace(dynamicRelocations, ({ address }) => address)
  const moved = segments.map((segment): Segment => {
    const { name, address, size, content } = segment
    const within = relocations.between(address, addWords(address, size))
    const place = addWords(address, base)
    const label = base === 0 ? name : `${path.slice(path.lastIndexOf('/') + 1)}:${name}`
    const filled = within.length === 0 ? content : content.slice()
    for (const relocation of within) {
      const offset = Number(subtractWords(relocation.address, address))
      const value = fieldValue(relocation, addWords(place, offset), path, addresses, diagnostics)
      if (offset + dynamicFieldWidth(relocation.kind) > filled.length) {
        const message = `a .${relocation.kind} of ${relocation.symbol} lies beyond the bytes of ${name}`
        diagnostics.error('invalid-fle', message, { at: { file: path } })
      } else
        writeField(new DataView(filled.buffer, filled.byteOffset), offset, dynamicFieldWidth(relocation.kind), value)
    }
    return { ...segment, name: label, address: place, content: filled }
  })
  return { segments: moved, symbols: executable.symbols.map((one) => ({ ...one, value: addWords(one.value, base) })) }
}

/** What belongs into a field at an address; 0, reporting it, if that cannot be known or does not fit. */
function fieldValue(
  { kind, symbol, addend }: DynamicRelocation,
  field: Word,
  path: string,
  addresses: ReadonlyMap<string, Word>,
  diagnostics: Diagnostics,
): Word {
  const at = { file: path }
  const target = addresses.get(symbol)
  if (target === undefined) {
    diagnostics.error('symbol-not-found', `Symbol not found: ${symbol}`, { at })
    return 0
  }
  const absolute = addWords(target, addend)
  const isRelative = kind === 'dynrel'
  const value = isRelative ? subtractWords(absolute, field) : absolute
  if (kind === 'dynabs64' || fitsField(value, 4, isRelative ? Range.signed : Range.unsigned)) return value
  diagnostics.error('relocation-range', `${symbol} is too far away for the 4 bytes of a .${kind}`, { at })
  return 0
}
