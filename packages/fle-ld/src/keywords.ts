// The keywords of -z.

import { STV } from '@fle/object'
import type { LinkOptions } from './link-options.ts'
import { propertyKeywords, withKeyword } from './merge-properties.ts'
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
  'start-stop-gc': { startStopKeeps: false },
  'nostart-stop-gc': { startStopKeeps: true },
  common: { commonType: true },
  nocommon: { commonType: false },
  execstack: { executableStack: true },
  noexecstack: { executableStack: false },
  now: { bindNow: true },
  lazy: { bindNow: false },
  'unique-symbol': { uniqueSymbols: true },
  'nounique-symbol': { uniqueSymbols: false },
  'noseparate-code': { segments: 'text-and-data' },
}

/** Keywords that ask for what is done anyway, or that mean nothing in a static link. */
const withoutEffect: ReadonlySet<string> = new Set(
  [
    'text notext textoff origin combreloc nocombreloc nocopyreloc copyreloc initfirst interpose',
    'global globalaudit unique nounique nodelete nodlopen nodump nodefaultlib loadfltr ',
    'extern-protected-data',
    'noextern-protected-data indirect-extern-access noindirect-extern-access dynamic-undefined-weak',
    'nodynamic-undefined-weak ibtplt pack-relative-relocs nopack-relative-relocs report-relative-reloc',
    'keep-text-section-prefix',
    'nokeep-text-section-prefix separate-loadable-segments noreloc-overflow',
  ].flatMap((line) => line.split(' ')),
)

/** The same with a value behind `=`. */
const valuesWithoutEffect: ReadonlySet<string> = new Set([
  'common-page-size',
  'cet-report',
  'lam-report',
  'lam-u48-report',
  'lam-u57-report',
])

/** The keywords, for --help. */
export function keywordNames(): string[] {
  const words = ['separate-code', ...Object.keys(keywords), ...propertyKeywords(), ...withoutEffect]
  const withValues = ['max-page-size', 'stack-size', 'start-stop-visibility', 'call-nop', ...valuesWithoutEffect].map(
    (name) => `${name}=VALUE`,
  )
  return [...words.filter((name) => name !== ''), ...withValues]
}

type MutableOptions = { -readonly [K in keyof LinkOptions]: LinkOptions[K] }

/** Does what `-z KEYWORD` says; `wrong` if its value is no number. */
export function applyKeyword(keyword: string, link: MutableOptions): 'done' | 'unknown' | 'wrong' {
  const equals = keyword.indexOf('=')
  if (equals < 0) {
    if (keyword === 'separate-code') delete link.segments
    else if (Object.hasOwn(keywords, keyword)) Object.assign(link, keywords[keyword])
    else if (!withoutEffect.has(keyword)) return applyProperty(keyword, link)
    return 'done'
  }
  const name = keyword.slice(0, equals)
  if (name === 'start-stop-visibility') return setVisibility(keyword.slice(equals + 1), link)
  if (name === 'call-nop') return setCallPadding(keyword.slice(equals + 1), link)
  if (name !== 'stack-size' && name !== 'max-page-size') return valuesWithoutEffect.has(name) ? 'done' : 'unknown'
  const size = parseAddress(keyword.slice(equals + 1), 0)
  if (size === undefined || size < 0) return 'wrong'
  if (name === 'stack-size') link.stackSize = size
  else if (size > largestPage || !Number.isInteger(Math.log2(size))) return 'wrong'
  // Less than a page of the processor is of use only where pages are not kept apart at all (-n, -N).
  else link.pageSize = Math.max(size, pageSize)
  return 'done'
}

const visibilities: Readonly<Record<string, number>> = {
  default: STV.DEFAULT,
  internal: STV.INTERNAL,
  hidden: STV.HIDDEN,
  protected: STV.PROTECTED,
}

function setVisibility(name: string, link: MutableOptions): 'done' | 'wrong' {
  if (!Object.hasOwn(visibilities, name)) return 'wrong'
  link.startStopVisibility = visibilities[name]
  return 'done'
}

/** `prefix-addr`, `prefix-BYTE`, `suffix-nop` or `suffix-BYTE`. */
function setCallPadding(value: string, link: MutableOptions): 'done' | 'wrong' {
  const [, side, what] = /^(prefix|suffix)-(.+)$/.exec(value) ?? []
  if (side === undefined) return 'wrong'
  const isSuffix = side === 'suffix'
  const byte = what === (isSuffix ? 'nop' : 'addr') ? (isSuffix ? 0x90 : 0x67) : parseAddress(what, 0)
  if (byte === undefined || byte < 0 || byte > 0xff) return 'wrong'
  link.callPadding = { byte, isSuffix }
  return 'done'
}

/** Keywords like ibt, which ask for a property of the program. */
function applyProperty(keyword: string, link: MutableOptions): 'done' | 'unknown' {
  const properties = withKeyword(link.properties ?? {}, keyword)
  if (!properties) return 'unknown'
  link.properties = properties
  return 'done'
}
