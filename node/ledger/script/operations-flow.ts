// Operations that steer a script: branches, ends, lock times, and those that do nothing yet.

import { demand, ScriptFault } from './errors.ts'
import { VERIFY } from './flags.ts'
import type { Machine } from './machine.ts'
import { isTrue } from './number.ts'
import { OP } from './opcodes.ts'

export type Execute = (machine: Machine) => void
export type Operations = readonly (readonly [opcode: number, execute: Execute])[]

/** BIP65 and BIP112 compare with numbers of 32 bits without a sign: these take five bytes. */
const LOCK_TIME_BYTES = 5
const HASH_BYTES = 32

export const FLOW: Operations = [
  [OP.nop, () => {}],
  [OP.if, machine => enter(machine, true)],
  [OP.notIf, machine => enter(machine, false)],
  [
    OP.else,
    ({ branches }) => {
      demand(branches.depth > 0, 'UNBALANCED_CONDITIONAL')
      branches.turn()
    },
  ],
  [
    OP.endIf,
    ({ branches }) => {
      demand(branches.depth > 0, 'UNBALANCED_CONDITIONAL')
      branches.leave()
    },
  ],
  [
    OP.verify,
    machine => {
      demand(isTrue(machine.top()), 'VERIFY')
      machine.pop()
    },
  ],
  [
    OP.return,
    () => {
      throw new ScriptFault('OP_RETURN')
    },
  ],
  [OP.checkLockTimeVerify, checkLockTime],
  [OP.checkSequenceVerify, checkSequence],
  [OP.nop1, upgradable],
  [OP.nop4, checkTemplate],
  ...range(OP.nop5, OP.nop10).map(opcode => [opcode, upgradable] as const),
]

function range(from: number, to: number): number[] {
  return Array.from({ length: to - from + 1 }, (_, i) => from + i)
}

function enter(machine: Machine, wanted: boolean): void {
  const { branches, program } = machine
  if (!branches.open) {
    branches.enter(false)
    return
  }
  demand(machine.stack.length > 0, 'UNBALANCED_CONDITIONAL')
  const item = machine.pop()
  const minimal = item.length === 0 || (item.length === 1 && item[0] === 1)
  // A rule of relay that BIP342 made one of consensus.
  if (program.version === 'tapscript') demand(minimal, 'TAPSCRIPT_MINIMALIF')
  else if (program.version === 'witness' && machine.has(VERIFY.MINIMALIF)) demand(minimal, 'MINIMALIF')
  branches.enter(isTrue(item) === wanted)
}

/** BIP65. */
function checkLockTime(machine: Machine): void {
  if (!machine.has(VERIFY.CHECKLOCKTIMEVERIFY)) return
  const lockTime = machine.number(machine.top(), LOCK_TIME_BYTES)
  demand(lockTime >= 0, 'NEGATIVE_LOCKTIME')
  demand(machine.program.checker.hasPassed(lockTime), 'UNSATISFIED_LOCKTIME')
}

/** BIP112. */
function checkSequence(machine: Machine): void {
  if (!machine.has(VERIFY.CHECKSEQUENCEVERIFY)) return
  const sequence = machine.number(machine.top(), LOCK_TIME_BYTES)
  demand(sequence >= 0, 'NEGATIVE_LOCKTIME')
  demand(machine.program.checker.hasRested(sequence), 'UNSATISFIED_LOCKTIME')
}

/** BIP119, "Detailed Specification". Whatever is no hash may get a meaning one day. */
function checkTemplate(machine: Machine): void {
  if (!machine.has(VERIFY.CHECKTEMPLATEVERIFY)) {
    upgradable(machine)
    return
  }
  const template = machine.top()
  if (template.length === HASH_BYTES)
    demand(machine.program.checker.fitsTemplate(template), 'TEMPLATE_MISMATCH')
  else upgradable(machine)
}

function upgradable(machine: Machine): void {
  demand(!machine.has(VERIFY.DISCOURAGE_UPGRADABLE_NOPS), 'DISCOURAGE_UPGRADABLE_NOPS')
}
