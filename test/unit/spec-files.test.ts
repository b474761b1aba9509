// Files that a spec names: read from beside it, kept in it from then on, and said with their place when they are not there.

import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { UserError } from '../../orchestrator/errors.ts'
import { loadSpec, parseSpec, specToYaml } from '../../orchestrator/spec/load.ts'
import { makePlan } from '../../orchestrator/spec/plan.ts'
import { temporaryDirectory } from '../support/node-config.ts'

const SPEC = 'links: { latency: { from: data/rtt.csv } }\n'

function desk(yaml: string, files: { readonly [name: string]: string } = {}): string {
  const folder = temporaryDirectory()
  mkdirSync(join(folder, 'data'))
  for (const [name, text] of Object.entries({ 'net.yaml': yaml, ...files }))
    writeFileSync(join(folder, name), text)
  return join(folder, 'net.yaml')
}

const refusal = (file: string): string => {
  try {
    loadSpec(file)
  } catch (error) {
    expect(error).toBeInstanceOf(UserError)
    return (error as Error).message
  }
  return 'accepted'
}

describe('a file of a spec', () => {
  it('is found beside it, whatever the folder one is in', () => {
    expect(
      makePlan(loadSpec(desk(SPEC, { 'data/rtt.csv': '10\n30\n' }))).spread?.latencyMs?.distribution,
    ).toMatchObject({
      shape: 'values',
      values: [5, 15],
    })
  })

  it.each(['\uFEFFrtt\r\n10\r\n30\r\n', '10\n\n30', '# "x"\n  10\n30   \n\n'])(
    'is in the spec that is recorded, which makes the same plan without it: %j',
    text => {
      const spec = loadSpec(desk(SPEC, { 'data/rtt.csv': text }))
      const again = parseSpec(specToYaml(spec), 'spec.yaml', {})
      expect(again).toEqual(spec)
      expect(makePlan(again)).toEqual(makePlan(spec))
    },
  )

  it('may stand in it from the first', () => {
    const held = `${SPEC}files: { data/rtt.csv: "10\\n" }\n`
    expect(loadSpec(desk(held)).files).toEqual({ 'data/rtt.csv': '10\n' })
  })

  it.each<[what: string, yaml: string, files: { readonly [name: string]: string }, message: RegExp]>([
    [
      'that is not there',
      SPEC,
      {},
      /net.yaml:1:27: links.latency.from: data\/rtt.csv: there is no such file\n/,
    ],
    [
      'that is a folder',
      'links: { latency: { from: data } }',
      {},
      /links.latency.from: data: it is a folder/,
    ],
    [
      'with a mistake',
      SPEC,
      { 'data/rtt.csv': '10\nx\n' },
      /net.yaml:1:27: links.latency.from: data\/rtt.csv:2: "x" is no number/,
    ],
    [
      'that is too long',
      SPEC,
      { 'data/rtt.csv': '1\n'.repeat(10_000_001) },
      /rtt.csv: .* has 20000002 bytes/,
    ],
    ['with no name', 'links: { latency: { from: "" } }', {}, /links.latency.from/],
  ])('%s is said at its place', (_what, yaml, files, message) => {
    expect(refusal(desk(yaml, files))).toMatch(message)
  })

  it('is not looked for by a spec that is only text', () => {
    expect(() => parseSpec(SPEC, 'net.yaml', {})).toThrow(
      /data\/rtt.csv: it is not among the files that this spec holds/,
    )
  })
})
