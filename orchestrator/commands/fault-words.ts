// A fault in words, as people type it at the command line and on the screen: a kind, what it is for, and flags.

import { type Fault, type FaultKind, INSTANT_KINDS, LIVE_KINDS, type LiveKind } from '../chaos/faults.ts'
import { EXIT, UserError } from '../errors.ts'
import { faultOf, stepSchema } from '../spec/step.ts'
import { didYouMean } from '../spec/suggest.ts'
import { durationRange, MAX_DURATION_MS, parseDurationMs } from '../spec/units.ts'
import type { FlagsOf } from './command.ts'

/** What makes a fault worse or better, by its flag. */
type FaultFlag = Exclude<keyof FlagsOf<'chaos'>, 'name' | 'for' | 'json'>

/** As typed at the command line and at the prompt. */
export type FaultFlags = { readonly [flag in FaultFlag]?: string }

/** How a kind is asked for. */
export interface FaultCall {
  /** What its words mean. */
  readonly words: string
  /** Without words it is for all. */
  readonly all?: boolean
  readonly flags?: readonly FaultFlag[]
  readonly example: string
}

const NODES = 'nodes, groups, regions, hosts or all'
const HOSTS = 'names of hosts'
const LINKS = 'links: all, names, a <-> b, a -> b'
const CUT = 'a shape, sides, isolate and a name, a -> b, a <-> b'

export const FAULT_CALLS: { readonly [kind in LiveKind]: FaultCall } = {
  partition: { words: CUT, example: 'partition "miners-1,miners-2 | rest" --for 30s' },
  flapping: { words: CUT, flags: ['period'], example: 'flapping halves --period 4s --for 1m' },
  link: {
    words: LINKS,
    all: true,
    flags: ['latency', 'jitter', 'bandwidth', 'loss'],
    example: 'link "miners-1 -> miners-2" --latency 300ms --loss 2%',
  },
  reset: { words: LINKS, all: true, example: 'reset miners-1' },
  kill: { words: NODES, example: 'kill miners-1 --for 10s' },
  stop: { words: NODES, example: 'stop miners --for 10s' },
  restart: { words: NODES, example: 'restart all' },
  'rolling-restart': { words: NODES, example: 'rolling-restart all' },
  upgrade: {
    words: NODES,
    flags: ['program', 'image'],
    example: 'upgrade core-1 --program /opt/bitcoin-29/bin/bitcoind',
  },
  pause: { words: NODES, example: 'pause miners-2 --for 10s' },
  'host-down': { words: HOSTS, example: 'host-down host-2 --for 30s' },
  'host-cut': { words: HOSTS, example: 'host-cut host-2 --for 30s' },
  churn: {
    words: NODES,
    all: true,
    flags: ['rate', 'away'],
    example: 'churn miners --rate 6/m --away 5s --for 2m',
  },
  'clock-skew': { words: NODES, flags: ['by'], example: 'clock-skew miners-1 --by -10m' },
  'disk-full': { words: NODES, example: 'disk-full miners-3 --for 20s' },
  cpu: { words: NODES, flags: ['limit'], example: 'cpu miners-1 --limit 20%' },
  memory: { words: NODES, flags: ['limit'], example: 'memory miners-1 --limit 128MB' },
  access: {
    words: NODES,
    all: true,
    flags: ['up', 'down'],
    example: 'access miners-1 --up 500kbit --down 2Mbit',
  },
}
const FLAGS = [...new Set(Object.values(FAULT_CALLS).flatMap(call => call.flags ?? []))]

/** The fault that words and flags ask for: checked as a scenario's step is. Throws UserError. */
export function readFault(word: string, words: readonly string[], typed: FaultFlags): Fault {
  if (word === 'isolate') return readFault('partition', ['isolate', ...words], typed)
  const kind = LIVE_KINDS.find(known => known === word)
  if (kind === undefined)
    throw new UserError(
      EXIT.usage,
      `there is no fault ${JSON.stringify(word)}`,
      didYouMean(word, [...LIVE_KINDS, 'isolate']) ?? `faults: ${LIVE_KINDS.join(', ')}`,
    )
  const call = FAULT_CALLS[kind]
  const example = `such as netsplit chaos ${call.example}`
  const foreign = FLAGS.find(flag => typed[flag] !== undefined && !call.flags?.includes(flag))
  if (foreign !== undefined) throw new UserError(EXIT.usage, `--${foreign} is not for ${kind}`, example)
  if (words.length === 0 && !call.all)
    throw new UserError(EXIT.usage, `${kind} of what? It takes ${call.words}`, example)
  const text = words.length === 0 ? 'all' : words.join(' ')
  const { data, error } = stepSchema.safeParse({ [kind]: asWritten(kind, text, call, typed) })
  if (!data) {
    const [first] = error.issues
    const flag = first?.path[1]
    throw new UserError(
      EXIT.usage,
      flag === undefined ? `${kind}: ${first?.message}` : `--${String(flag)}: ${first?.message}`,
      example,
    )
  }
  const { fault } = faultOf(kind, data)
  // Until it is healed, or for as long as is said.
  if (fault.kind === 'upgrade') return { kind: fault.kind, nodes: fault.nodes, to: fault.to }
  const nothing = 'worse' in fault && Object.keys(fault.worse).length === 0
  if (nothing) throw new UserError(EXIT.usage, 'nothing gets worse', example)
  if (fault.kind === 'clock-skew' && fault.byMs === 0)
    throw new UserError(EXIT.usage, '--by: a clock is off by something, and by a year at most', example)
  return fault
}

/** As it stands in a scenario's step. */
function asWritten(kind: FaultKind, text: string, { flags }: FaultCall, typed: FaultFlags): unknown {
  if (flags === undefined) return text
  const given = Object.fromEntries(
    flags.flatMap(flag => (typed[flag] === undefined ? [] : [[flag, typed[flag]]])),
  )
  if (kind === 'upgrade') return { nodes: text, to: given }
  const key = kind === 'link' ? 'on' : kind === 'flapping' ? 'cut' : 'nodes'
  return { [key]: text, ...given }
}

/** How long it is to last, if that is said. Throws UserError. */
export function readFor(kind: FaultKind, text: string | undefined): number | undefined {
  if (text === undefined) return undefined
  if (INSTANT_KINDS.includes(kind))
    throw new UserError(EXIT.usage, `a ${kind} is over when it has happened`, 'leave --for out')
  const ms = parseDurationMs(text)
  if (ms === undefined) throw new UserError(EXIT.usage, '--for: expected a duration such as 30s')
  if (ms < 100 || ms > MAX_DURATION_MS) throw new UserError(EXIT.usage, `--for: ${durationRange(100)}`)
  return ms
}
