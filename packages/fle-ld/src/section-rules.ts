import { type Memory, NameTable } from '@fle/kernels'
import type { ObjectFile } from '@fle/object'
import { buildIdSection } from './build-id.ts'
import { arrayType } from './constructor-arrays.ts'
import { propertySection } from './merge-properties.ts'
import { type OutputPlace, outputPlace, plainPrefixes } from './output-names.ts'
import type { OutputSection } from './output-section.ts'
import { warningPrefix } from './report-symbols.ts'

/** What an input section of a name is to the link. */
type SectionUse = 'content' | 'array' | 'debug' | 'stack-note' | 'properties' | 'build-id' | 'warning'

/** What becomes of the input sections of one name. */
export interface SectionRule {
  readonly place: OutputPlace
  readonly use: SectionUse
  /** The output section, once there is one. */
  output: OutputSection | undefined
}

/** A prefix that tells all, and its rule. */
interface PlainRule {
  readonly prefix: Uint8Array
  /** Whether some names below the prefix have places of their own: of `.text`, those that {@link specialLetters} begin. */
  readonly hasSpecial: boolean
  readonly rule: SectionRule
}

const encoder = new TextEncoder()
const dot = 0x2e
/** The letters that the names of sections with code for special times begin with behind `.text.`: exit, hot, startup … */
const specialLetters = encoder.encode('ehsu')

/**
 * Finds the rule of an input section. A program of many functions has as many names of sections: those that a prefix
 * tells all about are not looked at any further.
 */
export class SectionRules {
  readonly #names: NameTable
  readonly #rules: SectionRule[] = []
  /** By the first letter of the prefix. */
  readonly #plain: PlainRule[][] = []

  constructor(memory: Memory) {
    this.#names = new NameTable(memory)
    for (const name of plainPrefixes) {
      const prefix = encoder.encode(name)
      const rule = ruleOf(`${name}.`)
      this.#plain[prefix[1]] ??= []
      this.#plain[prefix[1]].push({ prefix, hasSpecial: name === '.text', rule })
    }
  }

  of(object: ObjectFile, section: number): SectionRule {
    const { bytes } = object
    const at = object.sectionNameOffset(section)
    const candidates = bytes[at] === dot ? this.#plain[bytes[at + 1]] : undefined
    if (candidates !== undefined) {
      for (const candidate of candidates) if (isBelow(bytes, at, candidate)) return candidate.rule
    }
    const name = this.#names.intern(bytes, at)
    this.#rules[name] ??= ruleOf(this.#names.text(name))
    return this.#rules[name]
  }
}

/** Whether the name at `at` is the prefix, or begins with it and a dot, and nothing behind that matters. */
function isBelow(bytes: Uint8Array, at: number, { prefix, hasSpecial }: PlainRule): boolean {
  const { length } = prefix
  for (let i = 2; i < length; i++) if (bytes[at + i] !== prefix[i]) return false
  const next = bytes[at + length]
  if (next !== dot || !hasSpecial) return next === dot || next === 0
  return !specialLetters.includes(bytes[at + length + 1])
}

function ruleOf(name: string): SectionRule {
  const place = outputPlace(name)
  return { place, use: useOf(name, place), output: undefined }
}

function useOf(name: string, place: OutputPlace): SectionUse {
  if (arrayType(place.name) !== undefined) return 'array'
  if (name === '.note.GNU-stack') return 'stack-note'
  if (name === propertySection) return 'properties'
  // Of an object that was linked with -r: the program's is its own.
  if (name === buildIdSection) return 'build-id'
  if (name.startsWith(warningPrefix)) return 'warning'
  return isDebugSection(name) ? 'debug' : 'content'
}

/** Whether a section of this name is for debuggers alone. */
export function isDebugSection(name: string): boolean {
  return /^\.(z?debug_|stab|gdb_index|line$)/.test(name)
}
