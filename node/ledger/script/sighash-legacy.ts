// What a signature of a legacy input signs: the whole transaction with one script in place of all others, hashed anew for each
// input. That is quadratic in what is hashed, by the rules. All else is done once a transaction: it is written once, and the
// hash of what lies before an input goes on from that of what lies before the one before it. That halves the hashing, which
// for the largest transaction (6,500 inputs in 962 kB) is 870 MB.

import { hasher, type RunningHash, Sha256 } from '../../hash.ts'
import { writeOutput } from '../chain/tx.ts'
import type { Tx, TxIn } from '../chain/types.ts'
import { withoutCodeSeparators } from './operation.ts'
import { sighashParts, writeOutPoint, writeScript, written } from './sighash-type.ts'

const NO_SCRIPT = new Uint8Array(0)
/** The number one as a hash: what SIGHASH_SINGLE signs when its output is not there. A bug of the first client, now a rule. */
const ONE_HASH = Uint8Array.of(1, ...new Uint8Array(31))
/** An input without its script: outpoint, an empty script's length, sequence. */
const BLANK_INPUT_BYTES = 41
/** An output that SINGLE blanks: a value of −1 and an empty script. */
const BLANK_OUTPUT_BYTES = 9

/** The transaction whose inputs are looked at now: one after the other, so that one is enough to remember. */
let current: Signed | undefined

/**
 * The digest that a legacy input signs. `script`: what is executed, from behind the last OP_CODESEPARATOR; those in it are not
 * signed. `begin`: the machine's own hash, if it has a faster one.
 */
export function legacySighash(
  tx: Tx,
  index: number,
  script: Uint8Array,
  type: number,
  begin: () => RunningHash = () => new Sha256(),
): Uint8Array {
  const { none, single, anyoneCanPay } = sighashParts(type)
  if (single && index >= tx.outputs.length) return ONE_HASH
  if (current?.tx !== tx) current = new Signed(tx)
  const inputs = anyoneCanPay ? undefined : none || single ? current.loose : current.fixed
  const hash = inputs ? inputs.before(index, begin) : begin().update(current.alone)
  hash.update(ownInput(tx.inputs[index] as TxIn, withoutCodeSeparators(script)))
  if (inputs) hash.update(inputs.after(index))
  if (single) for (const piece of current.outputsUpTo(index)) hash.update(piece)
  else hash.update(none ? Uint8Array.of(0) : current.outputs)
  hash.update(words(tx.lockTime, type))
  return hasher.sha256(hash.digest())
}

/** A transaction as its inputs sign it; each part is made when it is first needed. */
class Signed {
  readonly tx: Tx
  #fixed: BlankInputs | undefined
  #loose: BlankInputs | undefined
  #outputs: Uint8Array | undefined
  #blankOutputs: Uint8Array | undefined

  constructor(tx: Tx) {
    this.tx = tx
  }

  /** What stands before the one input that ANYONECANPAY signs. */
  get alone(): Uint8Array {
    return head(this.tx, 1)
  }

  get fixed(): BlankInputs {
    this.#fixed ??= new BlankInputs(this.tx, input => input.sequence)
    return this.#fixed
  }

  /** With NONE and SINGLE the others may still change their sequence. */
  get loose(): BlankInputs {
    this.#loose ??= new BlankInputs(this.tx, () => 0)
    return this.#loose
  }

  get outputs(): Uint8Array {
    this.#outputs ??= written(w => {
      w.varint(this.tx.outputs.length)
      for (const output of this.tx.outputs) writeOutput(w, output)
    })
    return this.#outputs
  }

  /** As SINGLE signs them: blank but for the last. */
  outputsUpTo(index: number): Uint8Array[] {
    const { outputs } = this.tx
    this.#blankOutputs ??= written(w => {
      for (let i = 0; i < outputs.length; i++) writeOutput(w, { valueSat: -1, script: NO_SCRIPT })
    })
    const blank = this.#blankOutputs.subarray(0, index * BLANK_OUTPUT_BYTES)
    const [own] = outputs.slice(index, index + 1)
    return [written(w => w.varint(index + 1)), blank, written(w => own && writeOutput(w, own))]
  }
}

/** All inputs without their scripts, and the hash of those before the one looked at last. */
class BlankInputs {
  readonly #tx: Tx
  readonly #bytes: Uint8Array
  #running: RunningHash | undefined
  #at = 0

  constructor(tx: Tx, sequenceOf: (input: TxIn) => number) {
    this.#tx = tx
    this.#bytes = written(w => {
      for (const input of tx.inputs) {
        writeOutPoint(w, input.previous)
        w.varint(0)
        w.u32(sequenceOf(input))
      }
    })
  }

  /** The hash so far of version, count and the inputs before `index`; the caller may go on with it. */
  before(index: number, begin: () => RunningHash): RunningHash {
    if (!this.#running || index < this.#at) {
      this.#running = begin().update(head(this.#tx, this.#tx.inputs.length))
      this.#at = 0
    }
    this.#running.update(this.#bytes.subarray(this.#at * BLANK_INPUT_BYTES, index * BLANK_INPUT_BYTES))
    this.#at = index
    return this.#running.copy()
  }

  after(index: number): Uint8Array {
    return this.#bytes.subarray((index + 1) * BLANK_INPUT_BYTES)
  }
}

function head({ version }: Tx, inputs: number): Uint8Array {
  return written(w => {
    w.u32(version)
    w.varint(inputs)
  })
}

function ownInput({ previous, sequence }: TxIn, script: Uint8Array): Uint8Array {
  return written(w => {
    writeOutPoint(w, previous)
    writeScript(w, script)
    w.u32(sequence)
  })
}

function words(lockTime: number, type: number): Uint8Array {
  return written(w => {
    w.u32(lockTime)
    w.u32(type)
  })
}
