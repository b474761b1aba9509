// Measures whether links carry: every node pings its peers over the very connections under test, those of all its services,
// and is then asked which pongs are still out. Control traffic goes another way, so a silent link is a cut link and not a deaf observer.

import type { LinkInfo } from '../../node/api.ts'
import type { Cut } from './partition.ts'

/** What a probe needs of the network. */
export interface Probed {
  /** Nodes that run. */
  running(): readonly string[]
  /** The node that listens there, if it is one of ours. */
  nodeAt(address: string): string | undefined
  /** The node whose program is there, past the node itself. Absent: there is no other program than ours. */
  programAt?(address: string): string | undefined
  /** It runs, or stands still. Absent: all do. */
  isThere?(node: string): boolean
  rpc(node: string, method: string, params: readonly unknown[]): Promise<unknown>
  nowMs(): number
  /** Resolves early when `signal` aborts. */
  wait(ms: number, signal?: AbortSignal): Promise<void>
}

/** One connected pair, as seen from `from`: a ping and its pong crossed the link both ways, or did not. */
export interface Heard extends Cut {
  /** Whose connection it is. */
  readonly service: string
  /** The number that this service of `from` gave it. */
  readonly id: number
  readonly answered: boolean
  /** How long the last ping and its pong took. */
  readonly roundTripMs: number | undefined
  /** Numbers of pings of this connection. */
  readonly pings: { readonly sent: number; readonly answered: number }
}

const POLL_MS = 50
/** An open link whose answer is late on a busy machine is not a cut one: it is given this much more. */
export const LATE_MS = 20_000
/** From when a node takes no more questions until its process has ended: it may take all the time that an orderly stop has. */
const ENDING_MS = 20_000

/**
 * Pings over every connection and polls until each pair of `expectSilent` is all that is still out, or until
 * `timeoutMs` and `lateMs` more, or until `signal` aborts. A pair expected to be silent is watched for the whole time: silence takes that
 * long to measure.
 */
export async function probe(
  network: Probed,
  expectSilent: (pair: Cut) => boolean,
  { timeoutMs, lateMs = LATE_MS }: { readonly timeoutMs: number; readonly lateMs?: number },
  signal?: AbortSignal,
): Promise<Heard[]> {
  const nodes = network.running()
  await Promise.all(nodes.map(node => askIfThere(network, node, 'pinglinks')))
  const deadlineMs = network.nowMs() + timeoutMs
  /** Connection → the ping above, or one after it: other probes ping as well, and the answer to theirs may still be out. */
  const asked = new Map<string, number>()
  const carried = new Set<string>()
  for (;;) {
    const now = await listen(network, nodes)
    for (const pair of now) if (hasAnswered(pair, asked)) carried.add(keyOf(pair))
    const heard = now.map(pair =>
      !expectSilent(pair) && carried.has(keyOf(pair)) ? { ...pair, answered: true } : pair,
    )
    const late = heard.some(pair => !pair.answered && !expectSilent(pair))
    const watchedMs = network.nowMs() - deadlineMs
    const watching = watchedMs < 0 && heard.some(expectSilent)
    if ((!watching && (!late || watchedMs >= lateMs)) || signal?.aborted) return heard
    await network.wait(POLL_MS, signal)
  }
}

/** `asked`: connection → the newest ping when it was first looked at, which is noted here. Has it, or one after it, come back? */
export function hasAnswered(pair: Heard, asked: Map<string, number>): boolean {
  const ping = asked.get(keyOf(pair)) ?? pair.pings.sent
  asked.set(keyOf(pair), ping)
  return pair.answered || (ping > 0 && pair.pings.answered >= ping)
}

/** One connection, as one of its nodes sees it. */
export const keyOf = ({ from, to, service, id }: Heard) => `${from} ${to} ${service} ${id}`

/**
 * The connections of these nodes, each as its node sees it. Those to a node that is gone are none: where its line was busy, or its
 * machine went with it, its last words never left, and its peers believe in them for as long as TCP does.
 */
export async function listen(network: Probed, nodes: readonly string[]): Promise<Heard[]> {
  const heard = (await Promise.all(nodes.map(node => listenAt(network, node)))).flat()
  return heard.filter(({ to }) => network.isThere?.(to) ?? true)
}

/** A peer of one of the nodes that is none of the network's. */
export interface Stranger {
  readonly node: string
  readonly address: string
  /** The node that is reached there, past all links: no stranger, but a way that nothing here cuts. */
  readonly to?: string
}

/** Who is connected to these nodes without belonging to the network, or past its links. */
export async function strangersAt(network: Probed, nodes: readonly string[]): Promise<Stranger[]> {
  const asked = nodes.map(async node =>
    (await peersOf(network, node)).flatMap(({ addr: address, direct }) => {
      const to = network.nodeAt(address)
      if (to !== undefined) return direct ? [{ node, address, to }] : []
      const past = network.programAt?.(address)
      return past === undefined ? [{ node, address }] : [{ node: past, address, to: node }]
    }),
  )
  return (await Promise.all(asked)).flat()
}

async function peersOf(network: Probed, node: string): Promise<readonly LinkInfo[]> {
  return ((await askIfThere(network, node, 'getlinkinfo')) ?? []) as readonly LinkInfo[]
}

async function listenAt(network: Probed, node: string): Promise<Heard[]> {
  const peers = (await peersOf(network, node)).filter(({ direct }) => !direct)
  return peers.flatMap(({ service, id, addr, pingtime, pingwait, pings_sent, pings_answered }) => {
    const to = network.nodeAt(addr)
    const roundTripMs = pingtime === undefined ? undefined : pingtime * 1000
    return to === undefined
      ? []
      : [
          {
            from: node,
            to,
            service,
            id,
            answered: pingwait === undefined,
            roundTripMs,
            pings: { sent: pings_sent, answered: pings_answered },
          },
        ]
  })
}

/** A node that another fault took away meanwhile has no links to measure; one that is back already is asked again. */
async function askIfThere(network: Probed, node: string, method: string): Promise<unknown> {
  const untilMs = network.nowMs() + ENDING_MS
  for (;;) {
    try {
      return await network.rpc(node, method, [])
    } catch (error) {
      // A node that ends closes its doors before it is gone.
      if (!network.running().includes(node)) return undefined
      if (network.nowMs() >= untilMs) throw error
      await network.wait(POLL_MS)
    }
  }
}
