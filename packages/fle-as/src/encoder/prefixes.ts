import { Prefix } from '../operand.ts'

/** Prefixes that may stand before a mnemonic, by name. `rex.wrxb` and so on come in all combinations. */
export const prefixesByName: ReadonlyMap<string, number> = namePrefixes()

/** Pseudo-prefixes by what stands between the braces. */
export const pseudoPrefixesByName: ReadonlyMap<string, number> = new Map([
  ['vex', Prefix.vex],
  ['vex2', Prefix.vex],
  ['vex3', Prefix.vex3],
  ['evex', Prefix.evex],
  ['disp8', Prefix.disp8],
  ['disp16', Prefix.disp32],
  ['disp32', Prefix.disp32],
  ['load', Prefix.load],
  ['store', Prefix.store],
  ['rex', Prefix.emptyRex],
  ['nooptimize', Prefix.nooptimize],
])

function lettersOf(bits: number, letters: string): string {
  return [...letters].filter((_, i) => bits & (4 >> i)).join('')
}

function namePrefixes(): Map<string, number> {
  const names = new Map<string, number>([
    ['es', Prefix.es],
    ['cs', Prefix.cs],
    ['ss', Prefix.ss],
    ['ds', Prefix.ds],
    ['fs', Prefix.fs],
    ['gs', Prefix.gs],
    ['addr32', Prefix.addr32],
    ['aword', Prefix.addr32],
    ['adword', Prefix.addr32],
    ['data16', Prefix.data16],
    ['word', Prefix.data16],
    ['rep', Prefix.rep],
    ['repe', Prefix.rep],
    ['repz', Prefix.rep],
    ['xrelease', Prefix.xrelease],
    ['repne', Prefix.repne],
    ['repnz', Prefix.repne],
    ['xacquire', Prefix.xacquire],
    ['bnd', Prefix.bnd],
    ['lock', Prefix.lock],
    ['notrack', Prefix.notrack],
    ['wait', Prefix.wait],
    ['rex', Prefix.rex],
  ])
  for (let bits = 1; bits < 16; bits++) {
    const value = Prefix.rex | (bits << Prefix.rexShift)
    names.set(`rex.${bits & 8 ? 'w' : ''}${lettersOf(bits, 'rxb')}`, value)
    // The older names of the bits R, X and B are x, y and z.
    names.set(`rex${bits & 8 ? '64' : ''}${lettersOf(bits, 'xyz')}`, value)
  }
  return names
}
