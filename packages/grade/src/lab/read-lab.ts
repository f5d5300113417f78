import { type Diagnostics, reportFileError } from '@fle/diagnostics'
import { readCourseLab } from './course-lab.ts'
import type { Lab, LabFiles } from './lab.ts'
import { readPlainLab } from './plain-lab.ts'
import { parseToml, type TomlTable } from './toml.ts'

/** Where a lab in our own form says what it is; any other folder is read as a course's lab. */
const plainLabFile = 'lab.toml'

/**
 * Reads a lab and checks all that can be checked before anything runs. What is wrong is reported with file, line and
 * key, and gives undefined.
 */
export function readLab(folder: string, files: LabFiles, diagnostics: Diagnostics, title = folder): Lab | undefined {
  const read = (path: string): TomlTable | undefined => {
    const shown = folder === '.' ? path : `${folder}/${path}`
    try {
      return parseToml(new TextDecoder().decode(files.read(path)), shown, diagnostics)
    } catch (error) {
      return reportFileError(error, shown, diagnostics)
    }
  }
  if (!files.isFolder('.')) return diagnostics.error('no-lab', `${folder}: there is no such folder`)
  const lab = files.isFile(plainLabFile)
    ? readPlainLab({ folder, title, files, read, diagnostics }, plainLabFile)
    : readCourseLab({ folder, title, files, read, diagnostics })
  if (!lab || diagnostics.hasErrors) return undefined
  if (lab.cases.length === 0)
    return diagnostics.error('no-lab', `${folder}: this lab has no cases`, {
      hint: `a lab is a folder with ${plainLabFile}, or with tests/cases/NAME/config.toml`,
    })
  return orderByNeeds(lab, diagnostics)
}

/** Checks that every need is a case, and that no case needs itself by way of others; cases stand behind those they need. */
function orderByNeeds(lab: Lab, diagnostics: Diagnostics): Lab | undefined {
  const byId = new Map(lab.cases.map((labCase) => [labCase.id, labCase]))
  const ordered = new Set<string>()
  const visit = (id: string, path: readonly string[]): void => {
    const labCase = byId.get(id)
    const asker = byId.get(path[path.length - 1])
    const at = asker && { file: asker.file, line: asker.line }
    if (!labCase) diagnostics.error('bad-lab', `needs ${id}, which is no case of this lab`, at ? { at } : {})
    else if (path.includes(id))
      diagnostics.error('bad-lab', `this case needs itself: ${[...path, id].join(' → ')}`, at ? { at } : {})
    else if (!ordered.has(id)) {
      for (const need of labCase.needs) visit(need, [...path, id])
      ordered.add(id)
    }
  }
  for (const id of byId.keys()) visit(id, [])
  if (diagnostics.hasErrors) return undefined
  return { ...lab, cases: [...ordered].flatMap((id) => byId.get(id) ?? []) }
}
