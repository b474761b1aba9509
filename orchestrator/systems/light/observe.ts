// How the state of light clients is made of what is seen of them.

import type { LightHealth } from '../../../node/api.ts'
import type { ObservedEvent } from '../../observe/events.ts'
import type { Folded, Working } from '../../observe/folded.ts'
import { appended, type Draft, type Fresh } from '../../observe/fresh.ts'
import type { Observation } from '../../observe/observation.ts'
import { writablePart } from '../../observe/writable.ts'
import { isLight } from '../../spec/light.ts'
import type { Liar, LightNode, LightState } from './state.ts'

const MAX_LIARS = 1_000

interface Kept {
  disputes: number
  reorgs: number
  liars: readonly Liar[]
  /** When it was told to go down: what the end of a run reports. */
  last: LightState | undefined
}

export const observation: Observation<Kept, LightState, LightNode> = {
  initial: () => ({ disputes: 0, reorgs: 0, liars: [], last: undefined }),
  working: kept => ({ ...kept }),
  node: planned => newNode(isLight(planned)),
  fold,
  snapshot: (kept, network) => kept.last ?? standing(kept, network),
}

function newNode(client: boolean): LightNode {
  return {
    ...{ client, height: 0, tip: undefined, filters: 0, scanned: 0, balanceSat: 0, pendingSat: 0 },
    ...{ payments: 0, paid: 0, receivedBytes: 0 },
  }
}

function fold(kept: Kept, observed: ObservedEvent, network: Working, fresh: Fresh | undefined): void {
  const { event, timeMs } = observed
  if (observed.node !== undefined) foldNode(kept, observed.node, observed.event, timeMs, network, fresh)
  else if (event.type === 'network-stopping') kept.last ??= standing(kept, network)
  else if (event.type === 'node-sampled' && event.receivedBytes !== undefined) {
    const node = writablePart(network, event.node, 'light', fresh)
    if (!node) return
    node.receivedBytes = event.receivedBytes
    if (event.light) sampled(node, event.light)
  }
}

/** What events were lost of is put right by the next sample. */
function sampled(node: Draft<LightNode>, light: LightHealth): void {
  const { height, tip, filters, scanned, balanceSat, pendingSat } = light
  Object.assign(node, { height, tip, filters, scanned, balanceSat, pendingSat })
}

function foldNode(
  kept: Kept,
  name: string,
  event: Extract<ObservedEvent, { node: string }>['event'],
  timeMs: number,
  network: Working,
  fresh: Fresh | undefined,
): void {
  switch (event.type) {
    case 'light-dispute':
      kept.disputes += 1
      return
    case 'light-liar': {
      const node = network.connections.nameAt.get(event.address) ?? event.address
      kept.liars = appended(
        kept.liars,
        { by: name, node, lie: event.lie, height: event.height, timeMs },
        MAX_LIARS,
      )
      return
    }
    case 'light-tip':
    case 'light-scanned':
    case 'light-payment':
    case 'light-paid': {
      const node = writablePart(network, name, 'light', fresh)
      if (event.type === 'light-tip' && event.depth > 0) kept.reorgs += 1
      if (node) applyEvent(node, event)
    }
  }
}

type LightNews = Extract<
  Extract<ObservedEvent, { node: string }>['event'],
  { type: 'light-tip' | 'light-scanned' | 'light-payment' | 'light-paid' }
>

function applyEvent(node: Draft<LightNode>, event: LightNews): void {
  if (event.type === 'light-tip') {
    node.height = event.height
    node.tip = event.hash
  } else if (event.type === 'light-scanned') {
    node.scanned = event.height
    node.filters = Math.max(node.filters, event.height)
    node.balanceSat = event.balanceSat
    node.pendingSat = event.pendingSat
  } else if (event.type === 'light-payment') node.payments += event.height > 0 ? 1 : -1
  else node.paid += 1
}

function standing(kept: Kept, { nodes }: Pick<Folded, 'nodes'>): LightState {
  const clients = nodes.filter(({ systems }) => systems.light.client)
  const running = clients.filter(({ phase }) => phase === 'running').map(({ systems }) => systems.light)
  const full = nodes.filter(({ phase, systems }) => phase === 'running' && !systems.light.client)
  const best = Math.max(0, ...full.map(({ systems }) => systems.ledger.height))
  const tips = new Set(full.map(({ systems }) => systems.ledger.tip))
  const sum = (value: (node: LightNode) => number) =>
    clients.reduce((all, { systems }) => all + value(systems.light), 0)
  return {
    clients: clients.length,
    height: least(running.map(({ height }) => height)),
    scanned: least(running.map(({ scanned }) => scanned)),
    level: running.every(
      ({ height, scanned, tip }) => scanned === height && height === best && (height === 0 || tips.has(tip)),
    ),
    balanceSat: sum(({ balanceSat }) => balanceSat),
    payments: sum(({ payments }) => payments),
    paid: sum(({ paid }) => paid),
    ...{ disputes: kept.disputes, reorgs: kept.reorgs, liars: kept.liars },
    receivedBytes: {
      client: mean(running.map(({ receivedBytes }) => receivedBytes)),
      full: mean(full.map(({ systems }) => systems.light.receivedBytes)),
    },
  }
}

const least = (values: readonly number[]) => (values.length === 0 ? 0 : Math.min(...values))
const mean = (values: readonly number[]) =>
  values.length === 0 ? 0 : Math.round(values.reduce((sum, value) => sum + value, 0) / values.length)
