// What ends a node in a container is told: its memory, the engine, somebody with the engine's tools.

import { expect, test } from 'vitest'
import { LABEL } from '../../orchestrator/runtime/docker/labels.ts'
import { findThings, removeThings } from '../../orchestrator/runtime/docker/sweep.ts'
import type { RuntimeError } from '../../orchestrator/runtime/runtime.ts'
import { containersOf, docker, THREE, thingsWith } from '../support/containers.ts'
import { cuttableEngine, networkOn } from '../support/cuttable-engine.ts'
import { launchReal, nodeOf, realNetwork } from '../support/real-network.ts'
import { until } from '../support/until.ts'

test('too little memory is out of memory, whichever node it takes and when, with what to do', async () => {
  for (const memory of ['16MB', '20MB', '24MB']) {
    const { testnet } = realNetwork(
      `name: small-${memory.toLowerCase()}\n${THREE}\nlimits: { memory: ${memory} }`,
    )
    const error: RuntimeError = await testnet.launch().then(
      () => expect.fail('it stands'),
      reason => reason,
    )
    expect(error.message).toMatch(/^miners-\d ended .*\(out of memory\)$/)
    expect(error.hint).toBe(`raise limits.memory, ${memory.replace('MB', ' MB')} now`)
    await testnet.down('it does not stand')
  }
})

test('a node that somebody else ends through the engine did not die by itself', async () => {
  const testnet = await launchReal(`name: meddled\n${THREE}`)
  const ids = await containersOf({ [LABEL.network]: 'meddled' })
  const engine = await docker()
  await Promise.all([
    engine.getContainer(ids.get('miners-1') as string).kill(),
    engine.getContainer(ids.get('miners-2') as string).stop({ t: 5 }),
  ])
  const failed = () => ['miners-1', 'miners-2'].map(name => nodeOf(testnet, name)?.exit)
  await until('both are down', () => failed().every(exit => exit !== undefined))
  expect(failed()).toMatchObject([
    { signal: 'SIGKILL', cause: 'outside', expected: false },
    { code: 0, cause: 'outside', expected: false },
  ])
})

test('an engine that stops takes its nodes with it: said once, and the network goes down without it', async () => {
  const { address, cut, closeDoor } = await cuttableEngine()
  const { testnet, notes } = networkOn(address, `name: goes-along\n${THREE}`)
  await testnet.launch()
  const engine = await docker()
  const ids = [...(await containersOf({ [LABEL.network]: 'goes-along' })).values()]
  closeDoor()
  await Promise.all(
    ids.map(id =>
      engine
        .getContainer(id)
        .stop({ t: 5 })
        .catch(() => {}),
    ),
  )
  const exits = () => testnet.state().nodes.map(({ exit }) => exit)
  await until('all are down', () => exits().every(exit => exit !== undefined))
  await cut()
  await until('the engine is gone', () => notes.some(note => note.includes('has stopped')))
  expect(exits()).toMatchObject(ids.slice(0, 3).map(() => ({ cause: 'engine', expected: false })))
  expect(testnet.state().log.filter(({ text }) => /exit code|died|SIG/.test(text))).toEqual([])

  await testnet.down('without its engine')
  expect(notes.filter(note => /engine/.test(note))).toEqual([
    'the container engine is stopping, and takes the nodes with it',
    'the container engine has stopped; waiting for it to run again',
    expect.stringContaining('netsplit gc removes it'),
  ])
  // What is left is found by its labels when it is back.
  const left = { [LABEL.network]: 'goes-along' }
  expect(await removeThings(engine, await findThings(engine, left))).toEqual([])
  expect(await thingsWith(`${LABEL.network}=goes-along`)).toEqual([])
})
