// A real engine that stops in order, and one whose machine loses its power, under a network that runs: what is said of its nodes,
// and what becomes of the network when the engine is back, and when it is not.

import { afterAll, expect, test } from 'vitest'
import { ensureNodeImage } from '../../orchestrator/runtime/docker/image.ts'
import { LABEL } from '../../orchestrator/runtime/docker/labels.ts'
import { findThings, removeThings } from '../../orchestrator/runtime/docker/sweep.ts'
import { docker, THREE } from '../support/containers.ts'
import { networkOn } from '../support/cuttable-engine.ts'
import { enginesOrSkip, type TestEngine, TestEngines } from '../support/engines.ts'
import { until } from '../support/until.ts'

enginesOrSkip()

const cleanups: (() => Promise<void>)[] = []
afterAll(async () => void (await Promise.all(cleanups.map(cleanup => cleanup()))))

/** One for both, whoever needs it first. */
let begun: Promise<TestEngine> | undefined
const engineWithImage = () => {
  begun ??= begin()
  return begun
}

async function begin(): Promise<TestEngine> {
  const all = await TestEngines.start(1)
  cleanups.push(() => all.close())
  const machines = await docker()
  await all.load(machines, await ensureNodeImage(machines, () => {}))
  return all.engines[0] as TestEngine
}

test('stops, and is back: its nodes were lost with it, said once, and start again', async () => {
  const engine = await engineWithImage()
  const { testnet, notes } = networkOn(engine.address, `name: stopped\n${THREE}`)
  await testnet.launch()
  const nodes = () => testnet.state().nodes
  await engine.stop()
  await until('all are down', () => nodes().every(({ exit }) => exit !== undefined))
  expect(nodes().map(({ phase, exit }) => [phase, exit?.cause])).toEqual(
    nodes().map(() => ['failed', 'engine']),
  )
  await until('it is said', () => notes.some(note => note.includes('has stopped')))
  expect(notes.filter(note => note.includes('takes the nodes with it'))).toHaveLength(1)
  expect(testnet.state().log.filter(({ text }) => /exit code|SIG/.test(text))).toEqual([])

  await engine.start()
  await until('it is back', () => notes.some(note => note.includes('answers again')))
  await testnet.start('miners-1')
  expect(nodes().map(({ phase }) => phase)).toEqual(['running', 'failed', 'failed'])
  await testnet.down('enough')
  expect(await findThings(engine.docker, { [LABEL.network]: 'stopped' })).toEqual([])
})

test('loses its power: the network goes down without it, and what it keeps goes when it is back', async () => {
  const engine = await engineWithImage()
  const { testnet, notes } = networkOn(engine.address, `name: powerless\n${THREE}`)
  await testnet.launch()
  await engine.kill()
  await until('it is said', () => notes.some(note => note.includes('does not answer any more')))
  await testnet.down('without it')
  expect(notes.at(-1)).toContain('netsplit gc removes it')

  await engine.start()
  const left = await findThings(engine.docker, { [LABEL.network]: 'powerless' })
  expect(left.length).toBeGreaterThan(0)
  expect(await removeThings(engine.docker, left)).toEqual([])
})
