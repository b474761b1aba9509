// Where in a spec something is: a path of keys becomes line and column with a caret, through aliases and merged mappings.

import {
  type Alias,
  type Document,
  isAlias,
  isMap,
  isScalar,
  isSeq,
  type LineCounter,
  type Pair,
  type Scalar,
  visit,
  type YAMLMap,
} from 'yaml'
import { visibleLine } from '../terminal/visible.ts'
import type { Problem } from './problem.ts'

/** What messages about keys begin with: the caret stands under the key then. */
export const UNKNOWN_KEY = 'unknown key'

/** The first alias that no anchor stands before. */
export function lostAlias(document: Document): Alias | undefined {
  const anchors = new Set<string>()
  let lost: Alias | undefined
  visit(document, {
    Value: (_, { anchor }) => {
      if (anchor) anchors.add(anchor)
    },
    Alias: (_, alias) => {
      if (anchors.has(alias.source)) return undefined
      lost = alias
      return visit.BREAK
    },
  })
  return lost
}

/** Keys that stand in their mapping before. The library's own look compares each with all: half a minute for the longest schedule. */
export function doubledKeys(document: Document): Scalar[] {
  const doubled: Scalar[] = []
  visit(document, {
    Map: (_, { items }) => {
      const known = new Set<unknown>()
      for (const { key } of items)
        if (isScalar(key) && known.size === known.add(key.value).size) doubled.push(key)
    },
  })
  return doubled
}

/** What the YAML library's nodes say of their place: start, end of the value, end of the node. */
interface Ranged {
  readonly range?: readonly [number, number, number]
}

/** Turns places of a document into `file:line:column: message` with the line and a caret under it. */
export class Reporter {
  readonly #file: string
  readonly #source: string
  readonly #document: Document
  readonly #lines: LineCounter

  constructor(file: string, source: string, document: Document, lines: LineCounter) {
    this.#file = file
    this.#source = source
    this.#document = document
    this.#lines = lines
  }

  describe(problem: Problem, flags: ReadonlyMap<string, string>): string {
    // A flag may have brought a whole mapping.
    for (let length = problem.path.length; length > 0; length--) {
      const flag = flags.get(problem.path.slice(0, length).join('.'))
      const inside = problem.path.slice(length).map(key => `${key}: `)
      if (flag !== undefined) return `${flag}: ${inside.join('')}${problem.message}`
    }
    const unknownKey = problem.message.startsWith(UNKNOWN_KEY)
    const range = this.#locate(problem.path, !unknownKey)
    const where = problem.path.length > 0 ? `${problem.path.join('.')}: ` : ''
    const message = unknownKey ? problem.message : where + problem.message
    return range ? this.at(range[0], range[1], message) : `${this.#file}: ${message}`
  }

  at(from: number, to: number, message: string): string {
    const { line, col } = this.#lines.linePos(from)
    // As wide as it is written: the caret stands below what it points to.
    const text = visibleLine((this.#source.split('\n')[line - 1] ?? '').replace(/\r$/, ''))
    const gutter = String(line)
    const carets = '^'.repeat(Math.max(1, Math.min(to - from, text.length - col + 1)))
    return [
      `${this.#file}:${line}:${col}: ${message}`,
      `  ${gutter} | ${text}`,
      `  ${' '.repeat(gutter.length)} | ${' '.repeat(col - 1)}${carets}`,
    ].join('\n')
  }

  /** The value at `path` (of an unknown key, the key); else the nearest parent that exists. */
  #locate(path: readonly (string | number)[], known = true): [number, number] | undefined {
    const parent = this.#nodeAt(path.slice(0, -1))
    const pair = isMap(parent) ? this.#pairOf(parent, path.at(-1)) : undefined
    if (pair) {
      const onValue = known && isScalar(pair.value) && pair.value.value !== null
      const range = ((onValue ? pair.value : pair.key) as Ranged | undefined)?.range
      if (range) return [range[0], range[1]]
    }
    const node = this.#nodeAt(path) as Ranged | undefined
    if (node?.range) return [node.range[0], node.range[1]]
    return path.length > 0 ? this.#locate(path.slice(0, -1)) : undefined
  }

  /** Through aliases and merged mappings. */
  #nodeAt(path: readonly (string | number)[]): unknown {
    let at = this.#resolved(this.#document.contents)
    for (const key of path) {
      const next = isMap(at) ? this.#pairOf(at, key)?.value : isSeq(at) ? at.items[Number(key)] : undefined
      at = this.#resolved(next)
    }
    return at
  }

  /** Of the mapping itself, or of those that it merges. */
  #pairOf(map: YAMLMap, key: string | number | undefined): Pair | undefined {
    const named = (item: Pair, name: string) => isScalar(item.key) && String(item.key.value) === name
    const own = map.items.find(item => named(item, String(key)))
    if (own) return own
    for (const item of map.items) {
      if (!named(item, '<<') && !named(item, 'Symbol(<<)')) continue
      const source = this.#resolved(item.value)
      for (const merged of isSeq(source) ? source.items.map(each => this.#resolved(each)) : [source]) {
        const found = isMap(merged) ? this.#pairOf(merged, key) : undefined
        if (found) return found
      }
    }
    return undefined
  }

  #resolved(node: unknown): unknown {
    return isAlias(node) ? node.resolve(this.#document) : node
  }
}
