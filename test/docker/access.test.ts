// Lines that a container's connections share, made by the kernel: how long bytes take over plain sockets, whoever sends them.

import { expect, test } from 'vitest'
import type { LinkTable } from '../../node/api.ts'
import type { Testnet } from '../../orchestrator/network/testnet.ts'
import { LABEL } from '../../orchestrator/runtime/docker/labels.ts'
import { containersOf, inside, THREE } from '../support/containers.ts'
import { TOKEN } from '../support/node-config.ts'
import { launchReal } from '../support/real-network.ts'

const PORT = 9999
const RATE_BPS = 8e6
const BYTES = 400_000
/** What one transfer takes. */
const ONE_MS = (BYTES * 8000) / RATE_BPS
const TRIES = 5
const NAMES = ['miners-1', 'miners-2', 'miners-3'] as const
const FULL = THREE.replace('load:', 'topology: { kind: full }\nload:')

/** Answers each connection once it has sent so much. */
const LISTENER = `require('net').createServer(s => { let n = 0; s.on('error', () => {}).on('data', b => { n += b.length; if (n === ${BYTES}) s.end('x') }) }).listen(${PORT}, '0.0.0.0')`

/** Sends so much to each at once; prints when each has answered, in ms. */
const SENDER = (to: readonly string[]) =>
  `const all = ${JSON.stringify(to)}.map(ip => new Promise(done => { const go = () => { const s = require('net').connect(${PORT}, ip, () => done(s)); s.on('error', () => setTimeout(go, 50)) }; go() })); Promise.all(all).then(async sockets => { const t0 = performance.now(); const took = await Promise.all(sockets.map(s => new Promise(done => { s.on('data', () => done(performance.now() - t0)); s.write(Buffer.alloc(${BYTES})) }))); process.stdout.write(JSON.stringify(took), () => process.exit()) })`

async function ground(testnet: Testnet, network: string) {
  const containers = await containersOf({ [LABEL.network]: network })
  const at = (name: string) => containers.get(name) as string
  const ipOf = (name: string) =>
    testnet
      .state()
      .nodes.find(each => each.name === name)
      ?.p2p?.split(':')[0] as string
  for (const name of NAMES) void inside(at(name), 'node', '-e', LISTENER).catch(() => {}) // until the container goes
  const send = async (from: string, to: readonly string[]) => {
    const { output } = await inside(at(from), 'node', '-e', SENDER(to.map(ipOf)))
    return JSON.parse(output) as number[]
  }
  return { send }
}

/** How many times `needMs` the quickest of a few tries took; a busy machine may take its time, a line never hurries. */
async function multiple(needMs: number, most: number, take: () => Promise<number>): Promise<number> {
  let best = Number.POSITIVE_INFINITY
  for (let attempt = 0; attempt < TRIES && best > most; attempt++)
    best = Math.min(best, (await take()) / needMs)
  return best
}

const each = (name: string, times: number) => Array<string>(times).fill(name)

test('ten transfers over one uplink take ten times one, the other direction is its own, and a thin peer takes nothing from others', async () => {
  const testnet = await launchReal(
    `name: uplink\n${FULL.replace('jitter: 0ms', 'jitter: 0ms, lines: { miners-1: { up: 8Mbit }, miners-3: { down: 1Mbit } }')}`,
  )
  const { send } = await ground(testnet, 'uplink')
  const one = await multiple(ONE_MS, 1.05, async () => Math.max(...(await send('miners-1', ['miners-2']))))
  const ten = await multiple(10 * ONE_MS, 1.05, async () =>
    Math.max(...(await send('miners-1', each('miners-2', 10)))),
  )
  expect(one).toBeGreaterThan(0.9)
  expect(ten / one, 'ten times as long').toBeGreaterThan(0.9)
  expect(ten / one).toBeLessThan(1.1)
  const back = await multiple(ONE_MS, 0.5, async () => Math.max(...(await send('miners-2', ['miners-1']))))
  expect(back, 'nothing limits what it receives').toBeLessThan(0.5)
  const [wide = 0, thin = 0] = await send('miners-1', ['miners-2', 'miners-3'])
  expect(thin / (8 * ONE_MS), 'a line down of an eighth').toBeGreaterThan(0.9)
  expect(wide / thin, 'the other has the seven eighths, not half').toBeLessThan(0.25)

  const headers = { authorization: `Bearer ${TOKEN}` }
  const control = testnet.state().nodes.find(({ name }) => name === 'miners-1')?.control
  const table = (await (await fetch(`${control}/links`, { headers })).json()) as LinkTable
  expect(table.access, 'none of it is left to the transport').toBeUndefined()
})

test('a line down is shared by all who send, and a thinner one is a fault that is measured and healed', async () => {
  const testnet = await launchReal(`name: downlink\n${FULL}`)
  const { send } = await ground(testnet, 'downlink')
  const report = await testnet.inject({
    kind: 'access',
    nodes: 'miners-1',
    worse: { downBps: RATE_BPS, upBps: RATE_BPS },
  })
  expect(report).toMatchObject({ verified: true, measured: '1 of 1 as slow; 1 of 1 as slow' })
  const both = await multiple(10 * ONE_MS, 1.05, async () => {
    const took = await Promise.all(['miners-2', 'miners-3'].map(from => send(from, each('miners-1', 5))))
    return Math.max(...took.flat())
  })
  expect(both).toBeGreaterThan(0.9)
  expect(both).toBeLessThan(1.25)
  expect(await testnet.heal()).toMatchObject([{ verified: true }])
  const healed = await multiple(ONE_MS, 0.5, async () => Math.max(...(await send('miners-2', ['miners-1']))))
  expect(healed).toBeLessThan(0.5)
})
