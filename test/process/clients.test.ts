// A network of two implementations: ours, and bcoin as npm has it. They mine in shares, are cut in halves with one of each on a
// side and with all of one kind on a side, heal to one tip, and all checks ask both.

import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { standingOf } from '../../orchestrator/machine/processes.ts'
import { Desk } from '../support/cli.ts'
import { AGREE, BCOIN, hasBcoin, withBcoin } from '../support/mixed-network.ts'
import { heightOf, launchReal, nodeOf } from '../support/real-network.ts'
import { until } from '../support/until.ts'

const isThere = hasBcoin('networks with bcoin')

const MIXED = withBcoin(3, 2, `program: ${BCOIN}`)

const EXPECT = `
${AGREE}
  sides-advance: { by: 1 }
  no-double-spend: {}
  provoked: {}
`

describe.skipIf(!isThere)('ours and bcoin', () => {
  test('split with one of each on a side, and with each kind on a side, heal and agree', async () => {
    const desk = new Desk()
    const sides = { mixed: 'ours-1,bcoin-1 | rest', parted: 'ours-1,ours-2,ours-3 | rest' }
    const files = Object.entries(sides).map(([name, side]) => {
      const faults = `faults: { split: { partition: "${side}", at: height 9, for: 15s } }`
      writeFileSync(join(desk.folder, `${name}.yaml`), `name: ${name}${MIXED}${faults}${EXPECT}`)
      return `${name}.yaml`
    })
    const { code, stdout, stderr } = await desk.run('test', ...files, '--parallel', '--json')
    expect(code, stdout + stderr).toBe(0)
    const { scenarios } = JSON.parse(stdout)
    expect(scenarios).toHaveLength(2)
    for (const { faults } of scenarios)
      expect(faults).toMatchObject([{ verified: true, measured: '12 of 12 silent, 8 of 8 open' }])
    const { report } = JSON.parse(readFileSync(join(scenarios[0].runDirectory, 'report.json'), 'utf8'))
    expect(report.nodes).toHaveLength(5)
    for (const { name, validationMs } of report.nodes) expect(validationMs, name).toBeGreaterThan(0)
  })

  test('a bcoin that is killed begins anew and catches up; stopped, frozen and slowed it is like any other node', async () => {
    const testnet = await launchReal(`${MIXED}load: { tx: 0/s }`)
    const node = (name: string) => nodeOf(testnet, name)
    const height = (name: string) => heightOf(testnet, name)
    expect(node('bcoin-1')).toMatchObject({
      ...{ client: 'bcoin', version: '1.0.2', userAgent: '/bcoin:v1.0.2/', phase: 'running' },
    })
    expect(node('ours-1')?.client).toBeUndefined()
    await until('four blocks on all', () => testnet.state().nodes.every(({ name }) => height(name) >= 4))
    const pid = node('bcoin-1')?.pid as number

    await testnet.kill('bcoin-1')
    expect(standingOf({ pid, start: undefined })).toBe('gone')
    const before = height('ours-1')
    await testnet.start('bcoin-1')
    await until('bcoin-1 to catch up', () => height('bcoin-1') >= before)

    await testnet.pause('bcoin-2')
    const stood = height('bcoin-2')
    await until('the others to go on', () => height('ours-1') > stood)
    await testnet.resume('bcoin-2')
    await until('bcoin-2 to follow', () => height('bcoin-2') > stood)

    await until('all to be connected again', () => testnet.state().nodes.every(({ peers }) => peers === 4))
    const slow = { kind: 'link', on: 'bcoin-1,bcoin-2', worse: { latencyMs: 150 } } as const
    expect(await testnet.inject(slow)).toMatchObject({ verified: true })
    await testnet.heal()
    expect(await testnet.rpc('bcoin-2', 'getblockcount', [])).toBeGreaterThan(0)
    await expect(testnet.rpc('bcoin-2', 'getwallets', [])).rejects.toMatchObject({ code: -32601 })
  })
})
