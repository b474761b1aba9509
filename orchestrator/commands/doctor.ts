// `netsplit doctor`: what this machine can do for netsplit, tried rather than guessed; exit 4 when it cannot run a network.

import { execFile } from 'node:child_process'
import { accessSync, constants, mkdirSync } from 'node:fs'
import { availableParallelism } from 'node:os'
import { promisify } from 'node:util'
import type { SelfTest } from '../../node/api.ts'
import { EXIT, UserError } from '../errors.ts'
import { type Finding, findingLines } from '../finding.ts'
import { formatRate, plural } from '../format.ts'
import { bundleFile, stateRoot } from '../machine/paths.ts'
import { keepsLost, LOST_REMEDY } from '../runtime/docker/stuck.ts'
import { readMachine, roomFor } from '../runtime/room.ts'
import { RuntimeError } from '../runtime/runtime.ts'
import type { ArgsOf, FlagsOf } from './command.ts'
import { type AskedHost, askedHosts, refuseEngine, whichHosts } from './hosts-asked.ts'
import { type Answered, readAnswered } from './request.ts'
import { print } from './say.ts'

const FASTER_NODE = 24
const SELF_TEST_MS = 20_000

export interface DoctorRequest extends Answered {
  readonly engine: string | undefined
  /** What these can do together, in place of this machine. */
  readonly hosts: readonly AskedHost[] | undefined
  /** Hosts that lack the node image are sent it first. */
  readonly images: boolean
}

export function read(_args: ArgsOf<'doctor'>, flags: FlagsOf<'doctor'>): DoctorRequest {
  const { engine, images } = flags
  if (images && flags.hosts === undefined)
    throw new UserError(EXIT.usage, '--images is for hosts', 'netsplit doctor --hosts --images')
  if (engine !== undefined && flags.hosts !== undefined) refuseEngine()
  return { engine, hosts: readHosts(flags.hosts), images: images === true, ...readAnswered([], flags) }
}

function readHosts(said: string | true | undefined): readonly AskedHost[] | undefined {
  if (said === undefined) return undefined
  const hosts = askedHosts(said === true ? undefined : said, '--hosts')
  if (hosts) return hosts
  throw whichHosts('--hosts')
}

export async function run(request: DoctorRequest): Promise<number> {
  if (request.hosts) {
    const { examine } = await import('./doctor-hosts.ts')
    return await examine(request.hosts, request)
  }
  const found = await Promise.all([nodeProgram(), containers(request.engine)])
  const findings = [nodeVersion(), machine(), stateFolder(), ...found.flat()]
  const ok = findings.every(finding => finding.verdict !== 'fail')
  print(request, { ok, findings }, () => findings.flatMap(findingLines))
  return ok ? EXIT.ok : EXIT.environment
}

function nodeVersion(): Finding {
  const found = `${process.versions.node} (V8 ${process.versions.v8})`
  const old = Number(process.versions.node.split('.')[0]) < FASTER_NODE
  return old
    ? { what: 'Node', verdict: 'note', found, advice: `Node ${FASTER_NODE} or newer mines faster` }
    : { what: 'Node', verdict: 'ok', found }
}

function machine(): Finding {
  const facts = readMachine()
  const { nodes, because } = roomFor('process', facts)
  const gigabytes = (facts.memoryBytes / 1e9).toFixed(1)
  const bound = because.includes('memory') ? '' : ` (${because})`
  const found = `${plural(availableParallelism(), 'core')}, ${gigabytes} GB free: room for about ${plural(nodes, 'node')}${bound}`
  return nodes >= 5
    ? { what: 'machine', verdict: 'ok', found }
    : { what: 'machine', verdict: 'note', found, advice: 'close something, or launch fewer with --nodes' }
}

function stateFolder(): Finding {
  const folder = stateRoot()
  try {
    mkdirSync(folder, { recursive: true, mode: 0o700 })
    accessSync(folder, constants.W_OK)
    return { what: 'state', verdict: 'ok', found: folder }
  } catch (error) {
    const advice = 'point XDG_STATE_HOME to a folder that you may write'
    return { what: 'state', verdict: 'fail', found: (error as Error).message, advice }
  }
}

/** Runs the very program that a network's nodes run. */
async function nodeProgram(): Promise<Finding[]> {
  try {
    const { stdout } = await promisify(execFile)(process.execPath, [bundleFile('node.cjs'), '--self-test'], {
      timeout: SELF_TEST_MS,
    })
    const test = lastDocument(stdout) as SelfTest
    return [
      {
        what: 'hashing',
        verdict: test.kernel === 'simd' ? 'ok' : 'note',
        found: `${test.kernel} kernel, ${formatRate(test.hashRateHps)} a thread`,
        ...(test.kernel === 'scalar' && {
          advice: 'this Node has no WebAssembly SIMD; a newer one mines several times faster',
        }),
      },
      tried('store', test.store, 'LevelDB'),
      tried('signatures', test.signatures, 'secp256k1'),
    ]
  } catch (error) {
    const found = (error as Error).message.split('\n')[0] ?? ''
    return [{ what: 'node program', verdict: 'fail', found, advice: 'npm run build makes it' }]
  }
}

/** Its last line: what NODE_OPTIONS loads may have had a word before. */
function lastDocument(stdout: string): unknown {
  return JSON.parse(stdout.trimEnd().split('\n').at(-1) ?? '')
}

/** An engine is a convenience: without one, nodes run as processes. */
async function containers(asked: string | undefined): Promise<Finding[]> {
  try {
    const [{ connectEngine }, { imageState }, { lostNetworks }] = await Promise.all([
      import('../runtime/docker/engine.ts'),
      import('../runtime/docker/image.ts'),
      import('../runtime/docker/gc.ts'),
    ])
    const { docker, place, facts } = await connectEngine(asked)
    const { tag, present, base, basePresent } = await imageState(docker)
    const found = `${facts.version}, API ${facts.apiVersion}, cgroup v${facts.cgroup}${facts.rootless ? ', rootless' : ''}, ${facts.cores} cores, ${(facts.memoryBytes / 1e9).toFixed(1)} GB, at ${place.address} (${place.from})`
    return [
      { what: 'containers', verdict: 'ok', found },
      present || basePresent
        ? { what: 'node image', verdict: 'ok', found: present ? tag : `${tag} is built at the first use` }
        : {
            what: 'node image',
            verdict: 'note',
            found: `${base} is not in the engine`,
            advice: `--runtime docker pulls it; without a registry, docker/base-images.sh makes it`,
          },
      ...lostFinding((await lostNetworks(docker)).length),
      ...(facts.isolates ? [] : [OPEN_NETWORKS]),
    ]
  } catch (error) {
    if (!(error instanceof RuntimeError)) throw error
    const { message, hint } = error
    const advice = hint === undefined ? {} : { advice: hint }
    return [{ what: 'containers', verdict: 'note', found: message, ...advice }]
  }
}

const OPEN_NETWORKS: Finding = {
  what: 'isolation',
  verdict: 'note',
  found: 'podman gives this machine an address on the networks of nodes',
  advice: 'nodes reach what listens on all addresses here (0.0.0.0); with Docker they do not',
}

/** A fault of the engine that does no harm, and has one remedy. */
function lostFinding(count: number): Finding[] {
  if (count === 0) return []
  return [{ what: 'networks', verdict: 'note', found: keepsLost(count), advice: LOST_REMEDY }]
}

function tried(what: string, outcome: string, name: string): Finding {
  return outcome === 'ok'
    ? { what, verdict: 'ok', found: `${name} works` }
    : { what, verdict: 'fail', found: outcome, advice: 'delete node_modules and run npm start again' }
}
