// Swarms of equal peers, against what cannot be beaten: no content is with everybody before the seed's line has carried it once, nor before
// all lines together have carried a copy for each (Kurose and Ross, "Computer Networking", 2.5).

import { expect, it } from 'vitest'
import { leastSwarmTime } from '../../orchestrator/research/formulas.ts'
import { equalPeers, UP_BPS } from '../support/swarm.ts'

/** The last is complete after so many times the bound. */
function timesBound(peers: number, pieces: number, pieceLength: number) {
  const swarm = equalPeers(peers)
  const bytes = pieces * pieceLength
  const made = swarm.make(0, { length: bytes, pieceLength })
  const beganMs = swarm.elapsedMs()
  const wanting = Array.from({ length: peers - 1 }, (_, index) => index + 1)
  for (const peer of wanting) swarm.rpc(peer, 'addtorrent', made.magnet)
  const boundMs = (bytes * 8000 * Math.max(1, (peers - 1) / peers)) / UP_BPS
  const done = () => swarm.events.filter(({ event }) => event.type === 'bittorrent/complete').length
  expect(swarm.until(() => done() === peers - 1, 10 * boundMs)).toBe(true)
  const wasted = wanting.reduce((sum, peer) => sum + (swarm.health(peer, made.content)?.wastedBytes ?? 0), 0)
  return { times: (swarm.elapsedMs() - beganMs) / boundMs, waste: wasted / (bytes * (peers - 1)) }
}

for (const [peers, pieces, pieceLength] of [
  [10, 512, 65_536],
  [50, 512, 65_536],
] as const)
  it(`${peers} peers: within 1.3 times the bound, and hardly a block twice`, { timeout: 120_000 }, () => {
    const { times, waste } = timesBound(peers, pieces, pieceLength)
    const least = leastSwarmTime(peers - 1, pieces)
    console.log(
      `${peers} peers: ${times.toFixed(2)} times the bound, ${(times / least).toFixed(2)} times the least possible in pieces, ${(100 * waste).toFixed(2)} % wasted`,
    )
    expect(times).toBeGreaterThanOrEqual(least)
    expect(times).toBeLessThan(1.3)
    expect(waste).toBeLessThan(0.02)
  })
