// Checks that wait until the nodes stand on one tip and then look at what each of them holds: when they look, what they take for
// proven and what for a node that has just gone down; and the chain with most work, from raw headers.

import { describe, expect, it } from 'vitest'
import type { Ground, Verdict } from '../../orchestrator/checks/check.ts'
import type { NetworkState } from '../../orchestrator/observe/state.ts'
import { hashOf, workOf } from '../../orchestrator/systems/ledger/checks/raw-chain.ts'
import { groundOf, verdictOf } from '../support/ground.ts'

const ZERO_HASH = '0'.repeat(64)
const EASY_BITS = 0x207fffff
/** Twice the work of the easy one, and a little. */
const HARD_BITS = 0x203fffff

/** A raw header, of which only parent and target matter here. */
function headerOf(parent: string, bits: number, nonce = 0): Buffer {
  const header = Buffer.alloc(80)
  Buffer.from(parent, 'hex').reverse().copy(header, 4)
  header.writeUInt32LE(bits, 72)
  header.writeUInt32LE(nonce, 76)
  return header
}

interface Branch {
  readonly tip: string
  readonly height: number
  readonly headers: readonly Buffer[]
}

/** A branch of blocks with these targets, on top of another. */
function branchOf(bits: readonly number[], nonce: number, on?: Branch): Branch {
  let [tip, height] = on ? [on.tip, on.height] : [ZERO_HASH, -1]
  const headers = bits.map(each => {
    const header = headerOf(tip, each, nonce)
    tip = hashOf(header)
    height += 1
    return header
  })
  return { tip, height, headers: [...(on?.headers ?? []), ...headers] }
}

interface Held {
  readonly active: Branch
  readonly others?: readonly (readonly [status: string, Branch])[]
}

/** Nodes that hold these branches. */
function holding(nodes: Readonly<Record<string, Held>>, parts: Partial<Ground> = {}): Ground {
  return groundOf({
    state: () =>
      ({
        nodes: Object.keys(nodes).map(name => ({ name, phase: 'running', systems: { ledger: {} } })),
      }) as unknown as NetworkState,
    rpc: async (node, method, [first, second]) => {
      const { active, others = [] } = nodes[node] as Held
      if (method === 'getbestblockhash') return active.tip
      if (method === 'getchaintips')
        return [['active', active] as const, ...others].map(([status, { tip, height }]) => ({
          hash: tip,
          height,
          status,
        }))
      const headers = [active, ...others.map(([, branch]) => branch)].flatMap(branch => branch.headers)
      const header = headers.find(each => hashOf(each) === first)
      if (method === 'getblockheader' && header && second === false) return header.toString('hex')
      throw new Error(`${node} does not know ${method} ${first}`)
    },
    ...parts,
  })
}

const TRUNK = branchOf([EASY_BITS, EASY_BITS], 0)
const LONG = branchOf([EASY_BITS, EASY_BITS], 1, TRUNK)
const HEAVY = branchOf([HARD_BITS, HARD_BITS], 2, TRUNK)
const mostWork = (nodes: Readonly<Record<string, Held>>, parts?: Partial<Ground>) =>
  verdictOf('most-work', holding(nodes, parts))

describe('most-work', () => {
  it('is green when all stand on the heaviest that they hold, and counts what lies beside it', async () => {
    expect(
      await mostWork({ a: { active: HEAVY, others: [['valid-fork', LONG]] }, b: { active: HEAVY } }),
    ).toEqual({
      passed: true,
      final: false,
      asked: '2 nodes on the most work held',
      measured: '2 of 2, beside 1 other branch',
    })
    expect(await mostWork({ a: { active: HEAVY } })).toMatchObject({
      measured: '1 of 1, beside 0 other branches',
    })
  })

  it.each(['valid-fork', 'valid-headers'])('is red for good when a %s weighs more', async status => {
    const ground = holding({ a: { active: LONG, others: [[status, HEAVY]] }, b: { active: LONG } })
    expect(await verdictOf('most-work', ground)).toMatchObject({
      passed: false,
      final: true,
      measured: '1 of 2, beside 1 other branch',
      message: expect.stringContaining(`a stands on ${LONG.tip} (height 3,`),
    })
    expect(ground.nowMs()).toBe(0)
  })

  it.each(['invalid', 'headers-only'])(
    'passes over what is %s: the node cannot stand there',
    async status => {
      expect(await mostWork({ a: { active: LONG, others: [[status, HEAVY]] } })).toMatchObject({
        passed: true,
      })
    },
  )

  it('takes what weighs the same for as good', async () => {
    const twin = branchOf([EASY_BITS, EASY_BITS], 3, TRUNK)
    expect(await mostWork({ a: { active: LONG, others: [['valid-fork', twin]] } })).toMatchObject({
      passed: true,
    })
  })

  it('is red when no node runs', async () => {
    expect(await mostWork({})).toMatchObject({ passed: false })
  })

  it('does not take a header that is another than it asked for', async () => {
    const rpc: Ground['rpc'] = async (_, method) => {
      if (method === 'getbestblockhash') return LONG.tip
      if (method === 'getchaintips') return [{ hash: LONG.tip, height: 3, status: 'active' }]
      return (HEAVY.headers.at(-1) as Buffer).toString('hex')
    }
    await expect(mostWork({ a: { active: LONG } }, { rpc })).rejects.toThrow(
      `asked for header ${LONG.tip}, it gave`,
    )
  })
})

describe('the work of a header', () => {
  it.each<[bits: number, target: bigint]>([
    [0x1d00ffff, 0xffffn << 208n],
    [0x207fffff, 0x7fffffn << 232n],
    [0x04123456, 0x12345600n],
    [0x03123456, 0x123456n],
    [0x02123456, 0x1234n],
    [0x01123456, 0x12n],
    [0x03000001, 1n],
  ])('%#: 2^256 by its target, and one', (bits, target) => {
    expect(workOf(headerOf(ZERO_HASH, bits))).toBe(2n ** 256n / (target + 1n))
  })

  it.each([0x04923456, 0x03800001, 0x20000000, 0x01003456, 0])(
    '%#: none where no hash can be so low',
    bits => {
      expect(workOf(headerOf(ZERO_HASH, bits))).toBe(0n)
    },
  )
})

describe('what is looked at when the nodes agree', () => {
  /** When the nodes' tips were first looked at behind `settle`, and what was found. */
  async function looked(agreeMs: number, tipOf: (node: string) => unknown = () => 'one') {
    const nodes = ['a', 'b']
    let firstMs: number | undefined
    const ground: Ground = holding(Object.fromEntries(nodes.map(name => [name, { active: LONG }])), {
      rpc: async (node, method, params) => {
        if (method === 'getbestblockhash') {
          const tip = tipOf(node)
          if (tip === undefined) throw new Error('busy')
          return ground.nowMs() >= agreeMs ? tip : node
        }
        firstMs ??= ground.nowMs()
        return await holding({ a: { active: LONG }, b: { active: LONG } }).rpc(node, method, params)
      },
    })
    const verdict = await verdictOf('most-work', ground)
    return { verdict, firstMs }
  }

  it('is looked at as soon as they do', async () => {
    expect(await looked(0)).toMatchObject({ firstMs: 0, verdict: { passed: true } })
    expect(await looked(1200)).toMatchObject({ firstMs: 1200, verdict: { passed: true } })
  })

  it('and at the deadline when they do not', async () => {
    expect(await looked(60_000)).toMatchObject({ firstMs: 5000 })
    expect(await looked(0, () => undefined)).toMatchObject({ firstMs: 5000 })
  })
})

describe('a node that is asked for its chain', () => {
  /** The verdict of a check over one node that answers so, and when it was there. */
  async function judged(name: string, answer: (method: string, nowMs: number) => unknown) {
    const ground: Ground = groundOf({
      state: () =>
        ({ nodes: [{ name: 'n-1', phase: 'running', systems: { ledger: {} } }] }) as unknown as NetworkState,
      rpc: async (_, method) => answer(method, ground.nowMs()),
    })
    const verdict: Verdict = await verdictOf(name, ground)
    return { verdict, atMs: ground.nowMs() }
  }
  const other = headerOf(ZERO_HASH, EASY_BITS, 9).toString('hex')

  it.each(['chain', 'no-double-spend'])('and gives another block: %s is red for good', async name => {
    expect(await judged(name, method => (method === 'getblock' ? other : TRUNK.tip))).toMatchObject({
      atMs: 0,
      verdict: {
        passed: false,
        final: true,
        measured: '0 of 1: none',
        message: expect.stringContaining(`asked for block ${TRUNK.tip}, it gave`),
      },
    })
  })

  it.each(['chain', 'supply', 'no-double-spend'])(
    'and does not answer: %s asks until its deadline',
    async name => {
      const answer = (method: string) => {
        if (method === 'getbestblockhash') return TRUNK.tip
        throw new Error('it is starting')
      }
      expect(await judged(name, answer)).toMatchObject({
        atMs: 5000,
        verdict: { passed: false, final: false, message: 'n-1: it is starting' },
      })
    },
  )
})
