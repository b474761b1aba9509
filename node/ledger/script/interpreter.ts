// Runs one script on a stack. Pure: the same script, stack and spend always end the same.

import { demand, ScriptFault } from './errors.ts'
import { VERIFY } from './flags.ts'
import { MAX_ITEM_BYTES, MAX_SCRIPT_BYTES } from './limits.ts'
import { Machine, type Program } from './machine.ts'
import { MULTISIG } from './multisig.ts'
import { encodeNumber, FALSE } from './number.ts'
import { isDisabled, OP, smallNumber } from './opcodes.ts'
import { isMinimalPush, type Operation, operation } from './operation.ts'
import { CRYPTO } from './operations-crypto.ts'
import { type Execute, FLOW } from './operations-flow.ts'
import { NUMBERS } from './operations-number.ts'
import { STACK } from './operations-stack.ts'

/** By opcode; undefined for what is no operation. */
const OPERATIONS: readonly (Execute | undefined)[] = table()

/** Changes `stack`; throws a ScriptFault that says why the script fails. */
export function execute(program: Program, stack: Uint8Array[]): void {
  const { script, version } = program
  if (version === 'base' || version === 'witness') demand(script.length <= MAX_SCRIPT_BYTES, 'SCRIPT_SIZE')
  const machine = new Machine(program, stack)
  while (machine.next < script.length) {
    const step = operation(script, machine.next)
    if (step === undefined) throw new ScriptFault('BAD_OPCODE')
    machine.next = step.end
    machine.at++
    perform(machine, step)
    machine.checkSize()
  }
  demand(machine.branches.depth === 0, 'UNBALANCED_CONDITIONAL')
}

function perform(machine: Machine, { opcode, data }: Operation): void {
  const { open } = machine.branches
  if (data !== undefined) {
    demand(data.length <= MAX_ITEM_BYTES, 'PUSH_SIZE')
    if (!open) return
    if (machine.has(VERIFY.MINIMALDATA)) demand(isMinimalPush(opcode, data), 'MINIMALDATA')
    machine.push(data)
    return
  }
  if (opcode > OP.sixteen) machine.count()
  // In a tapscript they all are what makes it succeed unread, but for the one that a deployment gave its meaning back (BIP347).
  demand(!isDisabled(opcode) || machine.program.version === 'tapscript', 'DISABLED_OPCODE')
  if (opcode === OP.codeSeparator && machine.program.version === 'base')
    demand(!machine.has(VERIFY.CONST_SCRIPTCODE), 'OP_CODESEPARATOR')
  // Branches are followed, and what pretends to be one fails (OP_VERIF, OP_VERNOTIF), even where nothing is executed.
  if (!open && (opcode < OP.if || opcode > OP.endIf)) return
  const executed = OPERATIONS[opcode]
  if (executed === undefined) throw new ScriptFault('BAD_OPCODE')
  executed(machine)
}

function table(): (Execute | undefined)[] {
  const all = new Array<Execute | undefined>(256).fill(undefined)
  for (let opcode: number = OP.minusOne; opcode <= OP.sixteen; opcode++) {
    const value = opcode === OP.minusOne ? -1 : smallNumber(opcode)
    if (value === undefined) continue
    const item = value === 0 ? FALSE : encodeNumber(value)
    all[opcode] = machine => machine.push(item)
  }
  for (const [opcode, executed] of [...FLOW, ...STACK, ...NUMBERS, ...CRYPTO, ...MULTISIG])
    all[opcode] = executed
  return all
}
