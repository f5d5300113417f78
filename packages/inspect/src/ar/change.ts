// The changes that ar makes to a list of members. Source: replace_members(), delete_members(), move_members() of
// binutils/ar.c.
import type { Member } from './archive.ts'

/** Where members go: before the member of this number, which is asked for each of them. */
export type Place = (members: readonly Member[]) => number

/** Which member a name on the command line means. */
export interface Matching {
  /** Takes the member with this number among those of the name, counted from 1 (N). */
  readonly count: number
  matches(member: Member, name: string): boolean
}

/** The first member that a name means, -1 for none. */
export function findMember(members: readonly Member[], name: string, { count, matches }: Matching): number {
  let seen = 0
  return members.findIndex((member) => matches(member, name) && ++seen === count)
}

/** A member to put in, and the path of the file that it was. */
export interface Addition {
  readonly member: Member
  readonly path: string
}

/** A list of members after a change, and what it did to which name, in its order. */
export interface Change {
  readonly members: readonly Member[]
  readonly done: readonly { readonly letter: 'a' | 'd' | 'm' | 'r'; readonly name: string }[]
  /** Names that no member has. */
  readonly missing: readonly string[]
}

/**
 * Puts each member in the place of the one of the same name, or behind all others if there is none. With `place` given,
 * all of them go there.
 */
export function replaceMembers(
  members: readonly Member[],
  added: readonly Addition[],
  place: Place | undefined,
  matching: Matching,
): Change {
  const list = [...members]
  const done: Change['done'][number][] = []
  for (const { member, path } of added) {
    const known = findMember(list, member.name, matching)
    done.push({ letter: known < 0 ? 'a' : 'r', name: path })
    if (known >= 0 && !place) {
      list[known] = member
      continue
    }
    if (known >= 0) list.splice(known, 1)
    list.splice(place?.(list) ?? list.length, 0, member)
  }
  return { members: list, done, missing: [] }
}

/** Puts members behind all others, whatever their names. */
export function appendMembers(members: readonly Member[], added: readonly Addition[]): Change {
  const done = added.map(({ path }) => ({ letter: 'a' as const, name: path }))
  return { members: [...members, ...added.map(({ member }) => member)], done, missing: [] }
}

/** Takes out, for each name, the first member that has it. */
export function deleteMembers(members: readonly Member[], names: readonly string[], matching: Matching): Change {
  const list = [...members]
  const done: Change['done'][number][] = []
  const missing: string[] = []
  for (const name of names) {
    const found = findMember(list, name, matching)
    if (found < 0) missing.push(name)
    else done.push({ letter: 'd', name: list.splice(found, 1)[0].name })
  }
  return { members: list, done, missing }
}

/** Moves, for each name, the first member that has it to `place`; without a place, to the end. */
export function moveMembers(
  members: readonly Member[],
  names: readonly string[],
  place: Place | undefined,
  matching: Matching,
): Change {
  const list = [...members]
  const done: Change['done'][number][] = []
  const missing: string[] = []
  for (const name of names) {
    const found = findMember(list, name, matching)
    if (found < 0) {
      missing.push(name)
      continue
    }
    const [member] = list.splice(found, 1)
    list.splice(place?.(list) ?? list.length, 0, member)
    done.push({ letter: 'm', name: member.name })
  }
  return { members: list, done, missing }
}
