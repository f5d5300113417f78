import { giveUp } from './cursor.ts'
import type { ArrayNode, FunctionNode, Node } from './node.ts'
import type { Modifier, Output } from './output.ts'
import { print, printBetween } from './print.ts'

/** Prints a type, and in it the modifiers that apply to it. */
export function printType(output: Output, node: Node): void {
  switch (node.kind) {
    case 'builtin':
      output.append(node.type.text)
      break
    case 'type qualifier':
      if (isQualifiedAlready(output.modifiers, node.qualifier)) {
        print(output, node.of)
        return
      }
      printModified(output, node, node.of)
      break
    case 'function qualifier':
    case 'vendor qualifier':
    case 'pointer':
    case 'member pointer':
    case 'vector':
      printModified(output, node, node.of)
      break
    case 'reference':
      printReference(output, node)
      break
    case 'array':
      printArray(output, node)
      break
    case 'function':
      printFunction(output, node)
      break
    default:
      giveUp()
      break
  }
}

/** The type `of`, with a modifier within it or behind it. */
function printModified(output: Output, modifier: Node, of: Node): void {
  if (!output.withModifier(modifier, () => print(output, of))) printModifier(output, modifier)
}

/** An array's qualifiers are passed on to its elements, and so may be met twice. */
function isQualifiedAlready(modifiers: Modifier | undefined, qualifier: string): boolean {
  for (let modifier = modifiers; modifier; modifier = modifier.next) {
    if (modifier.printed) continue
    if (modifier.node.kind !== 'type qualifier') return false
    if (modifier.node.qualifier === qualifier) return true
  }
  return false
}

/** A reference to a reference is one: `&&`, if both are, else `&`. */
function printReference(output: Output, node: Node & { readonly kind: 'reference' }): void {
  let of = node.of
  let { templates } = output
  if (of.kind === 'template parameter' && output.lambdas === 0) {
    if (!output.firstScopes.has(of)) output.firstScopes.set(of, templates)
    else if (!isWithin(output, node, of)) templates = output.firstScopes.get(of)
    const { index } = of
    output.withTemplates(templates, () => {
      of = output.argument(index)
    })
  }
  output.withTemplates(templates, () => {
    if (of.kind !== 'reference') printModified(output, node, of)
    else if (of.sign === '&' || of.sign === node.sign) printModified(output, of, of.of)
    else printModified(output, node, of.of)
  })
}

/** Whether the reference or its parameter is being printed already, further up. */
function isWithin(output: Output, reference: Node, parameter: Node): boolean {
  return output.path.includes(parameter) || output.path.indexOf(reference) < output.path.length - 1
}

/** A function type around a name or a pointer; its result is around all of that. */
function printFunction(output: Output, node: FunctionNode): void {
  const { result } = node
  if (result) {
    if (output.withModifier(node, () => print(output, result))) return
    output.append(' ')
  }
  printFunctionAround(output, node, output.modifiers)
}

function printFunctionAround(output: Output, node: FunctionNode, modifiers: Modifier | undefined): void {
  const parenthesis = parenthesisFor(modifiers)
  if (parenthesis !== 'none') {
    const { lastCharacter } = output
    const space = parenthesis === 'spaced' || !/[(*]/.test(lastCharacter)
    output.append(space && lastCharacter !== ' ' ? ' (' : '(')
  }
  output.withModifiers(undefined, () => {
    printModifiers(output, modifiers, false)
    if (parenthesis !== 'none') output.append(')')
    printBetween(output, '(', node.parameters, ')')
    printModifiers(output, modifiers, true)
  })
}

/** Whether what a function type is wrapped around must be in parentheses: a pointer to it, not its name. */
function parenthesisFor(modifiers: Modifier | undefined): 'none' | 'plain' | 'spaced' {
  for (let modifier = modifiers; modifier && !modifier.printed; modifier = modifier.next) {
    switch (modifier.node.kind) {
      case 'pointer':
      case 'reference':
        return 'plain'
      case 'type qualifier':
      case 'vendor qualifier':
      case 'member pointer':
        return 'spaced'
    }
  }
  return 'none'
}

/** An array around a name, a pointer, or the sizes of the arrays that it is an element of. */
function printArray(output: Output, node: ArrayNode): void {
  const outer = output.modifiers
  // A qualified array is one of qualified elements.
  const array: Modifier = { node, next: outer, templates: output.templates, printed: false }
  let innermost = array
  for (let modifier = outer; modifier?.node.kind === 'type qualifier'; modifier = modifier.next) {
    if (modifier.printed) continue
    innermost = { ...modifier, next: innermost }
    modifier.printed = true
  }
  output.withModifiers(innermost, () => print(output, node.of))
  if (array.printed) return
  for (let modifier = innermost; modifier !== array; modifier = modifier.next ?? array) {
    printModifier(output, modifier.node)
  }
  printArrayAround(output, node, outer)
}

function printArrayAround(output: Output, node: ArrayNode, modifiers: Modifier | undefined): void {
  let first = modifiers
  while (first?.printed) first = first.next
  const inArray = first?.node.kind === 'array'
  if (first && !inArray) output.append(' (')
  printModifiers(output, modifiers, false)
  if (first && !inArray) output.append(')')
  output.append(inArray ? '[' : ' [')
  if (node.size) print(output, node.size)
  output.append(']')
}

/**
 * Prints the modifiers that are not printed yet, innermost first: before a function's parameters all but its own
 * qualifiers, behind them (`behind`) those.
 */
export function printModifiers(output: Output, modifiers: Modifier | undefined, behind: boolean): void {
  for (let modifier = modifiers; modifier; modifier = modifier.next) {
    const { node, next, templates } = modifier
    if (modifier.printed || (!behind && node.kind === 'function qualifier')) continue
    modifier.printed = true
    if (node.kind === 'function') {
      output.withTemplates(templates, () => printFunctionAround(output, node, next))
      return
    }
    if (node.kind === 'array') {
      output.withTemplates(templates, () => printArrayAround(output, node, next))
      return
    }
    output.withTemplates(templates, () => printModifier(output, node))
    if (node.kind === 'local') return
  }
}

function printModifier(output: Output, node: Node): void {
  switch (node.kind) {
    case 'type qualifier':
      output.append(node.qualifier)
      break
    case 'function qualifier':
      output.append(node.qualifier)
      if (node.operand) printBetween(output, '(', node.operand, ')')
      return
    case 'vendor qualifier':
      printBetween(output, ' ', node.qualifier, '')
      break
    case 'pointer':
      output.append('*')
      break
    case 'reference':
      output.append(node.sign)
      break
    case 'member pointer':
      if (output.lastCharacter !== '(') output.append(' ')
      printBetween(output, '', node.class, '::*')
      break
    case 'vector':
      printBetween(output, ' __vector(', node.size, ')')
      break
    case 'local':
      printLocalName(output, node)
      break
    default:
      print(output, node)
      break
  }
}

/** The name of a function within a function, whose qualifiers are modifiers by now. */
function printLocalName(output: Output, node: Node & { readonly kind: 'local' }): void {
  output.withModifiers(undefined, () => print(output, node.scope))
  output.append('::')
  let { name } = node
  if (name.kind === 'default argument') {
    output.append(`{default arg#${name.number + 1}}::`)
    name = name.name
  }
  while (name.kind === 'function qualifier') name = name.of
  print(output, name)
}
