// `netsplit doctor --hosts` on real engines, each on a machine of its own: what is open between them is tried, and of what is not, the
// way and the port are named.

import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest'
import type { Finding } from '../../orchestrator/finding.ts'
import { connectEngine } from '../../orchestrator/runtime/docker/engine.ts'
import type { HostsReport } from '../../orchestrator/runtime/docker/host-findings.ts'
import { ensureNodeImage } from '../../orchestrator/runtime/docker/image.ts'
import { Desk } from '../support/cli.ts'
import { enginesOrSkip, type TestEngine, TestEngines } from '../support/engines.ts'
import { until } from '../support/until.ts'

enginesOrSkip()

interface Examined extends HostsReport {
  readonly ok: boolean
  readonly findings: readonly Finding[]
}

/** On a busy machine an engine takes a minute to start, and another to take an image. */
const BEGIN_MS = 300_000

/** The first has the node image. Each test leaves its packet filters as they were; only the last makes a swarm. */
let cluster: TestEngines

beforeAll(async () => {
  if (TestEngines.hindrance() !== undefined) return
  cluster = await TestEngines.start(2)
  const { docker } = await connectEngine()
  await cluster.load(docker, await ensureNodeImage(docker, () => {}), cluster.engines.slice(0, 1))
}, BEGIN_MS)
afterAll(() => cluster?.close())

/** Two hosts `a` and `b`, and a look at them by the command. */
function hospital() {
  const hosts = cluster.engines.map(
    ({ address, ip }, i) => `{ name: ${i === 0 ? 'a' : 'b'}, engine: "${address}", address: ${ip} }`,
  )
  const desk = new Desk(`nodes: { miners: { count: 2, share: 100% } }\nhosts: [${hosts.join(', ')}]\n`)
  const examine = async (...flags: string[]): Promise<Examined> => {
    const { code, stdout } = await desk.run('doctor', '--hosts', '--json', ...flags)
    const examined = JSON.parse(stdout) as Examined
    expect(code).toBe(examined.ok ? 0 : 4)
    return examined
  }
  const [a, b] = cluster.engines as [TestEngine, TestEngine]
  return { examine, a, b }
}

function drop(engine: TestEngine, protocol: string, port: number): void {
  const rule = ['INPUT', '-p', protocol, '--dport', `${port}`, '-j', 'DROP']
  engine.run('iptables', '-I', ...rule)
  onTestFinished(() => void engine.run('iptables', '-D', ...rule))
}

const outcomes = ({ pairs }: HostsReport) =>
  pairs.map(({ from, to, tries }) => [
    `${from} ${to}`,
    ...tries.map(({ what, outcome }) => `${what} ${outcome}`),
  ])

const failures = ({ findings }: Examined) =>
  findings.flatMap(({ what, verdict, found }) => (verdict === 'fail' ? [`${what}: ${found}`] : []))

async function left(): Promise<string[]> {
  const label = ['io.netsplit.role=doctor']
  const found = cluster.engines.map(async ({ docker }) => [
    ...(await docker.listContainers({ all: true, filters: { label } })).map(({ Id }) => Id),
    ...(await docker.listNetworks({ filters: { label } })).map(({ Name }) => Name),
  ])
  return (await Promise.all(found)).flat()
}

test('of engines in no swarm the very ports are tried, and the one that is shut is named with its way', async () => {
  const { examine, a, b } = hospital()
  const bare = await examine()
  expect(bare.hosts.map(({ image }) => image)).toEqual([true, false])
  expect(bare.findings.map(({ what }) => what)).toEqual(['node image', 'ways'])
  const well = await examine('--images')
  expect(outcomes(well)).toEqual([
    ['a b', '7946/tcp open', '7946/udp open', '4789/udp open'],
    ['b a', '2377/tcp open', '7946/tcp open', '7946/udp open', '4789/udp open'],
  ])
  expect(well.hosts).toMatchObject([
    { name: 'a', image: true, mtu: 1500, swarm: 'none', address: a.ip },
    { name: 'b', image: true, mtu: 1500, swarm: 'none', address: b.ip },
  ])
  for (const { clock, freeBytes, room } of well.hosts) {
    expect(Math.abs(clock?.offsetMs ?? Number.NaN)).toBeLessThanOrEqual((clock?.errorMs ?? 0) + 1)
    expect(freeBytes).toBeGreaterThan(0)
    expect(room?.nodes).toBeGreaterThan(0)
  }
  drop(a, 'tcp', 2377)
  drop(b, 'udp', 7946)
  expect(failures(await examine())).toEqual([
    `a → b: 7946/udp at ${b.ip}: it did not get to b`,
    `b → a: 2377/tcp at ${a.ip}: no answer`,
  ])
  await until('nothing of it is left', async () => (await left()).length === 0)
})

test('of a swarm an overlay shows whether packets come through, each way by itself', async () => {
  const { examine, b } = hospital()
  await cluster.swarm()
  const well = await examine('--images')
  expect(outcomes(well)).toEqual([
    ['a b', '7946/tcp open', '7946/udp untried', '4789/udp open'],
    ['b a', '2377/tcp open', '7946/tcp open', '7946/udp untried', '4789/udp open'],
  ])
  expect(well.hosts.map(({ swarm }) => swarm)).toEqual(['manager', 'worker'])
  expect(well.findings.at(-1)).toMatchObject({ what: 'ways', verdict: 'note' })
  expect(well.findings.at(-1)?.found).toContain('not proven: 7946/udp (its engine holds the port)')
  drop(b, 'udp', 4789)
  expect(failures(await examine())).toEqual([`a → b: 4789/udp at ${b.ip}: it did not get to b`])
  await until('nothing of it is left', async () => (await left()).length === 0)
})
