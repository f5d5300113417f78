import type { LinkOptions } from './link-options.ts'
import { matchesPattern } from './name-pattern.ts'
import { hasPlace } from './output-names.ts'

/**
 * Whether the input sections of a name are output sections each by itself: those whose names match a pattern
 * (--unique=PATTERN), or for which GNU ld's default script has no place (--unique).
 */
export function isUnique({ uniqueSections = [], relocatable }: LinkOptions, name: string): boolean {
  const isOrphan = () => !hasPlace(name, relocatable)
  return uniqueSections.some((pattern) => (pattern === '' ? isOrphan() : matchesPattern(pattern, name)))
}
