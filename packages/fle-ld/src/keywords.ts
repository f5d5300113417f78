// The keywords of -z.

import type { LinkOptions } from './link-options.ts'
import { parseAddress } from './option-values.ts'
import { pageSize } from './segments.ts'

/** 1 GiB, the largest page of x86-64. */
const largestPage = 2 ** 30

/** What each keyword that means something says of the link. */
const keywords: Readonly<Record<string, Partial<LinkOptions>>> = {
  muldefs: { allowDuplicates: true },
  defs: { unresolved: 'error' },
  undefs: { unresolved: 'ignore' },
  relro: { relro: true },
  norelro: { relro: false },
  execstack: { executableStack: true },
  noexecstack: { executableStack: false },
  'noseparate-code': { segments: 'text-and-data' },
}

/** Keywords that ask for what is done anyway, or that mean nothing in a static link. */
const withoutEffect: ReadonlySet<string> = new Set(
  [
    'now lazy text notext textoff origin combreloc nocombreloc nocopyreloc copyreloc initfirst interpose',
    'global globalaudit unique nounique nodelete nodlopen nodump nodefaultlib loadfltr ',
    'common nocommon unique-symbol nounique-symbol start-stop-gc nostart-stop-gc extern-protected-data',
    'noextern-protected-data indirect-extern-access noindirect-extern-access dynamic-undefined-weak',
    'nodynamic-undefined-weak ibt ibtplt shstk lam-u48 lam-u57 pack-relative-relocs nopack-relative-relocs',
    'x86-64-baseline x86-64-v2 x86-64-v3 x86-64-v4 report-relative-reloc keep-text-section-prefix',
    'nokeep-text-section-prefix separate-loadable-segments',
  ].flatMap((line) => line.split(' ')),
)

/** The same with a value behind `=`. */
const valuesWithoutEffect: ReadonlySet<string> = new Set([
  'common-page-size',
  'start-stop-visibility',
  'call-nop',
  'cet-report',
  'lam-report',
  'lam-u48-report',
  'lam-u57-report',
])

/** Does what `-z KEYWORD` says; `wrong` if its value is no number. */
export function applyKeyword(
  keyword: string,
  link: { -readonly [K in keyof LinkOptions]: LinkOptions[K] },
): 'done' | 'unknown' | 'wrong' {
  const equals = keyword.indexOf('=')
  if (equals < 0) {
    if (keyword === 'separate-code') delete link.segments
    else if (Object.hasOwn(keywords, keyword)) Object.assign(link, keywords[keyword])
    else if (!withoutEffect.has(keyword)) return 'unknown'
    return 'done'
  }
  const name = keyword.slice(0, equals)
  if (name !== 'stack-size' && name !== 'max-page-size') return valuesWithoutEffect.has(name) ? 'done' : 'unknown'
  const size = parseAddress(keyword.slice(equals + 1), 0)
  if (size === undefined || size < 0) return 'wrong'
  if (name === 'stack-size') link.stackSize = size
  else if (size < pageSize || size > largestPage || !Number.isInteger(Math.log2(size))) return 'wrong'
  else link.pageSize = size
  return 'done'
}
