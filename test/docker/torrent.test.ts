// BitTorrent in containers: content on the volumes of read-only containers, the hash table's datagrams over the data network, and a
// seed that is killed while its line is busy.

import { createHash } from 'node:crypto'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import type { ContentHealth } from '../../node/bittorrent/events.ts'
import { containerDesk } from '../support/containers.ts'
import { until } from '../support/until.ts'

const SPEC = `
runtime: docker
nodes:
  seeds: { count: 1, runs: bittorrent }
  peers: { count: 3, runs: bittorrent }
  tracker: { count: 1, runs: tracker }
bittorrent:
  content: [{ name: film, size: 8MB, pieceLength: 64KiB }]
  dht: true
`
const KILLED = `${SPEC}
name: killed
describe: A seed is killed while it sends.
links: { latency: 10ms, access: { up: 8Mbit, down: 40Mbit } }
faults: { death: { kill: seeds, at: progress 30, for: 4s } }
expect: { content-complete: { within: 60s after heal }, content-verified: { within: 60s after heal } }
`

test('content goes round, lies on volumes, and its peers are nodes of one hash table', async () => {
  const desk = containerDesk(SPEC)
  const command = await desk.up('--name', 'swarm', '--no-observability', '--no-tui')
  const peers = ['peers-1', 'peers-2', 'peers-3']
  const has = async (node: string) => ((await desk.ask('rpc', node, 'gettorrents')) as ContentHealth[])[0]
  const digests = new Set<string>()
  for (const node of ['seeds-1', ...peers]) {
    const { content, bytes } = await until(`${node} has all`, async () => {
      const found = await has(node)
      return found?.complete ? found : undefined
    })
    expect(bytes).toBe(8_000_000)
    const read = (await desk.ask(
      'rpc',
      node,
      'readtorrentfile',
      content,
      'film',
      '7000000',
      '1000000',
    )) as string
    const tail = Buffer.from(read, 'base64')
    expect(tail.length).toBe(1_000_000)
    digests.add(createHash('sha256').update(tail).digest('hex'))
  }
  expect(digests.size).toBe(1)
  for (const node of peers)
    await until(`${node} knows the others by the hash table`, async () => {
      const { nodes } = (await desk.ask('rpc', node, 'getdht')) as { nodes: number }
      return nodes === 3
    })
  expect((await desk.run('down')).code).toBe(0)
  await command.ended
})

test('a seed that is killed while its line is busy is gone, and no link is taken for cut', async () => {
  const desk = containerDesk(SPEC)
  writeFileSync(join(desk.folder, 'killed.yaml'), KILLED)
  const { code, stdout } = await desk.run('test', 'killed.yaml', '--json')
  const [{ checks }] = JSON.parse(stdout).scenarios
  expect(checks.filter((check: { passed: boolean }) => !check.passed)).toEqual([])
  expect(code).toBe(0)
})
