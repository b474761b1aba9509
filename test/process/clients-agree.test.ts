// Scenario clients-agree, with a program that has Core's wallet and verdicts, and with bcoin, which has neither.

import { expect, test } from 'vitest'
import { Desk } from '../support/cli.ts'
import { standIn } from '../support/core-stand-in/program.ts'
import { BCOIN, hasBcoin } from '../support/mixed-network.ts'

const isThere = hasBcoin('clients-agree with bcoin')

/** What the check of that name measured in a run that passed. */
async function measuredWith(program: string) {
  const desk = new Desk()
  const run = ['test', 'clients-agree', '--json']
  const { code, stdout, stderr } = await desk.shell(`export NETSPLIT_CLIENT=${program}`, ...run)
  expect(code, stdout + stderr).toBe(0)
  const [{ checks, vacuous }] = JSON.parse(stdout).scenarios
  expect(vacuous).toBe(false)
  return checks.find(({ name }: { name: string }) => name === 'clients-agree')
}

const KINDS = 'P2PKH, P2SH-P2WPKH, P2WPKH, P2TR'

test('two programs pay each other with every kind of script and are of one mind; who has no wallet looks on', async () => {
  const program = await standIn()
  const [core, bcoin] = await Promise.all([
    measuredWith(program),
    isThere ? measuredWith(BCOIN) : Promise.resolve(undefined),
  ])
  expect(core.measured).toContain(`16 payments among`)
  expect(core.measured).toContain(`and as many spends: ${KINDS}; 2 replacements and 2 children`)
  expect(core.measured).toMatch(
    /9 verdicts alike on ours-1's, 9 verdicts alike on theirs-1's; coins \w+… on 4 nodes$/,
  )
  expect(core.notAsked).toBeUndefined()
  if (!bcoin) return
  expect(bcoin.measured).toContain(`4 payments among netsplit`)
  expect(bcoin.measured).toContain(`; coins `)
  expect(bcoin.notAsked).toEqual([
    expect.stringMatching(/^not asked of theirs-1, theirs-2: bcoin 1\.0\.2 has no wallet, /),
  ])
}, 240_000)

test('without another program it says what to do, and so it does for one that is not there', async () => {
  const desk = new Desk()
  const [none, wrong] = await Promise.all([
    desk.shell('export PATH=/nowhere NETSPLIT_CLIENT=', 'test', 'clients-agree'),
    desk.shell('export NETSPLIT_CLIENT=/nowhere/bitcoind', 'test', 'upgrade'),
  ])
  expect([none.code, none.stderr]).toEqual([
    4,
    expect.stringMatching(/wants another program[\s\S]*NETSPLIT_CLIENT=/),
  ])
  expect([wrong.code, wrong.stderr]).toEqual([4, expect.stringContaining('there is no such program')])
})
