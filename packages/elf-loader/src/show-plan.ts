// The text of --plan: what would be loaded, for people.

import { hexadecimal } from '@fle/object'
import { contentSize, type Image, type LoadPlan } from './load-plan.ts'

const kinds = {
  fixed: 'at fixed addresses',
  program: 'at an address drawn at random; addresses below count from it',
  anywhere: 'wherever there is room; addresses below count from there',
} as const

/** Shows a plan as a table. The text is the same for the same file: addresses that are drawn at random are not in it. */
export function showPlan(plan: LoadPlan): string {
  const { program, argv, image, interpreter, executableStack } = plan
  const lines = [`program      ${program}`]
  if (argv.length > 1) lines.push(`arguments    ${argv.join(' ')} …`)
  lines.push(...showImage(image))
  if (interpreter) lines.push('', `interpreter  ${interpreter.path}`, ...showImage(interpreter).slice(1))
  lines.push(
    '',
    `starts in    ${startsIn(plan)}`,
    `stack        ${executableStack ? 'can be executed' : 'is data only'}`,
  )
  return `${lines.map(printable).join('\n')}\n`
}

function startsIn({ image, interpreter }: LoadPlan): string {
  if (interpreter) return `the interpreter, at ${hexadecimal(interpreter.entry)} of it`
  const entry = `the program, at ${hexadecimal(image.entry)}`
  return image.format === 'FLE' ? `${entry}, called as _start(argc, argv, envp)` : entry
}

function showImage(image: Image): string[] {
  const rows = image.segments.map((segment) => {
    const { address, size, flags, content } = segment
    const from = content instanceof Uint8Array ? 'text' : hexadecimal(content.offset)
    const range = `${hexadecimal(address)}-${hexadecimal(address + size)}`
    const permissions = `${flags & 4 ? 'R' : '-'}${flags & 2 ? 'W' : '-'}${flags & 1 ? 'X' : '-'}`
    return [range, permissions, from, `${contentSize(segment)}`, `${size - contentSize(segment)}`]
  })
  const table = [['addresses', 'access', 'from', 'bytes', 'zeros'], ...rows]
  const widths = table[0].map((_, column) => Math.max(...table.map((row) => row[column].length)))
  return [
    `file         ${image.path}: ${image.format}, loaded ${kinds[image.placement]}`,
    ...table.map(
      (row) => `  ${row.map((cell, i) => (i < 2 ? cell.padEnd(widths[i]) : cell.padStart(widths[i]))).join('  ')}`,
    ),
  ]
}

/** Paths are anything: control characters must not reach the terminal. */
function printable(text: string): string {
  return text.replace(/\p{Cc}/gu, (c) => `\\x${c.charCodeAt(0).toString(16).padStart(2, '0')}`)
}
