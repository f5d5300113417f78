import { GRP_COMDAT, type ObjectFile, SHT } from '@fle/object'

/** A SHT_GROUP section of an object. */
export interface SectionGroup {
  /** Its section index. */
  readonly section: number
  readonly signature: number
  readonly isComdat: boolean
}

/** The group that each section belongs to, by section. */
export function groupsOfMembers(object: ObjectFile): ReadonlyMap<number, SectionGroup> {
  const groups = new Map<number, SectionGroup>()
  for (let section = 1; section < object.sectionCount; section++) {
    if (object.sectionType(section) !== SHT.GROUP) continue
    const start = object.sectionOffset(section)
    const end = start + object.sectionSize(section)
    const isComdat = (object.view.getUint32(start, true) & GRP_COMDAT) !== 0
    const group = { section, signature: object.sectionInfo(section), isComdat }
    for (let at = start + 4; at + 4 <= end; at += 4) groups.set(object.view.getUint32(at, true), group)
  }
  return groups
}
