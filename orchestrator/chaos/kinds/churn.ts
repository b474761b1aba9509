// Churn: nodes leave without a word and come back, at a mean rate, drawn from the seed, until healed.

import { type Bench, type Injection, tell } from '../injection.ts'
import { measureNodes, together } from '../measure.ts'
import { measured } from './orders.ts'

interface ChurnRate {
  readonly perMinute: number
  /** Mean time away; each is off by up to half of it. */
  readonly downMs: number
}

export function churn(bench: Bench, first: readonly string[], { perMinute, downMs }: ChurnRate): Injection {
  const { network, random } = bench
  const over = new AbortController()
  let nodes = first
  const away = new Set<string>()
  const left: string[] = []

  /** One that runs, while another one of the network goes on. */
  const choose = (): string | undefined => {
    const running = network.running()
    const candidates = nodes.filter(node => running.includes(node))
    return running.length > 1 ? candidates[random.int(Math.max(1, candidates.length))] : undefined
  }
  const leave = async () => {
    const node = choose()
    if (node === undefined) return undefined
    const refused = await tell(bench, [node], 'kill', () => {
      away.add(node)
      left.push(node)
    })
    if (!refused) void comeBack(node).catch(trouble)
    return refused
  }
  const comeBack = async (node: string) => {
    await network.wait(downMs * (0.5 + random.float()), over.signal)
    await bench.change(async () => {
      if (!over.signal.aborted && away.delete(node)) note(await tell(bench, [node], 'start'))
    })
  }
  const goOn = async () => {
    for (;;) {
      const waitMs = (-Math.log(1 - random.float()) * 60_000) / perMinute
      await network.wait(waitMs, over.signal)
      if (over.signal.aborted) return
      await bench.change(async () => (over.signal.aborted ? undefined : note(await leave())))
    }
  }
  const note = (refused: { measured: string } | undefined) => {
    if (refused) trouble(new Error(refused.measured))
  }
  const trouble = (error: Error) =>
    network.observe({ type: 'note', level: 'warn', message: `${bench.id}: ${error.message}` })

  return {
    begin: leave,
    measure: async signal => {
      const [first] = left
      const gone = measureNodes(first === undefined ? [] : [first], 'down', network.running(), [])
      if (!over.signal.aborted) void goOn().catch(trouble)
      const links = await bench.links.measure(bench.id, [], signal)
      return together({ ...gone, verified: gone.verified && first !== undefined }, links)
    },
    grow: async effect => {
      if (effect.on === 'nodes') nodes = effect.nodes
    },
    end: async () => {
      over.abort()
      const running = network.running()
      const missing = [...away].filter(node => !running.includes(node))
      away.clear()
      return missing.length === 0 ? undefined : await tell(bench, missing, 'start')
    },
    measureEnd: async signal => {
      const back = await measured(bench, [...new Set(left)], 'running', signal)
      return { ...back, measured: `${left.length} left; ${back.measured}` }
    },
  }
}
