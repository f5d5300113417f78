// --icf: functions of the same code become one. A function is the same as another if its bytes are, and its relocations lead
// to the same places; and two places are the same if they are in functions that are the same. So the sections are first
// sorted into classes by what does not depend on that, then classes are split as long as relocations tell members apart.

import { collectCandidates, type FoldCandidates } from './fold-candidates.ts'
import { folded, type InputObject } from './input-object.ts'
import type { LinkState } from './link-state.ts'

/** A section that is left out, and the one of the same content that stands for it. */
export interface Fold {
  readonly input: InputObject
  readonly section: number
  readonly keptInput: InputObject
  readonly keptSection: number
}

/** Leaves out all but the first of the sections of code that are the same. */
export function foldIdentical(link: LinkState): void {
  const { icf } = link.options
  if (icf === undefined || link.options.relocatable) return
  const candidates = collectCandidates(link, icf === 'safe')
  for (const members of refine(candidates, initialClasses(candidates))) fold(link, candidates, members)
}

/** Gives the symbols in the sections that were left out the place of what stands for them. */
export function placeFolded(link: LinkState): void {
  for (const { input, section, keptInput, keptSection } of link.folds) {
    input.outputSection[section] = keptInput.outputSection[keptSection]
    input.outputOffset[section] = keptInput.outputOffset[keptSection]
  }
}

/** Sections of the same bytes and, but for where in other candidates they lead, the same relocations; only classes of several. */
function initialClasses(candidates: FoldCandidates): number[][] {
  const all = Array.from({ length: candidates.count }, (_, i) => i)
  const byHash = groupBy(all, (candidate) => candidates.hash(candidate))
  const classes: number[][] = []
  for (const bucket of byHash.values()) {
    if (bucket.length > 1) classes.push(...split(bucket, (a, b) => candidates.areAlike(a, b)))
  }
  return classes
}

/** Splits classes until the relocations of all members of each lead to members of one class. */
function refine(candidates: FoldCandidates, initial: number[][]): number[][] {
  // One that is like no other is a class of its own.
  const classOf = Int32Array.from({ length: candidates.count }, (_, i) => i)
  const mark = (classes: readonly number[][]) => {
    for (const members of classes) for (const member of members) classOf[member] = members[0]
  }
  let classes = initial
  mark(classes)
  for (let count = -1; count !== classes.length; ) {
    count = classes.length
    const next: number[][] = []
    const alone: number[] = []
    for (const members of classes) {
      for (const part of groupBy(members, (member) => candidates.leadsTo(member, classOf)).values()) {
        if (part.length > 1) next.push(part)
        else alone.push(part[0])
      }
    }
    if (alone.length > 0) count = -1
    for (const member of alone) classOf[member] = member
    mark(next)
    classes = next
  }
  return classes
}

function groupBy<Key>(members: readonly number[], keyOf: (member: number) => Key): Map<Key, number[]> {
  const groups = new Map<Key, number[]>()
  for (const member of members) {
    const key = keyOf(member)
    const group = groups.get(key)
    if (group) group.push(member)
    else groups.set(key, [member])
  }
  return groups
}

/** The parts of a list whose members are equal, each in the order of the list; only those of several. */
function split(members: readonly number[], areEqual: (a: number, b: number) => boolean): number[][] {
  const parts: number[][] = []
  for (const member of members) {
    const part = parts.find(([first]) => areEqual(first, member))
    if (part) part.push(member)
    else parts.push([member])
  }
  return parts.filter((part) => part.length > 1)
}

function fold(link: LinkState, candidates: FoldCandidates, [kept, ...others]: readonly number[]): void {
  const [keptInput, keptSection] = candidates.at(kept)
  const { printFolded } = link.options
  if (printFolded) link.listed.push(`selected section ${sectionText(keptInput, keptSection)}`)
  for (const other of others) {
    const [input, section] = candidates.at(other)
    input.discarded[section] = folded
    link.folds.push({ input, section, keptInput, keptSection })
    if (printFolded) link.listed.push(`  removing identical section ${sectionText(input, section)}`)
  }
}

function sectionText({ object }: InputObject, section: number): string {
  return `${object.name}:(${object.sectionName(section)})`
}
