// What one script works on while it runs: two stacks, the branches it is in, and how much it may still do.

import type { Checker } from './checker.ts'
import { demand, ScriptFault } from './errors.ts'
import { VERIFY } from './flags.ts'
import { MAX_OPERATIONS, MAX_STACK_ITEMS } from './limits.ts'
import { decodeNumber, encodeBoolean, encodeNumber, isTrue } from './number.ts'
import { NO_CODE_SEPARATOR } from './sighash-taproot.ts'
import type { SigVersion } from './version.ts'

/** What a tapscript knows of its spend. */
export interface LeafContext {
  readonly hash: Uint8Array
  readonly annex: Uint8Array | undefined
  /** BIP342, "Resource limits": signatures that this input may still have checked, in weight. */
  weightLeft: number
}

export interface Program {
  readonly script: Uint8Array
  readonly flags: number
  readonly version: SigVersion
  readonly checker: Checker
  /** In tapscript alone. */
  readonly leaf?: LeafContext
}

export class Machine {
  readonly program: Program
  /** Bottom first. Items are never changed, so that they may be shared. */
  readonly stack: Uint8Array[]
  readonly alt: Uint8Array[] = []
  readonly branches = new Branches()
  /** Where the next operation begins. */
  next = 0
  /** Where what is signed begins: behind the last OP_CODESEPARATOR that was executed. */
  codeStart = 0
  /** Which operation that was. */
  codeSeparator = NO_CODE_SEPARATOR
  /** Number of the operation that is executed. */
  at = -1
  #operations = 0

  constructor(program: Program, stack: Uint8Array[]) {
    this.program = program
    this.stack = stack
  }

  has(flag: number): boolean {
    return (this.program.flags & flag) !== 0
  }

  /** Demands so many items on the stack. */
  need(items: number): void {
    demand(this.stack.length >= items, 'INVALID_STACK_OPERATION')
  }

  push(item: Uint8Array): void {
    this.stack.push(item)
  }

  pushNumber(value: number): void {
    this.stack.push(encodeNumber(value))
  }

  pushBoolean(value: boolean): void {
    this.stack.push(encodeBoolean(value))
  }

  pop(): Uint8Array {
    const item = this.stack.pop()
    if (item === undefined) throw new ScriptFault('INVALID_STACK_OPERATION')
    return item
  }

  popBoolean(): boolean {
    return isTrue(this.pop())
  }

  popNumber(): number {
    return this.number(this.pop())
  }

  /** The item `depth` below the top, which is 1. */
  top(depth = 1): Uint8Array {
    const item = this.stack[this.stack.length - depth]
    if (item === undefined) throw new ScriptFault('INVALID_STACK_OPERATION')
    return item
  }

  number(item: Uint8Array, maxBytes?: number): number {
    return decodeNumber(item, this.has(VERIFY.MINIMALDATA), maxBytes)
  }

  /** Before taproot a script may do only so much (BIP342 counts weight instead). */
  count(operations = 1): void {
    if (this.program.version === 'tapscript') return
    this.#operations += operations
    demand(this.#operations <= MAX_OPERATIONS, 'OP_COUNT')
  }

  checkSize(): void {
    demand(this.stack.length + this.alt.length <= MAX_STACK_ITEMS, 'STACK_SIZE')
  }
}

/** The conditions that enclose an operation. Only the outermost that is false is known: each step has a constant price. */
export class Branches {
  #depth = 0
  #firstFalse = 0

  get depth(): number {
    return this.#depth
  }

  /** Is everything executed here? */
  get open(): boolean {
    return this.#firstFalse === 0
  }

  enter(condition: boolean): void {
    this.#depth++
    if (!condition && this.open) this.#firstFalse = this.#depth
  }

  /** Turns the innermost about. */
  turn(): void {
    if (this.open) this.#firstFalse = this.#depth
    else if (this.#firstFalse === this.#depth) this.#firstFalse = 0
  }

  leave(): void {
    if (this.#firstFalse === this.#depth) this.#firstFalse = 0
    this.#depth--
  }
}
