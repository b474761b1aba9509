// What a spec can say of contents and of dishonest peers, what it is told when that cannot be, and what is planned of it.

import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { plannedDials } from '../../orchestrator/network/dials.ts'
import { addressesOn, serviceConfigs } from '../../orchestrator/runtime/node-config.ts'
import { servicesOf } from '../../orchestrator/runtime/service-parts.ts'
import { parseSpec, specToYaml } from '../../orchestrator/spec/load.ts'
import { makePlan } from '../../orchestrator/spec/plan.ts'
import {
  type PlannedContent,
  plannedOf,
  usualPieceLength,
} from '../../orchestrator/systems/bittorrent/plan.ts'
import { temporaryDirectory } from '../support/node-config.ts'

const NODES = 'nodes: { seeds: { count: 1, runs: bittorrent }, peers: { count: 3, runs: bittorrent } }'

const planOf = (text: string, file = 'swarm.yaml') => makePlan(parseSpec(text, file, {}))
const contentOf = (said: string, nodes = NODES, file?: string): PlannedContent =>
  plannedOf(planOf(`${nodes}\nbittorrent: { content: [${said}] }`, file)).content[0] as PlannedContent

function refusal(text: string, file = 'swarm.yaml'): string {
  try {
    parseSpec(text, file, {})
  } catch (error) {
    return (error as Error).message
  }
  return 'nothing is wrong'
}

describe('a content', () => {
  it('is planned by its description: who has it, who wants it, its files and pieces', () => {
    expect(
      contentOf('{ name: film, size: 50MB, pieceLength: 256KiB, files: 3, arrive: 2/s, whenComplete: 60s }'),
    ).toEqual({
      ...{ name: 'film', version: 'v2', bytes: 50e6, pieceLength: 262_144, on: ['seeds-1'] },
      files: [
        { path: ['part-1'], length: 16_666_667 },
        { path: ['part-2'], length: 16_666_667 },
        { path: ['part-3'], length: 16_666_666 },
      ],
      ...{
        for: ['peers-1', 'peers-2', 'peers-3'],
        groups: ['peers'],
        arrivePerSecond: 2,
        whenComplete: { ms: 60_000 },
      },
    })
  })

  it('of one file is that file; its pieces are few where nothing is said', () => {
    const { files, pieceLength, bytes } = contentOf('{ name: a.iso }')
    expect(files).toEqual([{ path: ['a.iso'], length: bytes }])
    expect(bytes / pieceLength).toBeLessThanOrEqual(512)
    expect([usualPieceLength(1), usualPieceLength(16_384 * 512), usualPieceLength(16_384 * 512 + 1)]).toEqual(
      [16_384, 16_384, 32_768],
    )
  })

  it('is for whom it is said to be, by groups and nodes', () => {
    expect(contentOf('{ name: a, on: "peers-2, peers-3", for: "seeds,peers-1" }')).toMatchObject({
      ...{ on: ['peers-2', 'peers-3'], for: ['seeds-1', 'peers-1'], groups: ['seeds'] },
    })
  })

  it('comes from files beside the spec, with their lengths, and the resolved spec says the same', () => {
    const folder = temporaryDirectory()
    mkdirSync(join(folder, 'data/more'), { recursive: true })
    writeFileSync(join(folder, 'data/b.txt'), 'bb')
    writeFileSync(join(folder, 'data/more/a.txt'), 'a')
    const file = join(folder, 'swarm.yaml')
    const spec = parseSpec(`${NODES}\nbittorrent: { content: [{ name: d, from: ./data }] }`, file, {})
    const planned = plannedOf(makePlan(spec)).content[0]
    expect(planned).toMatchObject({
      ...{ from: join(folder, 'data'), bytes: 3 },
      files: [
        { path: ['b.txt'], length: 2 },
        { path: ['more', 'a.txt'], length: 1 },
      ],
    })
    expect(plannedOf(makePlan(parseSpec(specToYaml(spec), 'elsewhere.yaml', {}))).content[0]).toEqual(planned)
  })
})

describe('what cannot be is refused where it stands:', () => {
  it.each([
    ['{ name: a/b }', 'content.0.name: a content is named with letters'],
    ['{ name: ..x }', 'content.0.name: a content is named with letters'],
    ['{ name: a, on: seds }', 'content.0.on: there is no group or node seds: did you mean seeds?'],
    ['{ name: a, for: peers-9 }', 'content.0.for: there is no group or node peers-9: did you mean'],
    ['{ name: a, on: "seeds,peers" }', 'content.0.name: nobody wants a'],
    ['{ name: a, on: seeds, for: seeds }', 'content.0.for: nobody wants a'],
    ['{ name: a, pieceLength: 48KiB }', 'content.0.pieceLength: 49152 bytes are no power of two'],
    ['{ name: a, pieceLength: 8KiB }', 'content.0.pieceLength: must be between'],
    [
      '{ name: a, size: 100kB, pieceLength: 1MiB }',
      'one piece is longer than all of the content: at most 128KiB',
    ],
    [
      '{ name: a, size: 100GB, pieceLength: 16KiB }',
      '6103516 pieces are more than 65536: a pieceLength of 16384KiB makes 5961',
    ],
    ['{ name: a, size: 3B, files: 4 }', 'content.0.files: 3 bytes do not make 4 files'],
    ['{ name: a }, { name: a }', 'content.1.name: two contents are named a'],
    ['{ name: a, arrive: soon }', 'content.0.arrive: expected together, or a rate such as 2/s'],
    ['{ name: a, whenComplete: rest }', 'content.0.whenComplete: expected seed, leave, or a duration'],
    ['{ name: a, from: ./missing }', 'content.0.from: there is no ./missing'],
    ['{ name: a, from: ./x, size: 1MB }', 'content.0.size: from says how large it is'],
    ['{ name: a, sizes: 1MB }', 'unknown key "sizes": did you mean "size"?'],
  ])('%s', (said, why) => {
    expect(refusal(`${NODES}\nbittorrent: { content: [${said}] }`, '/nowhere/swarm.yaml')).toContain(why)
  })

  it('contents where nobody runs bittorrent, or of others than those who do', () => {
    expect(refusal('bittorrent: { content: [{ name: a }] }')).toContain('no node runs bittorrent')
    const mixed = `nodes: { full: { count: 2 }, seeds: { count: 1, runs: bittorrent }, peers: { count: 2, runs: bittorrent } }`
    expect(refusal(`${mixed}\nbittorrent: { content: [{ name: a, for: full }] }`)).toContain(
      'full does not run bittorrent: those who do are seeds, peers',
    )
  })

  it('files where nodes do not see them', () => {
    expect(refusal(`${NODES}\nruntime: sim\nbittorrent: { content: [{ name: a, from: ./x }] }`)).toContain(
      'nodes read it on their own machine, which with runtime sim is not this one',
    )
  })

  it('a strategy of swarms of who is in none, and one of miners of who does not mine', () => {
    const group = (said: string) =>
      `nodes: { honest: { count: 2, share: 100% }, evil: { count: 1, ${said} } }`
    expect(refusal(group('strategy: polluter'))).toContain(
      'nodes.evil.strategy: polluter is how a peer of BitTorrent is dishonest, and this group runs bitcoin',
    )
    expect(refusal(group('runs: bittorrent, strategy: selfish'))).toContain('nodes.evil')
    expect(refusal(group('runs: bittorrent, strategy: polluters'))).toContain(
      'free-rider, polluter, liar-hashes',
    )
  })

  it('checks and conditions of swarms where there is none', () => {
    expect(refusal('expect: { content-complete: {} }')).toContain('no node runs bittorrent')
  })
})

describe('a network with BitTorrent', () => {
  const MIXED = `nodes:
  full: { count: 3, share: 100%, runs: [bitcoin, bittorrent] }
  peers: { count: 3, runs: bittorrent, strategy: free-rider }
  tracker: { count: 1, runs: tracker }
topology: { kind: full }
bittorrent: { pex: false, slots: 2, content: [{ name: a, on: full }] }
`

  it('tells peers whom to dial, where the tracker is, how they are dishonest, and nothing else', () => {
    const plan = planOf(MIXED)
    const addresses = new Map(
      plan.nodes.map(node => [node.name, addressesOn(`10.0.0.${node.index + 1}`, 1000, servicesOf(node))]),
    )
    const dials = plannedDials(plan, name => addresses.get(name) ?? {})
    const configs = (name: string) => {
      const node = plan.nodes.find(each => each.name === name)
      if (!node) throw new Error(name)
      return serviceConfigs(plan, node, dials.get(name) ?? {}, () => ({ host: '10.0.0.9', port: 1 }))
    }
    const { bittorrent, ...others } = configs('peers-1')
    expect(Object.keys(others)).toEqual([])
    const [tracker] = Object.values(addresses.get('tracker-1') ?? {})
    expect(bittorrent).toMatchObject({
      ...{ trackers: [`http://${tracker}/announce`], pex: false, uploadSlots: 2, strategy: 'free-rider' },
      connect: ['full-1', 'full-2', 'full-3'].map(name => addresses.get(name)?.bittorrent),
    })
    expect((bittorrent as unknown as { dht: { bootstrap: string[] } }).dht.bootstrap).toContain(
      addresses.get('full-1')?.bittorrent,
    )
    // A ledger's peers are those with a ledger; the swarm's are all.
    expect(configs('full-3')).toMatchObject({
      bitcoin: { peers: { connect: [addresses.get('full-1')?.bitcoin, addresses.get('full-2')?.bitcoin] } },
      bittorrent: { connect: [addresses.get('full-1')?.bittorrent, addresses.get('full-2')?.bittorrent] },
    })
    expect(configs('full-3').bittorrent).not.toHaveProperty('strategy')
    expect(configs('tracker-1')).toEqual({
      tracker: { listen: { host: '10.0.0.9', port: 1 }, intervalMs: 60_000 },
    })
  })

  it('has no place in its topology for trackers', () => {
    const { topology } = planOf(MIXED)
    expect(topology.edges.flatMap(({ from, to }) => [from, to])).not.toContain('tracker-1')
    expect(topology.wantedPeers).toMatchObject({ 'full-1': 2, 'peers-1': 0, 'tracker-1': 0 })
  })
})
