// The text of --dry-run: what would be loaded, and how, for people or (--json) for programs.

import { hexadecimal } from '@fle/object'
import { accessText, contentSize, type Image, type LoadPlan, type Segment } from './load-plan.ts'
import type { PlanWriter } from './plan-writer.ts'
import { listCalls, printable } from './show-calls.ts'

const kinds = {
  fixed: 'at fixed addresses',
  program: 'at an address drawn at random; addresses below count from it',
  anywhere: 'wherever there is room; addresses below count from there',
} as const

/**
 * Shows a plan as a table, and, given its steps, the calls that carry it out. Addresses that are drawn at random count
 * from names: the text is the same for the same file, on the same kernel.
 */
export function showPlan(plan: LoadPlan, steps?: PlanWriter): string {
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
  let about = ''
  for (const { about: heading, call } of steps ? listCalls(steps) : []) {
    if (heading !== about) lines.push('', heading)
    about = heading
    lines.push(`  ${call}`)
  }
  return `${lines.map(printable).join('\n')}\n`
}

/** The same as one JSON object. Addresses and offsets are hexadecimal texts: they have 64 bits. */
export function planJson(plan: LoadPlan, steps: PlanWriter): string {
  const { program, argv, image, interpreter, executableStack } = plan
  const images = { image: imageJson(image), interpreter: interpreter ? imageJson(interpreter) : null }
  return `${JSON.stringify({ program, argv, ...images, executableStack, steps: listCalls(steps) }, null, 2)}\n`
}

function imageJson({ path, format, placement, alignment, entry, segments }: Image) {
  return { path, format, placement, alignment, entry: hexadecimal(entry), segments: segments.map(segmentJson) }
}

function segmentJson(segment: Segment) {
  const { address, size, flags, content } = segment
  const from = content instanceof Uint8Array ? {} : { offset: hexadecimal(content.offset) }
  return { address: hexadecimal(address), size, access: accessText(flags), ...from, contentSize: contentSize(segment) }
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
    return [range, accessText(flags), from, `${contentSize(segment)}`, `${size - contentSize(segment)}`]
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
