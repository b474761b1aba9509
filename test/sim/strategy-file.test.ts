// Strategies in files of their own, in virtual time: the one of the docs, and what is said of those that are wrong.

import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { Observer } from '../../orchestrator/observe/observer.ts'
import { VirtualClock } from '../../orchestrator/runtime/sim/clock.ts'
import { SimTestnet } from '../../orchestrator/runtime/sim/testnet.ts'
import { loadSpec } from '../../orchestrator/spec/load.ts'
import { makePlan } from '../../orchestrator/spec/plan.ts'
import { temporaryDirectory } from '../support/node-config.ts'
import { documentedStrategy } from '../support/strategy-file.ts'

const SPEC = `
name: own
runtime: sim
duration: 365d
nodes:
  evil: { share: 40%, strategy: ./mine.js }
  good: { count: 3, share: 60% }
chain: { blockInterval: 10s, difficulty: { rule: fixed } }
topology: { kind: full }
links: { latency: 1ms, jitter: 0ms }
load: { tx: 0/s }
`

/** The network with this strategy, when it stands; what it told goes into `lines`. */
async function launch(code: string, spec = SPEC) {
  const folder = temporaryDirectory()
  writeFileSync(join(folder, 'mine.js'), code)
  writeFileSync(join(folder, 'net.yaml'), spec)
  const plan = makePlan(loadSpec(join(folder, 'net.yaml')))
  const clock = new VirtualClock(plan.chain.genesisTime * 1000)
  const observer = new Observer({ plan, runtime: 'sim', clock: () => clock.now(), realMs: () => 0 })
  const lines: string[] = []
  observer.tap(event => lines.push(JSON.stringify(event)))
  const testnet = new SimTestnet(plan, { clock, observer, runDirectory: '', hurried: true })
  await testnet.launch()
  return { testnet, lines }
}

test('the example of the docs plays, tells what comes of it, and does the same for the same seed', async () => {
  const once = async () => {
    const { testnet, lines } = await launch(documentedStrategy())
    await testnet.elapse(300 * 10_000)
    const { strategies, totals } = testnet.state().systems.ledger
    await testnet.down('seen')
    return { lines, strategies, totals }
  }
  const { lines, strategies, totals } = await once()
  const [tally, ...others] = strategies
  expect(others).toEqual([])
  expect(tally).toMatchObject({ node: 'evil-1', strategy: './mine.js' })
  const { hidden = 0, won = 0, lost = 0, failed = 0 } = tally?.words ?? {}
  expect(failed).toBe(0)
  for (const count of [hidden, won, lost]) expect(count).toBeGreaterThan(5)
  expect(totals.staleBlocks).toBeGreaterThan(won)
  expect((await once()).lines).toEqual(lines)
})

test('what two nodes of a file keep is their own where it stands inside, and options come from the spec', async () => {
  const spec = SPEC.replace(
    'share: 40%, strategy: ./mine.js',
    'count: 2, share: 40%, strategy: { file: ./mine.js, options: { word: hello } }',
  )
  const { testnet } = await launch(
    'export default stage => { let n = 0; return { onFound() { n += 1; if (n === 1) stage.tell(stage.options.word) } } }',
    spec,
  )
  await testnet.elapse(60 * 10_000)
  expect(testnet.state().systems.ledger.strategies.map(({ node, words }) => [node, words])).toEqual(
    expect.arrayContaining([
      ['evil-1', { hello: 1 }],
      ['evil-2', { hello: 1 }],
    ]),
  )
  await testnet.down('seen')
})

test('one that throws is told with its place, shows what it hid, and the node is honest from then on', async () => {
  const { testnet } = await launch(`
let count = 0
export default stage => ({
  onFound(block) {
    stage.hide(block.hash)
    if (++count === 3) throw new Error('that was the third')
  },
})
`)
  await testnet.elapse(200 * 10_000)
  const state = testnet.state()
  expect(state.systems.ledger.strategies).toMatchObject([
    { node: 'evil-1', words: { failed: 1 }, failed: './mine.js:6:30: that was the third' },
  ])
  expect(state.log.some(({ level, text }) => level === 'error' && text.includes('./mine.js:6:30'))).toBe(true)
  // Its later blocks are the others', too.
  const mined = state.systems.ledger.blocks.filter(({ miner, active }) => miner === 'evil-1' && active)
  expect(mined.length).toBeGreaterThan(5)
  expect(state.systems.ledger.converged).toBe(true)
  await testnet.down('seen')
})

test.each([
  ['Date.now()', 'stage.clock in place of Date'],
  ['new Date()', 'stage.clock in place of Date'],
  ['Math.random()', 'stage.random in place of Math.random'],
  ['setTimeout(() => {}, 5)', 'stage.clock.after in place of setTimeout'],
  ['performance.now()', 'stage.clock in place of performance'],
])('%s would make two runs of one seed differ', async (expression, why) => {
  const { testnet } = await launch(`export default () => ({\n  onFound() {\n    ${expression}\n  },\n})`)
  await testnet.elapse(60 * 10_000)
  const [tally] = testnet.state().systems.ledger.strategies
  expect(tally?.failed).toMatch(/^\.\/mine\.js:3:\d+: /)
  expect(tally?.failed).toContain(why)
  await testnet.down('seen')
})

test.each([
  ['export default 3', './mine.js:1: its default export is a number'],
  ['export const x = () => ({})', './mine.js:1: its default export is missing'],
  [
    "export default () => ({})\nimport './other.js'",
    './mine.js: it is one file, and cannot import "./other.js"',
  ],
  ['\nnull.x\nexport default () => ({})', './mine.js:2:6: Cannot read properties of null'],
  ['export default () => ({\n  onFound() {\n', ':3: Unexpected end of input'],
])('refuses %j before anything starts', async (code, why) => {
  await expect(launch(code)).rejects.toThrow(why)
})
