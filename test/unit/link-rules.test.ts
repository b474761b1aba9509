// What link conditions become for nft and tc, and what is left for the node's transport.

import { expect, test } from 'vitest'
import type { LinkTable } from '../../node/api.ts'
import { PERFECT_LINK } from '../../node/core/link.ts'
import { downScript } from '../../orchestrator/runtime/docker/access-rules.ts'
import { filterScript, laneScript, remainder, rulesOf } from '../../orchestrator/runtime/docker/link-rules.ts'

const PORT = 18_444
const [A, B, C] = ['10.0.0.2', '10.0.0.3', '10.0.0.4']
const table = (peers: LinkTable['peers'], rest = PERFECT_LINK): LinkTable => ({ default: rest, peers })
const to = (ip: string, link: Partial<typeof PERFECT_LINK>) => ({
  [`${ip}:${PORT}`]: { ...PERFECT_LINK, ...link },
})
const KERNEL = { delays: false, widths: true, lines: true }
const NETEM = { ...KERNEL, delays: true }
const NO_LINE = { access: { upBps: 0, downBps: 0 }, sharers: [] }
const node = (ip: string, links = table({})) => ({ ip, address: `${ip}:${PORT}`, links })

test('a block is the sender’s rule, loss the receiver’s; each counts what it took', () => {
  const sender = node(A, table({ ...to(B, { blocked: true }), ...to(C, { loss: 0.025 }) }))
  const sent = rulesOf(sender, [node(B), node(C)], KERNEL)
  expect(sent).toEqual({ blocked: [B], lossy: [], lanes: [], ...NO_LINE })
  expect(filterScript(sent)).toContain(`oifname "$dev" ip daddr { ${B} } counter drop`)
  const received = rulesOf(node(C), [sender, node(B)], KERNEL)
  expect(received).toEqual({ blocked: [], lossy: [{ from: A, loss: 0.025 }], lanes: [], ...NO_LINE })
  expect(filterScript(received)).toContain(`ip saddr ${A} numgen random mod 1000000 < 25000 counter drop`)
})

test('bare acknowledgements of a blocked link pass before the drop', () => {
  const lines = filterScript({ blocked: [B, C], lossy: [], lanes: [], ...NO_LINE }).split('\n')
  const accept = lines.findIndex(line => line.includes('tcp flags & (fin | syn | rst | psh) == 0 accept'))
  expect(accept).toBeGreaterThan(0)
  expect(lines[accept + 1]).toContain(`{ ${B}, ${C} } counter drop`)
})

test('every script replaces all that was there', () => {
  const lines = filterScript({ blocked: [], lossy: [], lanes: [], ...NO_LINE }).split('\n')
  expect(lines.slice(0, 3)).toEqual(['table ip netsplit', 'delete table ip netsplit', 'table ip netsplit {'])
})

test('the conditions of links that no edge names hold for everybody else', () => {
  const sender = node(A, table(to(B, {}), { ...PERFECT_LINK, blocked: true }))
  expect(rulesOf(sender, [node(B), node(C)], KERNEL).blocked).toEqual([C])
})

test('a class a slow peer: sorted by nft, limited by tbf', () => {
  const sender = node(A, table({ ...to(B, { bandwidthBps: 64_000 }), ...to(C, { bandwidthBps: 1e9 }) }))
  const rules = rulesOf(sender, [node(B), node(C)], KERNEL)
  expect(filterScript(rules)).toContain(`ip daddr ${C} meta priority set 1:11`)
  expect(laneScript(rules).split('\n')).toEqual([
    'qdisc add dev $dev root handle 1: htb',
    'class add dev $dev parent 1: classid 1:10 htb rate 100gbit quantum 60000',
    'qdisc add dev $dev parent 1:10 handle 10: tbf rate 64000bit burst 3028b limit 1048576b',
    'class add dev $dev parent 1: classid 1:11 htb rate 100gbit quantum 60000',
    'qdisc add dev $dev parent 1:11 handle 11: tbf rate 1000000000bit burst 1250000b limit 1048576b',
  ])
})

test('latency is netem’s where the kernel has it, the transport’s where not', () => {
  const links = table(to(B, { latencyMs: 80, jitterMs: 5, bandwidthBps: 1e6, loss: 0.1, blocked: true }))
  const peer = `${B}:${PORT}`
  const here = rulesOf(node(A, links), [node(B)], NETEM)
  expect(laneScript(here)).toContain('handle 10: netem delay 80ms 5ms distribution normal')
  expect(laneScript(here)).toContain('parent 10:1 handle f10: tbf rate 1000000bit')
  expect(remainder(links, NETEM).peers[peer]).toEqual(PERFECT_LINK)
  expect(laneScript(rulesOf(node(A, links), [node(B)], KERNEL))).not.toContain('netem')
  expect(remainder(links, KERNEL).peers[peer]).toEqual({ ...PERFECT_LINK, latencyMs: 80, jitterMs: 5 })
})

test('peers take turns on the line that they share, each with its own link below it', () => {
  const links = {
    ...table({ ...to(B, { bandwidthBps: 1e6 }), ...to(C, {}) }),
    access: { upBps: 10e6, downBps: 4e6 },
    peerDownBps: { [`${B}:${PORT}`]: 5e6 },
  }
  const rules = rulesOf(node(A, links), [node(B), node(C)], KERNEL)
  expect(laneScript(rules).split('\n')).toEqual([
    'qdisc add dev $dev root handle 1: htb',
    'class add dev $dev parent 1: classid 1:1 htb rate 10000000bit ceil 10000000bit burst 12500b cburst 12500b',
    'class add dev $dev parent 1:1 classid 1:10 htb rate 5000000bit ceil 10000000bit quantum 1514',
    'qdisc add dev $dev parent 1:10 handle 10: tbf rate 1000000bit burst 3028b limit 1048576b',
    'class add dev $dev parent 1:1 classid 1:11 htb rate 5000000bit ceil 10000000bit quantum 1514',
  ])
  expect(filterScript(rules)).toContain(`ip daddr ${C} meta priority set 1:11`)
  expect(downScript(rules)).toContain(
    'class add dev netsplit-down parent 2:1 classid 2:11 htb rate 2000000bit ceil 4000000bit quantum 1514',
  )
  expect(downScript(rules)).toContain(`u32 match ip src ${B}/32 flowid 2:10`)
  expect(remainder(links, KERNEL)).toEqual(table({ ...to(B, {}), ...to(C, {}) }))
})

test('what only the nodes can count stays with them, and what a kernel cannot do', () => {
  const links = {
    ...table(to(B, { bandwidthBps: 1e6, loss: 0.1 })),
    access: { upBps: 10e6, downBps: 0 },
    peerDownBps: { [`${B}:${PORT}`]: 5e6 },
  }
  const counted = { delays: false, widths: false, lines: false }
  const rules = rulesOf(node(A, links), [node(B)], counted)
  expect([laneScript(rules), downScript(rules)]).toEqual(['', ''])
  expect(remainder(links, counted)).toEqual({ ...links, peers: to(B, { bandwidthBps: 1e6 }) })
  const old = { delays: false, widths: true, lines: false }
  expect(laneScript(rulesOf(node(A, links), [node(B)], old))).toContain('tbf rate 1000000bit')
  expect(remainder(links, old)).toMatchObject({ access: links.access, peerDownBps: links.peerDownBps })
})
