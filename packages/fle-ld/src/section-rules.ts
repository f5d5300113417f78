import { type Memory, SectionAssigner, type SectionPrefix } from '@fle/kernels'
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

const encoder = new TextEncoder()
const dot = 0x2e
/** The letters that the names of sections with code for special times begin with behind `.text.`: exit, hot, startup … */
const specialLetters = encoder.encode('ehsu')
const noLetters = new Uint8Array(0)

/**
 * Finds the rule of an input section. A program of many functions has as many names of sections: those that a prefix
 * tells all about are not looked at any further.
 */
export class SectionRules {
  /** Gives sections their output sections where the rule is nothing but that. */
  readonly assigner: SectionAssigner
  readonly #rules: SectionRule[] = []
  /** Those of {@link plainPrefixes}. */
  readonly #plain: readonly SectionRule[]
  readonly #prefixes: readonly SectionPrefix[]

  /** There are `sections` input sections, at most. */
  constructor(memory: Memory, sections: number) {
    // Some names below .text have places of their own.
    this.#prefixes = plainPrefixes.map((name) => ({
      text: encoder.encode(name),
      letters: name === '.text' ? specialLetters : noLetters,
    }))
    this.#plain = plainPrefixes.map((name) => ruleOf(`${name}.`))
    this.assigner = new SectionAssigner(memory, this.#prefixes, sections)
  }

  of(object: ObjectFile, section: number): SectionRule {
    const { names } = this.assigner
    const at = object.sectionNameOffset(section)
    const name = names.intern(object.bytes, at)
    const known = this.#rules[name]
    if (known) return known
    const prefix = this.#prefixOf(object.bytes, at)
    this.#rules[name] = prefix < 0 ? ruleOf(names.text(name)) : this.#plain[prefix]
    return this.#rules[name]
  }

  /** Lets the assigner do what the rule of a section says from now on. */
  settle(object: ObjectFile, section: number, { place, output }: SectionRule): void {
    if (!output) return
    const at = object.sectionNameOffset(section)
    const prefix = this.#prefixOf(object.bytes, at)
    if (prefix >= 0) this.assigner.settlePrefix(prefix, output.number, place.order)
    else this.assigner.settleName(this.assigner.names.intern(object.bytes, at), output.number, place.order)
  }

  /** The prefix that tells all about the name at `at`, -1 if none does. */
  #prefixOf(bytes: Uint8Array, at: number): number {
    return this.#prefixes.findIndex((prefix) => isBelow(bytes, at, prefix))
  }
}

/** Whether the name at `at` is the prefix, or begins with it and a dot, and nothing behind that matters. */
function isBelow(bytes: Uint8Array, at: number, { text, letters }: SectionPrefix): boolean {
  const { length } = text
  for (let i = 0; i < length; i++) if (bytes[at + i] !== text[i]) return false
  const next = bytes[at + length]
  return next === 0 || (next === dot && !letters.includes(bytes[at + length + 1]))
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
