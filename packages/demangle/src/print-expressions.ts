import { giveUp } from './cursor.ts'
import { childrenOf, type Node } from './node.ts'
import type { Operator } from './operators.ts'
import { isPack, type Output } from './output.ts'
import { print, printBetween } from './print.ts'

/** Prints an expression: one of the kinds of nodes that only expressions have. */
export function printExpression(output: Output, node: Node): void {
  switch (node.kind) {
    case 'literal':
      printLiteral(output, node)
      break
    case 'function parameter':
      output.append(node.index === 0 ? 'this' : `{parm#${node.index}}`)
      break
    case 'cast':
      print(output, node.type)
      break
    case 'nullary':
      printOperator(output, node.operator)
      break
    case 'unary':
      printUnary(output, node)
      break
    case 'binary':
      printBinary(output, node)
      break
    case 'conditional':
      printOperand(output, node.test)
      output.append('?')
      printOperand(output, node.yes)
      output.append(' : ')
      printOperand(output, node.no)
      break
    case 'new':
      printNew(output, node)
      break
    case 'fold':
      printFold(output, node)
      break
    case 'designator':
      printDesignator(output, node)
      break
    case 'initializer list':
      if (node.type) print(output, node.type)
      printBetween(output, '{', node.items, '}')
      break
    case 'vendor expression':
      print(output, node.name)
      printBetween(output, '(', node.arguments, ')')
      break
    default:
      giveUp()
      break
  }
}

function printLiteral(output: Output, node: Node & { readonly kind: 'literal' }): void {
  const { type, negative, value } = node
  const number = negative ? `-${value}` : value
  const literal = type.kind === 'builtin' ? type.type.literal : 'cast'
  if (typeof literal === 'object') output.append(number + literal.suffix)
  else if (literal === 'bool' && (number === '0' || number === '1')) output.append(number === '1' ? 'true' : 'false')
  else {
    printBetween(output, '(', type, ')')
    // The bytes of the number, in hexadecimal.
    output.append(literal === 'float' ? `${negative ? '-' : ''}[${value}]` : number)
  }
}

/** An operand, in parentheses unless it cannot be misread. */
function printOperand(output: Output, node: Node): void {
  switch (node.kind) {
    case 'name':
    case 'qualified':
    case 'initializer list':
    case 'function parameter':
      print(output, node)
      break
    default:
      printBetween(output, '(', node, ')')
      break
  }
}

function printOperator(output: Output, node: Node): void {
  if (node.kind === 'operator') output.append(node.operator.text)
  else print(output, node)
}

function printUnary(output: Output, node: Node & { readonly kind: 'unary' }): void {
  const { operator, operand, suffix } = node
  if (suffix) {
    printOperand(output, operand)
    printOperator(output, operator)
    return
  }
  if (operator.kind === 'cast') {
    printBetween(output, '(', operator.type, ')')
    printOperand(output, operand)
    return
  }
  const code = operator.kind === 'operator' ? operator.operator.code : ''
  switch (code) {
    case 'sZ':
      output.append(String(packLength(findPack(output, operand))))
      break
    case 'sP':
      output.append(String(argumentCount(output, operand)))
      break
    case 'gs':
      printOperator(output, operator)
      print(output, operand)
      break
    case 'st':
      printOperator(output, operator)
      printBetween(output, '(', operand, ')')
      break
    case 'ad':
      printOperator(output, operator)
      // The address of a function: its name says enough.
      printOperand(output, operand.kind === 'typed' && operand.name.kind === 'qualified' ? operand.name : operand)
      break
    default:
      printOperator(output, operator)
      printOperand(output, operand)
      break
  }
}

const namedCasts = ['cc', 'dc', 'rc', 'sc']

function printBinary(output: Output, node: Node & { readonly kind: 'binary' }): void {
  const { operator, left, right } = node
  if (namedCasts.includes(operator.code)) {
    output.append(operator.text)
    printBetween(output, '<', left, '>')
    printBetween(output, '(', right, ')')
    return
  }
  // So that > does not seem to end the template's arguments.
  const greater = operator.text === '>'
  if (greater) output.append('(')
  printOperation(output, operator, left, right)
  if (greater) output.append(')')
}

function printOperation(output: Output, operator: Operator, left: Node, right: Node): void {
  switch (operator.code) {
    case 'cl':
      // The called function's parameters are not shown: its arguments are.
      printOperand(output, left.kind === 'typed' ? left.name : left)
      printOperand(output, right)
      break
    case 'ix':
      printOperand(output, left)
      printBetween(output, '[', right, ']')
      break
    default:
      printOperand(output, left)
      output.append(operator.text)
      printOperand(output, right)
      break
  }
}

function printNew(output: Output, node: Node & { readonly kind: 'new' }): void {
  output.append('new ')
  if (childrenOf(node.placement).length > 0) {
    printOperand(output, node.placement)
    output.append(' ')
  }
  print(output, node.type)
  if (node.initializer) printOperand(output, node.initializer)
}

/** A fold expression shows the whole of each pack. */
function printFold(output: Output, node: Node & { readonly kind: 'fold' }): void {
  const { packIndex } = output
  output.packIndex = -1
  output.append('(')
  if (node.left) {
    printOperand(output, node.left)
    printOperator(output, node.operator)
  }
  output.append('...')
  if (node.right) {
    printOperator(output, node.operator)
    printOperand(output, node.right)
  }
  output.append(')')
  output.packIndex = packIndex
}

function printDesignator(output: Output, node: Node & { readonly kind: 'designator' }): void {
  const { first, last, member, value } = node
  printBetween(output, member ? '.' : '[', first, '')
  if (last) printBetween(output, ' ... ', last, '')
  if (!member) output.append(']')
  // Further designators of the same value follow directly.
  if (value.kind === 'designator') {
    print(output, value)
    return
  }
  output.append('=')
  printOperand(output, value)
}

/** The pattern, once for each argument of the pack in it. */
export function printPackExpansion(output: Output, pattern: Node): void {
  const pack = output.lambdas > 0 ? undefined : findPack(output, pattern)
  if (!pack) {
    // The only packs are of function parameters, whose length is not known here.
    printOperand(output, pattern)
    output.append('...')
    return
  }
  const length = packLength(pack)
  for (let index = 0; index < length; index++) {
    if (index > 0) output.append(', ')
    output.packIndex = index
    print(output, pattern)
  }
}

/** The first pack that a parameter in the node stands for. */
function findPack(output: Output, node: Node): Node | undefined {
  output.visit()
  switch (node.kind) {
    case 'template parameter': {
      const argument = output.packOrArgument(node.index)
      return isPack(argument) ? argument : undefined
    }
    case 'pack expansion':
    case 'lambda':
    case 'tagged':
    case 'default argument':
      return undefined
    default:
      for (const child of childrenOf(node)) {
        const pack = findPack(output, child)
        if (pack) return pack
      }
      return undefined
  }
}

function packLength(pack: Node | undefined): number {
  return pack && isPack(pack) ? pack.items.length : 0
}

/** How many arguments a list has, with its packs expanded. */
function argumentCount(output: Output, node: Node): number {
  if (!isPack(node)) return 0
  return node.items.reduce(
    (count, item) => count + (item.kind === 'pack expansion' ? packLength(findPack(output, item.pattern)) : 1),
    0,
  )
}
