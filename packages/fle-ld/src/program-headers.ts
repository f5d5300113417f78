import { PF, type ProgramHeaderFields, PT } from '@fle/elf'
import { SHF, SHT } from '@fle/object'
import type { LinkState } from './link-state.ts'
import { alignUp, type OutputSection } from './output-section.ts'
import { isRelro } from './section-order.ts'
import { pageSize, type Segment } from './segments.ts'

/** A program header over sections that follow each other, before they have addresses. */
export interface HeaderSpan {
  readonly type: number
  readonly flags: number
  readonly sections: readonly OutputSection[]
}

/** The program headers besides those of segments: what they span is known before addresses are. */
export function planProgramHeaders(link: LinkState, loaded: readonly OutputSection[]): HeaderSpan[] {
  const named = (name: string) => loaded.filter((section) => section.name === name)
  const spans: HeaderSpan[] = [
    { type: PT.INTERP, flags: PF.R, sections: named('.interp') },
    { type: PT.DYNAMIC, flags: PF.R | PF.W, sections: named('.dynamic') },
    ...noteRuns(loaded).map((sections) => ({ type: PT.NOTE, flags: PF.R, sections })),
    { type: PT.GNU_PROPERTY, flags: PF.R, sections: named('.note.gnu.property') },
    { type: PT.TLS, flags: PF.R, sections: loaded.filter((section) => section.flags & SHF.TLS) },
    { type: PT.GNU_EH_FRAME, flags: PF.R, sections: named('.eh_frame_hdr') },
    {
      type: PT.GNU_RELRO,
      flags: PF.R,
      sections: loaded.filter((section) => section.takesRoom && isRelro(link, section)),
    },
  ]
  const stack = { type: PT.GNU_STACK, flags: PF.R | PF.W | (link.stack === 'executable' ? PF.X : 0), sections: [] }
  return [...spans.filter(({ sections }) => sections.length > 0), ...(link.stack ? [stack] : [])]
}

/** Runs of note sections of one alignment: a PT_NOTE each. */
function noteRuns(loaded: readonly OutputSection[]): OutputSection[][] {
  const runs: OutputSection[][] = []
  let previous: OutputSection | undefined
  for (const section of loaded) {
    const isNote = section.type === SHT.NOTE
    if (isNote && previous?.type === SHT.NOTE && previous.alignment === section.alignment) runs.at(-1)?.push(section)
    else if (isNote) runs.push([section])
    previous = section
  }
  return runs
}

/** The program headers, once addresses are final. */
export function programHeadersOf(link: LinkState): ProgramHeaderFields[] {
  const { segments, headerSpans } = link.layout
  return [...segments.map(loadHeader), ...headerSpans.map((span) => spanHeader(link, span))]
}

function loadHeader({ flags, fileOffset, address, fileSize, memorySize, alignment }: Segment): ProgramHeaderFields {
  return { type: PT.LOAD, flags, offset: fileOffset, address, fileSize, memorySize, alignment }
}

function spanHeader(link: LinkState, { type, flags, sections }: HeaderSpan): ProgramHeaderFields {
  if (sections.length === 0) return { type, flags, offset: 0, address: 0, ...stackSize(link), alignment: 16 }
  const { address, fileOffset: offset } = sections[0]
  const last = sections[sections.length - 1]
  const fileEnd = sections.findLast((section) => section.type !== SHT.NOBITS)?.end ?? address
  if (type === PT.GNU_RELRO) {
    // Whole pages, as its segment.
    const memorySize = alignUp(last.end, pageSize) - address
    return { type, flags, offset, address, fileSize: fileEnd - address, memorySize, alignment: 1 }
  }
  const alignment = Math.max(...sections.map((section) => section.alignment))
  return { type, flags, offset, address, fileSize: fileEnd - address, memorySize: last.end - address, alignment }
}

/** PT_GNU_STACK's p_memsz, which -z stack-size sets. */
function stackSize(link: LinkState): { fileSize: number; memorySize: number } {
  return { fileSize: 0, memorySize: link.options.stackSize ?? 0 }
}
