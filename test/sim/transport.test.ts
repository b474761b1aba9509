// The encrypted transport in virtual time: the same code, with secrets that are drawn from the seed.

import { expect, test } from 'vitest'
import { MINUTE_MS, simulate } from '../support/simulation.ts'

const NETWORK = `
nodes: { miners: { count: 6, share: 100% } }
chain: { blockInterval: 30s }
topology: { degree: 3 }
load: { tx: 0.2/s }
`
const LINKS = 'links: { latency: 40ms, jitter: 10ms, loss: 0.5%, bandwidth: 5Mbit }'
/** Over these it plays no part how much is said, or how often there and back. */
const PERFECT = 'links: { latency: 0ms, jitter: 0ms }'

async function run(yaml: string, minutes = 10) {
  const { testnet, events } = await simulate(yaml)
  await testnet.elapse(minutes * MINUTE_MS)
  const peers = (await Promise.all(
    testnet.plan.nodes.map(({ name }) => testnet.rpc(name, 'getpeerinfo', [])),
  )) as readonly (readonly { transport_protocol_type: string; session_id: string }[])[]
  await testnet.down('the test is over')
  return { peers, events, told: events.map(event => JSON.stringify(event)) }
}

const transportsOf = ({ peers }: Awaited<ReturnType<typeof run>>) =>
  new Set(peers.flat().map(each => each.transport_protocol_type))

test('a network that speaks it is told twice alike, sessions and all', async () => {
  const yaml = `${NETWORK}${LINKS}\ntransport: v2\n`
  const [first, second] = [await run(yaml), await run(yaml)]
  expect([...transportsOf(first)]).toEqual(['v2'])
  expect(second.told).toEqual(first.told)
  expect(second.peers).toEqual(first.peers)
  const sessions = first.peers.flat().map(each => each.session_id)
  // Each has two ends, and no two connections have one.
  expect(new Set(sessions).size).toBe(sessions.length / 2)
  expect(first.events.filter(({ event }) => event.type === 'block-mined').length).toBeGreaterThan(5)
})

test('it changes nothing of what peers do, but what that costs the links', async () => {
  const [v1, v2] = [
    await run(`${NETWORK}${PERFECT}\ntransport: v1\n`),
    await run(`${NETWORK}${PERFECT}\ntransport: v2\n`),
  ]
  expect([[...transportsOf(v1)], [...transportsOf(v2)]]).toEqual([['v1'], ['v2']])
  const blocks = ({ events }: typeof v1) =>
    events.flatMap(({ event, timeMs, node }) => (event.type === 'block-mined' ? [[timeMs, node, event]] : []))
  expect(blocks(v2).length).toBeGreaterThan(5)
  expect(blocks(v2)).toEqual(blocks(v1))
})

test('where nothing is said of it nobody speaks it here, and groups speak each as they are told', async () => {
  expect([...transportsOf(await run(NETWORK, 1))]).toEqual(['v1'])
  const mixed = `
nodes: { sealed: { count: 2, share: 100%, transport: v2 }, plain: { count: 2, transport: v1 } }
topology: { kind: full }
`
  const { peers } = await run(mixed, 2)
  const kinds = peers.map(each => each.map(({ transport_protocol_type: type }) => type).sort())
  expect(kinds).toEqual([
    ['v1', 'v1', 'v2'],
    ['v1', 'v1', 'v2'],
    ['v1', 'v1', 'v1'],
    ['v1', 'v1', 'v1'],
  ])
})

test('an adversary that speaks it hides its blocks as ever', async () => {
  const yaml = (transport: string) => `
nodes:
  honest: { count: 4, share: 55% }
  selfish: { count: 1, share: 45%, strategy: selfish }
chain: { blockInterval: 30s }
topology: { kind: full }
load: { tx: 0/s }
${PERFECT}
transport: ${transport}
`
  const [v1, v2] = [await run(yaml('v1'), 40), await run(yaml('v2'), 40)]
  expect([...transportsOf(v2)]).toEqual(['v2'])
  const heard = ({ events }: typeof v1) =>
    events.flatMap(({ event, timeMs, node }) => (event.type === 'tip' ? [[timeMs, node, event.hash]] : []))
  const won = ({ events }: typeof v1) => events.filter(({ event }) => event.type === 'reorg').length
  expect(won(v2)).toBeGreaterThan(0)
  expect(heard(v2)).toEqual(heard(v1))
})
