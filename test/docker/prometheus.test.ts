// A real Prometheus beside a network: it finds every target, and promtool finds no fault with what it is given.

import { execFile } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { expect, test } from 'vitest'
import { LABEL } from '../../orchestrator/runtime/docker/labels.ts'
import { GRAFANA_IMAGE, PROMETHEUS_IMAGE } from '../../orchestrator/runtime/docker/observability.ts'
import type { Desk } from '../support/cli.ts'
import { containerDesk, containersOf, inspect, THREE, thingsWith } from '../support/containers.ts'
import { until } from '../support/until.ts'

const run = promisify(execFile)

interface Sample {
  readonly metric: Readonly<Record<string, string>>
  readonly value: readonly [number, string]
}

async function query(prometheus: string, expression: string): Promise<Sample[]> {
  const response = await fetch(`${prometheus}/api/v1/query?query=${encodeURIComponent(expression)}`)
  const { data } = (await response.json()) as { data?: { result: Sample[] } }
  return data?.result ?? [] // too busy to answer this time
}

/** Where the network's Prometheus says that it answers. */
async function addressOf(desk: Desk): Promise<string> {
  return await until('Prometheus is announced', async () => {
    const { log } = (await desk.ask('status')) as { log: { text: string }[] }
    return log.map(({ text }) => /^Prometheus: (http:\S+)$/.exec(text)?.[1]).find(url => url !== undefined)
  })
}

async function everyTargetIsUp(prometheus: string, nodes: number): Promise<void> {
  await until('every target is up', async () => {
    const up = await query(prometheus, 'up')
    return up.length === nodes + 1 && up.every(({ value }) => value[1] === '1')
  })
}

async function statusOf(url: string, token: string): Promise<number> {
  return (await fetch(url, { headers: { authorization: `Bearer ${token}` } })).status
}

async function promtoolAccepts(url: string, token: string): Promise<void> {
  const response = await fetch(url, { headers: { authorization: `Bearer ${token}` } })
  expect(response.status).toBe(200)
  const checking = run('promtool', ['check', 'metrics'])
  checking.child.stdin?.end(await response.text())
  expect(await checking).toMatchObject({ stdout: '', stderr: '' })
}

test.each([
  ['docker', THREE],
  ['process', THREE.replace('runtime: docker', 'runtime: process')],
])(
  'with the %s runtime Prometheus scrapes the observer and each node, and goes with the network',
  async (runtime, yaml) => {
    const desk = containerDesk(yaml)
    const up = await desk.up('--name', 'watched', '--observability', '--no-tui')
    const prometheus = await addressOf(desk)
    expect(prometheus).toMatch(/^http:\/\/127\.0\.0\.1:\d+$/)
    await everyTargetIsUp(prometheus, 3)
    const named = await query(prometheus, 'up{job="netsplit-nodes"}')
    expect(named.map(({ metric }) => `${metric.network} ${metric.node}`).sort()).toEqual([
      'watched miners-1',
      'watched miners-2',
      'watched miners-3',
    ])
    await until(
      'a rule has a value',
      async () => (await query(prometheus, 'network:netsplit_hash_rate:ratio')).length > 0,
    )
    // In a container a node has a control group of its own, whose memory is told beside what is resident.
    const charged = () => query(prometheus, 'netsplit_node_cgroup_memory_bytes')
    if (runtime === 'docker') await until('charged memory', async () => (await charged()).length === 3)
    else expect(await charged()).toEqual([])
    // Nodes come and go, and its targets with them.
    await desk.run('stop', 'miners-3')
    await everyTargetIsUp(prometheus, 2)

    // promtool finds no fault with what it was given, nor with what it scrapes.
    const folder = join(desk.stateOf('watched'), 'observability')
    const checked = await run('promtool', ['check', 'config', join(folder, 'prometheus.yml')])
    expect(checked.stdout).toMatch(/9 rules found/)
    const { url } = JSON.parse(readFileSync(join(desk.stateOf('watched'), 'controller.json'), 'utf8'))
    const token = (name: string) => readFileSync(join(folder, 'network', name), 'utf8')
    const { nodes } = (await desk.ask('status')) as { nodes: { control: string }[] }
    const [node = ''] = nodes.map(({ control }) => control)
    // In containers both through the gateway, with a token that reads metrics and does nothing else.
    const network = runtime === 'docker' ? new URL('/-', node).href : url
    await promtoolAccepts(`${network}/metrics`, token('network.token'))
    await promtoolAccepts(`${node}/metrics`, token('nodes.token'))
    if (runtime === 'docker')
      for (const path of ['/health', '/events', '/rpc', '/links', '/stop'])
        expect(await statusOf(`${node}${path}`, token('nodes.token'))).toBe(403)

    // Killed hard, too: it does not outlive its controller.
    up.signal('SIGKILL')
    await up.ended
    await until('Prometheus has gone', () =>
      fetch(prometheus).then(
        () => false,
        () => true,
      ),
    )
  },
)

test('its container is as hardened as a node, and down removes it', async () => {
  const desk = containerDesk()
  const up = await desk.up('--name', 'guarded', '--no-tui')
  await addressOf(desk)
  const containers = await containersOf({ [LABEL.network]: 'guarded' })
  const { HostConfig, NetworkSettings, Config } = await inspect(containers.get('prometheus') as string)
  expect(HostConfig).toMatchObject({
    ReadonlyRootfs: true,
    CapDrop: ['ALL'],
    SecurityOpt: ['no-new-privileges'],
  })
  expect(Config.User).not.toMatch(/^0?$|^0:/)
  const published = Object.values(NetworkSettings.Ports).flatMap(ports => ports ?? [])
  expect(published.map(({ HostIp }) => HostIp)).toEqual(['127.0.0.1'])
  expect((await desk.run('down')).code).toBe(0)
  await up.ended
  expect(await thingsWith(`${LABEL.network}=guarded`)).toEqual([])
})

test('the compose file asks for the very images that netsplit starts', () => {
  const compose = readFileSync('docker/compose.yaml', 'utf8')
  expect([...compose.matchAll(/image: (\S+)/g)].map(([, image]) => image)).toEqual([
    PROMETHEUS_IMAGE,
    GRAFANA_IMAGE,
  ])
})
