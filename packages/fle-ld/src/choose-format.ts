import { isLabDialect } from '@fle/fle'
import { SHF, SHT } from '@fle/object'
import { defaultEntry, type OutputFormat } from './link-options.ts'
import type { LinkState } from './link-state.ts'
import { pageSize } from './segments.ts'

/** Only ELF programs have room for relocations. */
export function checkEmittedRelocations({ options, format, diagnostics }: LinkState): void {
  if (!options.emitRelocations || format === 'elf64-x86-64') return
  const kind = format === 'fle' ? 'FLE programs have' : 'a raw image has'
  diagnostics.warning('no-relocations', `--emit-relocs is ignored: ${kind} no room for relocations`)
}

/** One rule for all commands: the option, else the ending of the output's name, else FLE if every input is FLE. */
export function chooseFormat(link: LinkState): OutputFormat {
  const { format, output } = link.options
  if (format) return format
  if (/\.(fle|fo|fa|fso)$/.test(output)) return 'fle'
  if (/\.[oa]$/.test(output)) return 'elf64-x86-64'
  return link.everyInputIsFle && link.objects.length > 0 ? 'fle' : 'elf64-x86-64'
}

/** Shared objects are of one dialect of FLE alone. */
export function checkShared(link: LinkState): void {
  const { shared, dialect, relocatable, collectGarbage, output } = link.options
  const [first] = link.sharedObjects
  if (!shared && !first) return
  const what = shared ? `${output} cannot be a shared object` : `${first.name} is a shared object`
  if (link.format !== 'fle' || dialect !== 'linklab' || relocatable) {
    const hint = 'only FLE programs and shared objects of the dialect linklab can use it: --dialect=linklab'
    link.diagnostics.error('not-static', what, { hint })
  } else if (shared && collectGarbage)
    link.diagnostics.error('not-static', `${what}: --gc-sections would drop what others need of it`)
}

/** FLE writes zeros out up to this many bytes; more make it list segments. */
const largestWrittenBss = 64 * 1024

/** Whether an FLE program can be one blob that runs at any address, and nothing asks for addresses (FLE's `.load`). */
export function canBeLoadBlob(link: LinkState): boolean {
  const { imageBase, sectionAddresses, readOnlyAddress, largeDataAddress, entry, dialect } = link.options
  if (isLabDialect(dialect)) return false
  if ((imageBase ?? sectionAddresses ?? readOnlyAddress ?? largeDataAddress) !== undefined) return false
  if ((entry ?? link.scriptEntry ?? defaultEntry) !== defaultEntry) return false
  const loaded = link.outputSections.filter((section) => section.flags & SHF.ALLOC)
  const zeros = loaded.reduce((sum, section) => sum + (section.type === SHT.NOBITS ? section.size : 0), 0)
  const isAligned = loaded.every((section) => section.alignment <= pageSize)
  return link.absoluteNeed === undefined && zeros <= largestWrittenBss && isAligned
}

/** What FLE programs cannot have is reported, with the way out. */
export function checkFleOutput(link: LinkState): void {
  const threadData = link.outputSections.find((section) => section.flags & SHF.TLS && section.size > 0)
  if (threadData) reportNoFle(link, `thread-local storage: it has a section ${threadData.name}`)
  if (link.iplt) reportNoFle(link, 'IFUNCs: their resolvers are run by the start-up code of libc')
}

function reportNoFle(link: LinkState, what: string): void {
  const hint = 'write an ELF program: --oformat=elf64-x86-64'
  link.diagnostics.error('fle-output', `an FLE program cannot have ${what}`, { hint })
}
