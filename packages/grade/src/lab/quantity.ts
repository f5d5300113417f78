// Times and sizes as people write them.

const timeUnits: Readonly<Record<string, number>> = { ms: 1, s: 1000, m: 60_000, min: 60_000 }
const sizeUnits: Readonly<Record<string, number>> = {
  '': 1,
  B: 1,
  k: 2 ** 10,
  K: 2 ** 10,
  KiB: 2 ** 10,
  M: 2 ** 20,
  MiB: 2 ** 20,
  G: 2 ** 30,
  GiB: 2 ** 30,
}

/** `5s`, `500ms`, `2m` in milliseconds; undefined if it is no time. */
export function parseTime(text: string): number | undefined {
  return parse(text, timeUnits)
}

/** `64M`, `1 GiB`, `4096` in bytes; undefined if it is no size. */
export function parseSize(text: string): number | undefined {
  return parse(text, sizeUnits)
}

function parse(text: string, units: Readonly<Record<string, number>>): number | undefined {
  const match = /^(\d{1,9}(?:\.\d{1,3})?) ?([A-Za-z]*)$/.exec(text.trim())
  if (!match || !Object.hasOwn(units, match[2])) return undefined
  const value = Math.round(Number(match[1]) * units[match[2]])
  return value > 0 ? value : undefined
}

/** `5 s`, `1.5 s`, `200 ms`. */
export function showTime(milliseconds: number): string {
  return milliseconds >= 1000 ? `${+(milliseconds / 1000).toFixed(3)} s` : `${Math.round(milliseconds)} ms`
}

/** `1 MiB`, `1.5 KiB`, `12 bytes`. */
export function showSize(bytes: number): string {
  for (const unit of ['GiB', 'MiB', 'KiB'])
    if (bytes >= sizeUnits[unit]) return `${+(bytes / sizeUnits[unit]).toFixed(1)} ${unit}`
  return `${bytes} ${bytes === 1 ? 'byte' : 'bytes'}`
}
