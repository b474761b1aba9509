// Networks of our nodes and other people's programs: bcoin as npm has it, beside ours, and what is expected of those that agree.

import { existsSync } from 'node:fs'
import { resolve } from 'node:path'

/** Installed by .ci/run; elsewhere: npm ci --prefix .ci/oracle */
export const BCOIN = resolve('.ci/oracle/node_modules/bcoin')

/** Whether there is one; where there is not, what is passed over is said. */
export function hasBcoin(passedOver: string): boolean {
  const isThere = existsSync(BCOIN)
  if (!isThere) console.warn(`SKIPPED: ${passedOver}. npm ci --prefix .ci/oracle installs it.`)
  return isThere
}

/** So many of each; `program` is what bcoin's group says beside its client. */
export const withBcoin = (ours: number, bcoins: number, program: string) => `
chain: { network: regtest, blockInterval: 1s }
nodes:
  ours: { count: ${ours}, share: 60% }
  bcoin: { count: ${bcoins}, share: 40%, client: bcoin, ${program} }
topology: { kind: full }
links: { latency: 10ms, jitter: 2ms }
`

/** Of programs that are parted and come together again. More may be said after it. */
export const AGREE = `expect:
  converges: { within: 30s after heal }
  one-tip: {}
  chain: {}
  supply: {}
  nothing-lost: {}
  most-work: {}
  no-blame: {}`
