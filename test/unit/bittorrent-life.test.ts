// A content's life at a peer: it outlives kill −9, damage and a full disk, peers find each other, and it ends as was asked.

import { describe, expect, it } from 'vitest'
import type { ContentFiles } from '../../node/bittorrent/storage.ts'
import { createSwarm, peerAddress } from '../support/swarm.ts'

const THIN = { upBps: 2_000_000, downBps: 0 }
const LENGTH = 3_000_000

describe('kill -9', () => {
  for (const version of ['v2', 'hybrid', 'v1'] as const)
    it(`${version}: whoever made it has all of it afterwards, and gives it`, () => {
      const swarm = createSwarm({ seed: `maker ${version}`, peers: 2 })
      const made = swarm.make(0, { length: LENGTH, version })
      swarm.kill(0)
      swarm.restart(0)
      swarm.rpc(1, 'addtorrent', made.magnet)
      expect(swarm.until(() => swarm.complete(1, made.content), 60_000)).toBe(true)
      expect(swarm.told(0, 'bittorrent/joined').at(-1)).toMatchObject({
        has: made.pieces,
        pieces: made.pieces,
      })
      expect(swarm.told(0, 'bittorrent/damaged')).toEqual([])
    })

  it('what was stored and verified is not fetched again', () => {
    const swarm = createSwarm({ seed: 'half', peers: 2, accessOf: () => THIN })
    const made = swarm.make(0, { length: LENGTH })
    swarm.rpc(1, 'addtorrent', made.magnet)
    const half = () => (swarm.health(1, made.content)?.hasPieces ?? 0) >= made.pieces / 2
    expect(swarm.until(half, 60_000)).toBe(true)
    const had = swarm.health(1, made.content)?.verifiedBytes as number
    swarm.kill(1)
    swarm.restart(1)
    expect(swarm.until(() => swarm.complete(1, made.content), 60_000)).toBe(true)
    expect(swarm.health(1, made.content)?.downBytes).toBe(LENGTH - had)
    expect(swarm.digest(1, made.content, ['film'], LENGTH)).toBe(
      swarm.digest(0, made.content, ['film'], LENGTH),
    )
  })

  it('what the store did not come to write is found in the files', () => {
    const swarm = createSwarm({ seed: 'late', peers: 2 })
    const made = swarm.make(0, { length: LENGTH })
    swarm.rpc(1, 'addtorrent', made.magnet)
    expect(swarm.until(() => swarm.complete(1, made.content), 60_000)).toBe(true)
    const { store } = swarm.peer(1)
    swarm.kill(1)
    store.commit(
      [...store.scan('t/')].filter(([key]) => key.includes('/has/')).map(([key]) => ({ del: key })),
    )
    swarm.restart(1)
    expect(swarm.until(() => swarm.complete(1, made.content), 60_000)).toBe(true)
    expect(swarm.health(1, made.content)?.downBytes).toBe(0)
  })

  it('peers that only the magnet link named are found again', () => {
    const swarm = createSwarm({ seed: 'named', peers: 2, connect: () => [], accessOf: () => THIN })
    const made = swarm.make(0, { length: LENGTH })
    swarm.rpc(1, 'addtorrent', made.magnet)
    swarm.advance(5_000)
    expect(swarm.health(1, made.content)?.hasPieces).toBeGreaterThan(0)
    swarm.kill(1)
    swarm.restart(1)
    expect(swarm.until(() => swarm.complete(1, made.content), 60_000)).toBe(true)
  })

  it('a magnet link whose info never came is looked for again', () => {
    const swarm = createSwarm({ seed: 'magnet', peers: 2 })
    const made = swarm.make(0, { length: LENGTH })
    swarm.cut(0, 1)
    swarm.rpc(1, 'addtorrent', made.magnet)
    swarm.advance(5_000)
    swarm.kill(1)
    swarm.restart(1)
    swarm.heal()
    expect(swarm.until(() => swarm.complete(1, made.content), 120_000)).toBe(true)
  })
})

it('a file that was damaged meanwhile is found, told of and fetched anew', () => {
  const swarm = createSwarm({ seed: 'damage', peers: 2 })
  const made = swarm.make(0, { length: LENGTH })
  swarm.rpc(1, 'addtorrent', made.magnet)
  expect(swarm.until(() => swarm.complete(1, made.content), 60_000)).toBe(true)
  swarm.kill(1)
  swarm.peer(1).content.write([made.content, 'film'], 100_000, new Uint8Array(5))
  swarm.restart(1)
  expect(swarm.until(() => swarm.complete(1, made.content), 60_000)).toBe(true)
  expect(swarm.told(1, 'bittorrent/damaged')).toMatchObject([{ pieces: 1 }])
  expect(swarm.health(1, made.content)?.downBytes).toBe(65_536)
  expect(swarm.digest(1, made.content, ['film'], LENGTH)).toBe(
    swarm.digest(0, made.content, ['film'], LENGTH),
  )
})

it('a file that is gone while it is shared is found when somebody asks for it', () => {
  const swarm = createSwarm({ seed: 'gone', peers: 3 })
  const made = swarm.make(0, { length: LENGTH })
  swarm.rpc(1, 'addtorrent', made.magnet)
  expect(swarm.until(() => swarm.complete(1, made.content), 60_000)).toBe(true)
  swarm.peer(1).content.remove([made.content])
  swarm.rpc(2, 'addtorrent', made.magnet)
  expect(swarm.until(() => swarm.complete(2, made.content) && swarm.complete(1, made.content), 120_000)).toBe(
    true,
  )
  expect(swarm.told(1, 'bittorrent/damaged').length).toBeGreaterThan(0)
  expect(swarm.told(2, 'bittorrent/banned')).toEqual([])
})

it('a full disk: it is stuck, loses nothing, and goes on when there is room', () => {
  let full = true
  const disk = (_: number, files: ContentFiles): ContentFiles => ({
    read: (...a) => files.read(...a),
    size: path => files.size(path),
    sync: path => files.sync(path),
    remove: path => files.remove(path),
    write: (path, offset, bytes) =>
      full && offset >= 500_000 ? 'disk full' : files.write(path, offset, bytes),
  })
  const swarm = createSwarm({
    seed: 'disk',
    peers: 2,
    files: (index, files) => (index === 1 ? disk(1, files) : files),
  })
  const made = swarm.make(0, { length: LENGTH })
  swarm.rpc(1, 'addtorrent', made.magnet)
  swarm.advance(30_000)
  expect(swarm.told(1, 'bittorrent/stuck')).toMatchObject([{ why: 'disk full' }])
  expect(swarm.complete(1, made.content)).toBe(false)
  full = false
  expect(swarm.until(() => swarm.complete(1, made.content), 60_000)).toBe(true)
  expect(swarm.health(1, made.content)).toMatchObject({ downBytes: LENGTH, wastedBytes: 0 })
})

it('peers tell each other of peers', () => {
  // Both know the first alone.
  const swarm = createSwarm({ seed: 'pex', peers: 3, connect: index => (index === 0 ? [] : [0]) })
  const made = swarm.make(0)
  for (const peer of [1, 2]) swarm.rpc(peer, 'addtorrent', made.magnet)
  const addresses = (peer: number) =>
    (swarm.rpc(peer, 'gettorrent', made.content) as { peers: { address: string; source: string }[] }).peers
  const knows = () => addresses(1).some(({ address }) => address === peerAddress(2))
  expect(swarm.until(knows, 90_000)).toBe(true)
  const [found] = [...addresses(1), ...addresses(2)].filter(({ source }) => source === 'pex')
  expect(found).toBeDefined()
})

it('when it is complete it leaves, or seeds for a time', () => {
  const swarm = createSwarm({ seed: 'end', peers: 3 })
  const made = swarm.make(0)
  swarm.rpc(1, 'addtorrent', made.magnet, { whenComplete: 'leave' })
  swarm.rpc(2, 'addtorrent', made.magnet, { whenComplete: { ms: 30_000 } })
  expect(swarm.until(() => swarm.complete(1, made.content) && swarm.complete(2, made.content), 60_000)).toBe(
    true,
  )
  swarm.advance(1_000)
  expect(swarm.told(1, 'bittorrent/left')).toHaveLength(1)
  expect(swarm.told(2, 'bittorrent/left')).toHaveLength(0)
  expect(swarm.health(1, made.content)).toMatchObject({ connections: 0, complete: true })
  swarm.advance(30_000)
  expect(swarm.told(2, 'bittorrent/left')).toHaveLength(1)
  expect(swarm.health(0, made.content)).toMatchObject({ connections: 0 })
  swarm.kill(1)
  swarm.restart(1)
  swarm.advance(10_000)
  expect(swarm.health(1, made.content)).toMatchObject({ connections: 0, complete: true })
})

it('a partition in the middle: both sides go on when it heals', () => {
  const swarm = createSwarm({ seed: 'cut', peers: 3, accessOf: () => THIN })
  const made = swarm.make(0, { length: LENGTH })
  for (const peer of [1, 2]) swarm.rpc(peer, 'addtorrent', made.magnet)
  swarm.advance(5_000)
  swarm.cut(0, 1)
  swarm.cut(0, 2)
  swarm.advance(120_000)
  expect(swarm.complete(1, made.content)).toBe(false)
  swarm.heal()
  expect(swarm.until(() => [1, 2].every(peer => swarm.complete(peer, made.content)), 120_000)).toBe(true)
})

it('the same seed is the same run', () => {
  const run = () => {
    const swarm = createSwarm({ seed: 'twice', peers: 5, accessOf: () => THIN })
    const made = swarm.make(0)
    for (const peer of [1, 2, 3, 4]) swarm.rpc(peer, 'addtorrent', made.magnet)
    swarm.advance(60_000)
    return swarm.log()
  }
  expect(run()).toBe(run())
})
