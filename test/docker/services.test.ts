// The command line of a build with one more service starts containers of its own nodes: the image is made of what it brings along.

import { join } from 'node:path'
import { expect, test } from 'vitest'
import { packageRoot } from '../../orchestrator/machine/paths.ts'
import { readContext, tagOf } from '../../orchestrator/runtime/docker/context.ts'
import { LABEL } from '../../orchestrator/runtime/docker/labels.ts'
import { Desk } from '../support/cli.ts'
import { containersOf, inspect, THREE } from '../support/containers.ts'
import { tallyVariant } from '../support/tally/variant.ts'
import { until } from '../support/until.ts'

test('a build of its own makes an image of its own node, and both services find their peers', async () => {
  const root = await tallyVariant()
  const spec = THREE.replace('miners: { count: 3', 'both: { count: 2')
  const desk = new Desk(spec, join(root, 'dist', 'netsplit.js'))
  await desk.up('--name', 'own-image', '--no-observability', '--no-tui')
  const containers = await containersOf({ [LABEL.network]: 'own-image' })
  const { Config } = await inspect(containers.get('both-1') as string)
  expect(Config.Image).toBe(tagOf(readContext(root)))
  expect(Config.Image).not.toBe(tagOf(readContext(packageRoot())))
  expect(await desk.run('rpc', 'both-1', 'tallyadd')).toMatchObject({ code: 0 })
  await until('the other hears it', async () => {
    const { stdout } = await desk.run('rpc', 'both-2', 'tallystatus')
    return /:18447"?: 1\b/.test(stdout)
  })
  expect((await desk.run('down')).code).toBe(0)
})
