import { giveUp } from './cursor.ts'
import type { Node, PackNode, TemplateNode } from './node.ts'

/** Characters of the longest result. */
const longestText = 1 << 18
/** Nodes printed, each as often as substitutions repeat it. */
const mostNodes = 1 << 18
/** Nodes within nodes. Far below what the call stack can take. */
const deepest = 1024

/**
 * A type modifier, or a function's name, on its way to its place within the type: C++ writes `int (*f(char))[3]`, the
 * mangled name has the function, then the pointer, the array, the int.
 */
export interface Modifier {
  readonly node: Node
  readonly next: Modifier | undefined
  /** The templates in scope where it was met. */
  readonly templates: TemplateScope | undefined
  printed: boolean
}

/** The templates whose arguments `T_`, `T0_`, … may stand for, innermost first. */
export interface TemplateScope {
  readonly template: TemplateNode
  readonly next: TemplateScope | undefined
}

/** The text printed so far, and what the nodes above say about the printing of those below. */
export class Output {
  text = ''
  /** The last character written; also one that was then taken back. */
  lastCharacter = ''
  /** Modifiers that are not printed yet, innermost first. */
  modifiers: Modifier | undefined
  templates: TemplateScope | undefined
  /** The template whose name is being printed. */
  currentTemplate: TemplateNode | undefined
  /** Which argument of a pack stands for it; -1 for all of them. */
  packIndex = 0
  /** How many lambdas' parameters are being printed: template parameters are theirs. */
  lambdas = 0
  /** The nodes being printed, outermost first. */
  readonly path: Node[] = []
  /** The templates in scope where the parameter of a reference was printed first. */
  readonly firstScopes = new Map<Node, TemplateScope | undefined>()
  #nodes = 0

  append(text: string): void {
    if (text === '') return
    this.text += text
    this.lastCharacter = text.charAt(text.length - 1)
    if (this.text.length > longestText) giveUp()
  }

  /** Counts a node that is going to be printed. */
  enter(node: Node): void {
    this.visit()
    if (this.path.push(node) > deepest) giveUp()
  }

  leave(): void {
    this.path.pop()
  }

  /** Counts a node that is looked at. */
  visit(): void {
    if (++this.#nodes > mostNodes) giveUp()
  }

  /** Runs `print` with a modifier for it to place; tells whether it did. */
  withModifier(node: Node, print: () => void): boolean {
    const modifier: Modifier = { node, next: this.modifiers, templates: this.templates, printed: false }
    this.modifiers = modifier
    print()
    this.modifiers = modifier.next
    return modifier.printed
  }

  /** Runs `print` with other modifiers. */
  withModifiers(modifiers: Modifier | undefined, print: () => void): void {
    const before = this.modifiers
    this.modifiers = modifiers
    print()
    this.modifiers = before
  }

  /** Runs `print` with other templates in scope. */
  withTemplates(templates: TemplateScope | undefined, print: () => void): void {
    const before = this.templates
    this.templates = templates
    print()
    this.templates = before
  }

  /** What a template parameter stands for: an argument or, if all of a pack are asked for, the pack. */
  argument(index: number): Node {
    return argumentAt(this.packOrArgument(index), this.packIndex)
  }

  /** What a template parameter stands for: an argument, or a pack of them. */
  packOrArgument(index: number): Node {
    return this.templates?.template.arguments.items[index] ?? giveUp()
  }
}

function argumentAt(argument: Node, index: number): Node {
  if (argument.kind !== 'pack' || index < 0) return argument
  return argument.items[index] ?? giveUp()
}

/** Whether a node is a pack of template arguments. */
export function isPack(node: Node): node is PackNode {
  return node.kind === 'pack'
}
