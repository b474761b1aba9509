// Full meshes of real nodes over slow links. Over the slower one a dial's first packet is under way for longer than a dial
// usually waits, and the network stands all the same.

import { expect, test } from 'vitest'
import { launchReal, QUICK } from '../support/real-network.ts'

test.each(['2600ms', '6s'])('a full mesh of links of %s stands', async latency => {
  const testnet = await launchReal(
    QUICK.replace('latency: 0ms', `latency: ${latency}`)
      .replace('blockInterval: 1s', 'blockInterval: 600s')
      .concat('nodes: { miners: { count: 4, share: 100% } }\ntopology: { kind: full }\n'),
  )
  expect(testnet.state().nodes.map(({ peers }) => peers)).toEqual([3, 3, 3, 3])
  const log = testnet.state().log.map(({ text }) => text)
  expect(log.filter(text => /timeout/.test(text))).toEqual([])
})
