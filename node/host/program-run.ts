// How other people's program is run: by this process, under it (program-child.ts), or by whoever runs this process, beside it
// (program-beside.ts).

import type { ProgramUsage } from '../foreign/program.ts'

export interface ProgramCommand {
  /** The program and its arguments. */
  readonly argv: readonly string[]
  /** On top of what there is. */
  readonly env: Readonly<Record<string, string>>
  /** Where it works, and keeps its data. */
  readonly directory: string
}

export interface ProgramRun {
  readonly usage: ProgramUsage
  /** Asks it to end. */
  end(): void
  /** Waits no longer for it to do so. */
  kill(): void
  /** Resolves when it is gone. */
  gone(): Promise<void>
}

/** Starts it; `onEnded` is told, once, if it ends, and how. */
export type RunProgram = (command: ProgramCommand, onEnded: (how: string) => void) => ProgramRun
