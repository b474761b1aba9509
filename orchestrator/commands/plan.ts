// `netsplit plan`: what a spec and a seed make, as JSON; nothing is started.

import { EXIT } from '../errors.ts'
import { loadSpec, type Overrides } from '../spec/load.ts'
import { makePlan } from '../spec/plan.ts'
import { outJson } from '../terminal/outlet.ts'
import type { Options } from './command.ts'

export async function run([file]: readonly string[], options: Options): Promise<number> {
  const plan = makePlan(loadSpec(file, options as Overrides))
  outJson(plan)
  return EXIT.ok
}
