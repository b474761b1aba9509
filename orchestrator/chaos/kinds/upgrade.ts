// Nodes that become another program, one after the other, with the data that they had: stopped, and started as the other. What they
// are afterwards they say themselves, and that is what counts.

import type { ProgramSaid } from '../../clients/program-said.ts'
import { isVersion } from '../../clients/version.ts'
import { plural } from '../../format.ts'
import { type Bench, type Injection, refusal, tell } from '../injection.ts'
import { type Finding, together } from '../measure.ts'
import { backIn, measured } from './orders.ts'

type Said = ReturnType<Bench['network']['says']>

/** For a program that runs to say what it is. */
const SAYS_WITHIN_MS = 10_000
const POLL_MS = 50

/** `stays`: nobody takes it back. */
export function upgrade(bench: Bench, nodes: readonly string[], to: ProgramSaid, stays: boolean): Injection {
  const { network } = bench
  const over = new AbortController()
  const before = new Map<string, Said>()
  const undo = new Map<string, () => void>()
  const refused: string[] = []
  /** Stopped in the one shape and started in the other; undone where that cannot start. */
  const turn = async (node: string) => {
    before.set(node, network.says(node))
    const back = network.become(node, to)
    const trouble = await tell(bench, [node], 'restart')
    if (!trouble) {
      undo.set(node, back)
      return
    }
    back()
    refused.push(trouble.measured)
    if (!network.running().includes(node)) await tell(bench, [node], 'start')
  }
  return {
    begin: async () => undefined,
    measure: async signal => {
      const stop = signal ? AbortSignal.any([signal, over.signal]) : over.signal
      for (const node of nodes) {
        if (stop.aborted) break
        await turn(node).catch((error: Error) => refused.push(error.message))
        await backIn(bench, [node], stop)
      }
      const said = await whatTheySay(bench, [...undo.keys()], to, before, stop)
      const all: Finding = {
        asked: `${plural(nodes.length, 'node')} to become another, one after the other`,
        measured: `${undo.size} of ${nodes.length} did`,
        verified: undo.size === nodes.length,
      }
      return together(
        refusal('every one becomes it', refused),
        together(all, together(said, await measured(bench, nodes, 'running', stop))),
      )
    },
    end: async () => {
      over.abort()
      if (stays) return undefined
      const trouble: string[] = []
      for (const [node, back] of undo) {
        back()
        const found = await tell(bench, [node], 'restart')
        if (found) trouble.push(found.measured)
      }
      return refusal('every one becomes what it was', trouble)
    },
    measureEnd: async signal => {
      const whole = await measured(bench, nodes, 'running', signal)
      return stays ? whole : together(await whatTheySayAgain(bench, [...undo.keys()], before, signal), whole)
    },
  }
}

/** Whether each says that it is what it was to become: of that version, or where none was said, another than before. */
async function whatTheySay(
  bench: Bench,
  nodes: readonly string[],
  { version }: ProgramSaid,
  before: ReadonlyMap<string, Said>,
  signal: AbortSignal,
): Promise<Finding | undefined> {
  if (nodes.length === 0) return undefined
  const { network } = bench
  const is = (node: string) => {
    const said = network.says(node)
    if (said === undefined) return false
    return version === undefined ? said.whole !== before.get(node)?.whole : isVersion(said.version, version)
  }
  await saying(bench, () => nodes.every(is), signal)
  const right = nodes.filter(is)
  const words = wordsOf(nodes.map(node => network.says(node)))
  const were = wordsOf(nodes.map(node => before.get(node)))
  const finding: Finding = {
    asked: version === undefined ? `to say another thing than ${were}` : `version ${version}`,
    measured: `${right.length} of ${nodes.length} say so: ${words}, before ${were}`,
    verified: right.length === nodes.length,
  }
  // Where no version was asked for and it says the same, the two cannot be told apart by what they say.
  const alike = version === undefined && right.length === 0
  return alike
    ? { ...finding, measured: `it says that it is ${words}, as before`, unmeasured: true }
    : finding
}

function wordsOf(said: readonly Said[]): string {
  return [...new Set(said.map(each => each?.whole ?? 'nothing'))].join(', ')
}

async function whatTheySayAgain(
  bench: Bench,
  nodes: readonly string[],
  before: ReadonlyMap<string, Said>,
  signal: AbortSignal | undefined,
): Promise<Finding | undefined> {
  if (nodes.length === 0) return undefined
  const is = (node: string) => bench.network.says(node)?.whole === before.get(node)?.whole
  await saying(bench, () => nodes.every(is), signal)
  const right = nodes.filter(is)
  return {
    asked: `${plural(nodes.length, 'node')} what they were`,
    measured: `${right.length} of ${nodes.length} say so`,
    verified: right.length === nodes.length,
  }
}

async function saying(
  { network }: Bench,
  done: () => boolean,
  signal: AbortSignal | undefined,
): Promise<void> {
  const untilMs = network.nowMs() + SAYS_WITHIN_MS
  while (!done() && network.nowMs() < untilMs && !signal?.aborted) await network.wait(POLL_MS, signal)
}
