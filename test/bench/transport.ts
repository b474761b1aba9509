// What the encrypted transport (BIP324) costs beside v1: a fresh node's initial download, and the launch of a network.
//
// The download is that of the bench `ibd`, of peers that speak both, by what the fresh node dials; its processor time is that of
// this process. The launch is that of the bench `launch`. All in turns, so that both meet the same machine.

import { amongPeers, type Download, download } from './ibd.ts'
import { type Up, up } from './launch.ts'
import { type BenchResult, machine, median } from './result.ts'

const TRANSPORTS = ['v1', 'v2'] as const
type Transport = (typeof TRANSPORTS)[number]
const DOWNLOADS = 5
const LAUNCHES = 5
const NODES = 20

export async function run(): Promise<BenchResult> {
  const downloads = await amongPeers(
    config => config,
    (folder, addresses) => inTurns(DOWNLOADS, transport => download(folder, addresses, { transport })),
  )
  const launches = await inTurns(LAUNCHES, transport => up(NODES, `transport: ${transport}\n`))
  const rows: BenchResult['rows'][number][] = []
  const ratios: Record<string, number> = {}
  const compare = <T>(
    what: string,
    unit: string,
    of: Record<Transport, readonly T[]>,
    value: (one: T) => number,
  ) => {
    const [v1, v2] = TRANSPORTS.map(transport => median(of[transport].map(value))) as [number, number]
    rows.push({ subject: `${what}, v1`, value: v1, unit }, { subject: `${what}, v2`, value: v2, unit })
    ratios[`${what}, v2/v1`] = v2 / v1
  }
  compare<Download>('download of 10,000 blocks', 'ms', downloads, ({ ms }) => ms)
  compare<Download>('processor time of the download', 'ms', downloads, ({ cpuMs }) => cpuMs)
  compare<Up>(`up ${NODES} nodes`, 'ms', launches, ({ ms }) => ms)
  compare<Up>(`memory of a node, ${NODES} nodes`, 'MB', launches, ({ rssMb }) => rssMb)
  return { bench: 'transport', machine: machine(), rows, ratios }
}

/** So many times each, and once before to warm up. */
async function inTurns<T>(
  times: number,
  measure: (transport: Transport) => Promise<T>,
): Promise<Record<Transport, readonly T[]>> {
  const found: Record<Transport, T[]> = { v1: [], v2: [] }
  for (let round = 0; round <= times; round++)
    for (const transport of round % 2 === 0 ? TRANSPORTS : TRANSPORTS.toReversed()) {
      const one = await measure(transport)
      if (round > 0) found[transport].push(one)
    }
  return found
}
