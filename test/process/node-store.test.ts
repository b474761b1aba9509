// A node whose disk or whose life ends badly: kill −9 at any moment, damaged files, a full disk.

import { execFileSync } from 'node:child_process'
import { mkdirSync, readdirSync, readFileSync, rmSync, statSync, truncateSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, onTestFinished, test } from 'vitest'
import type { NodeConfig } from '../../node/api.ts'
import { createRandom } from '../../node/core/random.ts'
import { EASY_CHAIN, fixedPeers, nodeConfig, temporaryDirectory } from '../support/node-config.ts'
import { RunningNode, spawnNode } from '../support/node-process.ts'

const storeOf = (config: NodeConfig) => join(config.dataDirectory, 'store')
/** What the folder has beside the cookie of a node that runs. */
const kept = (config: NodeConfig) => readdirSync(config.dataDirectory).filter(name => name !== '.cookie')
const filesOf = (config: NodeConfig, pattern: RegExp) =>
  readdirSync(storeOf(config))
    .filter(name => pattern.test(name))
    .map(name => join(storeOf(config), name))

/** Every block up to its tip is there and follows the rules, coins included. */
async function isSound(node: RunningNode): Promise<void> {
  const { height } = await node.health()
  expect(await node.rpc('verifychain', 4, 0)).toBe(true)
  const coins = await node.rpc<{ height: number; txouts: number; total_amount: number }>('gettxoutsetinfo')
  expect(coins).toMatchObject({ height, total_amount: 50 * height })
}

async function mineBesidesErrors(node: RunningNode, blocks: number): Promise<void> {
  await node.mine(blocks).catch(() => {})
}

describe('kill −9', () => {
  test('at any moment while blocks are connected loses at most the last of them, round after round', async () => {
    const random = createRandom('kill-9')
    const config = nodeConfig(temporaryDirectory())
    let safe = 0
    for (let round = 0; round < 6; round++) {
      const node = await RunningNode.start(config)
      await isSound(node)
      const { height } = await node.health()
      expect(height).toBeGreaterThanOrEqual(safe)
      // What is on disk is safe; only what comes now is not.
      await node.mine(5)
      await node.rpc('syncwithvalidationinterfacequeue')
      safe = height + 5
      const mining = mineBesidesErrors(node, 1_000)
      await node.reaches(safe + random.int(100))
      await node.kill()
      await mining
    }
    const survivor = await RunningNode.start(config)
    await isSound(survivor)
    expect((await survivor.health()).height).toBeGreaterThanOrEqual(safe)
    expect(kept(config)).toEqual(['store'])
  })

  test('during the download from a peer leaves a chain that the next start goes on with', async () => {
    const source = await RunningNode.start(nodeConfig(temporaryDirectory()))
    await source.mine(300)
    const config = nodeConfig(temporaryDirectory(), {
      name: 'late',
      seed: 'aa',
      peers: fixedPeers([source.ready.p2p]),
    })
    for (const height of [20, 100]) {
      const node = await RunningNode.start(config)
      await node.reaches(height)
      await node.kill()
    }
    const node = await RunningNode.start(config)
    await node.reaches(300)
    await isSound(node)
    expect(await node.rpc('getbestblockhash')).toBe(await source.rpc('getbestblockhash'))
  })
})

describe('a damaged store', () => {
  /** A node that ran with a chain of 40 blocks, and the peer it has them from. */
  async function stoppedWithPeer(runs = 1): Promise<{ peer: RunningNode; config: NodeConfig }> {
    const peer = await RunningNode.start(nodeConfig(temporaryDirectory()))
    await peer.mine(40)
    const config = nodeConfig(temporaryDirectory(), {
      name: 'harmed',
      seed: 'bb',
      peers: fixedPeers([peer.ready.p2p]),
    })
    // The second start moves what the first one left in LevelDB's log into a table.
    for (let run = 0; run < runs; run++) {
      const node = await RunningNode.start(config)
      await node.reaches(40)
      await node.stop()
    }
    return { peer, config }
  }

  /** Told as an event and in the log, kept beside the new one, and rebuilt from the peer. */
  async function isRebuilt(config: NodeConfig): Promise<void> {
    const node = await RunningNode.start(config)
    await node.reaches(40)
    await isSound(node)
    const told = (await node.events()).find(event => event.type === 'store-damaged')
    expect(told).toMatchObject({ setAside: expect.stringContaining(`${storeOf(config)}.damaged-`) })
    expect(node.spawned.log()).toContain('the store is damaged')
    expect(kept(config).sort()).toEqual(['store', expect.stringMatching(/^store\.damaged-/)])
  }

  const flip = (file: string, at: number) => {
    const bytes = readFileSync(file)
    bytes[at] = (bytes[at] ?? 0) ^ 0xff
    writeFileSync(file, bytes)
  }

  const flipAll = (config: NodeConfig, pattern: RegExp) => {
    for (const file of filesOf(config, pattern))
      for (let part = 1; part < 10; part++) flip(file, Math.floor((statSync(file).size * part) / 10))
  }

  test.each<[what: string, runs: number, harm: (config: NodeConfig) => void]>([
    ['whose log has flipped bytes', 1, config => flipAll(config, /\.log$/)],
    ['whose tables have flipped bytes', 2, config => flipAll(config, /\.ldb$/)],
    [
      'whose tables are gone',
      2,
      config => {
        for (const file of filesOf(config, /\.ldb$/)) rmSync(file)
      },
    ],
    [
      'whose tables are cut off',
      2,
      config => {
        for (const file of filesOf(config, /\.ldb$/)) truncateSync(file, Math.floor(statSync(file).size / 2))
      },
    ],
    [
      'whose log is gone',
      1,
      config => {
        for (const file of filesOf(config, /\.log$/)) rmSync(file)
      },
    ],
    [
      'whose manifest is cut short',
      1,
      config => {
        for (const file of filesOf(config, /^MANIFEST/)) truncateSync(file, 10)
      },
    ],
    ['whose CURRENT is empty', 1, config => truncateSync(join(storeOf(config), 'CURRENT'), 0)],
  ])('%s is set aside and rebuilt from peers', async (_, runs, harm) => {
    const { config } = await stoppedWithPeer(runs)
    harm(config)
    await isRebuilt(config)
  })

  test('whose log lost its end goes on from what is left, or is rebuilt: never a wrong chain', async () => {
    const { peer, config } = await stoppedWithPeer()
    for (const file of filesOf(config, /\.log$/)) truncateSync(file, Math.floor(statSync(file).size / 2))
    const node = await RunningNode.start(config)
    await node.reaches(40)
    await isSound(node)
    expect(await node.rpc('getbestblockhash')).toBe(await peer.rpc('getbestblockhash'))
  })

  test('of another network is set aside, not mixed with this one', async () => {
    const directory = temporaryDirectory()
    const first = await RunningNode.start(nodeConfig(directory))
    await first.mine(3)
    await first.stop()
    const second = await RunningNode.start(
      nodeConfig(directory, { chain: { ...EASY_CHAIN, name: 'another' } }),
    )
    expect((await second.health()).height).toBe(0)
    expect((await second.events()).find(event => event.type === 'store-damaged')).toMatchObject({
      detail: expect.stringContaining('another network'),
    })
  })
})

describe('a disk without room', () => {
  /** Mines until the node ends, and checks that it ended as it should and left nothing broken behind. */
  async function endsInOrder(node: RunningNode, reason: RegExp): Promise<void> {
    await mineBesidesErrors(node, 10_000)
    expect(await node.spawned.exited).toEqual({ code: 1, signal: null })
    const log = node.spawned.log()
    expect(log).toMatch(reason)
    expect(log).toContain('stopping: the store failed')
    expect(log).not.toContain('crash')
  }

  test('stops the node with the reason, and what was written before is whole', async () => {
    const config = nodeConfig(temporaryDirectory())
    // Files may have 256 KiB (512 blocks of 512 bytes), so LevelDB's log cannot grow any further.
    const node = await RunningNode.start(config, { wrapper: ['sh', '-c', 'ulimit -f 512; exec "$@"', 'sh'] })
    await node.mine(5)
    await endsInOrder(node, /the store in .* failed: cannot write: .*File too large/)
    const again = await RunningNode.start(config)
    expect((await again.health()).height).toBeGreaterThanOrEqual(5)
    await isSound(again)
    await again.mine(1)
    expect(kept(config)).toEqual(['store'])
  })

  test('of its own, really full, stops the node the same way', async context => {
    const directory = temporaryDirectory()
    const disk = join(directory, 'disk')
    mkdirSync(disk)
    try {
      execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=512k', 'tmpfs', disk], { stdio: 'pipe' })
    } catch {
      console.warn('SKIPPED: a full disk needs the right to mount a tmpfs')
      context.skip('no right to mount')
    }
    onTestFinished(() => {
      execFileSync('umount', ['-l', disk])
    })
    const config = nodeConfig(directory, { dataDirectory: join(disk, 'data') })
    const node = await RunningNode.start(config)
    await endsInOrder(node, /cannot write: .*No space left on device/)
    execFileSync('mount', ['-o', 'remount,size=8m', disk])
    const again = await RunningNode.start(config)
    await isSound(again)
    expect(kept(config)).toEqual(['store'])
    await again.kill()
  })

  test('for even a first write is said when the node is started', async () => {
    const config = nodeConfig(temporaryDirectory())
    const node = spawnNode(config, { wrapper: ['sh', '-c', 'ulimit -f 0; exec "$@"', 'sh'] })
    expect((await node.exited).code).toBe(1)
    expect(node.log()).toMatch(/dataDirectory .*: cannot open: .*File too large/)
  })
})
