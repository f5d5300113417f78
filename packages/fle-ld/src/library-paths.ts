import { fileExists } from '@fle/diagnostics'
import type { LinkState } from './link-state.ts'

/** Where libraries are that no -L is needed for: the directories of GNU ld on Debian, in the system root. */
export const systemLibraryPaths: readonly string[] = [
  '=/usr/local/lib/x86_64-linux-gnu',
  '=/lib/x86_64-linux-gnu',
  '=/usr/lib/x86_64-linux-gnu',
  '=/usr/lib/x86_64-linux-gnu64',
  '=/usr/local/lib64',
  '=/lib64',
  '=/usr/lib64',
  '=/usr/local/lib',
  '=/lib',
  '=/usr/lib',
]

/** The -L directories. */
export function libraryPaths({ options }: LinkState): string[] {
  const { libraryPaths, sysroot = '' } = options
  return libraryPaths.map((path) => inSystemRoot(path, sysroot))
}

/** A path with the system root in place of a leading `=` or `$SYSROOT`. */
export function inSystemRoot(path: string, sysroot: string): string {
  return path.replace(/^(=|\$SYSROOT)/, () => sysroot)
}

/** `libNAME.fa` or `libNAME.a` in the first directory that has one: of -L, or else, once an ELF file was read, of the system. */
export function findLibrary(link: LinkState, name: string): string | undefined {
  const { noSystemLibraries, sysroot = '' } = link.options
  const candidates = name.startsWith(':') ? [name.slice(1)] : [`lib${name}.fa`, `lib${name}.a`]
  const given = libraryPaths(link)
  // What is made of FLE alone has nothing to do with the libraries of the system.
  const isOfSystem = !noSystemLibraries && !link.everyInputIsFle
  const ofSystem = isOfSystem ? systemLibraryPaths.map((path) => inSystemRoot(path, sysroot)) : []
  const searched = [...given, ...ofSystem]
  for (const directory of searched) {
    for (const candidate of candidates) {
      const path = `${directory}/${candidate}`
      if (fileExists(link.files, path)) return path
    }
  }
  reportMissing(link, name, candidates, { given, isOfSystem, searched })
  return undefined
}

interface Search {
  readonly given: readonly string[]
  readonly isOfSystem: boolean
  readonly searched: readonly string[]
}

function reportMissing(
  link: LinkState,
  name: string,
  candidates: readonly string[],
  { given, isOfSystem, searched }: Search,
): void {
  const shared = searched.map((directory) => `${directory}/lib${name}.so`).find((path) => fileExists(link.files, path))
  const places = [...given, ...(isOfSystem ? ['the folders of the system'] : [])]
  const notes = places.length > 0 ? [`searched: ${places.join(' ')}`, `for: ${candidates.join(' ')}`] : []
  if (shared !== undefined) notes.push(`passed over: ${shared}, a shared library`)
  const hint =
    shared === undefined
      ? 'name the folder it is in with -L'
      : 'link with gcc -static; if you do, install the static library (lib*.a) of it'
  link.diagnostics.error('library-not-found', `unable to find library -l${name}`, {
    notes,
    ...(given.length === 0 || shared !== undefined ? { hint } : {}),
  })
}
