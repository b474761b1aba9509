// Operations that compare and compute.

import { sameBytes } from '../../bitcoin/wire/bytes.ts'
import { demand } from './errors.ts'
import type { Machine } from './machine.ts'
import { OP } from './opcodes.ts'
import type { Execute, Operations } from './operations-flow.ts'

export const NUMBERS: Operations = [
  [OP.equal, machine => machine.pushBoolean(areEqual(machine))],
  [OP.equalVerify, machine => demand(areEqual(machine), 'EQUALVERIFY')],
  [OP.add1, one(a => a + 1)],
  [OP.sub1, one(a => a - 1)],
  [OP.negate, one(a => -a)],
  [OP.abs, one(Math.abs)],
  [OP.not, one(a => Number(a === 0))],
  [OP.notZero, one(a => Number(a !== 0))],
  [OP.add, two((a, b) => a + b)],
  [OP.sub, two((a, b) => a - b)],
  [OP.boolAnd, two((a, b) => Number(a !== 0 && b !== 0))],
  [OP.boolOr, two((a, b) => Number(a !== 0 || b !== 0))],
  [OP.numEqual, two((a, b) => Number(a === b))],
  [
    OP.numEqualVerify,
    machine => {
      const [a, b] = numbers(machine, 2)
      demand(a === b, 'NUMEQUALVERIFY')
    },
  ],
  [OP.numNotEqual, two((a, b) => Number(a !== b))],
  [OP.lessThan, two((a, b) => Number(a < b))],
  [OP.greaterThan, two((a, b) => Number(a > b))],
  [OP.lessOrEqual, two((a, b) => Number(a <= b))],
  [OP.greaterOrEqual, two((a, b) => Number(a >= b))],
  [OP.min, two(Math.min)],
  [OP.max, two(Math.max)],
  [
    OP.within,
    machine => {
      const [value, least, beyond] = numbers(machine, 3) as [number, number, number]
      machine.pushBoolean(least <= value && value < beyond)
    },
  ],
]

/** Takes so many numbers, the deepest first: it is read first, too, and its fault the one that counts. */
function numbers(machine: Machine, count: number): number[] {
  machine.need(count)
  return machine.stack.splice(-count, count).map(item => machine.number(item))
}

function one(compute: (a: number) => number): Execute {
  return machine => {
    const [a] = numbers(machine, 1)
    machine.pushNumber(compute(a as number))
  }
}

function two(compute: (a: number, b: number) => number): Execute {
  return machine => {
    const [a, b] = numbers(machine, 2)
    machine.pushNumber(compute(a as number, b as number))
  }
}

function areEqual(machine: Machine): boolean {
  machine.need(2)
  const b = machine.pop()
  const a = machine.pop()
  return sameBytes(a, b)
}
