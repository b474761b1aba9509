// In which order the files of a suite run: those known to be long first, so that none is left running alone at the end. Known
// by this list and not by an earlier run, so that the order is the same everywhere.

import { relative } from 'node:path'
import { BaseSequencer, type TestSpecification } from 'vitest/node'

/** Below `test/`, in the order in which they start; whatever takes a tenth of its suite's time belongs here. */
export const LONG = [
  'unit/miner',
  'unit/tui',
  'unit/controller',
  'unit/rules',
  'sim/fuzz',
  'sim/heal',
  'sim/theory-selfish',
  'docker/scenarios',
  'docker/hosts',
  'docker/hosts-commands',
  'docker/hosts-doctor',
  'process/scenarios',
  'process/fuzz',
  'process/demo',
  'process/network',
  'process/sweep',
  'process/core-client',
  'process/torrent-interop',
  'process/clients',
  'process/clients-agree',
  'docker/clients',
  'docker/prometheus',
  'docker/links',
  'docker/leftovers',
].map(file => `test/${file}.test.ts`)

const place = (file: string) => (LONG.includes(file) ? LONG.indexOf(file) : LONG.length)

export class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const suite = ({ project }: TestSpecification) => project.name
    const order = ({ project }: TestSpecification) => project.config.sequence.groupOrder
    const path = ({ moduleId }: TestSpecification) => relative(this.ctx.config.root, moduleId)
    return [...files].sort(
      (a, b) =>
        order(a) - order(b) ||
        compare(suite(a), suite(b)) ||
        place(path(a)) - place(path(b)) ||
        compare(path(a), path(b)),
    )
  }
}

const compare = (a: string, b: string) => (a < b ? -1 : a > b ? 1 : 0)
