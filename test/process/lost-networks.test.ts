// Networks that an engine keeps for containers that are long gone: told with the one thing that helps, and no failure of every
// sweep to come. The engine is a stand-in that refuses as 20.10 does.

import { createServer } from 'node:http'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { LABEL } from '../../orchestrator/runtime/docker/labels.ts'
import { Desk } from '../support/cli.ts'
import { temporaryDirectory } from '../support/node-config.ts'

/** It keeps these networks until it has started anew. */
async function refusingEngine(...names: readonly string[]) {
  const path = join(temporaryDirectory(), 'engine.sock')
  const kept = new Set(names)
  let removals = 0
  let startedAnew = false
  const answers: { readonly [path: string]: () => unknown } = {
    _ping: () => 'OK',
    info: () => ({ NCPU: 2, MemTotal: 1e9 }),
    version: () => ({ Version: '20.10.24', ApiVersion: '1.41' }),
    containers: () => [],
    images: () => [],
    volumes: () => ({ Volumes: [] }),
    'networks/': () => ({ Containers: { gone: { Name: 'gone' } } }),
    networks: () =>
      [...kept].map(name => ({
        Id: name,
        Name: name,
        Labels: { [LABEL.network]: 'old', [LABEL.owner]: 'me' },
      })),
  }
  const server = createServer((request, response) => {
    const path = (request.url ?? '').replace(/^(\/v[\d.]+)?\//, '')
    if (request.method === 'DELETE') {
      removals++
      const name = path.replace('networks/', '')
      if (!startedAnew)
        return response
          .writeHead(403)
          .end(JSON.stringify({ message: `network ${name} has active endpoints` }))
      kept.delete(name)
      return response.writeHead(204).end()
    }
    const known = Object.keys(answers).find(each => path.startsWith(each))
    if (known === undefined) return response.writeHead(404).end('{}')
    response.setHeader('content-type', 'application/json').end(JSON.stringify(answers[known]?.()))
  })
  await new Promise<void>(resolve => server.listen(path, resolve))
  onTestFinished(() => {
    server.close()
    server.closeAllConnections()
  })
  return {
    address: `unix://${path}`,
    removals: () => removals,
    startAnew: () => {
      startedAnew = true
    },
  }
}

const REMEDY = 'systemctl restart docker'

test('are told with what removes them, are no failure, and are not waited for twice', async () => {
  const engine = await refusingEngine('old-control', 'old-data')
  const desk = new Desk()
  const gc = (...flags: string[]) => desk.run('gc', '--engine', engine.address, ...flags)
  const first = await gc()
  expect(first.code).toBe(0)
  expect(first.stdout.match(/the engine keeps 2 networks/g)).toHaveLength(1)
  expect(first.stdout).toContain(REMEDY)
  expect(first.stdout).not.toMatch(/removed the network|could not remove/)
  const tried = engine.removals()
  expect(tried).toBeGreaterThan(10) // they may still go

  const again = await gc()
  expect({ code: again.code, stdout: again.stdout }).toEqual({ code: 0, stdout: first.stdout })
  // Tried once each, with what cuts off between.
  expect(engine.removals() - tried).toBe(4)

  const listed = await gc('--dry-run')
  expect(listed).toMatchObject({ code: 0, stdout: first.stdout })
  expect(engine.removals() - tried).toBe(4)

  const { findings } = (await desk.ask('doctor', '--engine', engine.address)) as {
    findings: { what: string; verdict: string; advice?: string }[]
  }
  expect(findings.find(({ what }) => what === 'networks')).toMatchObject({
    verdict: 'note',
    advice: expect.stringContaining(REMEDY),
  })

  engine.startAnew()
  const last = await gc()
  expect(last).toMatchObject({ code: 0, stdout: expect.stringMatching(/removed the network old-control/) })
  expect((await gc()).stdout).toBe('nothing was left behind\n')
})
