// The dashboards against a real Prometheus that scrapes a real network with a partition in it: every expression is evaluated
// and returns data. And the rules, by promtool.

import { execFile, execFileSync } from 'node:child_process'
import { promisify } from 'node:util'
import { describe, expect, it } from 'vitest'
import { toGrafana } from '../../grafana/builder.ts'
import { DASHBOARDS } from '../../grafana/dashboards.ts'
import { Desk } from '../support/cli.ts'
import { standIn } from '../support/core-stand-in/program.ts'
import { QUICK } from '../support/real-network.ts'
import { until } from '../support/until.ts'

const run = promisify(execFile)

function has(program: string): boolean {
  try {
    execFileSync(program, ['--version'], { stdio: 'ignore' })
    return true
  } catch {
    if (process.env.CI) throw new Error(`${program} is missing`)
    console.warn(`SKIPPED: no ${program} on this machine, the dashboards are not evaluated`)
    return false
  }
}

const NETWORK = 'watched'
const OF_PROGRAMS = 'netsplit_node_program_'
/** Of nodes in containers (test/docker/prometheus.test.ts). */
const OF_GROUPS = 'netsplit_node_cgroup_'
const OF_SWARMS = /netsplit_(bittorrent|dht|tracker|network_content)_/
const DEPLOYMENTS = 'deployments: { demo: { bit: 3, rule: none } }'
const NODES = 'nodes: { miners: { count: 4, share: 100% }, phones: { count: 1, runs: bitcoin-light } }\n'
/** Names alone, on this machine: they make clocks, and ways between them. */
const HOSTS = 'hosts: [{ name: a, engine: ssh://a }, { name: b, engine: ssh://b }]\n'
/** What Grafana puts in: the choices at the top, four scrapes for a rate, the time shown. */
const VARIABLES: readonly (readonly [string, string])[] = [
  ['$network', NETWORK],
  ['$node', '.*'],
  ['$group', '.*'],
  ['$__rate_interval', '20s'],
  ['$__range', '5m'],
]

function filledIn(expression: string): string {
  return VARIABLES.reduce((text, [name, value]) => text.replaceAll(name, value), expression)
}

interface Sample {
  readonly metric: Readonly<Record<string, string>>
  readonly value: readonly [number, string]
}

class Prometheus {
  readonly #url: string

  constructor(url: string) {
    this.#url = url
  }

  /** Throws what Prometheus says of an expression that it does not understand. */
  async query(expression: string): Promise<Sample[]> {
    const response = await fetch(`${this.#url}/api/v1/query?query=${encodeURIComponent(expression)}`)
    const answer = (await response.json()) as { error?: string; data: { result: Sample[] } }
    if (answer.error !== undefined) throw new Error(`${answer.error}: ${expression}`)
    return answer.data.result
  }

  async hasNumbers(expression: string): Promise<boolean> {
    const samples = await this.query(expression)
    return samples.some(({ value }) => !Number.isNaN(Number(value[1])))
  }
}

/** Everything that the dashboards ask and that is wanted, by where it stands. */
function questions(isWanted: (expression: string) => boolean): Map<string, string> {
  const asked = new Map<string, string>()
  for (const [file, { rows }] of Object.entries(DASHBOARDS))
    for (const { title, queries } of rows.flatMap(row => row.panels))
      for (const { expr, legend = '' } of queries)
        if (isWanted(expr)) asked.set(`${file}: ${title} ${legend}`, filledIn(expr))
  return asked
}

/** Asks again until each has had numbers; what has none in the end is the failure. */
async function eachHasNumbers(prometheus: Prometheus, asked: ReadonlyMap<string, string>): Promise<void> {
  const waiting = new Map(asked)
  const probe = async () => {
    for (const [where, expression] of waiting)
      if (await prometheus.hasNumbers(expression)) waiting.delete(where)
    return waiting.size === 0
  }
  await until('every expression has had numbers', probe, 60_000).catch(error => {
    throw new Error(`${error.message}\nwithout numbers: ${JSON.stringify([...waiting], null, 1)}`)
  })
}

describe.runIf(has('promtool'))('the rules', () => {
  it('do what their tests want', async () => {
    const { stdout } = await run('promtool', ['test', 'rules', 'docker/rules.test.yml'])
    expect(stdout).toContain('SUCCESS')
  })
})

describe.runIf(has('prometheus'))('the dashboards', () => {
  it('return data for every expression, over a network that was split and healed', async () => {
    // Something of everything that a dashboard shows: payments, light clients, hosts, a change of the rules.
    const yaml = `${QUICK.replace('tx: 0/s', 'tx: 10/s').replace(/^chain: \{/m, `chain: { ${DEPLOYMENTS},`)}${NODES}${HOSTS}`
    const desk = new Desk(yaml)
    await desk.up('--name', NETWORK, '--runtime', 'process', '--observability', '--no-tui')
    const prometheus = await announced(desk)
    const scraped = (expression: string) => until(expression, () => prometheus.hasNumbers(expression), 60_000)
    await scraped(`netsplit_network_fault_phase{network="${NETWORK}"} == 0`)
    expect((await desk.run('rpc', 'miners-1', 'getblockhash', '999999')).code).not.toBe(0)

    const sides = 'miners-1,miners-2,phones-1 | rest'
    expect((await desk.run('chaos', 'partition', sides)).code).toBe(0)
    await scraped(`netsplit_network_fault_phase{network="${NETWORK}"} == 1`)
    await scraped(`netsplit_network_tips{network="${NETWORK}"} == 2`)
    await scraped(`sum(netsplit_network_links_changed{network="${NETWORK}", how="cut"}) == 12`)
    // What the dashboards mark as a fault, where it stands in their JSON.
    for (const dashboard of Object.values(DASHBOARDS)) {
      const { annotations } = toGrafana(dashboard) as { annotations: { list: { expr: string }[] } }
      for (const { expr } of annotations.list) await scraped(filledIn(expr))
    }
    expect((await desk.run('heal')).code).toBe(0)
    await scraped(`netsplit_network_convergence_seconds{network="${NETWORK}"}`)

    await eachHasNumbers(
      prometheus,
      questions(
        expression =>
          ![OF_PROGRAMS, OF_GROUPS].some(part => expression.includes(part)) && !OF_SWARMS.test(expression),
      ),
    )
    const [halves] = await prometheus.query(
      `max_over_time(netsplit_network_node_side{network="${NETWORK}", node="miners-4"}[5m])`,
    )
    expect(halves?.value[1]).toBe('2')
  })

  it('return data for what is of other people’s programs, where there is one', async () => {
    const core = `core: { count: 1, share: 50%, client: bitcoind, program: ${await standIn()} }`
    const nodes = `nodes: { ours: { count: 1, share: 50% }, ${core} }`
    const desk = new Desk(`chain: { network: regtest, blockInterval: 1s }\n${nodes}`)
    await desk.up('--name', NETWORK, '--runtime', 'process', '--observability', '--no-tui')
    const asked = questions(expression => expression.includes(OF_PROGRAMS))
    expect(asked.size).toBe(2)
    await eachHasNumbers(await announced(desk), asked)
  })

  it('return data for swarms, where there is one', async () => {
    const nodes = ['seeds: { count: 1', 'peers: { count: 2', 'spoils: { count: 1, strategy: polluter']
    const groups = nodes.map(group => `${group}, runs: bittorrent }`).join(', ')
    const desk = new Desk(
      `nodes: { ${groups}, tracker: { count: 1, runs: tracker } }
topology: { kind: full }
links: { access: { up: 8Mbit, down: 40Mbit } }
bittorrent: { content: [{ name: film, size: 4MB, on: 'seeds,spoils' }] }
`,
    )
    await desk.up('--name', NETWORK, '--runtime', 'process', '--observability', '--no-tui')
    const asked = questions(expression => OF_SWARMS.test(expression))
    expect(asked.size).toBeGreaterThan(10)
    await eachHasNumbers(await announced(desk), asked)
  })
})

async function announced(desk: Desk): Promise<Prometheus> {
  const url = await until('Prometheus is announced', async () => {
    const { log } = (await desk.ask('status')) as { log: { text: string }[] }
    return log.map(({ text }) => /^Prometheus: (http:\S+)$/.exec(text)?.[1]).find(url => url !== undefined)
  })
  return new Prometheus(url)
}
