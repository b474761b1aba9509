// The state of a deployment and the blocks that break it, from raw blocks and by code that shares nothing with the node's.

import type { DeployedRule, DeploymentState } from '../../../../node/api.ts'
import type { PlannedDeployment, PlannedVersionBits } from '../deployments.ts'
import { readTransactions } from './raw-chain.ts'

const MEDIAN_OF = 11
const NEVER = Number.MAX_SAFE_INTEGER

type Counting = Pick<PlannedVersionBits, 'periodBlocks' | 'thresholdBlocks'>

/** The state of each block of a chain by its height, and last of the one that is to come. `blocks`: raw, from genesis on. */
export function rawStates(
  blocks: readonly Buffer[],
  deployment: PlannedDeployment,
  counting: Counting,
): DeploymentState[] {
  const { periodBlocks } = counting
  const states: DeploymentState[] = []
  let state: DeploymentState = 'defined'
  for (let height = 0; height <= blocks.length; height++) {
    if (height > 0 && height % periodBlocks === 0)
      state = afterPeriod(
        state,
        blocks.slice(Math.max(0, height - periodBlocks - MEDIAN_OF), height),
        height,
        {
          deployment,
          counting,
        },
      )
    states.push(state)
  }
  return states
}

/** `past`: the blocks up to this height, those of the period at least. */
function afterPeriod(
  state: DeploymentState,
  past: readonly Buffer[],
  height: number,
  { deployment, counting }: { readonly deployment: PlannedDeployment; readonly counting: Counting },
): DeploymentState {
  const { periodBlocks, thresholdBlocks } = counting
  const { by, start, timeout, minActivationHeight, lockInOnTimeout, bit } = deployment
  const clock = by === 'height' ? height : medianTime(past)
  if (state === 'defined') return clock >= start ? 'started' : state
  if (state === 'must_signal') return 'locked_in'
  if (state === 'locked_in') return height >= minActivationHeight ? 'active' : state
  if (state !== 'started') return state
  const count = past.slice(-periodBlocks).filter(block => hasBit(block, bit)).length
  if (count >= thresholdBlocks) return 'locked_in'
  if (lockInOnTimeout && height + periodBlocks >= timeout) return 'must_signal'
  return timeout !== NEVER && clock >= timeout ? 'failed' : state
}

function medianTime(past: readonly Buffer[]): number {
  const times = past.slice(-MEDIAN_OF).map(block => block.readUInt32LE(68))
  return times.sort((a, b) => a - b)[Math.floor(times.length / 2)] ?? 0
}

/** BIP9: the version begins with 001, and the bit is set. */
function hasBit(block: Buffer, bit: number): boolean {
  const version = block.readUInt32LE(0)
  return Math.floor(version / 2 ** 29) === 1 && Math.floor(version / 2 ** bit) % 2 === 1
}

/** The first block of a chain that breaks the deployment, and how; undefined: none, as far as raw blocks show it. */
export function firstBreach(
  blocks: readonly Buffer[],
  deployment: PlannedDeployment,
  counting: Counting,
): { readonly height: number; readonly what: string } | undefined {
  const states = rawStates(blocks, deployment, counting)
  const allowed = counting.periodBlocks - counting.thresholdBlocks
  let silent = 0
  for (const [height, block] of blocks.entries()) {
    if (height % counting.periodBlocks === 0) silent = 0
    if (states[height] === 'must_signal' && !hasBit(block, deployment.bit) && ++silent > allowed)
      return { height, what: `must signal bit ${deployment.bit}` }
    const what = states[height] === 'active' ? breach(block, height, deployment.rule) : undefined
    if (what !== undefined) return { height, what }
  }
  return undefined
}

/** What of a rule a single raw block breaks. Rules of scripts are not to be seen there. */
function breach(block: Buffer, height: number, rule: DeployedRule): string | undefined {
  if (rule.rule === 'max-block-weight') {
    const weight = weightOf(block, height)
    return weight > rule.weight ? `weighs ${weight}, at most ${rule.weight} are allowed` : undefined
  }
  if (rule.rule !== 'forbid') return undefined
  const isForbidden = FORMS[rule.outputs]
  const [, ...others] = readTransactions(block, height)
  const bad = isForbidden && others.find(({ scripts }) => scripts.some(isForbidden))
  return bad ? `${bad.txid} has a ${rule.outputs} output` : undefined
}

/** BIP141: three times what old nodes see of it, and once all. */
function weightOf(block: Buffer, height: number): number {
  const hidden = readTransactions(block, height).reduce((sum, { witnessBytes }) => sum + witnessBytes, 0)
  return 3 * (block.length - hidden) + block.length
}

/** Outputs that are told by their bytes alone. */
const FORMS: { readonly [kind: string]: ((script: Buffer) => boolean) | undefined } = {
  data: script => script[0] === 0x6a && onlyPushes(script, 1),
  p2tr: script => script.length === 34 && script[0] === 0x51 && script[1] === 32,
}

function onlyPushes(script: Buffer, from: number): boolean {
  let at = from
  while (at < script.length) {
    const opcode = script[at] as number
    at += 1
    if (opcode > 0x60) return false
    if (opcode < 0x4c) at += opcode
    else if (opcode === 0x4c) at += 1 + (script[at] ?? script.length)
    else if (opcode === 0x4d) at += at + 2 <= script.length ? 2 + script.readUInt16LE(at) : script.length
    else if (opcode === 0x4e) at += at + 4 <= script.length ? 4 + script.readUInt32LE(at) : script.length
  }
  return at === script.length
}
