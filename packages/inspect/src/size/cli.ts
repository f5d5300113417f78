import type { CommandIo, Diagnostics } from '@fle/diagnostics'
import { type Request, runInspector } from '../command.ts'
import { inspectFile } from '../view/inspect-file.ts'
import { sizeOptions } from './options.ts'
import { filesOf, heading, type SizeOptions, sectionTable, sizeLine, sizesOf } from './size.ts'

/** The command fle-size. Returns its exit status: 0, 1 (an input is wrong), 2 (the command line is wrong). */
export function main(argv: readonly string[], io: CommandIo): Promise<number> {
  return runInspector(sizeOptions, argv, io, async (request, io, diagnostics) => {
    const options = interpret(request, diagnostics)
    if (!options) return 2
    const { format } = options
    const paths = request.inputs.length > 0 ? request.inputs : ['a.out']
    const totals = { text: 0, data: 0, bss: 0 }
    const lines: string[] = []
    for (const path of paths) {
      const input = inspectFile(io.files, path, diagnostics)
      for (const { file, title } of input ? filesOf(input) : []) {
        if (format === 'sysv') {
          lines.push(sectionTable(file, title.replace(file.name, `${file.name}  `), options))
          continue
        }
        const sizes = sizesOf(file, format)
        lines.push(sizeLine(sizes, title, options))
        totals.text += sizes.text
        totals.data += sizes.data
        totals.bss += sizes.bss
      }
    }
    if (request.has('totals') && format !== 'sysv') lines.push(sizeLine(totals, '(TOTALS)', options))
    if (format !== 'sysv' && lines.length > 0) lines.unshift(heading(options))
    io.stdout(lines.join(''))
    return undefined
  })
}

const formats: Readonly<Record<string, SizeOptions['format']>> = { b: 'berkeley', g: 'gnu', s: 'sysv' }
const radixes: Readonly<Record<string, SizeOptions['radix']>> = {
  octal: 8,
  decimal: 10,
  hexadecimal: 16,
  '8': 8,
  '10': 10,
  '16': 16,
}

function interpret(request: Request, diagnostics: Diagnostics): SizeOptions | undefined {
  const formatOption = request.lastOf(['sysv', 'berkeley', 'gnu', 'format']) ?? 'berkeley'
  const formatWord = formatOption === 'format' ? (request.valueOf('format') ?? '') : formatOption
  const radixOption = request.lastOf(['octal', 'decimal', 'hexadecimal', 'radix']) ?? 'decimal'
  const radixWord = radixOption === 'radix' ? (request.valueOf('radix') ?? '') : radixOption
  const format = formats[formatWord[0]]
  const radix = radixes[radixWord]
  if (!format) return diagnostics.error('option-value', `--format: ${formatWord} is not berkeley, sysv or gnu`)
  if (!radix) return diagnostics.error('option-value', `--radix: ${radixWord} is not 8, 10 or 16`)
  return { format, radix }
}
