import { addWords } from '@fle/object'
import { type FleExecutable, type SegmentedExecutable, segmentFlag } from './fle-file.ts'

/** Where the labs' programs stand. */
const usualAddress = 0x400000

/** An executable as segments at fixed addresses: one that may stand anywhere becomes a single segment at the usual one. */
export function inSegments(executable: FleExecutable): SegmentedExecutable {
  if (executable.form === 'segments') return executable
  const { entry, size, content, symbols } = executable
  const flags = segmentFlag.execute | segmentFlag.write | segmentFlag.read
  return {
    form: 'segments',
    entry: usualAddress + entry,
    segments: [{ name: '.text', address: usualAddress, size, flags, content }],
    symbols: symbols.map((symbol) => ({ ...symbol, value: addWords(usualAddress, symbol.value) })),
  }
}
