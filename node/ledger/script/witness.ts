// Programs of a witness: what a version and a hash or key demand of the items that are brought (BIP141, BIP341, BIP342).

import { sameBytes } from '../../bitcoin/wire/bytes.ts'
import { hasher } from '../../hash.ts'
import type { TxIn } from '../chain/types.ts'
import type { Checker } from './checker.ts'
import { demand, ScriptFault } from './errors.ts'
import { VERIFY } from './flags.ts'
import { execute } from './interpreter.ts'
import { isAnchor, p2pkhScript, type WitnessProgram } from './kinds.ts'
import { MAX_ITEM_BYTES, MAX_STACK_ITEMS } from './limits.ts'
import type { LeafContext, Program } from './machine.ts'
import { isTrue } from './number.ts'
import { isSuccess, OP } from './opcodes.ts'
import { operations } from './operation.ts'
import { ANNEX_TAG, commitsToLeaf, parseControlBlock, TAPSCRIPT_VERSION, tapLeafHash } from './taproot.ts'
import { witnessBytes } from './witness-size.ts'

/** BIP342, "Resource limits": the weight that every input has for its first signature. */
const FREE_WEIGHT = 50

type Items = TxIn['witness']

/** `nested`: the program stood in a P2SH, where taproot is none (BIP341). */
export function checkWitness(
  witness: Items,
  target: WitnessProgram,
  flags: number,
  checker: Checker,
  nested: boolean,
): void {
  const { version, program } = target
  if (version === 0) checkVersion0(witness, program, flags, checker)
  else if (version === 1 && program.length === 32 && !nested) {
    if (flags & VERIFY.TAPROOT) checkTaproot(witness, program, flags, checker)
  } else if (nested || !isAnchor(target))
    demand(!(flags & VERIFY.DISCOURAGE_UPGRADABLE_WITNESS_PROGRAM), 'DISCOURAGE_UPGRADABLE_WITNESS_PROGRAM')
}

/** BIP141, "Witness program". */
function checkVersion0(witness: Items, program: Uint8Array, flags: number, checker: Checker): void {
  const rules = { flags, version: 'witness', checker } as const
  if (program.length === 20) {
    demand(witness.length === 2, 'WITNESS_PROGRAM_MISMATCH')
    run({ ...rules, script: p2pkhScript(program) }, witness)
    return
  }
  demand(program.length === 32, 'WITNESS_PROGRAM_WRONG_LENGTH')
  const script = witness.at(-1)
  demand(script !== undefined, 'WITNESS_PROGRAM_WITNESS_EMPTY')
  const hash = hasher.sha256(script)
  demand(sameBytes(hash, program), 'WITNESS_PROGRAM_MISMATCH')
  run({ ...rules, script }, witness.slice(0, -1))
}

/** BIP341, "Script validation rules". */
function checkTaproot(witness: Items, outputKey: Uint8Array, flags: number, checker: Checker): void {
  demand(witness.length > 0, 'WITNESS_PROGRAM_WITNESS_EMPTY')
  const last = witness.at(-1)
  const annex = witness.length > 1 && last?.[0] === ANNEX_TAG ? last : undefined
  const items = annex ? witness.slice(0, -1) : witness
  const [first] = items
  if (first && items.length === 1) checker.checkSchnorr(first, outputKey, { annex, leaf: undefined })
  else checkLeaf(items, { annex, weightLeft: witnessBytes(witness) + FREE_WEIGHT }, outputKey, flags, checker)
}

/** A spend by script: what the script takes, the script, and the path from it to the key. */
function checkLeaf(
  items: Items,
  context: Omit<LeafContext, 'hash'>,
  outputKey: Uint8Array,
  flags: number,
  checker: Checker,
): void {
  const script = items.at(-2) as Uint8Array
  const control = parseControlBlock(items.at(-1) as Uint8Array)
  demand(control !== undefined, 'TAPROOT_WRONG_CONTROL_SIZE')
  const hash = tapLeafHash(control.version, script)
  demand(commitsToLeaf(checker.secp, outputKey, control, hash), 'WITNESS_PROGRAM_MISMATCH')
  if (control.version !== TAPSCRIPT_VERSION)
    demand(!(flags & VERIFY.DISCOURAGE_UPGRADABLE_TAPROOT_VERSION), 'DISCOURAGE_UPGRADABLE_TAPROOT_VERSION')
  else if (isBound(script, flags))
    run({ script, flags, version: 'tapscript', checker, leaf: { ...context, hash } }, items.slice(0, -2))
}

/** BIP342, "Script execution": false for a script that succeeds whatever it does, for an opcode that may get a meaning one day. */
function isBound(script: Uint8Array, flags: number): boolean {
  for (const step of operations(script)) {
    if (step === undefined) throw new ScriptFault('BAD_OPCODE')
    if (step.data !== undefined || !isSuccess(step.opcode)) continue
    if (step.opcode === OP.cat && flags & VERIFY.CAT) continue // BIP347
    demand(!(flags & VERIFY.DISCOURAGE_OP_SUCCESS), 'DISCOURAGE_OP_SUCCESS')
    return false
  }
  return true
}

/** Runs a script on a witness; it must leave one item, which is true. */
function run(program: Program, items: Items): void {
  if (program.version === 'tapscript') demand(items.length <= MAX_STACK_ITEMS, 'STACK_SIZE')
  demand(
    items.every(item => item.length <= MAX_ITEM_BYTES),
    'PUSH_SIZE',
  )
  const stack = [...items]
  execute(program, stack)
  demand(stack.length === 1, 'CLEANSTACK')
  demand(isTrue(stack[0] as Uint8Array), 'EVAL_FALSE')
}
