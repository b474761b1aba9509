// Strategies as a spec asks for them, files of one's own among them, and what became of them in figures and words.

import { rmSync, writeFileSync } from 'node:fs'
import * as nodeModule from 'node:module'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { createRandom } from '../../node/core/random.ts'
import { doubleSpendChance } from '../../orchestrator/research/formulas.ts'
import { loadSpec, parseSpec, specToYaml } from '../../orchestrator/spec/load.ts'
import { makePlan } from '../../orchestrator/spec/plan.ts'
import { changedStrategies } from '../../orchestrator/spec/strategy-files.ts'
import type { Plan } from '../../orchestrator/spec/types.ts'
import { tallied } from '../../orchestrator/systems/ledger/observe/strategies.ts'
import { peerWithLedger } from '../../orchestrator/systems/ledger/peer.ts'
import type { StrategyTally } from '../../orchestrator/systems/ledger/state.ts'
import { doubleSpendsOf, strategyFacts } from '../../orchestrator/systems/ledger/strategy-words.ts'
import { groundOf, verdictOf } from '../support/ground.ts'
import { temporaryDirectory } from '../support/node-config.ts'
import { stateWith } from '../support/partial-state.ts'

const group = (strategy: string) => `nodes: { evil: { share: 30%, ${strategy} }, good: { share: 70% } }`
const planned = (strategy: string) => makePlan(parseSpec(group(strategy), 'net.yaml', {})).nodes[0]?.strategy

describe('a double spender in a spec', () => {
  test.each([
    ['strategy: double-spend', 6, 16],
    ['strategy: double-spend, confirmations: 2', 2, 12],
    ['strategy: double-spend, confirmations: 2, giveUp: 2', 2, 2],
    ['strategy: { double-spend: { confirmations: 3, giveUp: 9 } }', 3, 9],
    ['strategy: { double-spend: {} }', 6, 16],
  ])('%s', (strategy, confirmations, giveUp) => {
    expect(planned(strategy)).toEqual({ name: 'double-spend', confirmations, giveUp, amountSat: 10_000_000 })
  })

  test.each([
    ['strategy: double-spend, confirmations: 5, giveUp: 4', 'nodes.evil.giveUp: before he has counted 5'],
    [
      'strategy: { double-spend: { giveUp: 5 } }',
      'nodes.evil.strategy.double-spend.giveUp: before he has counted 6',
    ],
    ['strategy: selfish, confirmations: 5', 'nodes.evil.confirmations: it belongs to strategy: double-spend'],
    ['giveUp: 5', 'nodes.evil.giveUp: it belongs to strategy: double-spend'],
    [
      'strategy: mine.js',
      'nodes.evil.strategy: expected selfish, double-spend, liar, or a file such as ./mine.js',
    ],
    ['strategy: ./mine.txt', 'nodes.evil.strategy: expected selfish, double-spend, liar, or a file'],
  ])('refuses %s', (strategy, why) => {
    expect(() => planned(strategy)).toThrow(why)
  })
})

describe('a strategy in a file', () => {
  const write = (files: { readonly [name: string]: string }) => {
    const folder = temporaryDirectory()
    for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, name), text)
    return folder
  }
  const CODE = '// Ä\nexport default () => ({})\n'

  test('is read beside the spec; plan and node have its code, the plan its hash, and the record needs no file', () => {
    const folder = write({
      'mine.js': CODE,
      'net.yaml': group('strategy: { file: ./mine.js, options: { a: 1 } }'),
    })
    const spec = loadSpec(join(folder, 'net.yaml'))
    const plan = makePlan(spec)
    const [evil] = plan.nodes
    const sha256 = expect.stringMatching(/^[0-9a-f]{64}$/)
    const path = join(folder, 'mine.js')
    expect(evil?.strategy).toEqual({
      name: 'file',
      file: './mine.js',
      path,
      sha256,
      code: CODE,
      options: { a: 1 },
    })
    const place = { listen: { host: '', port: 1 }, connect: [] }
    expect(peerWithLedger(plan, evil as Plan['nodes'][number], place).ledger?.strategy).toEqual({
      ...{ name: 'file', file: './mine.js', code: CODE, options: { a: 1 } },
    })
    expect(changedStrategies(plan)).toEqual([])
    writeFileSync(path, `${CODE} `)
    expect(changedStrategies(plan)).toEqual([expect.stringContaining('./mine.js has changed since')])
    rmSync(path)
    expect(changedStrategies(plan)).toEqual([expect.stringContaining('./mine.js is not there any more')])
    expect(makePlan(parseSpec(specToYaml(spec), join(folder, 'net.yaml'), {}))).toEqual(plan)
  })

  test.each([
    ['there is none', {}, /net\.yaml:1:.*nodes\.evil\.strategy: there is no file .*mine\.js/],
    [
      'it is no JavaScript',
      { 'mine.js': 'export default () => {\n  const x = \n}\n' },
      /\.\/mine\.js:3: Unexpected token/,
    ],
    [
      'it is too large',
      { 'mine.js': `//${'x'.repeat(60_000)}` },
      /has 60002 bytes; a strategy has at most 60000/,
    ],
  ])('is refused where %s', (_, files: { readonly [name: string]: string }, why) => {
    const folder = write({ ...files, 'net.yaml': group('strategy: ./mine.js') })
    expect(() => loadSpec(join(folder, 'net.yaml'))).toThrow(why)
  })

  test('may have types where Node takes them out, and says so where it does not', () => {
    const folder = write({
      'mine.ts': 'const make = (_: number): object =>\n  ({})\nexport default make\n',
      'net.yaml': group('strategy: ./mine.ts'),
    })
    const load = () => makePlan(loadSpec(join(folder, 'net.yaml'))).nodes[0]?.strategy
    if ('stripTypeScriptTypes' in nodeModule)
      expect(load()).toMatchObject({ code: expect.stringMatching(/^const make = \(_ +\) +=>\n {2}\({}\)\n/) })
    else
      expect(load).toThrow(
        /\.\/mine\.ts: this Node \(.*\) cannot read TypeScript: .* use Node 22\.13 or newer/,
      )
  })
})

describe('the chance of a double spend', () => {
  test('of one who gives up is that of a gambler with so much to lose, as playing it shows', () => {
    const random = createRandom('double spends')
    for (const [q, z, giveUp] of [
      [0.3, 2, 4],
      [0.4, 3, 5],
      [0.5, 2, 6],
      [0.6, 1, 3],
    ] as const) {
      let won = 0
      const runs = 20_000
      for (let i = 0; i < runs; i++) {
        let [good, evil] = [0, 0]
        while (good < z || (evil < good && good - evil < giveUp))
          if (random.float() < q) evil++
          else good++
        if (evil >= good) won++
      }
      const chance = doubleSpendChance(q, z, giveUp)
      expect(Math.abs(won / runs - chance)).toBeLessThan(4 * Math.sqrt((chance * (1 - chance)) / runs))
    }
    expect(doubleSpendChance(0.3, 2, 200)).toBeCloseTo(doubleSpendChance(0.3, 2), 12)
  })
})

describe('what strategies tell', () => {
  const plan = makePlan(
    parseSpec(
      'nodes: { evil: { share: 20%, strategy: double-spend, confirmations: 1 }, sly: { share: 20%, strategy: selfish }, good: { share: 60% } }',
      'net.yaml',
      {},
    ),
  )
  const told = (...events: readonly (readonly [node: string, strategy: string, word: string])[]) =>
    events.reduce<readonly StrategyTally[]>(
      (tallies, [node, strategy, word]) =>
        tallied(tallies, plan, node, {
          type: 'strategy',
          strategy,
          word,
          facts: { why: 'x:1' },
          seq: 1,
          timeMs: 1,
        }),
      [],
    )

  test('is counted by word; a double spender is held against those who mine honestly', () => {
    const tallies = told(
      ['evil-1', 'double-spend', 'tried'],
      ['evil-1', 'double-spend', 'tried'],
      ['evil-1', 'double-spend', 'succeeded'],
      ['sly-1', './x.js', 'failed'],
    )
    expect(tallies).toMatchObject([
      { node: 'evil-1', words: { tried: 2, succeeded: 1, 'gave-up': 0 } },
      { node: 'sly-1', words: { failed: 1 }, failed: 'x:1' },
    ])
    // 20 of 80 that count, and ten more than the confirmation to give up.
    expect(tallies[0]?.chance).toBeCloseTo(doubleSpendChance(0.25, 1, 12), 12)
    expect(tallies[1]).not.toHaveProperty('chance')
    expect(doubleSpendsOf(tallies)).toMatchObject({ tried: 1, succeeded: 1 })
    expect(doubleSpendsOf(told(['sly-1', './x.js', 'won']))).toBeUndefined()
  })

  test('is told in a line a strategy, with chance, interval and expectation', () => {
    const tally = (words: StrategyTally['words']): StrategyTally => ({
      node: 'e',
      strategy: 'double-spend',
      words,
      chance: 0.069,
    })
    expect(strategyFacts([tally({ tried: 42, succeeded: 3, 'gave-up': 38 })])).toEqual([
      [
        'double spends',
        '3 of 41 tried succeeded, 7.32 % (95 %: 2.52 % … 19.4 %); expected 6.9 % (Rosenfeld 2014)',
      ],
    ])
    expect(strategyFacts([tally({ tried: 1 })])).toEqual([['double spends', 'none came to an end yet']])
    const own = (node: string, words: StrategyTally['words']): StrategyTally => ({
      node,
      strategy: './x.js',
      words,
    })
    expect(strategyFacts([own('a', { won: 2 }), own('b', { won: 1, lost: 4 })])).toEqual([
      ['./x.js', 'won 3, lost 4 (2 nodes)'],
    ])
  })

  test('double-spends is green within chance of the formula, red beyond, and waits for enough', async () => {
    const judged = (succeeded: number, gaveUp: number) =>
      verdictOf(
        'double-spends',
        groundOf({
          state: () =>
            stateWith({
              strategies: [
                { node: 'e', strategy: 'double-spend', words: { succeeded, 'gave-up': gaveUp }, chance: 0.2 },
              ],
            }),
        }),
        { tried: 20, level: 0.999 },
      )
    expect(await judged(5, 15)).toMatchObject({
      passed: true,
      final: true,
      asked: '20 % of 20 double spends, within chance at 99.9 %',
    })
    expect(await judged(15, 5)).toMatchObject({ passed: false, final: true })
    expect(await judged(3, 16)).toMatchObject({ passed: false, measured: '19 came to an end' })
  })
})
