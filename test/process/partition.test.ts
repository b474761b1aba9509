// Partitions on real processes: measured to be there, both sides go on alone, and healing brings one chain back.

import { expect, test } from 'vitest'
import { launchReal, QUICK } from '../support/real-network.ts'
import { until } from '../support/until.ts'

const SLOW_MS = 60_000

test('a partition is measured over the very connections it cuts; healed, one chain is left', async () => {
  const testnet = await launchReal(`${QUICK}\nnodes: { miners: { count: 4, share: 100% } }`)
  await until('a first block', () => testnet.state().systems.ledger.height >= 1, SLOW_MS)

  const cut = await testnet.inject({ kind: 'partition', cut: 'halves' })
  expect(cut).toMatchObject({
    verified: true,
    target: 'miners-1 miners-2 | miners-3 miners-4',
    // full mesh of four: each pair is seen from both ends
    measured: '8 of 8 silent, 4 of 4 open',
  })
  expect(testnet.state().faults).toMatchObject([{ id: cut.id, verified: true, toMs: undefined }])
  await until('the chain forks', () => testnet.state().systems.ledger.tips === 2, SLOW_MS)

  expect(await testnet.heal()).toMatchObject([
    { id: cut.id, verified: true, measured: '4 of 4 there; 0 of 0 silent, 12 of 12 open' },
  ])
  await until('one tip', () => testnet.state().systems.ledger.converged, SLOW_MS)
  expect(testnet.state().faults[0]?.toMs).toBeDefined()
})

test('two partitions at once: healing one leaves the other', async () => {
  const testnet = await launchReal(`${QUICK}\nnodes: { miners: { count: 3, share: 100% } }`)
  const first = await testnet.inject({ kind: 'partition', cut: 'miners-1 | rest' })
  const second = await testnet.inject({ kind: 'partition', cut: 'miners-1,miners-2 | rest' })
  expect(first).toMatchObject({ verified: true, measured: '4 of 4 silent, 2 of 2 open' })
  expect(second).toMatchObject({ verified: true, measured: '6 of 6 silent, 0 of 0 open' })
  expect(await testnet.heal(first.id)).toMatchObject([
    { verified: true, measured: '1 of 1 there; 4 of 4 silent, 2 of 2 open' },
  ]) // what the second still cuts is not waited for
  await expect(testnet.heal(first.id)).rejects.toThrow(/no fault "partition-1" is in force/)
  expect(await testnet.heal()).toMatchObject([{ id: second.id, verified: true }])
})

test('an impossible partition is refused and changes nothing', async () => {
  const testnet = await launchReal(`${QUICK}\nnodes: { miners: { count: 2, share: 100% } }`)
  await expect(testnet.inject({ kind: 'partition', cut: 'miners-1,miners-2' })).rejects.toThrow(
    /at least two sides/,
  )
  await expect(testnet.inject({ kind: 'partition', cut: 'miners-9 | rest' })).rejects.toThrow(
    /no node is named "miners-9"/,
  )
  expect(testnet.state().faults).toEqual([])
})
