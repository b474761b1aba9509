// How fast virtual time passes: slowed for who watches, and the same happens at any speed.

import { expect, test } from 'vitest'
import { Observer } from '../../orchestrator/observe/observer.ts'
import { liveUntil, parseUntil } from '../../orchestrator/run/until.ts'
import { VirtualClock } from '../../orchestrator/runtime/sim/clock.ts'
import { SimTestnet } from '../../orchestrator/runtime/sim/testnet.ts'
import { parseSpec } from '../../orchestrator/spec/load.ts'
import { makePlan } from '../../orchestrator/spec/plan.ts'
import { Desk } from '../support/cli.ts'

const SPEC = `
nodes: { miners: { count: 4, share: 100% } }
chain: { blockInterval: 10s }
load: { tx: 0/s }
`

/** Virtual seconds in a real one, for whoever looks on. */
const WATCHED = 60

test.each([['--json'], ['--no-tui']])('without a screen --until goes at full speed: %s', async flag => {
  const desk = new Desk(`name: speed\nruntime: sim\n${SPEC}`)
  const { code, stdout, stderr } = await desk.run('up', '--until', 'height 200', flag)
  expect(code, stderr).toBe(0)
  expect(stderr).not.toContain('slowed')
  if (flag !== '--json') return
  const { seconds, realSeconds } = JSON.parse(stdout)
  expect(seconds).toBeGreaterThan(1000)
  expect(realSeconds).toBeLessThan(seconds / WATCHED / 2)
})

test('where nothing says when it ends, time is slowed and the lines say so', async () => {
  const desk = new Desk(`name: speed\nruntime: sim\n${SPEC}`)
  const up = desk.start('up', '--no-tui')
  await up.says('slowed to 60× for whoever watches')
  await up.says(' · slowed to 60× · height')
  up.signal('SIGINT')
  expect((await up.ended).code).toBe(130)
})

test('what happens is the same at any speed', async () => {
  const record = async (hurried: boolean) => {
    const plan = makePlan(parseSpec(`runtime: sim\n${SPEC}`, 'test', {}))
    const clock = new VirtualClock(plan.chain.genesisTime * 1000)
    const observer = new Observer({ plan, runtime: 'sim', clock: () => clock.now(), realMs: () => 0 })
    const events: string[] = []
    observer.tap(event => events.push(JSON.stringify(event)))
    const testnet = new SimTestnet(plan, { clock, observer, runDirectory: '', hurried })
    await testnet.launch()
    const slowedTo = testnet.state().slowedTo
    await liveUntil(testnet, parseUntil('height 3'), 0, new AbortController().signal)
    await testnet.down('seen')
    return { slowedTo, events }
  }
  const fast = await record(true)
  const slow = await record(false)
  expect([fast.slowedTo, slow.slowedTo]).toEqual([undefined, WATCHED])
  expect(slow.events).toEqual(fast.events)
})
