// What other people's program uses of the machine, for the exporter, read when it is scraped.

import type { MetricReading } from '../core/service.ts'
import type { Program } from './program.ts'

/** Nothing of a program that nobody can tell it of. */
export function readProgramMetrics({ usage }: Pick<Program, 'usage'>): readonly MetricReading[] {
  if (!usage) return []
  return [
    {
      ...{ name: 'netsplit_node_program_cpu_seconds_total', kind: 'counter', value: usage.cpuSeconds },
      help: 'Processor time of the program that is not ours, beside that of its node.',
    },
    {
      ...{ name: 'netsplit_node_program_resident_memory_bytes', kind: 'gauge', value: usage.rssBytes },
      help: 'Memory of the program that is not ours, beside that of its node.',
    },
  ]
}
