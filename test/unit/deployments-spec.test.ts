// Deployments in a spec: what they become in the plan and in each node's configuration, and what cannot work.

import { describe, expect, test } from 'vitest'
import { parseConfig } from '../../node/config.ts'
import { serviceConfig } from '../../orchestrator/runtime/service-parts.ts'
import { parseSpec } from '../../orchestrator/spec/load.ts'
import { makePlan } from '../../orchestrator/spec/plan.ts'
import { ruleText } from '../../orchestrator/systems/ledger/deployments.ts'

const GROUPS = 'nodes: { new: { count: 2, share: 75% }, old: { share: 25% } }'
const spec = (chain: string, groups = GROUPS) => parseSpec(`${groups}\nchain: ${chain}`, 'forks.yaml', {})
const planOf = (chain: string, groups?: string) => makePlan(spec(chain, groups))
const problemOf = (chain: string, groups?: string): string => {
  try {
    spec(chain, groups)
    return 'none'
  } catch (error) {
    return (error as Error).message
  }
}

const DEMO =
  '{ deployments: { demo: { bit: 5, start: height 20, timeout: height 100, rule: taproot, enforcedBy: [new] } } }'

/** What a node of a group is told, checked as the node checks it. */
function toldTo(chain: string, name: string, groups?: string) {
  const plan = planOf(chain, groups)
  const node = plan.nodes.find(each => each.name === name)
  if (!node) throw new Error(name)
  const bitcoin = serviceConfig(plan, node, 'bitcoin', {
    listen: { host: '127.0.0.1', port: 0 },
    connect: [],
  })
  const services = { bitcoin }
  const whole = {
    ...{
      name,
      seed: 'ab',
      services,
      control: { host: '127.0.0.1', port: 0 },
      tokenFile: 't',
      dataDirectory: 'd',
    },
    ...{ ephemeral: true, heartbeatTimeoutMs: 0, eventBuffer: 1 },
    links: { default: { latencyMs: 0, jitterMs: 0, bandwidthBps: 0, loss: 0, blocked: false }, peers: {} },
  }
  return parseConfig(JSON.parse(JSON.stringify(whole))).services.bitcoin?.ledger?.versionBits
}

describe('a deployment', () => {
  test('is known to the nodes that enforce it, and to no others; its rule waits with all', () => {
    const demo = {
      ...{ name: 'demo', bit: 5, rule: { rule: 'taproot' }, by: 'height', start: 20, timeout: 100 },
      ...{ minActivationHeight: 0, lockInOnTimeout: false, enforces: true, signals: true },
    }
    const counted = { periodBlocks: 20, thresholdBlocks: 15, awaited: ['taproot'] }
    expect(toldTo(DEMO, 'new-1')).toEqual({ ...counted, deployments: [demo] })
    expect(toldTo(DEMO, 'old-1')).toEqual({ ...counted, deployments: [] })
  })

  test('may be enforced without a signal, and signalled without being enforced', () => {
    const chain = '{ deployments: { demo: { bit: 5, rule: none, enforcedBy: [new], signalledBy: [old] } } }'
    expect(toldTo(chain, 'new-1')?.deployments).toMatchObject([{ enforces: true, signals: false }])
    expect(toldTo(chain, 'old-1')?.deployments).toMatchObject([{ enforces: false, signals: true }])
  })

  test('is for all where nobody is named', () => {
    const chain = '{ deployments: { demo: { bit: 0, rule: { forbid: data } } } }'
    for (const node of ['new-1', 'old-1'])
      expect(toldTo(chain, node)?.deployments).toMatchObject([
        {
          enforces: true,
          signals: true,
          rule: { rule: 'forbid', outputs: 'data' },
          start: 0,
          timeout: Number.MAX_SAFE_INTEGER,
        },
      ])
  })

  test('is for full nodes of ours alone: light clients and other programs are told of nothing', () => {
    const groups = 'nodes: { full: { count: 2, share: 100% }, phones: { count: 1, runs: bitcoin-light } }'
    const chain = '{ deployments: { demo: { bit: 1, rule: csv } } }'
    expect(planOf(chain, groups).versionBits?.deployments).toMatchObject([
      { enforcedBy: ['full'], signalledBy: ['full'] },
    ])
    expect(
      problemOf('{ deployments: { demo: { bit: 1, rule: csv, enforcedBy: [phones] } } }', groups),
    ).toContain('phones is none of the groups of full nodes of ours')
    const others = 'nodes: { full: { count: 2, share: 100% }, core: { count: 1, client: bitcoind } }'
    const regtest = (by: string) => `{ network: regtest, deployments: { demo: { bit: 1, rule: csv${by} } } }`
    expect(problemOf(regtest(', enforcedBy: [core]'), others)).toContain(
      'core is none of the groups of full nodes of ours',
    )
    expect(planOf(regtest(''), others).versionBits?.deployments).toMatchObject([{ enforcedBy: ['full'] }])
  })

  test('counts time by the clock of the chain where its start is one', () => {
    const chain =
      '{ deployments: { demo: { bit: 1, rule: csv, start: 2027-01-31, timeout: 2027-02-01T12:30Z, minActivationHeight: 99 } } }'
    expect(toldTo(chain, 'new-1')?.deployments).toMatchObject([
      { by: 'time', start: 1_801_353_600, timeout: 1_801_485_000, minActivationHeight: 99 },
    ])
  })

  test('is counted in periods of its network, or as the spec says', () => {
    const bits = (chain: string, groups?: string) => {
      const { periodBlocks, thresholdBlocks } = planOf(chain, groups).versionBits ?? {}
      return [periodBlocks, thresholdBlocks]
    }
    expect(bits('{ versionBits: {} }')).toEqual([20, 15])
    expect(bits('{ network: regtest, versionBits: {} }', 'nodes: { a: { count: 2 } }')).toEqual([144, 108])
    expect(bits('{ versionBits: { window: 10, threshold: 95% } }')).toEqual([10, 10])
    expect(bits('{ versionBits: { window: 2016, threshold: 90% } }')).toEqual([2016, 1815])
    expect(bits('{ blockInterval: 5s }')).toEqual([undefined, undefined])
  })

  test('leaves the genesis block alone: who has it and who has not are one network', () => {
    const { chain, nodes } = planOf(DEMO)
    const without = planOf('{ blockInterval: 5s }')
    expect(chain).toEqual(without.chain)
    expect(nodes).toEqual(without.nodes)
    expect(without).not.toHaveProperty('versionBits')
  })
})

describe('a spec is refused', () => {
  const one = (fields: string) => `{ deployments: { demo: { bit: 5, rule: none, ${fields} } } }`

  test.each([
    [
      'a bit that versions do not have',
      '{ deployments: { demo: { bit: 29, rule: none } } }',
      'must be at most 28',
    ],
    ['no bit', '{ deployments: { demo: { rule: none } } }', 'bit'],
    [
      'a rule that nobody knows',
      '{ deployments: { demo: { bit: 1, rule: taprot } } }',
      'expected one of dersig, cltv, csv, taproot',
    ],
    [
      'outputs that are no kind',
      '{ deployments: { demo: { bit: 1, rule: { forbid: op-return } } } }',
      'expected one of data, multisig',
    ],
    [
      'a group that does not exist',
      one('enforcedBy: [new, nwe]'),
      'nwe is none of the groups of full nodes of ours: new, old',
    ],
    ['a group that does not exist', one('signalledBy: [nwe]'), 'nwe is none'],
    ['a moment that is none', one('start: 20'), 'expected a height such as height 20, or a time'],
    ['a day that is none', one('start: 2027-13-01'), 'expected a height such as height 20'],
    [
      'an end of another kind',
      one('start: 2027-01-01, timeout: height 9'),
      'start is a time, so this must be one, too',
    ],
    [
      'an end before the beginning',
      one('start: height 9, timeout: height 9'),
      'it would time out before it starts',
    ],
    ['a user-activated fork without an end', one('lockInOnTimeout: true'), 'it needs a timeout, by height'],
    [
      'a user-activated fork by time',
      one('start: 2027-01-01, timeout: 2027-02-01, lockInOnTimeout: true'),
      'it needs a timeout, by height',
    ],
    [
      'blocks that are as large already',
      '{ deployments: { demo: { bit: 1, rule: { maxBlockWeight: 4000000 } } } }',
      'blocks may weigh 4000000 already',
    ],
    ['a key that is none', one('enforcedby: [new]'), 'did you mean "enforcedBy"?'],
    ['a threshold of more than all', '{ versionBits: { threshold: 101% } }', 'must be between 1% and 100%'],
  ])('for %s', (_what, chain, message) => {
    expect(problemOf(chain)).toContain(message)
  })

  test('for one bit twice at one time, and not for one after the other', () => {
    const two = (a: string, b: string) =>
      `{ deployments: { first: { bit: 3, rule: none, ${a} }, second: { bit: 3, rule: none, ${b} } } }`
    expect(problemOf(two('timeout: height 50', 'start: height 50'))).toContain('first has the same bit')
    expect(problemOf(two('timeout: height 50', 'start: 2027-01-01'))).toContain('first has the same bit')
    expect(problemOf(two('timeout: height 50', 'start: height 51'))).toBe('none')
  })

  test('at the place to mend', () => {
    expect(problemOf(one('enforcedBy: [new, nwe]'))).toMatch(/chain\.deployments\.demo\.enforcedBy/)
  })
})

test('rules have words', () => {
  const texts = [
    { rule: 'csv' },
    { rule: 'none' },
    { rule: 'forbid', outputs: 'data' },
    { rule: 'max-block-weight', weight: 8000 },
  ] as const
  expect(texts.map(ruleText)).toEqual([
    'csv',
    'no rule',
    'no data outputs',
    'blocks of at most 8000 weight units',
  ])
})
