import type { Node, TemplateNode, TypedNode } from './node.ts'
import type { Modifier, Output } from './output.ts'
import { printExpression, printPackExpansion } from './print-expressions.ts'
import { printModifiers, printType } from './print-types.ts'

// The tree is recursive, and so are the modules that print it.

/** Prints a node, with those modifiers that have their place in it. */
export function print(output: Output, node: Node): void {
  output.enter(node)
  printNode(output, node)
  output.leave()
}

function printNode(output: Output, node: Node): void {
  switch (node.kind) {
    case 'name':
    case 'standard':
      output.append(node.text)
      break
    case 'qualified':
    case 'local':
      print(output, node.scope)
      output.append('::')
      print(output, node.name)
      break
    case 'default argument':
      output.append(`{default arg#${node.number + 1}}::`)
      print(output, node.name)
      break
    case 'tagged':
      print(output, node.name)
      printBetween(output, '[abi:', node.tag, ']')
      break
    case 'constructor':
      print(output, node.name)
      break
    case 'destructor':
      printBetween(output, '~', node.name, '')
      break
    case 'operator':
      printOperatorName(output, node.operator.text)
      break
    case 'vendor operator':
      printBetween(output, 'operator ', node.name, '')
      break
    case 'literal operator':
      printBetween(output, 'operator"" ', node.suffix, '')
      break
    case 'conversion':
      output.append('operator ')
      printConversionType(output, node.type)
      break
    case 'lambda':
      output.append('{lambda(')
      output.lambdas++
      print(output, node.parameters)
      output.lambdas--
      output.append(`)#${node.number + 1}}`)
      break
    case 'unnamed type':
      output.append(`{unnamed type#${node.number + 1}}`)
      break
    case 'structured binding':
      printBetween(output, '[', node.names, ']')
      break
    case 'template':
      printTemplate(output, node)
      break
    case 'pack':
    case 'list':
      printList(output, node.items)
      break
    case 'typed':
      printTyped(output, node)
      break
    case 'described':
      printBetween(output, node.description, node.of, '')
      break
    case 'construction vtable':
      printBetween(output, 'construction vtable for ', node.base, '-in-')
      print(output, node.derived)
      break
    case 'reference temporary':
      printBetween(output, 'reference temporary #', node.number, ' for ')
      print(output, node.name)
      break
    case 'clone':
      print(output, node.of)
      output.append(` [clone ${node.suffix}]`)
      break
    case 'pack expansion':
      printPackExpansion(output, node.pattern)
      break
    case 'template parameter':
      printTemplateParameter(output, node.index)
      break
    case 'decltype':
      printBetween(output, 'decltype (', node.expression, ')')
      break
    case 'builtin':
    case 'type qualifier':
    case 'function qualifier':
    case 'vendor qualifier':
    case 'pointer':
    case 'reference':
    case 'member pointer':
    case 'vector':
    case 'array':
    case 'function':
      printType(output, node)
      break
    default:
      printExpression(output, node)
      break
  }
}

/** Prints a node between two texts. */
export function printBetween(output: Output, before: string, node: Node, after: string): void {
  output.append(before)
  print(output, node)
  output.append(after)
}

/** `operator+`, `operator new`. */
function printOperatorName(output: Output, text: string): void {
  output.append(/^[a-z]/.test(text) ? 'operator ' : 'operator')
  output.append(text.trimEnd())
}

/** Items with commas between them; those behind which nothing was printed, as by empty packs, are taken back. */
function printList(output: Output, items: readonly Node[]): void {
  const afterCommas: number[] = []
  for (const [index, item] of items.entries()) {
    if (index > 0) {
      output.append(', ')
      afterCommas.push(output.text.length)
    }
    print(output, item)
  }
  while (afterCommas.length > 0 && afterCommas.at(-1) === output.text.length) {
    afterCommas.pop()
    output.text = output.text.slice(0, -2)
  }
}

/** A template with its arguments. Modifiers around it are not for the types within. */
function printTemplate(output: Output, node: TemplateNode): void {
  const { currentTemplate } = output
  output.currentTemplate = node
  output.withModifiers(undefined, () => {
    print(output, node.name)
    printTemplateArguments(output, node)
  })
  output.currentTemplate = currentTemplate
}

function printTemplateArguments(output: Output, node: TemplateNode): void {
  output.append(output.lastCharacter === '<' ? ' <' : '<')
  print(output, node.arguments)
  // Before C++11, >> was the operator everywhere.
  output.append(output.lastCharacter === '>' ? ' >' : '>')
}

/** The type of a conversion operator: parameters in it are of the template that the operator is a member of. */
function printConversionType(output: Output, type: Node): void {
  const { currentTemplate, templates } = output
  const scope = currentTemplate ? { template: currentTemplate, next: templates } : templates
  if (type.kind === 'template') {
    output.withTemplates(scope, () => print(output, type.name))
    printTemplateArguments(output, type)
  } else {
    output.withTemplates(scope, () => print(output, type))
  }
}

/** The argument that a parameter stands for: itself an argument in the scope around the template. */
function printTemplateParameter(output: Output, index: number): void {
  if (output.lambdas > 0) {
    output.append(`auto:${index + 1}`)
    return
  }
  const argument = output.argument(index)
  output.withTemplates(output.templates?.next, () => print(output, argument))
}

/** A function: its name goes down as a modifier, to be printed where its type wants it. */
function printTyped(output: Output, node: TypedNode): void {
  const { modifiers, templates } = output
  const placed: Modifier[] = []
  const push = (node: Node): void => {
    placed.push({ node, next: placed.at(-1), templates, printed: false })
  }
  let name = node.name
  for (; name.kind === 'function qualifier'; name = name.of) push(name)
  if (name.kind === 'local') {
    const local = name
    name = local.name.kind === 'default argument' ? local.name.name : local.name
    for (; name.kind === 'function qualifier'; name = name.of) push(name)
    push(local)
  } else push(name)
  output.modifiers = placed.at(-1)
  // The type speaks of the template's parameters.
  const scope = name.kind === 'template' ? { template: name, next: templates } : templates
  output.withTemplates(scope, () => print(output, node.type))
  for (const modifier of placed.reverse()) {
    if (modifier.printed) continue
    output.append(' ')
    printModifiers(output, { ...modifier, next: undefined }, true)
  }
  output.modifiers = modifiers
}
