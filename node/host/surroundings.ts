// What a node on a machine needs to know beside its configuration.

import type { ControlOptions } from './http.ts'

export interface NodeSurroundings extends Omit<ControlOptions, 'onBug'> {
  readonly version: string
  /** Takes the lines of the log. Default: stderr. */
  readonly writeLog?: (line: string) => void
  /** Where that goes, and which of Core's categories it is said to have: for those who ask. */
  readonly logFile?: string | undefined
  readonly logCategories?: readonly string[]
  /** Everything is down; the process should end with this code. */
  onStopped(exitCode: number): void
}
