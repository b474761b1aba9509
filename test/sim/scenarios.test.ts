// Every built-in scenario under virtual time: the same faults and the same checks as on real processes, in seconds, and each
// time the same to the byte.

import { createHash } from 'node:crypto'
import { expect, test } from 'vitest'
import { Observer } from '../../orchestrator/observe/observer.ts'
import { perform } from '../../orchestrator/perform.ts'
import { VirtualClock } from '../../orchestrator/runtime/sim/clock.ts'
import { SimTestnet } from '../../orchestrator/runtime/sim/testnet.ts'
import { BUILT_IN } from '../../orchestrator/scenarios/built-in.ts'
import { parseSpec } from '../../orchestrator/spec/load.ts'
import { makePlan } from '../../orchestrator/spec/plan.ts'

/** What came of it, and the digest of everything that was told. */
async function play(name: string) {
  const plan = makePlan(parseSpec(BUILT_IN[name] as string, `${name}.yaml`, { runtime: 'sim' }))
  const clock = new VirtualClock(plan.chain.genesisTime * 1000)
  const observer = new Observer({ plan, runtime: 'sim', clock: () => clock.now() })
  const hash = createHash('sha256')
  observer.tap(event => hash.update(`${JSON.stringify(event)}\n`))
  const testnet = new SimTestnet(plan, { clock, observer, runDirectory: '', hurried: true })
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

test.each(Object.keys(BUILT_IN))('%s passes, its faults take, and it is the same again', async name => {
  const first = await play(name)
  expect(first.checks.filter(check => !check.passed)).toEqual([])
  expect(first.faults.filter(fault => !fault.verified)).toEqual([])
  expect(first.faults.length).toBeGreaterThan(0)
  expect(await play(name)).toEqual(first)
})
