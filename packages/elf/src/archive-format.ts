// The format of archives as GNU and BSD ar write them. Source: ar(5) of FreeBSD and the head of binutils' bfd/archive.c.
//
// An archive is a magic of 8 bytes and then members, each a header of 60 bytes in ASCII and its content, padded to an
// even offset. The first members may be special: `/` or `/SYM64/` (GNU) and `__.SYMDEF` (BSD) hold the symbol index,
// `//` holds names that are too long for a header (GNU). A thin archive holds the headers only: members are files.

/** The bytes that every archive begins with, and the first bytes of a thin one. */
export const archiveMagic = '!<arch>\n'
export const thinArchiveMagic = '!<thin>\n'

/** Size and field offsets of a member's header, in bytes. Numbers are decimal (mode: octal), left-aligned, in spaces. */
export const memberHeader = {
  size: 60,
  name: 0,
  nameLength: 16,
  time: 16,
  user: 28,
  group: 34,
  mode: 40,
  length: 48,
  lengthDigits: 10,
  /** A backquote and a line feed. */
  end: 58,
} as const

/** What a member's header says of the file that the member was. */
export interface MemberAttributes {
  /** Seconds since 1970 when the file was last changed; 0 in archives that are the same whenever they are made. */
  readonly time: number
  /** Numbers of the user and of the group that owned the file. */
  readonly user: number
  readonly group: number
  /** The permissions, as chmod takes them, and perhaps the kind of the file above them. */
  readonly mode: number
}

/** What `ar D` writes, which is Debian's default. */
export const plainAttributes: MemberAttributes = { time: 0, user: 0, group: 0, mode: 0o644 }

const decoder = new TextDecoder()

/** Whether the bytes begin as an archive does, be it thin or not. */
export function isArchive(bytes: Uint8Array): boolean {
  const magic = decoder.decode(bytes.subarray(0, archiveMagic.length))
  return magic === archiveMagic || magic === thinArchiveMagic
}

/** The name field of a header without the spaces behind it, as it stands: `foo.o/`, `/123`, `#1/20` … */
export function memberField(header: Uint8Array): string {
  return decoder.decode(header.subarray(memberHeader.name, memberHeader.nameLength)).trimEnd()
}

/**
 * The size in the header that the bytes begin with: the bytes that follow it, or in a thin archive those of the file that
 * the member is. Undefined if the bytes do not begin with a header.
 */
export function parseMemberSize(bytes: Uint8Array): number | undefined {
  if (bytes[memberHeader.end] !== 0x60 || bytes[memberHeader.end + 1] !== 0x0a) return undefined
  const start = memberHeader.length
  const end = start + memberHeader.lengthDigits
  let size = 0
  let at = start
  while (at < end && bytes[at] >= 0x30 && bytes[at] <= 0x39) size = size * 10 + bytes[at++] - 0x30
  if (at === start) return undefined
  while (at < end && bytes[at] === 0x20) at++
  return at === end ? size : undefined
}

/** Reads the attributes in the header that the bytes begin with; a field that is no number counts as 0. */
export function parseMemberAttributes(bytes: Uint8Array): MemberAttributes {
  const number = (start: number, end: number, radix: number) =>
    Number.parseInt(decoder.decode(bytes.subarray(start, end)), radix) || 0
  const { time, user, group, mode, length } = memberHeader
  return {
    time: number(time, user, 10),
    user: number(user, group, 10),
    group: number(group, mode, 10),
    mode: number(mode, length, 8),
  }
}

/** The length of a BSD name that stands before the content (`#1/20`: 20 bytes), 0 for another form of name. */
export function inlineNameLength(header: Uint8Array): number {
  if (header[0] !== 0x23 || header[1] !== 0x31) return 0
  return Number(/^#1\/(\d{1,9})$/.exec(memberField(header))?.[1] ?? 0)
}
