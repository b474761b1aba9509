// A network that can be asked to break and does nothing about it; a test replaces what it looks at.

import { PERFECT_LINK } from '../../node/core/link.ts'
import type { Breakable } from '../../orchestrator/chaos/chaos.ts'

export function breakableDouble(changes: Partial<Breakable>): Breakable {
  return {
    roster: () => ({ nodes: [], groups: new Map() }),
    running: () => [],
    paused: () => [],
    kept: () => [],
    cannot: () => undefined,
    seed: 7,
    planned: () => PERFECT_LINK,
    slowestLinkMs: 0,
    nodeAt: address => address,
    nowMs: Date.now,
    wait: async () => {},
    observe: () => {},
    rpc: async () => null,
    setLinks: async () => {},
    order: async () => {},
    become: () => () => {},
    says: () => undefined,
    pad: async () => {},
    burstBytes: () => 0,
    lossFelt: () => false,
    reset: async () => {},
    setNode: async () => {},
    machine: { clockAheadMs: async () => 0, burnMs: async () => 0, memoryBytes: async () => undefined },
    ...changes,
  }
}
