// What the courses' tools have in common and where they differ.

import type { Dialect } from '@fle/fle'

/** The courses whose tools these are, by the names of `fle lab init --course`. */
export const courses = ['linklab', 'linklab2024', 'classic'] as const
export type CourseName = (typeof courses)[number]

export interface Course {
  readonly dialect: Dialect
  /** The ending of objects; archives and shared objects have endings of their own in `linklab` alone. */
  readonly objectEnding: string
  /** What gcc is told before the student's own words. `-static` gives way to -fPIC. */
  readonly compilerWords: readonly string[]
  /** Whether gcc's object stays beside ours. */
  readonly keepsElf: boolean
  /** What is said of a second definition of a symbol. */
  readonly duplicate: string
}

const freestanding = ['-nostdlib', '-ffreestanding', '-fno-asynchronous-unwind-tables']

const table: Readonly<Record<CourseName, Course>> = {
  linklab: {
    dialect: 'linklab',
    objectEnding: '.fo',
    compilerWords: ['-c', '-static', '-fno-common', ...freestanding],
    keepsElf: false,
    duplicate: 'Multiple definition of strong symbol:',
  },
  linklab2024: {
    dialect: 'linklab2024',
    objectEnding: '.fle',
    compilerWords: ['-c', '-static', '-fno-common', ...freestanding],
    keepsElf: false,
    duplicate: 'Multiple definition of strong symbol:',
  },
  classic: {
    dialect: 'classic',
    objectEnding: '.fle',
    compilerWords: ['-c', '-static', '-fPIE', ...freestanding],
    keepsElf: true,
    duplicate: 'Multiple definition of',
  },
}

/** The course of this name; undefined if there is none. */
export function courseOf(name: string): Course | undefined {
  const known = courses.find((course) => course === name)
  return known && table[known]
}
