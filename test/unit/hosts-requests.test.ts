// What is typed of hosts: a spec that has them, engines, names of contexts; and what of that is refused, before anything is asked.

import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it, onTestFinished } from 'vitest'
import { UserError } from '../../orchestrator/errors.ts'
import { temporaryDirectory } from '../support/node-config.ts'
import { requestOf, typed } from '../support/requests.ts'

const A = { name: 'a', engine: 'ssh://a', share: 1, labels: [] }
const B = { name: 'b', engine: 'ssh://me@b:2222', share: 1, labels: [] }

/** In a folder with these files, and nobody's contexts. */
async function asked(line: string, files: Readonly<Record<string, string>> = {}): Promise<unknown> {
  const folder = temporaryDirectory()
  const before = [process.cwd(), process.env.DOCKER_CONFIG] as const
  process.chdir(folder)
  process.env.DOCKER_CONFIG = join(folder, 'docker')
  onTestFinished(() => {
    process.chdir(before[0])
    if (before[1] === undefined) delete process.env.DOCKER_CONFIG
    else process.env.DOCKER_CONFIG = before[1]
  })
  for (const [name, text] of Object.entries(files)) writeFileSync(name, text)
  return await requestOf(typed(line.split(' ')))
}

const refusal = (line: string, files: Readonly<Record<string, string>> = {}) =>
  asked(line, files).then(
    () => 'accepted',
    error => {
      if (error instanceof UserError && error.exitCode === 2) return error.message
      throw error
    },
  )

const SPEC =
  'nodes: { m: { count: 2, share: 100% } }\nhosts: [{ engine: ssh://a }, { engine: "ssh://me@b:2222" }]\n'

describe('hosts as they are typed', () => {
  it.each([
    ['hosts join ssh://a,ssh://me@b:2222', {}],
    ['hosts join net.yaml', { 'net.yaml': SPEC }],
    ['hosts join', { 'netsplit.yaml': SPEC }],
  ])('%s', async (line, files) => {
    expect(await asked(line, files)).toMatchObject({ order: 'join', hosts: [A, B], json: false })
  })

  it('may be left out where they are not needed', async () => {
    expect(await asked('hosts')).toEqual({ order: 'list', hosts: undefined, json: false })
    expect(await asked('hosts leave --json', { 'netsplit.yaml': SPEC })).toMatchObject({ hosts: undefined })
    expect(await asked('hosts list', { 'netsplit.yaml': 'name: none' })).toMatchObject({ hosts: undefined })
    expect(await asked('hosts list', { 'netsplit.yaml': SPEC })).toMatchObject({ hosts: [A, B] })
  })

  it('may be said of a newcomer', async () => {
    expect(await asked('add late --host b')).toMatchObject({ newcomer: { name: 'late', host: 'b' } })
  })

  it('are examined in place of this machine', async () => {
    expect(await asked('doctor --hosts ssh://a,ssh://me@b:2222')).toMatchObject({
      ...{ hosts: [A, B], images: false },
    })
    expect(await asked('doctor --hosts ssh://a --images')).toMatchObject({ images: true })
    // Of a spec it is known how many nodes each is to have.
    expect(await asked('doctor --hosts', { 'netsplit.yaml': SPEC })).toMatchObject({
      hosts: [
        { ...A, nodes: 1 },
        { ...B, nodes: 1 },
      ],
    })
    expect(await asked('doctor', { 'netsplit.yaml': SPEC })).toMatchObject({ hosts: undefined })
  })

  it('may be more than a network has nodes', async () => {
    const many = Array.from({ length: 9 }, (_, i) => `ssh://h${i}`).join(',')
    expect(await asked(`hosts list ${many}`)).toMatchObject({
      hosts: Array.from({ length: 9 }, () => ({ share: 1 })),
    })
  })

  it.each([['up --hosts ssh://a,ssh://me@b:2222'], ['plan --hosts ssh://a,ssh://me@b:2222']])(
    '%s',
    async line => {
      const request = (await asked(line)) as { launch?: { spec: unknown }; spec?: unknown }
      expect(request.launch?.spec ?? request.spec).toMatchObject({
        hosts: [{ engine: 'ssh://a' }, { engine: 'ssh://me@b:2222' }],
      })
    },
  )

  it('are contexts by their names', async () => {
    expect(await asked('hosts list default,ssh://a')).toMatchObject({
      hosts: [{ name: 'default', engine: 'unix:///var/run/docker.sock' }, A],
    })
    mkdirSync('default') // no spec
    expect(await requestOf(typed(['hosts', 'list', 'default']))).toMatchObject({
      hosts: [{ name: 'default' }],
    })
  })
})

describe('hosts are refused, and nothing is asked:', () => {
  it.each([
    ['up --hosts moon', '--hosts: "moon" is no engine (unix:///…, tcp://…, ssh://…), and no docker context'],
    ['up --hosts ssh://a,ssh://a:22', '--hosts: 1: engine: '],
    ['plan --hosts http://a', '--hosts: 0: engine: expected an engine'],
    ['hosts jion', 'hosts jion: there is no such order'],
    ['hosts join', 'which hosts?'],
    ['doctor --hosts', 'which hosts?'],
    ['doctor --hosts ssh://a --engine unix:///e', '--engine is for networks on one engine'],
    ['up --hosts ssh://a,ssh://b --engine unix:///e', '--engine is for networks on one engine'],
    ['doctor --images', '--images is for hosts'],
    ['doctor --hosts moon', '--hosts: "moon" is no engine'],
    ['hosts join net.yaml', 'net.yaml has no hosts'],
    ['hosts join ssh://a,moon', 'hosts join: "moon" is no engine'],
    ['hosts list missing.yaml', 'missing.yaml: there is no such file'],
  ])('%s', async (line, sentence) => {
    expect(await refusal(line, { 'net.yaml': 'name: net\n' })).toContain(sentence)
  })
})
