// The spec: every default, every kind of mistake with its place, and the way back to YAML.

import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { UserError } from '../../orchestrator/errors.ts'
import { type Overrides, parseSpec, readSpec, specToYaml } from '../../orchestrator/spec/load.ts'
import { jsonSchema } from '../../orchestrator/spec/schema.ts'
import { nearest } from '../../orchestrator/spec/suggest.ts'
import { temporaryDirectory } from '../support/node-config.ts'

const parse = (yaml: string, overrides: Overrides = {}) => parseSpec(yaml, 'net.yaml', overrides)

/** The message that `yaml` is refused with. */
function refusal(yaml: string, overrides: Overrides = {}): string {
  try {
    parse(yaml, overrides)
  } catch (error) {
    expect(error).toBeInstanceOf(UserError)
    expect((error as UserError).exitCode).toBe(2)
    return (error as UserError).message
  }
  throw new Error('the spec was accepted')
}

describe('a spec', () => {
  it('needs no line at all', () => {
    const spec = parse('')
    expect(spec.nodes).toEqual({ miners: { count: 5, share: 1, threads: 1 } })
    expect(spec.chain.blockInterval).toBe(5000)
    expect(spec.duration).toBeUndefined()
  })

  it('is what the commented template says, to the last default', () => {
    const template = readFileSync('orchestrator/spec/template.yaml', 'utf8')
    const spec = parse(template)
    const { halfLife: _, ...difficulty } = spec.chain.difficulty
    const { degree: __, ...topology } = spec.topology
    expect({ ...spec, chain: { ...spec.chain, difficulty }, topology }).toEqual(parse(''))
  })

  it('comes back the same from its own YAML', () => {
    const yaml =
      'nodes: { a: { count: 3, hashRate: 1.5MH/s }, b: { count: 2 } }\nlinks: { loss: 0.7%, bandwidth: 10Mbit }'
    const spec = parse(yaml, { for: '90s', seed: '7' })
    expect(parse(specToYaml(spec))).toEqual(spec)
  })

  it('takes quantities in every unit', () => {
    fc.assert(
      fc.property(fc.constantFrom('ms', 's', 'm', 'h'), fc.integer({ min: 1, max: 900 }), (unit, n) => {
        const factor = { ms: 1, s: 1000, m: 60_000, h: 3_600_000 }[unit] as number
        fc.pre(n * factor >= 1000)
        expect(parse(`duration: ${n}${unit}`).duration).toBe(n * factor)
      }),
    )
  })

  it('lets flags overrule it', () => {
    const spec = parse('nodes: { full: { count: 1 }, m: { count: 2, share: 100% } }', {
      nodes: '9',
      name: 'x',
      tx: '7/s',
    })
    expect(spec.nodes.m?.count).toBe(9)
    expect(spec.nodes.full?.count).toBe(1)
    expect([spec.name, spec.load.tx]).toEqual(['x', 7])
  })
})

describe('a mistake in a spec is reported with its place:', () => {
  it('an unknown key, with the nearest valid one and a caret under it', () => {
    expect(refusal('name: a\nchain:\n  blockintervall: 5s\n')).toBe(
      [
        'net.yaml:3:3: unknown key "blockintervall": did you mean "blockInterval"?',
        '  3 |   blockintervall: 5s',
        '    |   ^^^^^^^^^^^^^^',
      ].join('\n'),
    )
  })

  it('an unknown key unlike any, with the valid ones', () => {
    expect(refusal('links: { qqqqqqqq: 1 }')).toMatch(
      /net\.yaml:1:10: unknown key "qqqqqqqq"; valid keys: latency, jitter/,
    )
  })

  it.each([
    [
      'a duration without unit',
      'links: { latency: 50 }',
      /1:19: links\.latency: expected a duration with its unit, such as 45ms/,
    ],
    ['a wrong unit', 'links: { latency: 50Mbit }', /1:19: links\.latency: expected a duration/],
    ['a value out of range', 'links: { loss: 95% }', /1:16: links\.loss: must be between 0% and 90%/],
    ['a hash rate in words', 'mining: { hashRate: fast }', /mining\.hashRate: expected a hash rate/],
    [
      'a name with a path in it',
      'name: ../evil',
      /1:7: name: a network name starts with a lower-case letter/,
    ],
    [
      'a group name with a path in it',
      'nodes: { "../x": { count: 1 } }',
      /1:10: nodes\.\.\.\/x: a group name starts/,
    ],
    [
      'a word outside the choices',
      'topology: { kind: mesh }',
      /topology\.kind: expected one of random-regular, ring/,
    ],
    [
      'a number where a mapping belongs',
      'chain: 5',
      /1:8: chain: expected a mapping of network, blockInterval, difficulty, .* …, not a number/,
    ],
    [
      'a number of nodes without a group',
      'nodes: 5',
      /1:8: nodes: expected a mapping of names, not a number, such as nodes: \{ miners: \{ count: 5/,
    ],
    [
      'a count where a group belongs',
      'nodes: { m: 5 }',
      /nodes\.m: expected a mapping of count, hashRate, .*, not a number/,
    ],
    ['half a node', 'nodes: { m: { count: 1.5 } }', /nodes\.m\.count: expected a whole number/],
    [
      'a number in quotes',
      'seed: "7"',
      /seed: expected a whole number, not text|seed: expected a number, not text/,
    ],
    ['less than none', 'seed: -1', /seed: must be at least 0/],
    ['more than there may be', 'nodes: { m: { count: 20000 } }', /count: must be at most 10000/],
    ['a key without a value', 'nodes:', /1:1: nodes: it has no value: write one, or leave the line out/],
    ['a key that stands twice', 'name: a\nname: b', /2:1: this key stands here twice/],
    ['two specs in one', 'name: a\n---\nname: b', /2:1: a spec is one YAML document/],
    [
      'a fault after one that is not there',
      'faults: { a: { reset: all, after: b } }',
      /there is no fault b: faults are a/,
    ],
    ['no node at all', 'nodes: { m: { count: 0 } }', /there is no node/],
    [
      'too many nodes',
      'nodes: { a: { count: 9000 }, b: { count: 9000 } }',
      /18000 nodes are more than the limit of 10000/,
    ],
    [
      'shares that do not add up',
      'nodes: { a: { share: 60% }, b: { share: 30% } }',
      /add up to 90%, not 100%/,
    ],
    [
      'both share and hash rate',
      'nodes: { a: { share: 100%, hashRate: 1kH/s } }',
      /either hashRate or share/,
    ],
    [
      'a degree above the number of nodes',
      'topology: { degree: 5 }',
      /1:21: topology\.degree: 5 nodes cannot have 5 peers each: at most 4/,
    ],
    ['an odd graph', 'topology: { degree: 3 }', /5 nodes of degree 3: one of the two must be even/],
    ['a degree for a ring', 'topology: { kind: ring, degree: 2 }', /only kind: random-regular has degree/],
    ['explicit without edges', 'topology: { kind: explicit }', /needs edges/],
    [
      'an edge to nobody',
      'topology: { kind: explicit, edges: [[miners-1, miners-9]] }',
      /there is no node miners-9/,
    ],
    [
      'an edge to itself',
      'topology: { kind: explicit, edges: [[miners-1, miners-1]] }',
      /cannot connect to itself/,
    ],
    [
      'an edge twice',
      'topology: { kind: explicit, edges: [[miners-1, miners-2], [miners-2, miners-1]] }',
      /connected twice/,
    ],
    ['a centre that is not there', 'topology: { kind: star, center: miners-7 }', /there is no node miners-7/],
    [
      'two groups that make one name',
      'nodes: { a: { count: 1 }, a-1: { count: 0 }, "a": { count: 2 } }',
      /this key stands here twice/,
    ],
    ['broken YAML', 'name: [a', /net\.yaml:1:\d+: /],
    ['a list instead of a mapping', '- a', /a spec is a mapping/],
  ])('%s', (_what, yaml, message) => {
    expect(refusal(yaml)).toMatch(message)
  })

  it('all of them at once', () => {
    expect(refusal('nme: x\nseed: -1\nlinks: { jitter: 1 }').match(/^net\.yaml:\d+:\d+/gm)).toHaveLength(3)
  })

  it('by its flag where a flag gave the value', () => {
    expect(refusal('', { nodes: 'many' })).toMatch(/^--nodes: /)
    expect(refusal('', { for: '60' })).toMatch(/^--for: expected a duration/)
    expect(refusal('', { name: '../x' })).toMatch(/^--name: a network name/)
    expect(refusal('', { seed: '1.5' })).toMatch(/^--seed: /)
  })

  it('and no text, however odd, makes anything but a UserError', () => {
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.json()), text => {
        try {
          parse(text)
        } catch (error) {
          expect(error).toBeInstanceOf(UserError)
        }
      }),
    )
  })
})

describe('the JSON Schema', () => {
  it('that is committed is the one that the schema makes', () => {
    const committed = JSON.parse(readFileSync('orchestrator/spec/netsplit.schema.json', 'utf8'))
    expect(committed, 'run: npm run schema').toEqual(JSON.parse(JSON.stringify(jsonSchema())))
  })
})

describe('the nearest word', () => {
  it('forgives a letter or two and the case, and nothing far away', () => {
    expect(nearest('hashrate', ['hashRate', 'share'])).toBe('hashRate')
    expect(nearest('cuont', ['count', 'share'])).toBe('count')
    expect(nearest('zzz', ['count', 'share'])).toBeUndefined()
    // Two letters that lack, that are too many, that are others; and one more.
    for (const word of ['ltncy', 'laatenncy', 'lotensy']) expect(nearest(word, ['latency'])).toBe('latency')
    for (const word of ['lncy', 'lotinsy']) expect(nearest(word, ['latency'])).toBeUndefined()
  })
})

describe('a file that is no spec', () => {
  it.each([
    [
      'a picture',
      (folder: string) => writeFileSync(join(folder, 'x'), Buffer.from([0x89, 0x50, 0, 1])),
      /no text/,
    ],
    ['a folder', (folder: string) => mkdirSync(join(folder, 'x')), /x: it is a folder/],
    ['nothing', () => {}, /x: there is no such file/],
  ])('%s is said to be what it is', (_, make, words) => {
    const folder = temporaryDirectory()
    make(folder)
    expect(() => readSpec(join(folder, 'x'))).toThrow(words)
  })

  it('the folder of a run: its spec is named', () => {
    const folder = temporaryDirectory()
    writeFileSync(join(folder, 'spec.yaml'), '')
    expect(() => readSpec(folder)).toThrow(
      expect.objectContaining({ hint: `its spec is ${join(folder, 'spec.yaml')}` }),
    )
  })
})
