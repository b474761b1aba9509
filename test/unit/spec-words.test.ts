// Specs as people write them: quantities however small, anchors and merged mappings, names that are words, and letters that
// a terminal would obey.

import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import { plain } from '../../orchestrator/format.ts'
import { type Overrides, parseSpec, specToYaml } from '../../orchestrator/spec/load.ts'
import * as units from '../../orchestrator/spec/units.ts'

const parse = (yaml: string, overrides: Overrides = {}) => parseSpec(yaml, 'net.yaml', overrides)

function refusal(yaml: string, overrides: Overrides = {}): string {
  try {
    parse(yaml, overrides)
  } catch (error) {
    return (error as Error).message
  }
  throw new Error('the spec was accepted')
}

describe('a quantity', () => {
  const any = { min: 0, max: Number.MAX_VALUE }
  const codecs = {
    duration: [units.duration(any), ['ms', 's', 'm', 'h', 'd']],
    bandwidth: [units.bandwidth(any), ['bit', 'kbit', 'Mbit', 'Gbit']],
    hashRate: [units.hashRate(any), ['H/s', 'kH/s', 'MH/s', 'GH/s']],
    memory: [units.memory(any), ['kB', 'MB', 'GB']],
    size: [units.size(any), ['B', 'kB', 'MB']],
    percentage: [units.percentage(any), ['%']],
    rate: [units.rate(any), ['/s', '/m']],
  } as const
  /** `12.000340`: digits as a person types them. */
  const digits = fc
    .tuple(fc.nat(10 ** 9), fc.stringMatching(/^\d{0,14}$/))
    .map(([whole, rest]) => (rest === '' ? `${whole}` : `${whole}.${rest}`))

  it.each(Object.entries(codecs))(
    'of %s is written so that it reads back the same',
    (_, [codec, suffixes]) => {
      fc.assert(
        fc.property(digits, fc.constantFrom(...suffixes), (number, suffix) => {
          const value = z.decode(codec, `${number}${suffix}`)
          const text = z.encode(codec, value)
          expect(text).toMatch(/^\d+(\.\d+)?\S+$/)
          expect(text).not.toMatch(/\de[+-]?\d/)
          expect(z.decode(codec, text)).toBe(value)
        }),
      )
    },
  )

  it('however small is part of a spec that comes back the same', () => {
    const spec = parse('links: { loss: 0.0000001%, latency: 0.0000001ms }\nload: { tx: 0.00005/m }')
    expect(spec.links.loss).toBe(1e-9)
    const yaml = specToYaml(spec)
    expect(yaml).toContain('loss: 0.0000001%')
    expect(yaml).toContain('tx: 0.000000833333333333/s')
    expect(parse(yaml)).toEqual(spec)
  })

  it('has plain digits at any size', () => {
    expect([1e-7, -2.5e-10, 5e-324, 1e21, 1.5e300, 0.1, 123456, 0].map(plain)).toEqual([
      '0.0000001',
      '-0.00000000025',
      `0.${'0'.repeat(323)}5`,
      `1${'0'.repeat(21)}`,
      `15${'0'.repeat(299)}`,
      '0.1',
      '123456',
      '0',
    ])
    fc.assert(
      fc.property(fc.double({ noNaN: true, noDefaultInfinity: true }), value => {
        expect(plain(value)).toMatch(/^-?\d+(\.\d+)?$/)
        expect(Number(plain(value))).toBe(value === 0 ? 0 : value)
      }),
    )
  })
})

describe('anchors and merged mappings', () => {
  it('are as if all were written out', () => {
    const spec = parse(
      [
        'nodes:',
        '  a: &base { count: 2, share: 49.95% }',
        '  b: { <<: *base, count: 3 }',
        '  c: &other { count: 1 }',
        '  d: { <<: [*other, *base], share: 0.1%, count: 1 }',
        '  e: *other',
      ].join('\n'),
    )
    expect(spec.nodes).toMatchObject({
      a: { count: 2, share: 0.4995 },
      b: { count: 3, share: 0.4995 },
      d: { count: 1, share: 0.001 },
      e: { count: 1 },
    })
  })

  it('are apart: a flag that changes one leaves the others', () => {
    const spec = parse('nodes: { a: &one { count: 2, share: 50% }, b: *one }', { nodes: '7' })
    expect([spec.nodes.a?.count, spec.nodes.b?.count]).toEqual([7, 2])
  })

  it('have their mistakes where they are written', () => {
    const yaml = 'nodes:\n  a: &base { count: 2, share: much }\n  b: { <<: *base, count: x }\n'
    expect(refusal(yaml)).toBe(
      [
        'net.yaml:2:31: nodes.a.share: expected a percentage, such as 0.5%',
        '  2 |   a: &base { count: 2, share: much }',
        '    |                               ^^^^',
        'net.yaml:3:26: nodes.b.count: expected a number, not text',
        '  3 |   b: { <<: *base, count: x }',
        '    |                          ^',
        'net.yaml:2:31: nodes.b.share: expected a percentage, such as 0.5%',
        '  2 |   a: &base { count: 2, share: much }',
        '    |                               ^^^^',
      ].join('\n'),
    )
  })

  it.each([
    ['nodes: { a: *nope }', /^net\.yaml:1:13: no &nope stands before \*nope\n.*\n.*\^{5}$/],
    ['nodes: { a: { <<: 5 } }', /<< takes a mapping, such as \*base/],
    ['nodes: &x { a: *x }', /nodes\.a: it contains itself/],
  ])('that cannot be are said so: %s', (yaml, words) => {
    expect(refusal(yaml)).toMatch(words)
  })
})

describe('a name', () => {
  it.each(['all', 'rest', 'halves', 'random', 'isolate', 'bridge', 'minority-third', 'ring-of-majorities'])(
    'is not %s, which means something in faults',
    word => {
      expect(refusal(`nodes:\n  ${word}: { count: 2, share: 100% }\n`)).toMatch(
        new RegExp(
          `^net\\.yaml:2:3: nodes\\.${word}: ${word} has a meaning of its own.*\n.*\n.*\\^{${word.length}}$`,
        ),
      )
      const latency = `{ ${word}: 5ms }`
      expect(refusal(`links: { regions: { ${word}: { latency: ${latency} } } }`)).toContain(
        'a meaning of its own',
      )
    },
  )

  it('of a node is not one of a group', () => {
    expect(refusal('nodes:\n  a: { count: 2, share: 100% }\n  a-1: { count: 1 }\n')).toMatch(
      /^net\.yaml:3:3: nodes\.a-1: a-1 is the name of a node and of a group/,
    )
  })

  it('is never lost: __proto__ is refused where it stands', () => {
    expect(refusal('nodes:\n  a: { count: 2, share: 100% }\n  __proto__: { count: 3 }\n')).toMatch(
      /^net\.yaml:3:3: nodes\.__proto__: nothing can have this name\n.*\n.*\^{9}$/,
    )
    expect(refusal('faults: { __proto__: { kill: all, at: 5s, for: 1s } }')).toContain(
      'nothing can have this name',
    )
    expect(refusal('__proto__: { seed: 1 }')).toContain('nothing can have this name')
  })

  it('that tables of JavaScript have is a name like any other', () => {
    const spec = parse(
      'nodes: { constructor: { count: 2, share: 100%, region: toString } }\nlinks: { regions: { toString: { latency: { toString: 5ms, valueOf: 9ms } }, valueOf: { latency: { valueOf: 1ms } } } }',
    )
    expect(Object.keys(spec.nodes)).toEqual(['constructor'])
    expect(refusal('links: { regions: { valueOf: { latency: {} } } }')).toContain(
      'no latency from valueOf to valueOf',
    )
  })
})

describe('words', () => {
  it('say what a number is that is not whole', () => {
    expect(refusal('', { seed: '1.5' })).toBe('--seed: expected a whole number, not 1.5')
    expect(refusal('nodes: { a: { count: 2.5, share: 100% } }')).toContain('expected a whole number, not 2.5')
    expect(refusal('seed: 0.0000001')).toContain('expected a whole number, not 0.0000001')
  })

  it('suggest the choice that is near', () => {
    expect(refusal('runtime: procces')).toContain(
      'runtime: expected one of process, docker, sim: did you mean process?',
    )
  })

  it('that a terminal would obey are shown, and the caret stands where it did', () => {
    const message = refusal('name: "a\u202eb\u009b31m\u001b]0;title\u0007"\n# \u001b[31m\n')
    // biome-ignore lint/suspicious/noControlCharactersInRegex: that is what must not be there
    expect(message).not.toMatch(/[\x00-\x09\x0b-\x1f\x7f-\x9f\u202e]/)
    expect(message.split('\n')[1]).toBe('  1 | name: "a\ufffdb\ufffd31m\u241b]0;title\u2407"')
    const tabbed = refusal('seed:\t"x"')
    expect(tabbed.split('\n').slice(1)).toEqual(['  1 | seed: "x"', '    |       ^^^'])
  })
})
