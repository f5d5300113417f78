import { createHash } from 'node:crypto'
import { hashContent, type Memory } from '@fle/kernels'
import { ByteBuffer, type ObjectBuilder, type ObjectFile, SHF, SHT } from '@fle/object'
import type { LinkState } from './link-state.ts'
import { OutputSection } from './output-section.ts'

/**
 * How the program's build id is made: a hash of its bytes, or bytes that are given. `fast` is what nobody has named: as
 * long as GNU ld's SHA-1, but like lld's no cryptographic hash, which takes longer than the link of a small program.
 */
export type BuildId = 'fast' | 'sha1' | 'md5' | 'uuid' | Uint8Array

export const buildIdSection = '.note.gnu.build-id'

const noteType = 3 // NT_GNU_BUILD_ID
const noteHeaderSize = 12
const owner = 0x00554e47 // "GNU\0"
const ownerSize = 4
const idOffset = noteHeaderSize + ownerSize
const alignment = 4

/** Makes the note that the id will stand in. */
export function addBuildIdNote(link: LinkState): void {
  const { buildId } = link.options
  if (buildId === undefined || link.format !== 'elf64-x86-64') return
  const note = emptyNote(buildId)
  const section = new OutputSection(buildIdSection, link.outputSections.length, SHT.NOTE, SHF.ALLOC, 0)
  section.alignment = alignment
  section.size = note.length
  section.synthetic = {
    write(output, offset) {
      new Uint8Array(output.buffer, output.byteOffset + offset).set(note)
    },
  }
  link.outputSections.push(section)
  link.buildIdSection = section
}

/** The same for an object (-r); {@link fillBuildId} writes the id once the object is built. */
export function addBuildIdSection(builder: ObjectBuilder, buildId: BuildId): void {
  const properties = { type: SHT.NOTE, flags: SHF.ALLOC, alignment, entrySize: 0 }
  const section = builder.addSection({ name: buildIdSection, ...properties })
  builder.content(section).append(emptyNote(buildId))
}

function emptyNote(buildId: BuildId): Uint8Array {
  const size = sizeOf(buildId)
  const note = new ByteBuffer()
  for (const word of [ownerSize, size, noteType, owner]) note.uint32(word)
  note.reserve(size)
  return note.bytes
}

function sizeOf(buildId: BuildId): number {
  if (typeof buildId !== 'string') return buildId.length
  return buildId === 'fast' || buildId === 'sha1' ? 20 : 16
}

/** Fills in the id: the hash of the whole output, in which the id's own bytes are still zero. */
export function writeBuildId(link: LinkState, output: Uint8Array): void {
  const { buildId } = link.options
  if (!link.buildIdSection || buildId === undefined) return
  output.set(idOf(buildId, output, link.memory), link.buildIdSection.fileOffset + idOffset)
}

export function fillBuildId(object: ObjectFile, buildId: BuildId, memory: Memory): void {
  for (let section = 1; section < object.sectionCount; section++) {
    if (object.sectionName(section) !== buildIdSection) continue
    object.sectionContent(section).set(idOf(buildId, object.bytes, memory), idOffset)
  }
}

function idOf(buildId: BuildId, content: Uint8Array, memory: Memory): Uint8Array {
  if (typeof buildId !== 'string') return buildId
  if (buildId === 'fast') return fastId(content, memory)
  const id = hashOf(content, buildId === 'uuid' ? 'md5' : buildId)
  if (buildId === 'uuid') markUuid(id)
  return id
}

/** A hash of 16 bytes, and the content's size. */
function fastId(content: Uint8Array, memory: Memory): Uint8Array {
  const id = new Uint8Array(20)
  id.set(hashContent(memory, content))
  new DataView(id.buffer).setUint32(16, content.length, true)
  return id
}

/** Node hashes at most 2^31-1 bytes at once. */
const longestUpdate = 2 ** 30

function hashOf(bytes: Uint8Array, algorithm: string): Uint8Array {
  const hash = createHash(algorithm)
  for (let at = 0; at < bytes.length; at += longestUpdate) hash.update(bytes.subarray(at, at + longestUpdate))
  return hash.digest()
}

/** Marks 16 bytes as a UUID (RFC 4122, 4.3) that is made of content: two links of the same are to be the same. */
function markUuid(id: Uint8Array): void {
  id[6] = (id[6] & 0x0f) | 0x30
  id[8] = (id[8] & 0x3f) | 0x80
}
