import { SHF, SHT } from '@fle/object'

/** Content that the linker itself makes. */
export interface SyntheticContent {
  /** Writes the content, once addresses are final. */
  write(output: DataView, offset: number): void
}

const noMembers: Int32Array = new Int32Array(0)

/** A section of the output: input sections one after another, or synthetic content. */
export class OutputSection {
  /** It changes where the content is compressed in the form of GNU's that its name tells of. */
  name: string
  /** Its number in the order of creation, by which input sections know it. */
  readonly number: number
  type: number
  flags: number
  alignment = 1
  entrySize: number
  /** Object index and section index of each input section, in pairs. */
  members = noMembers
  /** Whether any of them has pieces that can be merged (SHF_MERGE). */
  hasMergeable = false
  /** Whether any of them stands in the order of the sections that they describe (SHF_LINK_ORDER). */
  hasLinkOrder = false
  synthetic: SyntheticContent | undefined
  /** In bytes, of memory. */
  size = 0
  address = 0
  /** Offset of its content in the output buffer. */
  fileOffset = 0
  /** Index of its section header in an ELF output. */
  headerIndex = 0
  /** The section that sh_link names in an ELF output, and sh_info's number. */
  link: OutputSection | undefined
  info = 0
  /** The section that its relocations are for: what sh_info names instead (SHF_INFO_LINK). */
  appliesTo: OutputSection | undefined
  /** For a section without content, which has no header: the section that symbols in it are said to be in. */
  neighbour: OutputSection | undefined

  constructor(name: string, number: number, type: number, flags: number, entrySize: number) {
    this.name = name
    this.number = number
    this.type = type
    this.flags = flags
    this.entrySize = entrySize
  }

  /** Whether it takes room in the image: .tbss and its like describe memory of each thread, none of the image's. */
  get takesRoom(): boolean {
    return this.type !== SHT.NOBITS || (this.flags & SHF.TLS) === 0
  }

  get end(): number {
    return this.address + this.size
  }
}

/** The next multiple of a power of two. Works beyond 2^32 and for negative addresses. */
export function alignUp(value: number, alignment: number): number {
  const over = value % alignment
  if (over === 0) return value
  return over > 0 ? value + alignment - over : value - over
}
