// How a system is shown in a run's report: its answers at the head, its charts and sections, its words on what a fault did,
// and its figures in the page of a CI job.

import type { SystemName } from '../../systems/system.ts'
import type { FaultEffect } from '../effects.ts'
import type { Report } from '../model.ts'
import type { Panel, Scale } from './panel.ts'
import type { Column } from './text.ts'

/** A question, its answer in a few words, and more in HTML. */
export type Answer = readonly [question: string, big: string, more: string]

type Node = Report['report']['nodes'][number]

/** Columns of the table of nodes. */
export interface NodeTable {
  /** A word on them; HTML. */
  readonly lead: string
  readonly columns: readonly Column[]
  readonly cells: (node: Node) => readonly string[]
}

/** A column of a small table: its title, and a cell of it as text. */
export interface Figure<Of> {
  readonly title: string
  readonly text: (of: Of) => string
}

export interface ReportFace {
  readonly system: SystemName
  /** Where it came to, for the line below the name. */
  readonly standing?: (report: Report) => readonly string[]
  /** What is to be known before reading on. */
  readonly notes?: (report: Report) => readonly string[]
  readonly answers?: (report: Report) => readonly Answer[]
  readonly charts?: (report: Report['report'], x: Scale) => readonly Panel[]
  readonly nodes?: (report: Report) => NodeTable
  /** HTML; '' is none. */
  readonly sections?: (report: Report) => readonly string[]
  /** What a fault did, in a sentence or two; HTML. */
  readonly effect?: (fault: FaultEffect) => string
  /** What is particular about how it ran. */
  readonly manner?: (report: Report) => readonly string[]
  readonly facts?: (report: Report) => readonly (readonly [name: string, value: string])[]
  readonly figures?: readonly Figure<Report>[]
  readonly faultFigures?: readonly Figure<FaultEffect>[]
}
