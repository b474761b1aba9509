// A fixed workload to hold the simulator's processor time against: blocks that flood a random network, and nothing else. No node,
// no message, no record: a heap of arrivals and a number a node, as the simplest simulator of block propagation has them. It takes
// nothing from the project, so it stays the same whatever the project becomes.

const MEAN_LATENCY_MS = 100

export interface Flooded {
  readonly events: number
  readonly cpuSeconds: number
}

/** `degree`: connections of a node on average, both ways counted. */
export function flood(nodes: number, degree: number, blocks: number): Flooded {
  const before = process.cpuUsage()
  const random = generator(1)
  const near = network(nodes, degree, random)
  const newest = new Int32Array(nodes).fill(-1)
  const arrivals = new Heap()
  let events = 0
  for (let block = 0; block < blocks; block++) {
    arrivals.push(0, Math.floor(random() * nodes))
    for (let at = arrivals.pop(); at; at = arrivals.pop()) {
      events++
      if (newest[at.node] === block) continue
      newest[at.node] = block
      for (const other of near[at.node] as number[])
        arrivals.push(at.ms - Math.log(1 - random()) * MEAN_LATENCY_MS, other)
    }
  }
  const { user, system } = process.cpuUsage(before)
  return { events, cpuSeconds: (user + system) / 1e6 }
}

function network(nodes: number, degree: number, random: () => number): readonly number[][] {
  const near = Array.from({ length: nodes }, (): number[] => [])
  for (let edge = 0; edge < (nodes * degree) / 2; edge++) {
    const [a, b] = [Math.floor(random() * nodes), Math.floor(random() * nodes)]
    near[a]?.push(b)
    near[b]?.push(a)
  }
  return near
}

/** Lehmer's, with the multiplier of Park and Miller: the same numbers everywhere. */
function generator(seed: number): () => number {
  let state = seed
  return () => {
    state = (state * 48_271) % 2_147_483_647
    return state / 2_147_483_647
  }
}

interface At {
  readonly ms: number
  readonly node: number
}

/** The earliest first: a binary heap. */
class Heap {
  readonly #items: At[] = []

  push(ms: number, node: number): void {
    const items = this.#items
    const item = { ms, node }
    let place = items.push(item) - 1
    while (place > 0) {
      const above = (place - 1) >> 1
      if ((items[above] as At).ms <= ms) break
      items[place] = items[above] as At
      place = above
    }
    items[place] = item
  }

  pop(): At | undefined {
    const items = this.#items
    const first = items[0]
    const last = items.pop()
    if (!last || items.length === 0) return first
    let place = 0
    for (let child = 1; child < items.length; child = 2 * place + 1) {
      const right = items[child + 1]
      if (right && right.ms < (items[child] as At).ms) child++
      if ((items[child] as At).ms >= last.ms) break
      items[place] = items[child] as At
      place = child
    }
    items[place] = last
    return first
  }
}
