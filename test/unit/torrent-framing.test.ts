// On one machine all peers have one host: whoever spoils blocks and says that it listens where an honest peer does must not have that one
// banned, nor cut off.

import { expect, test } from 'vitest'
import { attachRawSeed } from '../support/raw-seed.ts'
import { createSwarm, peerAddress } from '../support/swarm.ts'

const LENGTH = 2_000_000

test('a polluter that gives the address of an honest peer for its own harms itself alone', () => {
  const swarm = createSwarm({ seed: 'framing', peers: 2, accessOf: () => ({ upBps: 800_000, downBps: 0 }) })
  const { magnet, content, infoHashV2 = '' } = swarm.make(0, { length: LENGTH })
  swarm.rpc(1, 'addtorrent', magnet)
  expect(swarm.until(() => (swarm.health(1, content)?.verifiedBytes ?? 0) > 0, 60_000)).toBe(true)
  const [host, port] = peerAddress(0).split(':')
  const polluter = attachRawSeed(swarm, `${host}:9999`, {
    infoHash: Buffer.from(infoHashV2, 'hex').subarray(0, 20),
    block: (_piece, _begin, length) => new Uint8Array(length),
    port: Number(port),
  })
  polluter.dial(peerAddress(1))
  expect(swarm.until(() => polluter.served.closed, 60_000)).toBe(true)
  expect(polluter.served.blocks).toBeGreaterThan(0)
  const banned = swarm.rpc(1, 'banned') as readonly { readonly address: string }[]
  expect(banned.map(({ address }) => address)).not.toContain(peerAddress(0))
  expect(swarm.until(() => swarm.complete(1, content), 120_000)).toBe(true)
})
