import type { BuiltinType } from './builtin-types.ts'
import type { Operator } from './operators.ts'

/**
 * What a mangled name says, as a tree; substitutions make it share branches. A node's kind names the production of the
 * grammar that it comes from, its fields are in the order in which the mangled name has them.
 */
export type Node = NameNode | TypeNode | ExpressionNode | SpecialNode

/** Names and their parts. */
type NameNode =
  | { readonly kind: 'name'; readonly text: string }
  /** One of the abbreviations of the standard library, e.g. `Sa`: `std::allocator`. */
  | { readonly kind: 'standard'; readonly text: string }
  | { readonly kind: 'qualified'; readonly scope: Node; readonly name: Node }
  | { readonly kind: 'local'; readonly scope: Node; readonly name: Node }
  | { readonly kind: 'default argument'; readonly number: number; readonly name: Node }
  | { readonly kind: 'tagged'; readonly name: Node; readonly tag: Node }
  | { readonly kind: 'constructor'; readonly name: Node }
  | { readonly kind: 'destructor'; readonly name: Node }
  | { readonly kind: 'operator'; readonly operator: Operator }
  | { readonly kind: 'vendor operator'; readonly name: Node; readonly operands: number }
  | { readonly kind: 'literal operator'; readonly suffix: Node }
  | { readonly kind: 'conversion'; readonly type: Node }
  | { readonly kind: 'lambda'; readonly parameters: Node; readonly number: number }
  | { readonly kind: 'unnamed type'; readonly number: number }
  | { readonly kind: 'structured binding'; readonly names: Node }
  | TemplateNode
  | PackNode

export type TemplateNode = { readonly kind: 'template'; readonly name: Node; readonly arguments: PackNode }

/** Template arguments: those of a template, or those that one parameter pack stands for. */
export type PackNode = { readonly kind: 'pack'; readonly items: readonly Node[] }

/** Types. `of` is the type that a modifier applies to. */
type TypeNode =
  | { readonly kind: 'builtin'; readonly type: BuiltinType }
  | { readonly kind: 'template parameter'; readonly index: number }
  /** A const, volatile or restrict type. */
  | { readonly kind: 'type qualifier'; readonly of: Node; readonly qualifier: string }
  | FunctionQualifierNode
  | { readonly kind: 'vendor qualifier'; readonly of: Node; readonly qualifier: Node }
  | { readonly kind: 'pointer'; readonly of: Node }
  | ReferenceNode
  | { readonly kind: 'member pointer'; readonly class: Node; readonly of: Node }
  | { readonly kind: 'vector'; readonly size: Node; readonly of: Node }
  | ArrayNode
  | FunctionNode
  | { readonly kind: 'pack expansion'; readonly pattern: Node }
  | { readonly kind: 'decltype'; readonly expression: Node }

/** What stands behind a function's parameters, e.g. `const`, `&`, `noexcept(…)`; `of` is its name or its type. */
type FunctionQualifierNode = {
  readonly kind: 'function qualifier'
  readonly of: Node
  readonly qualifier: string
  readonly operand?: Node
}
type ReferenceNode = { readonly kind: 'reference'; readonly of: Node; readonly sign: '&' | '&&' }
export type ArrayNode = { readonly kind: 'array'; readonly size: Node | undefined; readonly of: Node }
export type FunctionNode = { readonly kind: 'function'; readonly result: Node | undefined; readonly parameters: Node }

/** Expressions: in template arguments and decltype. */
type ExpressionNode =
  | { readonly kind: 'literal'; readonly type: Node; readonly negative: boolean; readonly value: string }
  | { readonly kind: 'function parameter'; readonly index: number }
  | { readonly kind: 'list'; readonly items: readonly Node[] }
  | { readonly kind: 'cast'; readonly type: Node }
  | { readonly kind: 'nullary'; readonly operator: Node }
  | { readonly kind: 'unary'; readonly operator: Node; readonly operand: Node; readonly suffix: boolean }
  | { readonly kind: 'binary'; readonly operator: Operator; readonly left: Node; readonly right: Node }
  | { readonly kind: 'conditional'; readonly test: Node; readonly yes: Node; readonly no: Node }
  | { readonly kind: 'new'; readonly placement: Node; readonly type: Node; readonly initializer: Node | undefined }
  /** `(left operator ... operator right)`; one side may be missing. */
  | {
      readonly kind: 'fold'
      readonly operator: Node
      readonly left: Node | undefined
      readonly right: Node | undefined
    }
  /** `.name=value`, `[first]=value`, `[first ... last]=value`. */
  | {
      readonly kind: 'designator'
      readonly first: Node
      readonly last?: Node
      readonly member: boolean
      readonly value: Node
    }
  | { readonly kind: 'initializer list'; readonly type: Node | undefined; readonly items: Node }
  | { readonly kind: 'vendor expression'; readonly name: Node; readonly arguments: Node }

/** What is not itself in C++ source: tables, thunks and copies that compilers make. */
type SpecialNode =
  | TypedNode
  | { readonly kind: 'described'; readonly description: string; readonly of: Node }
  | { readonly kind: 'construction vtable'; readonly derived: Node; readonly base: Node }
  | { readonly kind: 'reference temporary'; readonly name: Node; readonly number: Node }
  | { readonly kind: 'clone'; readonly of: Node; readonly suffix: string }

/** A function: its name and its type. */
export type TypedNode = { readonly kind: 'typed'; readonly name: Node; readonly type: FunctionNode }

/** The nodes that a node is made of, in order. */
export function childrenOf(node: Node): Node[] {
  return Object.values(node).flatMap((value) => (typeof value === 'object' ? nodesIn(value) : []))
}

function nodesIn(value: Node | readonly Node[] | BuiltinType | Operator): readonly Node[] {
  if ('kind' in value) return [value]
  return Array.isArray(value) ? value : []
}
