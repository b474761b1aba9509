// Faults of machines, measured: each at its limit, on both of its sides, over machines that answer what the test says. And
// the words in which faults are told.

import { describe, expect, it } from 'vitest'
import type { Breakable } from '../../orchestrator/chaos/breakable.ts'
import { Chaos } from '../../orchestrator/chaos/chaos.ts'
import { compile, describe as describeFault, type Fault } from '../../orchestrator/chaos/faults.ts'
import { breakableDouble } from '../support/breakable-double.ts'

const NODES = ['a', 'b', 'c']
const ROSTER = { nodes: NODES, groups: new Map() }

/** Time passes when it is waited for. */
function networkOf(parts: Partial<Breakable>): Breakable {
  let nowMs = 0
  return breakableDouble({
    roster: () => ROSTER,
    running: () => NODES,
    nowMs: () => nowMs,
    wait: async ms => {
      nowMs += ms
    },
    rpc: async (_, method) => (method === 'getlinkinfo' ? [] : null),
    ...parts,
  })
}

type Machine = Breakable['machine']

const machine = (parts: Partial<Machine>): Machine => ({
  clockAheadMs: async () => 0,
  burnMs: async () => 0,
  memoryBytes: async () => undefined,
  ...parts,
})

const found = async (fault: Fault, parts: Partial<Breakable>) => {
  const { measured, verified, asked } = await new Chaos(networkOf(parts)).inject(fault)
  return { asked, measured, verified }
}

const at = (values: readonly number[]) => async (node: string) => values[NODES.indexOf(node)] as number

describe('a wrong clock', () => {
  const skew: Fault = { kind: 'clock-skew', nodes: 'all', byMs: -60_000 }

  it.each<[ahead: readonly number[], verified: boolean, measured: string]>([
    [[-60_000, -60_000, -60_000], true, '3 of 3 so, ahead by -60.0 s'],
    [[-60_500, -60_000, -59_500], true, '3 of 3 so, ahead by -60.5 … -59.5 s'],
    [[-60_501, -60_000, -59_499], false, '1 of 3 so, ahead by -60.5 … -59.5 s'],
    [[0, 0, 0], false, '0 of 3 so, ahead by 0.0 s'],
  ])('%j: %s', async (ahead, verified, measured) => {
    expect(await found(skew, { machine: machine({ clockAheadMs: at(ahead) }) })).toEqual({
      asked: 'clocks ahead by -60.0 s',
      measured,
      verified,
    })
  })

  it('cannot be asked for where nobody runs', async () => {
    const report = await found(skew, { running: () => [] })
    expect(report.measured).toContain('no node runs to ask')
  })

  it('is right again when the fault is over, and is told to the machine both times', async () => {
    const told: (number | undefined)[] = []
    let aheadMs = 0
    const chaos = new Chaos(
      networkOf({
        setNode: async (_, { clockSkewMs }) => {
          told.push(clockSkewMs)
          aheadMs = clockSkewMs ?? 0
        },
        machine: machine({ clockAheadMs: async () => aheadMs }),
      }),
    )
    expect(await chaos.inject({ ...skew, nodes: 'a' } as Fault)).toMatchObject({ verified: true })
    expect(await chaos.heal()).toMatchObject([
      { verified: true, measured: expect.stringContaining('1 of 1 so, ahead by 0.0 s') },
    ])
    expect(told).toEqual([-60_000, 0])
  })
})

describe('little processor time', () => {
  const cpu = (cpus: number): Fault => ({ kind: 'cpu', nodes: 'all', cpus })

  it.each<[cpus: number, burnMs: number, takesMs: number]>([
    [0.05, 100, 2000],
    [0.1, 100, 1000],
    [0.15, 150, 1000],
    [0.2, 200, 1000],
    [0.5, 200, 400],
  ])('of %f is measured by what %i ms of it take', async (cpus, burnMs, takesMs) => {
    const burnt: number[] = []
    const slow = (ms: number) =>
      machine({
        burnMs: async (_, asked) => {
          burnt.push(asked)
          return ms
        },
      })
    expect(await found(cpu(cpus), { machine: slow(0.7 * takesMs) })).toEqual({
      asked: `${burnMs} ms of processor time take ${takesMs} ms`,
      measured: `3 of 3 so slow, from ${0.7 * takesMs} ms`,
      verified: true,
    })
    expect(burnt).toEqual([burnMs, burnMs, burnMs])
    expect(await found(cpu(cpus), { machine: slow(0.7 * takesMs - 1) })).toMatchObject({
      measured: `0 of 3 so slow, from ${Math.round(0.7 * takesMs - 1)} ms`,
      verified: false,
    })
  })
})

it('little processor time is measured by a second’s share of it, to the millisecond', async () => {
  const burnt: number[] = []
  const burnMs: Machine['burnMs'] = async (_, ms) => {
    burnt.push(ms)
    return 1e6
  }
  await found({ kind: 'cpu', nodes: 'a', cpus: 0.1494 }, { machine: machine({ burnMs }) })
  expect(burnt).toEqual([149])
})

describe('little memory', () => {
  const memory: Fault = { kind: 'memory', nodes: 'all', bytes: 64e6 }

  it.each<[limits: readonly (number | undefined)[], verified: boolean, measured: string]>([
    [[64e6, 64e6, 32e6], true, '3 of 3 limited, to 64 MB'],
    [[64e6, 64e6 + 1, 32e6], false, '2 of 3 limited, to 64 MB'],
    [[64e6, undefined, 128e6], false, '1 of 3 limited, to 128 MB'],
    [[undefined, undefined, undefined], false, '0 of 3 limited, to no MB'],
  ])('%j: %s', async (limits, verified, measured) => {
    const memoryBytes: Machine['memoryBytes'] = async node => limits[NODES.indexOf(node)]
    expect(await found(memory, { machine: machine({ memoryBytes }) })).toEqual({
      asked: 'at most 64 MB each',
      measured,
      verified,
    })
  })
})

it('much memory is told in MB, too', async () => {
  const memoryBytes: Machine['memoryBytes'] = async () => 1e12
  const fault: Fault = { kind: 'memory', nodes: 'all', bytes: 1e12 }
  expect(await found(fault, { machine: machine({ memoryBytes }) })).toMatchObject({
    asked: 'at most 1000000 MB each',
    measured: '3 of 3 limited, to 1000000 MB',
  })
})

describe('a full disk', () => {
  const full: Fault = { kind: 'disk-full', nodes: 'a,b' }

  /** Nodes that end so long after their disk is full, in a time that goes by the millisecond. */
  const ending = (endsMs: number) => {
    let nowMs = 0
    return networkOf({
      nowMs: () => nowMs,
      wait: async () => {
        nowMs += 1
      },
      running: () => (nowMs >= endsMs ? ['c'] : NODES),
    })
  }

  it.each([
    [60_000, true, '2 of 2 ended'],
    [60_001, false, '0 of 2 ended'],
  ])('a node has a minute to say so and end: after %i ms it is %s', async (endsMs, verified, measured) => {
    expect(await new Chaos(ending(endsMs)).inject(full)).toMatchObject({ verified, measured })
  })

  it('starts what it ended when it is over, and nothing else', async () => {
    const orders: string[] = []
    const running = new Set(NODES)
    const chaos = new Chaos(
      networkOf({
        running: () => [...running],
        setNode: async (node, { diskFull }) => {
          if (diskFull) running.delete(node)
        },
        order: async (node, order) => {
          orders.push(`${order} ${node}`)
          running.add(node)
        },
      }),
    )
    expect(await chaos.inject(full)).toMatchObject({ verified: true })
    expect(await chaos.heal()).toMatchObject([{ verified: true }])
    expect(orders).toEqual(['start a', 'start b'])
  })
})

describe('a node that does not run', () => {
  it('cannot be told, and the fault has not taken', async () => {
    const report = await found(
      { kind: 'memory', nodes: 'all', bytes: 64e6 },
      { running: () => ['a', 'b'], machine: machine({ memoryBytes: async () => 64e6 }) },
    )
    expect(report.verified).toBe(false)
    expect(report.measured).toContain('c does not run')
  })
})

describe('a node that refuses', () => {
  it('is neither waited for nor measured; the others are', async () => {
    let waitedMs = 0
    const parts: Partial<Breakable> = {
      nowMs: () => waitedMs,
      wait: async () => {
        waitedMs += 1000
      },
      setNode: async node => {
        if (node !== 'c') throw new Error(`the disk of ${node} is its own`)
      },
    }
    expect(await found({ kind: 'disk-full', nodes: 'a,b' }, parts)).toMatchObject({
      ...{
        measured: 'the disk of a is its own, the disk of b is its own; nobody to measure',
        verified: false,
      },
    })
    expect(waitedMs).toBe(0)
    const burnt: string[] = []
    const burnMs: Machine['burnMs'] = async (node, ms) => {
      burnt.push(node)
      return 10 * ms
    }
    await found({ kind: 'cpu', nodes: 'all', cpus: 0.1 }, { ...parts, machine: machine({ burnMs }) })
    expect(burnt).toEqual(['c'])
  })

  it('has nothing that could calculate for us: nobody can tell whether it took', async () => {
    const cpu: Fault = { kind: 'cpu', nodes: 'all', cpus: 0.1 }
    const burnMs: Machine['burnMs'] = async (node, ms) => (node === 'c' ? undefined : 10 * ms)
    const report = await new Chaos(networkOf({ machine: machine({ burnMs }) })).inject(cpu)
    expect(report).toMatchObject({
      ...{ verified: false, unmeasured: true },
      measured: 'nothing: c can calculate nothing for us; 2 of 2 so slow, from 1000 ms',
    })
    const none = await new Chaos(networkOf({ machine: machine({ burnMs: async () => undefined }) })).inject(
      cpu,
    )
    expect(none).toMatchObject({
      ...{ verified: false, unmeasured: true },
      measured: 'nothing: a, b, c can calculate nothing for us; none could be asked',
    })
  })
})

describe('a fault in words', () => {
  it.each<[fault: Fault, words: string]>([
    [{ kind: 'partition', cut: 'a | rest' }, '4 directed pairs'],
    [{ kind: 'reset', on: 'a,b' }, '6 directed pairs'],
    [{ kind: 'flapping', cut: 'a | rest', periodMs: 2500 }, '4 directed pairs, cut for half of every 2.5s'],
    [
      {
        kind: 'link',
        on: 'all',
        worse: { latencyMs: 300, jitterMs: 20, bandwidthBps: 64_500, loss: 0.02125 },
      },
      'latency 300ms, jitter 20ms, bandwidth 64.5kbit, loss 2.125% on 6 directed pairs',
    ],
    [{ kind: 'link', on: 'all', worse: { loss: 0.5 } }, 'loss 50% on 6 directed pairs'],
    [
      { kind: 'churn', nodes: 'all', perMinute: 1.256, downMs: 1500 },
      '1.26 a minute, each away for about 1.5s',
    ],
    [{ kind: 'clock-skew', nodes: 'all', byMs: -1500 }, '1.5s behind'],
    [{ kind: 'clock-skew', nodes: 'all', byMs: 90_000 }, '90s ahead'],
    [{ kind: 'cpu', nodes: 'all', cpus: 0.1234 }, '12.34% of a processor'],
    [{ kind: 'access', nodes: 'all', worse: { upBps: 1.5e6, downBps: 2e9 } }, 'up 1.5Mbit, down 2Gbit'],
    [{ kind: 'access', nodes: 'all', worse: { upBps: 1000 } }, 'up 1kbit'],
    [{ kind: 'memory', nodes: 'all', bytes: 64.4e6 }, '64MB of memory'],
    [{ kind: 'disk-full', nodes: 'all' }, 'no write succeeds'],
    [{ kind: 'kill', nodes: 'all' }, 'kill'],
  ])('%j', (fault, words) => {
    expect(describeFault(fault, compile(fault, ROSTER))).toBe(words)
  })
})
