// What the network's events say of single nodes: phase, place, peers. Written into a node's state that is the caller's own.

import type { NodeEvent } from '../../node/api.ts'
import type { TestnetEvent } from './events.ts'
import type { Draft } from './fresh.ts'
import type { NodeState } from './state.ts'

/** Folds what the testnet says about this node. */
export function applyTestnetEvent(node: Draft<NodeState>, event: TestnetEvent, timeMs: number): void {
  switch (event.type) {
    case 'node-starting':
      node.phase = 'starting'
      node.exit = undefined
      break
    case 'node-ready':
      node.phase = 'running'
      node.p2p = event.p2p
      node.control = event.control
      node.pid = event.pid
      node.upSinceMs ??= timeMs
      node.exit = undefined
      break
    case 'program-said':
      node.userAgent = event.userAgent
      versionSaid(node, event.version)
      break
    case 'node-exited':
      exited(node, event)
      break
    case 'node-paused':
      node.phase = 'paused'
      break
    case 'node-resumed':
      node.phase = 'running'
      break
    case 'node-unreachable':
      if (node.phase === 'running') node.phase = 'unreachable'
      break
    case 'line-changed': {
      const { upBps, downBps } = event.line
      node.access = upBps > 0 || downBps > 0 ? { upBps, downBps } : undefined
      break
    }
    case 'node-sampled':
      // It answers, so it runs again; a paused node's last words stay unheard.
      if (node.phase === 'unreachable') node.phase = 'running'
      node.peers = event.peers
      node.rssBytes = event.rssBytes
      node.groupBytes = event.groupBytes
      break
  }
}

type Exited = Extract<TestnetEvent, { type: 'node-exited' }>

function exited(node: Draft<NodeState>, event: Exited): void {
  const { type: _, node: __, ...exit } = event
  node.phase = exit.expected ? 'stopped' : 'failed'
  node.pid = undefined
  node.upSinceMs = undefined
  node.peers = 0
  node.peerNames = []
  node.strangers = []
  node.rssBytes = 0
  node.groupBytes = undefined
  node.exit = exit
}

function versionSaid(node: Draft<NodeState>, version: string): void {
  if (node.version !== undefined && node.version !== version)
    node.earlierVersions = [...(node.earlierVersions ?? []), node.version]
  node.version = version
}

/** Folds what the node says about itself. */
export function applyNodeEvent(
  node: Draft<NodeState>,
  event: Extract<NodeEvent, { type: 'node-started' | 'peer-up' | 'peer-down' }>,
  timeMs: number,
): void {
  switch (event.type) {
    case 'node-started':
      node.upSinceMs = Math.min(timeMs, node.upSinceMs ?? timeMs)
      // What others' programs are, they say themselves.
      if (node.client === undefined) versionSaid(node, event.version)
      break
    case 'peer-up':
      node.peers += 1
      break
    case 'peer-down':
      node.peers = Math.max(0, node.peers - 1)
  }
}
