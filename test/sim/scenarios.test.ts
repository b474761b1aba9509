// Every built-in scenario under virtual time: the same faults and the same checks as on real processes, in seconds, and each
// time the same to the byte.

import { createHash } from 'node:crypto'
import { expect, test } from 'vitest'
import { Observer } from '../../orchestrator/observe/observer.ts'
import { perform } from '../../orchestrator/run/perform.ts'
import { VirtualClock } from '../../orchestrator/runtime/sim/clock.ts'
import { SimTestnet } from '../../orchestrator/runtime/sim/testnet.ts'
import { BUILT_IN } from '../../orchestrator/scenarios/built-in.ts'
import { parseSpec } from '../../orchestrator/spec/load.ts'
import { makePlan } from '../../orchestrator/spec/plan.ts'
import type { Plan } from '../../orchestrator/spec/types.ts'

const planOf = (name: string) =>
  makePlan(parseSpec(BUILT_IN[name] as string, `${name}.yaml`, { runtime: 'sim' }))

function testnetOf(plan: Plan) {
  const clock = new VirtualClock(plan.chain.genesisTime * 1000)
  const observer = new Observer({ plan, runtime: 'sim', clock: () => clock.now() })
  return { observer, testnet: new SimTestnet(plan, { clock, observer, runDirectory: '', hurried: true }) }
}

/** Why the simulator does not play it: nodes without a machine of their own have no disk, memory or processor to lack. */
function refusal(name: string): string | undefined {
  const plan = planOf(name)
  const { testnet } = testnetOf(plan)
  return plan.faults?.map(({ fault }) => testnet.cannot(fault.kind)).find(why => why !== undefined)
}

/** What came of it, and the digest of everything that was told. */
async function play(name: string) {
  const { observer, testnet } = testnetOf(planOf(name))
  const hash = createHash('sha256')
  observer.tap(event => hash.update(`${JSON.stringify(event)}\n`))
  const over = new AbortController()
  try {
    await testnet.launch()
    const nobody = { say: () => {}, signal: new AbortController().signal }
    const { checks, faults, vacuous } = await perform(testnet, nobody, over.signal)
    await testnet.down('the scenario is over')
    return { checks, faults, vacuous, digest: hash.digest('hex') }
  } finally {
    over.abort()
  }
}

const NAMES = Object.keys(BUILT_IN)

test.each(NAMES.filter(name => refusal(name) === undefined))(
  '%s passes, its faults take, and it is the same again',
  async name => {
    const first = await play(name)
    expect(first.checks.filter(check => !check.passed)).toEqual([])
    expect(first.faults.filter(fault => !fault.verified)).toEqual([])
    expect(first.faults.length + first.checks.length).toBeGreaterThan(3)
    expect(await play(name)).toEqual(first)
  },
)

test('what lacks a machine of its own is refused, and nothing else', () => {
  const refused = NAMES.filter(name => refusal(name) !== undefined)
  for (const name of refused) expect(refusal(name)).toContain('use --runtime')
  const kinds = refused.flatMap(name => planOf(name).faults?.map(({ fault }) => fault.kind) ?? [])
  expect(kinds.filter(kind => !['memory', 'disk-full', 'cpu'].includes(kind))).toEqual([])
  expect(refused.length).toBeLessThan(NAMES.length / 4)
})
