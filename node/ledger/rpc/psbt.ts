// RPC of partially signed transactions (BIP174, BIP371): made, read, completed with coins and descriptors, put together, finished.

import { toHex } from '../../bitcoin/wire/hex.ts'
import type { Random } from '../../core/host.ts'
import { RPC, RpcError, type RpcTable } from '../../core/service.ts'
import { makeTx, outPointKey } from '../chain/tx.ts'
import type { Tx } from '../chain/types.ts'
import { SigningProvider } from '../descriptor/provider.ts'
import type { LedgerParts } from '../parts.ts'
import { INPUT } from '../psbt/fields.ts'
import { decodePsbt, encodePsbt, isFinal, makePsbt, type Psbt, type PsbtMap } from '../psbt/psbt.ts'
import {
  dropWholeTransactions,
  extract,
  finalizePsbt,
  knownInputs,
  signInput,
  updateOutput,
} from '../psbt/sign.ts'
import { coinBytes } from '../psbt/values.ts'
import { classify, witnessProgramOf } from '../script/kinds.ts'
import { SIGHASH } from '../script/sighash-type.ts'
import { array, flag, given, text } from './arguments.ts'
import { scanned } from './descriptor-arguments.ts'
import { decodedMaybeEmpty, writtenTx } from './payment-arguments.ts'
import { analysis } from './psbt-analysis.ts'
import { psbtShape } from './psbt-shapes.ts'
import { hashTypeAt } from './signing-arguments.ts'

export function psbtRpc(parts: () => LedgerParts): RpcTable {
  let random: Random | undefined
  const at = (params: readonly unknown[], index: number) => psbtAt(parts(), params, index)
  return {
    createpsbt: {
      params: ['inputs', 'outputs', 'locktime?', 'replaceable?'],
      summary: 'A PSBT of chosen inputs and outputs.',
      handle: params => {
        const [inputs, outputs, lockTime] = params
        const replaceable = given(params, 3) ? flag(params, 3, true) : undefined
        return encodePsbt(makePsbt(writtenTx(parts().env.params, { inputs, outputs, lockTime, replaceable })))
      },
    },
    converttopsbt: {
      params: ['hexstring', 'permitsigdata?', 'iswitness?'],
      summary: 'A PSBT of a transaction in hex.',
      handle: params => {
        const tx = decodedMaybeEmpty(params, 0, 'TX decode failed')
        const signed = tx.inputs.some(({ scriptSig, witness }) => scriptSig.length + witness.length > 0)
        if (signed && !flag(params, 1, false))
          throw new RpcError(RPC.deserialization, 'Inputs must not have scriptSigs and scriptWitnesses')
        return encodePsbt(makePsbt(unsigned(tx)))
      },
    },
    decodepsbt: {
      params: ['psbt'],
      summary: 'What a PSBT says.',
      handle: params => psbtShape(parts().env.params, at(params, 0)),
    },
    utxoupdatepsbt: {
      params: ['psbt', 'descriptors?'],
      summary:
        'Adds the coins that a PSBT spends, where they are known, and what descriptors tell of their scripts.',
      handle: params => {
        const psbt = at(params, 0)
        const provider = given(params, 1) ? providerOf(parts(), params, 1, false) : new SigningProvider()
        process(parts(), psbt, provider, { hashType: SIGHASH.all, finalize: false })
        return encodePsbt(psbt)
      },
    },
    descriptorprocesspsbt: {
      params: ['psbt', 'descriptors', 'sighashtype?', 'bip32derivs?', 'finalize?'],
      summary: 'Adds coins and what descriptors tell, and signs with the private keys that stand in them.',
      handle: params => {
        const psbt = at(params, 0)
        const provider = providerOf(parts(), params, 1, true)
        if (!flag(params, 3, true)) provider.origins.clear()
        process(parts(), psbt, provider, { hashType: hashTypeAt(params, 2), finalize: flag(params, 4, true) })
        const complete = psbt.inputs.every(isFinal)
        return { psbt: encodePsbt(psbt), complete, ...(complete && { hex: toHex(extract(psbt).bytes) }) }
      },
    },
    combinepsbt: {
      params: ['txs'],
      summary: 'One PSBT of several of the same transaction.',
      handle: params => combine(psbtsOf(parts(), params)),
    },
    joinpsbts: {
      params: ['txs'],
      summary: 'One PSBT with the inputs and outputs of several, shuffled.',
      handle: params => {
        random ??= parts().env.net.random.fork('psbt')
        return join(psbtsOf(parts(), params), random)
      },
    },
    finalizepsbt: {
      params: ['psbt', 'extract?'],
      summary: 'Finishes inputs that have their signatures; where all have, the transaction in hex.',
      handle: params => {
        const psbt = at(params, 0)
        const complete = finalizePsbt(psbt, parts().secp)
        if (complete && flag(params, 1, true)) return { hex: toHex(extract(psbt).bytes), complete }
        return { psbt: encodePsbt(psbt), complete }
      },
    },
    analyzepsbt: {
      params: ['psbt'],
      summary: 'What each input of a PSBT still needs, and from whom.',
      handle: params => analysis(parts(), at(params, 0)),
    },
  }
}

export function psbtAt({ secp }: LedgerParts, params: readonly unknown[], index: number): Psbt {
  const psbt = decodePsbt(secp, text(params, index, 'psbt'))
  if (typeof psbt === 'string') throw new RpcError(RPC.deserialization, `TX decode failed ${psbt}`)
  return psbt
}

function psbtsOf(parts: LedgerParts, params: readonly unknown[]): Psbt[] {
  const all = array(params, 0, 'txs')
  return all.map((_, i) => psbtAt(parts, all, i))
}

function providerOf(
  parts: LedgerParts,
  params: readonly unknown[],
  index: number,
  withPrivate: boolean,
): SigningProvider {
  const provider = new SigningProvider()
  for (const object of array(params, index, 'descriptors'))
    provider.addAll(scanned(parts, object, withPrivate).provider)
  return provider
}

/** The transaction without its signatures. */
function unsigned(tx: Tx): Tx {
  const inputs = tx.inputs.map(input => ({ ...input, scriptSig: new Uint8Array(0), witness: [] }))
  return makeTx({ ...tx, inputs })
}

function process(
  parts: LedgerParts,
  psbt: Psbt,
  provider: SigningProvider,
  { hashType, finalize }: { readonly hashType: number; readonly finalize: boolean },
): void {
  addCoins(parts, psbt, provider)
  const { secp } = parts
  const known = knownInputs(psbt, secp)
  for (const [index, map] of psbt.inputs.entries())
    if (!isFinal(map)) signInput(psbt, index, provider, { secp, hashType, finalize, known })
  for (const index of psbt.outputs.keys()) updateOutput(psbt, index, provider, secp)
  dropWholeTransactions(psbt, SIGHASH.all)
}

/** Whole transactions from the mempool; of confirmed coins what a witness signs, which proves itself (BIP143). */
function addCoins({ env }: LedgerParts, psbt: Psbt, provider: SigningProvider): void {
  for (const [index, { previous }] of psbt.tx.inputs.entries()) {
    const map = psbt.inputs[index] as PsbtMap
    if (map.has(INPUT.wholeTx)) continue
    const whole = env.mempool.get(previous.txid)?.tx
    const coin = whole ? undefined : env.mempool.spentCoin(previous)
    if (whole) map.set(INPUT.wholeTx, whole.bytes)
    else if (coin && isWitness(coin.script, provider)) map.set(INPUT.witnessUtxo, coinBytes(coin))
  }
}

function isWitness(script: Uint8Array, { scripts }: SigningProvider): boolean {
  const kind = classify(script)
  const inner = kind.kind === 'p2sh' ? scripts.get(toHex(kind.scriptHash)) : script
  return inner !== undefined && witnessProgramOf(inner) !== undefined
}

function combine(all: readonly Psbt[]): string {
  const [first] = all
  if (!first) throw new RpcError(RPC.invalidParameter, "Parameter 'txs' cannot be empty")
  if (all.some(({ tx }) => tx.txid !== first.tx.txid))
    throw new RpcError(RPC.invalidParameter, 'PSBTs not compatible (different transactions)')
  const merged = (pick: (psbt: Psbt) => readonly PsbtMap[]) =>
    pick(first).map((_, i) => new Map(all.toReversed().flatMap(psbt => [...(pick(psbt)[i] ?? [])])))
  const globals = new Map(all.toReversed().flatMap(psbt => [...psbt.globals]))
  const inputs = merged(({ inputs }) => inputs)
  return encodePsbt({ ...first, globals, inputs, outputs: merged(({ outputs }) => outputs) })
}

/** What is signed no more, since the transaction is another. */
const SIGNED: readonly string[] = [INPUT.partialSig, INPUT.finalScriptSig, INPUT.finalWitness]

function join(all: readonly Psbt[], random: Random): string {
  if (all.length <= 1)
    throw new RpcError(RPC.invalidParameter, 'At least two PSBTs are required to join PSBTs.')
  const inputs = all.flatMap(({ tx, inputs }) =>
    tx.inputs.map((input, i) => ({ input, map: unsignedPart(inputs[i] as PsbtMap) })),
  )
  const keys = inputs.map(({ input }) => outPointKey(input.previous))
  const twice = keys.find((key, i) => keys.indexOf(key) !== i)
  if (twice) throw new RpcError(RPC.invalidParameter, `Input ${twice} exists in multiple PSBTs`)
  const outputs = all.flatMap(({ tx, outputs }) =>
    tx.outputs.map((output, i) => ({ output, map: outputs[i] as PsbtMap })),
  )
  shuffle(inputs, random)
  shuffle(outputs, random)
  const fields = {
    version: Math.max(1, ...all.map(({ tx }) => tx.version)),
    inputs: inputs.map(({ input }) => input),
    outputs: outputs.map(({ output }) => output),
    lockTime: Math.min(...all.map(({ tx }) => tx.lockTime)),
  }
  return encodePsbt({
    tx: makeTx(fields),
    globals: new Map(all.flatMap(({ globals }) => [...globals])),
    inputs: inputs.map(({ map }) => map),
    outputs: outputs.map(({ map }) => map),
  })
}

function unsignedPart(map: PsbtMap): PsbtMap {
  return new Map([...map].filter(([key]) => !SIGNED.includes(key.slice(0, 2))))
}

function shuffle<T>(items: T[], random: Random): void {
  for (let last = items.length - 1; last > 0; last--) {
    const other = random.int(last + 1)
    const held = items[last] as T
    items[last] = items[other] as T
    items[other] = held
  }
}
