// Hygiene: no error in a log, no honest peer blamed, no descriptor or memory that is taken and not given back.

import type { NetworkState } from '../observe/state.ts'
import { quantile } from '../report/statistics.ts'
import type { PlannedCheck } from '../spec/types.ts'
import { Asking, foreignOf } from './asking.ts'
import { calm } from './calm.ts'
import {
  type Check,
  type Ground,
  runningNodes,
  setting,
  some,
  startOf,
  type Trouble,
  type Verdict,
} from './check.ts'

const SAMPLE_MS = 500
/** Fewer samples in a life tell nothing about growth. */
const LEAST_SAMPLES = 10
/** Of a life's samples, how many at its beginning and at its end are set beside each other. */
const END_SHARE = 0.2
const MB = 1e6
/** What others' programs tell in their own words alone. Their bridges and spies are ours, and are listened to. */
const TO_ITSELF = { errors: 'its errors in its own log alone', blame: 'no word of whom it blames' }

export const noErrorLogs: Check = {
  name: 'no-error-logs',
  describe: 'no node, and not the testnet, reports an error',
  run: (ground, wish) => silence(ground, wish, ['error'], 'no error in any log', TO_ITSELF.errors),
}

export const noBlame: Check = {
  name: 'no-blame',
  describe: 'among honest nodes no block is refused and no peer is taken for a hostile one',
  run: (ground, wish) =>
    silence(ground, wish, ['rejected', 'blamed'], 'no block refused, no peer blamed', TO_ITSELF.blame),
}

async function silence(
  ground: Ground,
  wish: PlannedCheck,
  kinds: readonly Trouble['kind'][],
  asked: string,
  keptToItself: string,
): Promise<Verdict> {
  const troubles = () => ground.troubles().filter(({ kind }) => kinds.includes(kind))
  await calm(ground, wish, () => troubles().length > 0)
  const found = troubles()
  const nodes = runningNodes(ground)
  const foreign = foreignOf(ground, nodes)
  const asking = new Asking(ground)
  for (const node of foreign) asking.lacks(node, keptToItself)
  const verdict = {
    passed: found.length === 0,
    asked,
    measured: found.length === 0 ? 'none' : `${found.length}`,
    ...(found.length > 0 && {
      message: some(found.map(({ node, text }) => (node === undefined ? text : `${node}: ${text}`))),
    }),
  }
  return asking.verdict(verdict, nodes.length - foreign.length + found.length)
}

/** What one life of a process held over time; undefined where that cannot be known. */
interface Life {
  readonly node: string
  readonly rssBytes: number[]
  readonly descriptors: number[]
}

export const noLeaks: Check = {
  name: 'no-leaks',
  describe:
    'no process ends a long run with many more open files and sockets, or much more memory, than it began with',
  run: async (ground, wish) => {
    const lives = new Map<string, Life>()
    let endMs = Number.POSITIVE_INFINITY
    void startOf(ground, wish).then(startMs => {
      endMs = (startMs ?? ground.nowMs()) + wish.within.ms
    })
    while (ground.nowMs() < endMs) {
      sample(ground, ground.state().nodes, lives)
      await ground.wait(SAMPLE_MS)
    }
    const asking = new Asking(ground)
    const nodes = [...new Set([...lives.values()].map(({ node }) => node))]
    for (const node of foreignOf(ground, nodes)) asking.lacks(node, 'no count of its open files')
    const verdict = judge([...lives.values()], {
      descriptors: setting(wish, 'descriptors'),
      memoryBytes: setting(wish, 'memory'),
    })
    return asking.verdict(verdict, nodes.length)
  },
}

function sample(ground: Ground, nodes: NetworkState['nodes'], lives: Map<string, Life>): void {
  for (const { name, client, phase, pid, upSinceMs, rssBytes } of nodes) {
    if (phase !== 'running') continue
    const key = `${name} ${pid} ${upSinceMs}`
    const life = lives.get(key) ?? { node: name, rssBytes: [], descriptors: [] }
    lives.set(key, life)
    if (rssBytes > 0) life.rssBytes.push(rssBytes)
    const descriptors = client === undefined ? ground.descriptors(name) : undefined
    if (descriptors !== undefined) life.descriptors.push(descriptors)
  }
}

function judge(lives: readonly Life[], most: { descriptors: number; memoryBytes: number }): Verdict {
  const known = (what: 'rssBytes' | 'descriptors') => lives.filter(life => life[what].length >= LEAST_SAMPLES)
  const [memory, files] = [known('rssBytes'), known('descriptors')]
  const growths = [
    ...memory.map(life => ({ life, by: growth(life.rssBytes), most: most.memoryBytes, unit: 'MB', per: MB })),
    ...files.map(life => ({
      life,
      by: growth(life.descriptors),
      most: most.descriptors,
      unit: 'descriptors',
      per: 1,
    })),
  ]
  const leaking = growths.filter(({ by, most }) => by > most)
  const greatest = (of: readonly Life[], what: 'rssBytes' | 'descriptors', per: number) =>
    of.length === 0
      ? 'not known here'
      : `${+(Math.max(...of.map(life => growth(life[what]))) / per).toFixed(1)}`
  return {
    passed: growths.length > 0 && leaking.length === 0,
    asked: `growth of at most ${most.descriptors} descriptors and ${most.memoryBytes / MB} MB in a life`,
    measured: `descriptors ${greatest(files, 'descriptors', 1)}, MB ${greatest(memory, 'rssBytes', MB)}`,
    ...(growths.length === 0 && {
      message:
        'nothing could be measured: this runtime has no process of its own for each node, or the run was too short',
    }),
    ...(leaking.length > 0 && {
      message: some(
        leaking.map(({ life, by, unit, per }) => `${life.node} grew by ${+(by / per).toFixed(1)} ${unit}`),
      ),
    }),
  }
}

/** From the middle of the first samples to the middle of the last. */
function growth(samples: readonly number[]): number {
  const count = Math.max(1, Math.floor(samples.length * END_SHARE))
  const middle = (part: readonly number[]) => quantile(part, 0.5) ?? 0
  return middle(samples.slice(-count)) - middle(samples.slice(0, count))
}
