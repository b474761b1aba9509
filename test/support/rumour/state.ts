// What is kept of rumours: how many begun, and how many came to each node.

export interface Rumours {
  readonly begun: number
  /** By node. */
  readonly known: readonly number[]
  readonly progress: number
}

export interface Heard {
  readonly heard: number
}

declare module '../../../orchestrator/systems/states.ts' {
  interface SystemStates {
    readonly rumour: Rumours
  }
  interface SystemNodes {
    readonly rumour: Heard
  }
  interface SystemPages {
    readonly rumour: Rumours
  }
}
