// Archives are compared member by member, anything else as files.
import type { ArchiveFile, Inspected } from '../view/binary-file.ts'
import { type DiffOptions, diffFiles } from './diff-files.ts'
import { byName, type Difference, pairUp } from './difference.ts'

/** The differences of two files or archives. Members that cannot be read are reported by the archives. */
export function diffInputs(a: Inspected, b: Inspected, options: DiffOptions = {}): Difference[] {
  if (a.kind === 'archive' && b.kind === 'archive') return diffArchives(a.archive, b.archive, options)
  if (a.kind === 'binary' && b.kind === 'binary') return diffFiles(a.file, b.file, options)
  const words = ({ kind }: Inspected) => (kind === 'archive' ? 'archive' : 'object or program')
  return [{ kind: 'file', what: 'kind of file', first: words(a), second: words(b) }]
}

function diffArchives(a: ArchiveFile, b: ArchiveFile, options: DiffOptions): Difference[] {
  const members = ({ memberCount, memberName }: ArchiveFile) =>
    byName(Array.from({ length: memberCount }, (_, member): [string, number] => [memberName(member), member]))
  return pairUp(members(a), members(b)).flatMap(({ key, a: first, b: second }): Difference[] => {
    if (first === undefined || second === undefined) {
      const words = (member: number | undefined) => (member === undefined ? undefined : 'a member')
      return [{ kind: 'member', what: `member ${key}`, first: words(first), second: words(second) }]
    }
    const [one, other] = [a.readMember(first), b.readMember(second)]
    if (!one || !other) return []
    return diffFiles(one, other, options).map((difference) => ({ ...difference, what: `${key}: ${difference.what}` }))
  })
}
