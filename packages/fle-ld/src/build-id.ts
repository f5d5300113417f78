import { createHash } from 'node:crypto'
import { SHF, SHT } from '@fle/object'
import type { LinkState } from './link-state.ts'
import { OutputSection } from './output-section.ts'

/** How the program's build id is made: a hash of its bytes, or bytes that are given. */
export type BuildId = 'sha1' | 'md5' | 'uuid' | Uint8Array

const noteType = 3 // NT_GNU_BUILD_ID
const noteHeaderSize = 12
const owner = [0x47, 0x4e, 0x55, 0] // "GNU"
const idOffset = noteHeaderSize + owner.length

/** Makes the note that the id will stand in. */
export function addBuildIdNote(link: LinkState): void {
  const { buildId } = link.options
  if (buildId === undefined || link.format !== 'elf64-x86-64') return
  const size = idSize(buildId)
  const section = new OutputSection('.note.gnu.build-id', link.outputSections.length, SHT.NOTE, SHF.ALLOC, 0)
  section.alignment = 4
  section.size = idOffset + size
  section.synthetic = {
    write(output, offset) {
      output.setUint32(offset, owner.length, true)
      output.setUint32(offset + 4, size, true)
      output.setUint32(offset + 8, noteType, true)
      owner.forEach((byte, i) => {
        output.setUint8(offset + noteHeaderSize + i, byte)
      })
    },
  }
  link.outputSections.push(section)
  link.buildIdSection = section
}

function idSize(buildId: BuildId): number {
  if (typeof buildId !== 'string') return buildId.length
  return buildId === 'sha1' ? 20 : 16
}

/** Fills in the id: the hash of the whole output, in which the id's own bytes are still zero. */
export function writeBuildId(link: LinkState, output: Uint8Array): void {
  const { buildId } = link.options
  if (!link.buildIdSection || buildId === undefined) return
  const id = typeof buildId === 'string' ? hashOf(output, buildId === 'uuid' ? 'md5' : buildId) : buildId
  if (buildId === 'uuid') markUuid(id)
  output.set(id, link.buildIdSection.fileOffset + idOffset)
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
