// `netsplit plan`: what a spec and a seed make, as JSON; nothing is started.

import { EXIT } from '../errors.ts'
import { loadSpec } from '../spec/load.ts'
import { makePlan } from '../spec/plan.ts'
import type { Spec } from '../spec/schema.ts'
import { outJson } from '../terminal/outlet.ts'
import type { ArgsOf, FlagsOf } from './command.ts'

export interface PlanRequest {
  /** With the flags on top. */
  readonly spec: Spec
}

export function read([file]: ArgsOf<'plan'>, flags: FlagsOf<'plan'>): PlanRequest {
  return { spec: loadSpec(file, flags) }
}

export async function run({ spec }: PlanRequest): Promise<number> {
  outJson(makePlan(spec))
  return EXIT.ok
}
