// Where other people's programs lie: a path that a spec says is from the spec on, wherever it is started; a name alone is looked for
// on the path.

import { dirname, resolve } from 'node:path'
import type { Spec } from './schema.ts'

/** `file`: of the spec; one that is none on this machine stands for the working directory. */
export function withPrograms(spec: Spec, file: string): Spec {
  const beside = <
    Said extends { readonly program?: string | undefined; readonly image?: string | undefined },
  >(
    said: Said,
  ): Said =>
    said.image === undefined && said.program !== undefined && /^[^/{][^/]*\//.test(said.program)
      ? { ...said, program: resolve(dirname(file), said.program) }
      : said
  const { nodes, faults } = spec
  return {
    ...spec,
    nodes: mapped(nodes, beside),
    ...(faults && {
      faults: mapped(faults, step => {
        const { upgrade } = step
        return upgrade && typeof upgrade.to !== 'string'
          ? { ...step, upgrade: { ...upgrade, to: beside(upgrade.to) } }
          : step
      }),
    }),
  }
}

function mapped<Value>(
  table: { readonly [name: string]: Value },
  change: (value: Value) => Value,
): { [name: string]: Value } {
  return Object.fromEntries(Object.entries(table).map(([name, value]) => [name, change(value)]))
}
