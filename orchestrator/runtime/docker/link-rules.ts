// What the links of one node come to in its network namespace: nftables rules, and a traffic class for each peer that is sent
// to slowly, or takes turns on a line that all share (access-rules.ts has the other direction). Pure: conditions in, scripts out.
//
// A block drops what the node sends, before it leaves: the kernel then takes nothing for sent, so it has nothing to send again
// in ever longer intervals, and a healed link carries with the next word. Bare acknowledgements pass, or a link that is cut in
// one direction would soon be dead in the other as well. Loss drops what arrives: only then does the sender believe that it was
// sent, and TCP does all that it does about loss.

import type { AccessLine, LinkConditions, LinkTable } from '../../../node/api.ts'
import { plain } from '../../format.ts'
import { OPEN_LINE } from '../../spec/access.ts'

const TABLE = 'netsplit'
/** With its TCP options a bare acknowledgement has at most 80 bytes; what carries data and is no longer has PSH set. */
const MAX_ACK_BYTES = 100
const LOSS_STEPS = 1_000_000
/** Classes of traffic are numbered from here, in hexadecimal as tc and nft read them. */
const FIRST_CLASS = 0x10
/** More than any link has: the class only sorts. */
const FREE = 'htb rate 100gbit quantum 60000'
/** Of a line that is shared; those of its sharers come after. */
const LINE_CLASS = '1'
/** A full packet. */
const TURN_BYTES = 1_514
/** Two full packets, or what the rate carries in 10 ms. */
const MIN_BURST_BYTES = 3_028
const BURST_SECONDS = 0.01
const QUEUE_BYTES = 1 << 20
const NETEM_PACKETS = 100_000

/** A peer that is sent to more slowly than the network would. */
export interface Lane {
  readonly to: string
  readonly bandwidthBps: number
  readonly latencyMs: number
  readonly jitterMs: number
}

/** What holds in one node's namespace; addresses without ports, as every node has its own. */
export interface LinkRules {
  /** Nothing is sent to these. */
  readonly blocked: readonly string[]
  /** What these send is lost at random. */
  readonly lossy: readonly { readonly from: string; readonly loss: number }[]
  readonly lanes: readonly Lane[]
  /** What all lanes together carry, each way. */
  readonly access: AccessLine
  /** Where lines are shared: all who share them. */
  readonly sharers: readonly string[]
}

/** What the kernel of this engine can do. */
export interface Kernel {
  /** nftables and tbf: blocks, loss, bandwidth. */
  readonly filters: boolean
  /** netem: latency. */
  readonly delays: boolean
  /** htb on what is sent and, through an ifb device, on what is received: lines that are shared. */
  readonly lines: boolean
}

/** What it is to do of it. */
export interface KernelPart {
  readonly delays: boolean
  /** Bandwidth of pairs; false: the transport alone knows what a frame counts. */
  readonly widths: boolean
  readonly lines: boolean
}

/** A node as the others see it. */
export interface Shaped {
  /** On the data network, without the port. */
  readonly ip: string
  /** One of those that it listens on, as link tables name it: to all of them the same conditions hold. */
  readonly address: string
  readonly links: LinkTable
}

/** The conditions of what goes to the node that listens there. */
export function conditionsTo(links: LinkTable, address: string): LinkConditions {
  return links.peers[address] ?? links.default
}

/** The rules of `node` among `others`, as far as they are the kernel's work. */
export function rulesOf(node: Shaped, others: readonly Shaped[], part: KernelPart): LinkRules {
  const { delays, widths, lines } = part
  const access = (lines && node.links.access) || OPEN_LINE
  const sent = others.map(({ ip, address }) => ({ to: ip, link: conditionsTo(node.links, address) }))
  const lanes = sent.map(({ to, link: { bandwidthBps, latencyMs, jitterMs } }) => ({
    to,
    bandwidthBps: widths ? bandwidthBps : 0,
    latencyMs: delays ? latencyMs : 0,
    jitterMs: delays ? jitterMs : 0,
  }))
  return {
    blocked: sent.flatMap(({ to, link }) => (link.blocked ? [to] : [])),
    lossy: others
      .map(({ ip, links }) => ({ from: ip, loss: conditionsTo(links, node.address).loss }))
      .filter(({ loss }) => loss > 0),
    lanes: lanes.filter(
      ({ bandwidthBps, latencyMs, jitterMs }) => access.upBps > 0 || bandwidthBps + latencyMs + jitterMs > 0,
    ),
    access,
    sharers: access.upBps + access.downBps > 0 ? others.map(({ ip }) => ip) : [],
  }
}

/** What is left for the node's own transport. */
export function remainder(links: LinkTable, { delays, widths, lines }: KernelPart): LinkTable {
  const rest = (link: LinkConditions): LinkConditions => ({
    ...link,
    ...(delays && { latencyMs: 0, jitterMs: 0 }),
    ...(widths && { bandwidthBps: 0 }),
    loss: 0,
    blocked: false,
  })
  const peers = Object.entries(links.peers).map(([address, link]) => [address, rest(link)] as const)
  const { access, peerDownBps } = links
  return {
    default: rest(links.default),
    peers: Object.fromEntries(peers),
    ...(!lines && access && { access }),
    ...(!lines && peerDownBps && { peerDownBps }),
  }
}

/** What a link of this bandwidth lets through at once. */
export function burstBytes(bandwidthBps: number): number {
  return Math.max(MIN_BURST_BYTES, Math.round((bandwidthBps / 8) * BURST_SECONDS))
}

/** A shell's way to the interface that has this address. */
export function findDevice(ip: string): string {
  return `dev=$(ip -o -4 address show to ${ip} | cut -d' ' -f2)`
}

/** Removes our rules, and nothing of what the engine keeps there. */
export const CLEAR = [`table ip ${TABLE}`, `delete table ip ${TABLE}`].join('\n') // made first, so that there is one to delete

/** Replaces our rules at once, whatever they were. For nft, inside a shell that knows `$dev`. */
export function filterScript({ blocked, lossy, lanes }: LinkRules): string {
  const to = `oifname "$dev" ip daddr`
  const sent = [
    ...(blocked.length === 0
      ? []
      : [
          `${to} { ${blocked.join(', ')} } ip length <= ${MAX_ACK_BYTES} tcp flags & (fin | syn | rst | psh) == 0 accept`,
          `${to} { ${blocked.join(', ')} } counter drop`,
        ]),
    ...lanes.map((lane, i) => `${to} ${lane.to} meta priority set 1:${classOf(i)}`),
  ]
  const received = lossy.map(
    ({ from, loss }) =>
      `iifname "$dev" ip saddr ${from} numgen random mod ${LOSS_STEPS} < ${Math.round(loss * LOSS_STEPS)} counter drop`,
  )
  return [
    CLEAR,
    `table ip ${TABLE} {`,
    chain('sent', 'output', sent),
    chain('received', 'input', received),
    '}',
  ].join('\n')
}

/** Classes of traffic from nothing; for `tc -batch`, inside a shell that knows `$dev`. Empty: no class at all. */
export function laneScript({ lanes, access }: LinkRules): string {
  if (lanes.length === 0) return ''
  const { upBps } = access
  const classes = lanes.flatMap((lane, i) => {
    const number = classOf(i)
    const turns =
      upBps > 0 ? sharedClass(1, number, upBps, lanes.length) : `parent 1: classid 1:${number} ${FREE}`
    return [`class add dev $dev ${turns}`, ...leaves(lane, number)]
  })
  const line = upBps > 0 ? [`class add dev $dev ${sharedLine(1, upBps)}`] : []
  return ['qdisc add dev $dev root handle 1: htb', ...line, ...classes].join('\n')
}

/** The class of a line that others share, in the tree of this number. */
export function sharedLine(tree: number, bandwidthBps: number): string {
  const rate = Math.round(bandwidthBps)
  const burst = burstBytes(bandwidthBps)
  return `parent ${tree}: classid ${tree}:${LINE_CLASS} htb rate ${rate}bit ceil ${rate}bit burst ${burst}b cburst ${burst}b`
}

/** One of those: each has the same part for sure, and what others leave of theirs in turns of a packet. */
export function sharedClass(tree: number, number: string, bandwidthBps: number, sharers: number): string {
  const sure = Math.max(8, Math.floor(bandwidthBps / sharers))
  const rates = `rate ${sure}bit ceil ${Math.round(bandwidthBps)}bit quantum ${TURN_BYTES}`
  return `parent ${tree}:${LINE_CLASS} classid ${tree}:${number} htb ${rates}`
}

/** Delay first, then the bottleneck. */
function leaves({ bandwidthBps, latencyMs, jitterMs }: Lane, number: string): string[] {
  const delayed = latencyMs + jitterMs > 0
  const jitter = jitterMs > 0 ? ` ${plain(jitterMs)}ms distribution normal` : ''
  const parent = delayed ? `${number}:1` : `1:${number}`
  const handle = delayed ? `f${number}` : number
  return [
    ...(delayed
      ? [
          `qdisc add dev $dev parent 1:${number} handle ${number}: netem delay ${plain(latencyMs)}ms${jitter} limit ${NETEM_PACKETS}`,
        ]
      : []),
    ...(bandwidthBps > 0
      ? [
          `qdisc add dev $dev parent ${parent} handle ${handle}: tbf rate ${Math.round(bandwidthBps)}bit burst ${burstBytes(bandwidthBps)}b limit ${QUEUE_BYTES}b`,
        ]
      : []),
  ]
}

function chain(name: string, hook: string, rules: readonly string[]): string {
  const lines = rules.map(rule => `    ${rule}`)
  return [
    `  chain ${name} {`,
    `    type filter hook ${hook} priority filter; policy accept;`,
    ...lines,
    '  }',
  ].join('\n')
}

export function classOf(index: number): string {
  return (FIRST_CLASS + index).toString(16)
}
