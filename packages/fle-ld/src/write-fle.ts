import {
  type ExecutableSymbol,
  type Segment as FleSegment,
  type SegmentedExecutable,
  writeFleExecutable,
} from '@fle/fle'
import { ByteLines } from '@fle/kernels'
import { STV, type Word } from '@fle/object'
import { copySections } from './apply-relocations.ts'
import type { LinkState } from './link-state.ts'
import { visitGlobalSymbols } from './output-symbols.ts'
import type { Segment } from './segments.ts'

const decoder = new TextDecoder()

/** Writes the program as an FLE executable: one blob if it may stand anywhere, segments at their addresses otherwise. */
export function writeFle(link: LinkState, entry: Word): Uint8Array {
  const { layout, options } = link
  const content = link.memory.allocate(layout.contentSize)
  copySections(link, content)
  const style = {
    dialect: options.dialect,
    byteLines: new ByteLines(link.memory),
    ...(options.interpreter ? { interpreter: options.interpreter } : {}),
  }
  const symbols = symbolsOf(link)
  if (link.isLoadBlob) {
    const blob = { form: 'blob', entry: Number(entry), size: content.length, content, symbols } as const
    return writeFleExecutable(blob, style)
  }
  const segments = layout.segments.map((segment) => fleSegment(segment, content))
  return writeFleExecutable({ form: 'segments', entry, segments, ...forLoader(link, symbols) }, style)
}

/** What a loader must know besides what it loads: of links with shared objects more than the symbols. */
function forLoader(
  { shared, options }: LinkState,
  symbols: readonly ExecutableSymbol[],
): Pick<SegmentedExecutable, 'symbols' | 'isShared' | 'needed' | 'dynamicRelocations'> {
  if (!shared) return { symbols }
  const anchors = Array.from(shared.anchors, ([section, name]) => ({ name, value: section.address }))
  const { needed, fields: dynamicRelocations } = shared
  return { symbols: [...symbols, ...anchors], isShared: options.shared ?? false, needed, dynamicRelocations }
}

/** Global symbols that have a place in the image. */
function symbolsOf(link: LinkState): ExecutableSymbol[] {
  const symbols: ExecutableSymbol[] = []
  visitGlobalSymbols(link, ({ name, section, other, value, size, info }) => {
    if (section && other !== STV.HIDDEN && other !== STV.INTERNAL)
      symbols.push({ name: decoder.decode(name), value, size, binding: info >> 4 })
  })
  return symbols
}

function fleSegment(
  { sections, address, memorySize, fileOffset, fileSize, flags }: Segment,
  content: Uint8Array,
): FleSegment {
  const name = sections[0].name
  return { name, address, size: memorySize, flags, content: content.subarray(fileOffset, fileOffset + fileSize) }
}
