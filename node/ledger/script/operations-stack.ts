// Operations that move items about. Each demands all that it looks at before it changes anything.

import { concat } from '../chain/push.ts'
import { demand } from './errors.ts'
import { MAX_ITEM_BYTES } from './limits.ts'
import type { Machine } from './machine.ts'
import { isTrue } from './number.ts'
import { OP } from './opcodes.ts'
import type { Operations } from './operations-flow.ts'

export const STACK: Operations = [
  [OP.toAltStack, machine => machine.alt.push(machine.pop())],
  [
    OP.fromAltStack,
    machine => {
      const item = machine.alt.pop()
      demand(item !== undefined, 'INVALID_ALTSTACK_OPERATION')
      machine.push(item)
    },
  ],
  [OP.drop2, machine => replace(machine, 2, () => [])],
  [OP.dup2, machine => replace(machine, 2, ([a, b]) => [a, b, a, b])],
  [OP.dup3, machine => replace(machine, 3, ([a, b, c]) => [a, b, c, a, b, c])],
  [OP.over2, machine => replace(machine, 4, ([a, b, c, d]) => [a, b, c, d, a, b])],
  [OP.rot2, machine => replace(machine, 6, ([a, b, c, d, e, f]) => [c, d, e, f, a, b])],
  [OP.swap2, machine => replace(machine, 4, ([a, b, c, d]) => [c, d, a, b])],
  [
    OP.ifDup,
    machine => {
      const item = machine.top()
      if (isTrue(item)) machine.push(item)
    },
  ],
  [OP.depth, machine => machine.pushNumber(machine.stack.length)],
  [OP.drop, machine => machine.pop()],
  [OP.dup, machine => machine.push(machine.top())],
  [OP.nip, machine => replace(machine, 2, ([, b]) => [b])],
  [OP.over, machine => machine.push(machine.top(2))],
  [OP.pick, machine => machine.push(machine.top(depthOf(machine)))],
  [
    OP.roll,
    machine => {
      const [item] = machine.stack.splice(-depthOf(machine), 1)
      machine.push(item as Uint8Array)
    },
  ],
  [OP.rot, machine => replace(machine, 3, ([a, b, c]) => [b, c, a])],
  [OP.swap, machine => replace(machine, 2, ([a, b]) => [b, a])],
  [OP.tuck, machine => replace(machine, 2, ([a, b]) => [b, a, b])],
  [OP.cat, concatenate],
  [OP.size, machine => machine.pushNumber(machine.top().length)],
]

/** BIP347, in tapscript alone. */
function concatenate(machine: Machine): void {
  machine.need(2)
  demand(machine.top(2).length + machine.top().length <= MAX_ITEM_BYTES, 'PUSH_SIZE')
  replace(machine, 2, ([a, b]) => [concat(a, b)])
}

type Items = readonly [Uint8Array, Uint8Array, Uint8Array, Uint8Array, Uint8Array, Uint8Array]

/** The topmost items, deepest first, become others. */
function replace(machine: Machine, count: number, change: (items: Items) => readonly Uint8Array[]): void {
  machine.need(count)
  const items = machine.stack.splice(-count, count) as unknown as Items
  machine.stack.push(...change(items))
}

/** Takes a number and checks that there are more items than that; the place it means, counted from 1. */
function depthOf(machine: Machine): number {
  machine.need(2)
  const depth = machine.popNumber()
  demand(depth >= 0 && depth < machine.stack.length, 'INVALID_STACK_OPERATION')
  return depth + 1
}
