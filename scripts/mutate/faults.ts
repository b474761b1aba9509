// Every small fault that can be planted in one source file: an operator, a bound, a constant, a condition, a statement.

import { parseAst } from 'vitest/node'

/** A piece of text replaced by another. Offsets are in UTF-16 units of the source. */
export interface Fault {
  /** Below the project's folder. */
  readonly file: string
  readonly start: number
  readonly end: number
  readonly replacement: string
  /** The expression or statement which, when it runs, brings the fault into play. */
  readonly scope: Scope
  readonly line: number
  readonly column: number
  /** The lines it stands on, without indentation, before and after: what names a fault when others move its line. */
  readonly before: string
  readonly after: string
}

export interface Scope {
  readonly start: number
  readonly end: number
  readonly kind: 'expression' | 'statement'
}

interface Node {
  readonly type: string
  readonly start: number
  readonly end: number
  readonly [key: string]: unknown
}

/** Where the replacement stands, and what stands there instead. */
type Change = readonly [start: number, end: number, replacement: string]

const SWAPS: Readonly<Record<string, readonly string[]>> = {
  '<': ['<=', '>='],
  '<=': ['<', '>'],
  '>': ['>=', '<='],
  '>=': ['>', '<'],
  '===': ['!=='],
  '!==': ['==='],
  '+': ['-'],
  '-': ['+'],
  '*': ['/'],
  '/': ['*'],
  '%': ['*'],
  '**': ['*'],
  '<<': ['>>'],
  '>>': ['<<'],
  '>>>': ['<<'],
  '&': ['|'],
  '|': ['&'],
  '^': ['&'],
  '&&': ['||'],
  '||': ['&&'],
  '??': ['&&'],
  '+=': ['-='],
  '-=': ['+='],
  '*=': ['/='],
  '/=': ['*='],
  '|=': ['&='],
  '&=': ['|='],
  '^=': ['&='],
  '++': ['--'],
  '--': ['++'],
}

const SIBLINGS: Readonly<Record<string, string>> = {
  min: 'max',
  max: 'min',
  floor: 'ceil',
  ceil: 'floor',
  some: 'every',
  every: 'some',
}

/** Statements that can be left out. */
const REMOVABLE = new Set(['ExpressionStatement', 'ThrowStatement', 'BreakStatement', 'ContinueStatement'])

/** Types and module names: no fault there would survive the compiler. */
const WRAPPERS = new Set(['TSAsExpression', 'TSNonNullExpression', 'TSSatisfiesExpression'])
const MODULES = new Set([
  'ImportDeclaration',
  'ImportExpression',
  'ExportAllDeclaration',
  'TSEnumDeclaration',
  'JSXAttribute',
])

/** All faults of a file, in the order of the text. */
export function faultsOf(file: string, text: string): Fault[] {
  const program = parseAst(text, { lang: file.endsWith('x') ? 'tsx' : 'ts' }) as unknown as Node
  const found: Fault[] = []
  visit(program, undefined, undefined, (node, parent, statement) => {
    for (const change of changesAt(node, parent, text))
      found.push(describe(file, text, change, scopeOf(node, statement)))
  })
  return found.sort((a, b) => a.start - b.start || a.end - b.end)
}

/** The source with this fault in it. */
export function plant(text: string, { start, end, replacement }: Fault): string {
  return text.slice(0, start) + replacement + text.slice(end)
}

function visit(
  node: Node,
  parent: Node | undefined,
  statement: Node | undefined,
  see: (node: Node, parent: Node | undefined, statement: Node | undefined) => void,
): void {
  if (MODULES.has(node.type) || node.declare === true) return
  if (WRAPPERS.has(node.type)) {
    visit(node.expression as Node, parent, statement, see)
    return
  }
  if (node.type.startsWith('TS')) return
  see(node, parent, statement)
  const inner = node.type === 'ExpressionStatement' ? node : statement
  for (const [key, value] of Object.entries(node)) {
    if (key === 'source' || (key === 'key' && node.computed !== true)) continue
    for (const child of Array.isArray(value) ? value : [value])
      if (isNode(child)) visit(isDefaultOfList(node, child) ? child.left : child, node, inner, see)
  }
}

function isDefaultOfList(node: Node, child: Node): child is Node & { readonly left: Node } {
  return node.type === 'ArrayPattern' && child.type === 'AssignmentPattern'
}

function isNode(value: unknown): value is Node {
  return typeof value === 'object' && value !== null && typeof (value as Node).type === 'string'
}

/** Without semicolons a bracket at the start of a statement would continue the one before it: then the statement is the scope. */
function scopeOf(node: Node, statement: Node | undefined): Scope {
  if (/Statement$/.test(node.type)) {
    const test = node.test as Node | undefined
    if (test && !REMOVABLE.has(node.type)) return { start: test.start, end: test.end, kind: 'expression' }
    return { start: node.start, end: node.end, kind: 'statement' }
  }
  if (statement?.start === node.start)
    return { start: statement.start, end: statement.end, kind: 'statement' }
  return { start: node.start, end: node.end, kind: 'expression' }
}

function changesAt(node: Node, parent: Node | undefined, text: string): readonly Change[] {
  switch (node.type) {
    case 'BinaryExpression':
    case 'LogicalExpression':
    case 'AssignmentExpression':
      return swapped(node, text)
    case 'UpdateExpression': {
      const operator = node.operator as string
      const at = node.prefix === true ? node.start : node.end - 2
      return (SWAPS[operator] ?? []).map(other => [at, at + 2, other])
    }
    case 'UnaryExpression':
      return node.operator === '!' || node.operator === '-' ? [[node.start, node.start + 1, '']] : []
    case 'Literal':
      return isForTheCompiler(parent) || isJoined(node, parent) ? [] : otherLiterals(node, parent)
    case 'IfStatement':
    case 'ConditionalExpression':
    case 'WhileStatement': {
      const { start, end } = node.test as Node
      return [[start, end, `!(${text.slice(start, end)})`]]
    }
    case 'CallExpression':
      return otherMethod(node, parent)
    case 'ReturnStatement':
      return node.argument === null ? [[node.start, node.end, ';']] : []
    default:
      return REMOVABLE.has(node.type) && !isFixed(node) ? [[node.start, node.end, ';']] : []
  }
}

function swapped(node: Node, text: string): readonly Change[] {
  const [left, right] = [node.left as Node, node.right as Node]
  const operator = node.operator as string
  if (operator.startsWith('+') && (isText(left) || isText(right))) return []
  const at = text.indexOf(operator, left.end)
  return at < 0 || at >= right.start
    ? []
    : (SWAPS[operator] ?? []).map(other => [at, at + operator.length, other])
}

function isText(node: Node): boolean {
  return node.type === 'TemplateLiteral' || (node.type === 'Literal' && typeof node.value === 'string')
}

/** What a class or a module cannot do without. */
function isFixed(node: Node): boolean {
  if (typeof node.directive === 'string') return true
  const call = node.expression as Node | undefined
  return call?.type === 'CallExpression' && (call.callee as Node).type === 'Super'
}

/** The 0 of `list[i] ?? 0`: what is there always, though the compiler cannot know. As in `[first = 0] = list`. */
function isForTheCompiler(parent: Node | undefined): boolean {
  const left = parent?.type === 'LogicalExpression' ? (parent.left as Node) : undefined
  return parent?.operator === '??' && left?.type === 'MemberExpression' && left.computed === true
}

function otherLiterals({ start, end, value, bigint }: Node, parent: Node | undefined): readonly Change[] {
  if (parent?.type === 'ExpressionStatement') return []
  if (typeof bigint === 'string')
    return [1n, -1n].map(by => [start, end, bracketed(BigInt(bigint) + by, 'n')])
  if (typeof value === 'boolean') return [[start, end, String(!value)]]
  if (typeof value === 'number') return [1, -1].map(by => [start, end, bracketed(value + by)])
  // With a space in it, it is a message.
  if (typeof value === 'string' && !/\s/.test(value)) return [[end - 1, end - 1, '~']]
  return []
}

/** A piece of a longer text, as in a template. */
function isJoined(node: Node, parent: Node | undefined): boolean {
  return parent?.type === 'BinaryExpression' && parent.operator === '+' && isText(node)
}

function bracketed(value: number | bigint, suffix = ''): string {
  return value < 0 ? `(${value}${suffix})` : `${value}${suffix}`
}

function otherMethod(node: Node, parent: Node | undefined): readonly Change[] {
  const callee = node.callee as Node
  if (callee.type !== 'MemberExpression' || callee.computed === true || node.optional === true) return []
  // Within a?.b().c() a bracket around a?.b() would change what is skipped.
  if (parent?.type === 'ChainExpression' || parent?.type === 'MemberExpression') return []
  const name = callee.property as Node
  const other = SIBLINGS[name.name as string]
  return other === undefined ? [] : [[name.start, name.end, other]]
}

function describe(file: string, text: string, [start, end, replacement]: Change, scope: Scope): Fault {
  const lineStart = text.lastIndexOf('\n', start - 1) + 1
  const nextLine = text.indexOf('\n', end)
  const lineEnd = nextLine < 0 ? text.length : nextLine
  const [head, tail] = [text.slice(lineStart, start), text.slice(end, lineEnd)]
  return {
    file,
    start,
    end,
    replacement,
    scope,
    line: text.slice(0, start).split('\n').length,
    column: start - lineStart + 1,
    before: oneLine(text.slice(lineStart, lineEnd)),
    after: oneLine(head + replacement + tail),
  }
}

function oneLine(text: string): string {
  return text.replace(/\s+/g, ' ').trim()
}
