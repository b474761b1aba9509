// A selfish miner among real processes, over links that charge for synthetic blocks: the same strategy, the same sizes.

import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import type { RunSummary } from '../../orchestrator/control/api.ts'
import type { ObservedEvent } from '../../orchestrator/observe/events.ts'
import { Desk } from '../support/cli.ts'
import { ADVERSARIES, documentedStrategy } from '../support/strategy-file.ts'

const SPEC = `
name: greedy
nodes: { evil: { share: 45%, strategy: selfish }, good: { count: 2, share: 55% } }
mining: { mode: simulated }
chain: { blockInterval: 1s, blockSize: 1MB, difficulty: { rule: fixed } }
topology: { kind: full }
links: { latency: 5ms, jitter: 0ms, bandwidth: 80Mbit }
relay: unsolicited
load: { tx: 0/s }
`
/** A megabyte at 80 Mbit/s. The 5 ms of the link are left to what timers and clocks of two processes may be off. */
const LEAST_MS = 100

test('it hides what it finds until an honest block threatens it; blocks take the time of their size', async () => {
  const desk = new Desk(SPEC)
  const summary = (await desk.ask(
    'up',
    '--runtime',
    'process',
    '--until',
    'stale >= 3',
    '--for',
    '3m',
  )) as RunSummary
  // While it goes down the other branch may still win.
  expect(summary.staleBlocks).toBeGreaterThan(0)
  const lines = readFileSync(join(summary.runDirectory, 'events.ndjson'), 'utf8').trim().split('\n')
  const events = lines.map(line => JSON.parse(line) as ObservedEvent).sort((a, b) => a.timeMs - b.timeMs)
  const mined = new Map<
    string,
    { readonly height: number; readonly atMs: number; readonly miner: string | undefined }
  >()
  let [honest, shown] = [0, 0]
  for (const { node, timeMs, event } of events) {
    expect(event.type).not.toBe('misbehaviour')
    if (event.type === 'block-mined') {
      mined.set(event.hash, { height: event.height, atMs: timeMs, miner: node })
      if (node !== 'evil-1') honest = Math.max(honest, event.height)
    } else if (event.type === 'block-received' && event.from !== undefined) {
      const block = mined.get(event.hash)
      if (!block) continue
      expect(timeMs - block.atMs).toBeGreaterThan(LEAST_MS)
      if (block.miner !== 'evil-1') continue
      shown++
      expect(honest).toBeGreaterThanOrEqual(block.height - 1)
    }
  }
  expect(shown).toBeGreaterThan(0)
})

test('a strategy of a file and a double spender reach their processes; a file that is wrong is told with its line', async () => {
  const launch = async (code: string) => {
    const desk = new Desk(ADVERSARIES)
    writeFileSync(join(desk.folder, 'mine.js'), code)
    return await desk.run('up', '--runtime', 'process', '--until', 'height 40', '--for', '5m', '--json')
  }
  const [good, bad] = await Promise.all([
    launch(documentedStrategy()),
    launch('\nnull.x\nexport default () => ({})\n'),
  ])
  const { strategies = [] } = JSON.parse(good.stdout) as RunSummary
  const words = Object.fromEntries(strategies.map(({ node, words }) => [node, words]))
  expect(words['evil-1']).toMatchObject({ hidden: expect.any(Number) })
  expect(words['evil-1']?.failed).toBeUndefined()
  expect(words['thief-1']).toMatchObject({ tried: expect.any(Number) })
  expect((words['thief-1']?.succeeded ?? 0) + (words['thief-1']?.['gave-up'] ?? 0)).toBeGreaterThan(0)
  expect(bad.code).not.toBe(0)
  expect(bad.stderr).toContain('./mine.js:2:6: Cannot read properties of null')
})

test('a runtime says what it cannot do before anything starts', async () => {
  const desk = new Desk(SPEC.replace('strategy: selfish', 'strategy: { selfish: { gamma: 0.5 } }'))
  const { code, stderr } = await desk.run('up', '--runtime', 'process', '--for', '5s')
  expect(code).toBe(4)
  expect(stderr).toContain('only the simulator can set gamma')
})
