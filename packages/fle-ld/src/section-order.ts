import { PF } from '@fle/elf'
import { SHF, SHT } from '@fle/object'
import type { LinkState } from './link-state.ts'
import type { OutputSection } from './output-section.ts'

/** The order of the sections of an image, that of GNU ld's default script; sections of other names follow their like. */
export const ranks: Readonly<Record<string, number>> = {
  '.interp': -1,
  '.note.gnu.property': 0,
  '.note.gnu.build-id': 0,
  '.gnu.hash': 2,
  '.dynsym': 3,
  '.dynstr': 4,
  '.rela.dyn': 5,
  '.rela.plt': 6,
  '.init': 10,
  '.plt': 11,
  '.text': 12,
  '.fini': 14,
  '.rodata': 20,
  '.rodata1': 22,
  '.eh_frame_hdr': 23,
  '.eh_frame': 24,
  '.gcc_except_table': 25,
  '.tdata': 30,
  '.tbss': 31,
  '.preinit_array': 32,
  '.init_array': 33,
  '.fini_array': 34,
  '.data.rel.ro': 37,
  '.dynamic': 38,
  '.got': 39,
  '.got.plt': 40,
  '.data': 41,
  '.bss': 50,
  // The large code model's, far from everything else, so that small code can be linked with it.
  '.lbss': 60,
  '.lrodata': 61,
  '.ldata': 62,
}
const otherRanks = {
  note: 1,
  code: 13,
  readOnly: 21,
  threadData: 30,
  threadZero: 31,
  data: 42,
  zero: 51,
  notLoaded: 100,
}

/** The order of what is not loaded; sections of other names stand behind .comment. */
const unloaded = [
  ...['.stab', '.stabstr', '.comment', '', '.gnu.build.attributes', '.debug_aranges', '.debug_pubnames', '.debug_info'],
  ...['.debug_abbrev', '.debug_line', '.debug_frame', '.debug_str', '.debug_loc', '.debug_macinfo', '.debug_pubtypes'],
  ...['.debug_ranges', '.debug_addr', '.debug_line_str', '.debug_loclists', '.debug_macro', '.debug_names'],
  ...['.debug_rnglists', '.debug_str_offsets', '.debug_sup', '.gnu.attributes'],
]

function unloadedRank(name: string): number {
  const known = unloaded.indexOf(name)
  return otherRanks.notLoaded + (known < 0 ? unloaded.indexOf('') : known)
}

/** Where in the order a section stands: those of a lower rank come first. */
export function rank({ name, type, flags }: OutputSection): number {
  if ((flags & SHF.ALLOC) === 0) return unloadedRank(name)
  if (Object.hasOwn(ranks, name)) return ranks[name]
  const zero = type === SHT.NOBITS
  if (flags & SHF.TLS) return zero ? otherRanks.threadZero : otherRanks.threadData
  if (flags & SHF.WRITE) return zero ? otherRanks.zero : otherRanks.data
  if (flags & SHF.EXECINSTR) return otherRanks.code
  return type === SHT.NOTE ? otherRanks.note : otherRanks.readOnly
}

/** PF_R, PF_W, PF_X of the segment that a section is in. */
export function permissions(section: OutputSection): number {
  return PF.R | (section.flags & SHF.WRITE ? PF.W : 0) | (section.flags & SHF.EXECINSTR ? PF.X : 0)
}

/** Whether a section is written to only while the program starts, and is read-only from then on (PT_GNU_RELRO). */
export function isRelro(link: LinkState, section: OutputSection): boolean {
  const { relro, segments } = link.options
  if (relro === false || segments === 'one' || segments === 'unpaged') return false
  if (link.format !== 'elf64-x86-64' || (section.flags & SHF.WRITE) === 0) return false
  const place = rank(section)
  return place >= ranks['.tdata'] && place <= ranks[link.options.bindNow ? '.got.plt' : '.got']
}

/** The sections that have content, in the order of the output: those of the image, then the others. */
export function orderSections(link: LinkState): OutputSection[] {
  return link.outputSections
    .filter((section) => section.size > 0)
    .sort((a, b) => rank(a) - rank(b) || a.number - b.number)
}
