// `netsplit chaos`: breaks a running network. Exit 3 when the measurement says that it did not break.

import type { FaultReport } from '../chaos/breakable.ts'
import { FAULT_KINDS, type Fault, type FaultKind, INSTANT_KINDS } from '../chaos/faults.ts'
import { EXIT, type ExitCode, UserError } from '../errors.ts'
import type { Options } from '../main.ts'
import { faultOf, stepSchema } from '../spec/step.ts'
import { parseDurationMs } from '../spec/units.ts'
import { openNetwork } from './orders.ts'
import { print } from './say.ts'

/** How a kind is called from the command line. */
interface Call {
  /** What its words mean. */
  readonly words: string
  /** Without words it is for all. */
  readonly all?: boolean
  readonly flags?: readonly string[]
  readonly example: string
}

const NODES = 'nodes, groups or all'
const LINKS = 'links: all, names, a <-> b, a -> b'
const CUT = 'a shape, sides, isolate and a name, a -> b, a <-> b'

const CALLS: { readonly [kind in FaultKind]: Call } = {
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
  pause: { words: NODES, example: 'pause miners-2 --for 10s' },
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
}
const FLAGS = [...new Set(Object.values(CALLS).flatMap(call => call.flags ?? []))]

export async function run([word, ...words]: readonly string[], options: Options): Promise<ExitCode> {
  const fault = readFault(word ?? '', words, options)
  const forMs = readFor(fault.kind, options.for)
  const testnet = await openNetwork(options)
  try {
    const report = await testnet.inject(fault, { forMs })
    print(options, report, () => tell(report, fault, options.for))
    return report.verified ? EXIT.ok : EXIT.check
  } finally {
    testnet.close()
  }
}

function tell({ id, target, verified, measured, asked }: FaultReport, { kind }: Fault, lasts: unknown) {
  const end = INSTANT_KINDS.includes(kind)
    ? []
    : [`  ${lasts === undefined ? '' : `it heals by itself after ${lasts}; `}netsplit heal ${id} ends it`]
  return [
    `${id}: ${target}`,
    `  ${verified ? 'verified' : 'did not take'}: ${measured} (asked: ${asked})`,
    ...end,
  ]
}

/** The fault that words and flags ask for: checked as a scenario's step is. Throws UserError. */
export function readFault(word: string, words: readonly string[], options: Options): Fault {
  if (word === 'isolate') return readFault('partition', ['isolate', ...words], options)
  const kind = FAULT_KINDS.find(known => known === word)
  if (kind === undefined)
    throw new UserError(
      EXIT.usage,
      `there is no fault ${JSON.stringify(word)}`,
      `faults: ${FAULT_KINDS.join(', ')}`,
    )
  const call = CALLS[kind]
  const example = `such as netsplit chaos ${call.example}`
  const foreign = FLAGS.find(flag => options[flag] !== undefined && !call.flags?.includes(flag))
  if (foreign !== undefined) throw new UserError(EXIT.usage, `--${foreign} is not for ${kind}`, example)
  if (words.length === 0 && !call.all)
    throw new UserError(EXIT.usage, `${kind} of what? It takes ${call.words}`, example)
  const text = words.length === 0 ? 'all' : words.join(' ')
  const { data, error } = stepSchema.safeParse({ [kind]: asWritten(kind, text, call, options) })
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
  const nothing = fault.kind === 'link' && Object.keys(fault.worse).length === 0
  if (nothing) throw new UserError(EXIT.usage, 'nothing gets worse', example)
  if (fault.kind === 'clock-skew' && fault.byMs === 0)
    throw new UserError(EXIT.usage, '--by: a clock is off by something, and by a year at most', example)
  return fault
}

/** As it stands in a scenario's step. */
function asWritten(kind: FaultKind, text: string, { flags }: Call, options: Options): unknown {
  if (flags === undefined) return text
  const given = flags.flatMap(flag => (options[flag] === undefined ? [] : [[flag, options[flag]]]))
  const key = kind === 'link' ? 'on' : kind === 'flapping' ? 'cut' : 'nodes'
  return { [key]: text, ...Object.fromEntries(given) }
}

function readFor(kind: FaultKind, text: Options[string]): number | undefined {
  if (text === undefined) return undefined
  if (INSTANT_KINDS.includes(kind))
    throw new UserError(EXIT.usage, `a ${kind} is over when it has happened`, 'leave --for out')
  const ms = typeof text === 'string' ? parseDurationMs(text) : undefined
  if (ms === undefined || ms < 100 || ms > 86_400_000)
    throw new UserError(EXIT.usage, '--for: expected a duration from 100ms to 1d, such as 30s')
  return ms
}
