// Several container engines on one machine, as on several: each a real dockerd with namespaces of its own for network, mounts,
// processes and host name, on a switch that is itself a namespace, so that nothing of the machine's own network is touched. They end with
// whoever started them, however that ends. Root is needed, and nothing is asked of a registry.

import { type ChildProcess, execFileSync, spawn, spawnSync } from 'node:child_process'
import {
  closeSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { PassThrough } from 'node:stream'
import Docker from 'dockerode'
import { beforeEach, onTestFinished } from 'vitest'
import { until } from './until.ts'

/** RFC 2544's addresses for benchmarks: nobody's. A switch of its own means that each set of engines may use the same. */
const NET = '198.18.77'
const READY_MS = 60_000

/** One engine on a machine of its own, as far as it can tell. */
export class TestEngine {
  readonly name: string
  /** On the switch. */
  readonly ip: string
  /** `unix:///…`. */
  readonly address: string
  readonly docker: Docker
  readonly namespace: string
  readonly #folder: string
  readonly #place: number
  readonly #group: string
  #process: ChildProcess | undefined

  constructor(group: string, folder: string, place: number) {
    this.name = `host-${place}`
    this.ip = `${NET}.${place}`
    this.namespace = `${group}-${place}`
    this.#folder = folder
    this.#place = place
    this.#group = group
    this.address = `unix://${folder}/sock`
    this.docker = new Docker({ socketPath: `${folder}/sock` })
  }

  /** Begins, or begins again with what it had. */
  async start(): Promise<void> {
    const log = openSync(join(this.#folder, 'log'), 'a')
    const dockerd = [
      ...['dockerd', '--host', this.address, '--storage-driver', 'overlay2'],
      ...['--data-root', join(this.#folder, 'data'), '--exec-root', join(this.#folder, 'exec')],
      ...['--pidfile', join(this.#folder, 'exec.pid'), '--cgroup-parent', `/${this.#group}/${this.#place}`],
      ...['--bip', `172.31.${this.#place}.1/24`],
    ]
    // What runs in containers has the engine's process namespace above it: with its first process all of them are gone.
    const alone = ['unshare', '--mount', '--uts', '--pid', '--fork', '--kill-child', '--mount-proc']
    // As /run on a machine that starts: what an engine noted there of processes that are gone, another may have the number of.
    const named = [
      'sh',
      '-c',
      `rm -rf "$1"/exec "$1"/exec.pid "$1"/sock; hostname ${this.name}; shift; exec "$@"`,
      'sh',
    ]
    this.#process = spawn(
      'nsenter',
      [`--net=/run/netns/${this.namespace}`, ...alone, ...named, this.#folder, ...dockerd],
      { stdio: ['ignore', log, log], detached: true },
    )
    closeSync(log)
    const engine = this.#process
    const noted = join(this.#folder, 'pid')
    writeFileSync(noted, `${engine.pid}`)
    // Whoever has its number after it is not to be ended in its stead.
    engine.once('exit', () => rmSync(noted, { force: true }))
    await until(
      `${this.name} answers`,
      async () => {
        if (hasEnded(engine)) throw new Error(readFileSync(join(this.#folder, 'log'), 'utf8'))
        return await this.docker.ping().then(
          () => true,
          () => false,
        )
      },
      READY_MS,
    )
  }

  /** As if its machine lost its power: it and all its containers, at once. */
  async kill(): Promise<void> {
    const engine = this.#process
    if (!engine || hasEnded(engine)) return
    const ended = new Promise(resolve => engine.once('exit', resolve))
    // It goes last.
    const first = firstOf(engine)
    engine.kill('SIGKILL')
    await ended
    await until(`all of ${this.name} is gone`, () => !existsSync(`/proc/${first}`))
    // Connections that nobody closed keep the network of what has ended, and its addresses with that, for minutes.
    for (const line of this.run('ip', '-o', 'link').split('\n')) {
      const [, link] = /^\d+: ((veth|br-|docker)[^:@]*)/.exec(line) ?? []
      // One of a pair takes the other with it.
      if (link !== undefined) spawnSync('ip', ['-n', this.namespace, 'link', 'delete', link])
    }
  }

  /** In order: it ends its containers first, and takes no calls meanwhile. */
  async stop(): Promise<void> {
    const engine = this.#process
    if (!engine || hasEnded(engine)) return
    const ended = new Promise(resolve => engine.once('exit', resolve))
    process.kill(Number(firstOf(engine)), 'SIGTERM')
    await ended
  }

  /** Runs a command in its network. */
  run(...command: string[]): string {
    return execFileSync('nsenter', [`--net=/run/netns/${this.namespace}`, ...command], { encoding: 'utf8' })
  }
}

function hasEnded({ exitCode, signalCode }: ChildProcess): boolean {
  return exitCode !== null || signalCode !== null
}

/** The first process of its namespace, by our number. */
function firstOf({ pid }: ChildProcess): string | undefined {
  return readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').split(' ')[0]
}

export class TestEngines {
  readonly engines: readonly TestEngine[]
  readonly #keeper: ChildProcess

  private constructor(engines: readonly TestEngine[], keeper: ChildProcess) {
    this.engines = engines
    this.#keeper = keeper
  }

  /** What hinders them on this machine; undefined: nothing. */
  static hindrance(): string | undefined {
    if (process.getuid?.() !== 0) return 'engines in namespaces need root'
    const lacks = ['dockerd', 'containerd', 'nsenter', 'unshare', 'ip', 'hostname'].filter(
      command => !(process.env.PATH ?? '').split(':').some(folder => existsSync(join(folder, command))),
    )
    return lacks.length > 0 ? `engines in namespaces need ${lacks.join(', ')}` : undefined
  }

  /** They have nothing yet: no image, no swarm. */
  static async start(count: number): Promise<TestEngines> {
    const folder = mkdtempSync(join(tmpdir(), 'nse-'))
    const group = folder.slice(folder.lastIndexOf('/') + 1).toLowerCase()
    const places = Array.from({ length: count }, (_, i) => i + 1)
    for (const place of places) mkdirSync(join(folder, `${place}`))
    const keeper = spawn('sh', ['-c', END, 'sh', folder, group], {
      stdio: ['pipe', 'ignore', 'inherit'],
      detached: true,
    })
    keeper.stdin?.on('error', () => {})
    const engines = places.map(place => new TestEngine(group, join(folder, `${place}`), place))
    const all = new TestEngines(engines, keeper)
    try {
      execFileSync('sh', ['-ec', switchScript(group, engines)], { stdio: ['ignore', 'ignore', 'inherit'] })
      await Promise.all(engines.map(engine => engine.start()))
      return all
    } catch (error) {
      await all.close()
      throw error
    }
  }

  /** The first manages, the others work. */
  async swarm(): Promise<void> {
    const [manager, ...workers] = this.engines
    if (!manager) return
    const listen = ({ ip }: TestEngine) => ({ ListenAddr: `${ip}:2377`, AdvertiseAddr: ip })
    await manager.docker.swarmInit({ ...listen(manager), ForceNewCluster: false, Spec: {} })
    const { JoinTokens } = (await manager.docker.swarmInspect()) as { JoinTokens: { Worker: string } }
    const joining = workers.map(worker =>
      worker.docker.swarmJoin({
        ...listen(worker),
        RemoteAddrs: [`${manager.ip}:2377`],
        JoinToken: JoinTokens.Worker,
      }),
    )
    await Promise.all(joining)
    await until('all are ready', async () => {
      const nodes = (await manager.docker.listNodes()) as { Status?: { State?: string } }[]
      return nodes.filter(({ Status }) => Status?.State === 'ready').length === this.engines.length
    })
  }

  /** Gives an image of another engine to these, or to all. */
  async load(from: Docker, image: string, to: readonly TestEngine[] = this.engines): Promise<void> {
    const saved = (await from.getImage(image).get()) as NodeJS.ReadableStream
    const loading = to.map(async ({ docker }) => {
      const answer = await docker.loadImage(saved.pipe(new PassThrough()))
      for await (const _ of answer as AsyncIterable<Buffer>);
    })
    await Promise.all(loading)
  }

  /** All is gone once this resolves. */
  async close(): Promise<void> {
    const ended = new Promise(resolve => this.#keeper.once('exit', resolve))
    if (this.#keeper.exitCode !== null) return
    this.#keeper.stdin?.end()
    await ended
  }
}

/** For a file that cannot do without: each of its tests is skipped where there can be none, loudly. */
export function enginesOrSkip(): void {
  const hindrance = TestEngines.hindrance()
  if (hindrance === undefined) return
  console.error(`SKIPPED, every test with several engines: ${hindrance}`)
  beforeEach(({ skip }) => skip(hindrance))
}

/** Gone after the test. */
export async function startEngines(count: number): Promise<TestEngines> {
  const engines = await TestEngines.start(count)
  onTestFinished(() => engines.close())
  return engines
}

/** Waits until nobody holds its input; then ends the engines that wrote their numbers down, and takes down what is theirs. */
const END = `
trap '' INT TERM HUP
cat >/dev/null
for file in "$1"/*/pid; do
  pid=
  read -r pid <"$file" || [ -n "$pid" ] || continue
  { read -r first rest <"/proc/$pid/task/$pid/children"; } 2>/dev/null
  kill -9 "$pid" 2>/dev/null
  while [ -n "$first" ] && [ -e "/proc/$first" ]; do sleep 0.05; done
  first=
done
for space in /run/netns/"$2"-*; do [ -e "$space" ] && ip netns del "\${space##*/}"; done
for tries in 1 2 3 4 5 6 7 8 9 10; do
  rm -rf --one-file-system "$1" 2>/dev/null && break
  sleep 0.2
done
find /sys/fs/cgroup -depth -type d -path "*/$2*" -exec rmdir {} + 2>/dev/null
exit 0
`

/** The switch is in a namespace itself: the machine's packet filter, which knows nothing of it, is not asked. */
function switchScript(group: string, engines: readonly TestEngine[]): string {
  const hub = `${group}-0`
  const wires = engines.flatMap(({ namespace, ip }, i) => [
    `ip netns add ${namespace}`,
    `ip -n ${hub} link add p${i} type veth peer name eth0 netns ${namespace}`,
    `ip -n ${hub} link set p${i} master sw up`,
    `ip -n ${namespace} address add ${ip}/24 dev eth0`,
    `ip -n ${namespace} link set eth0 up`,
    `ip -n ${namespace} link set lo up`,
  ])
  return [
    `ip netns add ${hub}`,
    `ip -n ${hub} link add sw type bridge`,
    `ip -n ${hub} link set sw up`,
    ...wires,
  ].join('\n')
}
