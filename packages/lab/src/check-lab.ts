// What a lab's file and our commands disagree about.

import { Diagnostics } from '@fle/diagnostics'
import { type FleFile, readFle, writeFleObject } from '@fle/fle'
import type { Course } from './course.ts'
import { describeObject } from './describe-object.ts'

export interface LabFile {
  readonly path: string
  readonly bytes: Uint8Array
}

/** One thing that is not as it should be, in words. */
export type LabFinding = string

/**
 * Looks at one file of a lab: whether it can be read without a word, is of the course's dialect, and means the same once
 * it is written anew in that dialect.
 */
export function checkLabFile({ path, bytes }: LabFile, course: Course): LabFinding[] {
  const diagnostics = new Diagnostics()
  const file = readFle(bytes, path, diagnostics)
  const findings = diagnostics.list.map(({ severity, message, at }) => {
    const place = at?.line === undefined ? '' : `line ${at.line}: `
    return `${severity}: ${place}${message}`
  })
  if (!file) return findings
  return [...findings, ...(file.kind === 'archive' ? archiveFindings(file, course) : fileFindings(file, course))]
}

function archiveFindings({ archive }: Extract<FleFile, { kind: 'archive' }>, course: Course): LabFinding[] {
  return Array.from({ length: archive.memberCount }, (_, member) => {
    const diagnostics = new Diagnostics()
    const object = archive.readMember(member, diagnostics)
    const findings = object
      ? objectFindings({ kind: 'object', object, dialect: course.dialect }, course)
      : diagnostics.list.map(({ severity, message }) => `${severity}: ${message}`)
    return findings.map((finding) => `${archive.memberName(member)}: ${finding}`)
  }).flat()
}

function fileFindings(file: Exclude<FleFile, { kind: 'archive' }>, course: Course): LabFinding[] {
  const isOther = file.dialect !== course.dialect
  return [
    ...(isOther ? [`it is of the dialect ${file.dialect}, the course writes ${course.dialect}`] : []),
    ...(file.kind === 'object' ? objectFindings(file, course) : []),
  ]
}

/** Writes the object, reads it again, and compares the two line by line. */
function objectFindings({ object }: Extract<FleFile, { kind: 'object' }>, { dialect }: Course): LabFinding[] {
  const diagnostics = new Diagnostics()
  const text = writeFleObject(object, { dialect }, diagnostics)
  const again = text && readFle(text, object.name, diagnostics)
  const said = diagnostics.list.map(({ severity, message }) => `written anew: ${severity}: ${message}`)
  if (again?.kind !== 'object') return said
  const before = new Set(describeObject(object))
  const after = new Set(describeObject(again.object))
  return [
    ...said,
    ...[...before].filter((line) => !after.has(line)).map((line) => `written anew, it loses ${line}`),
    ...[...after].filter((line) => !before.has(line)).map((line) => `written anew, it gains ${line}`),
  ]
}
