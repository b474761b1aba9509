// `netsplit plan`: what a spec and a seed make, as JSON; nothing is started.

import { EXIT } from '../errors.ts'
import { loadSpec } from '../spec/load.ts'
import { makePlan } from '../spec/plan.ts'
import type { Spec } from '../spec/schema.ts'
import { outJson } from '../terminal/outlet.ts'
import type { ArgsOf, FlagsOf } from './command.ts'
import { namedHosts } from './hosts-asked.ts'

export interface PlanRequest {
  /** With the flags on top. */
  readonly spec: Spec
}

export function read([file]: ArgsOf<'plan'>, flags: FlagsOf<'plan'>): PlanRequest {
  const { hosts, ...overrides } = flags
  const named = hosts === undefined ? undefined : namedHosts(hosts)
  return { spec: loadSpec(file, { ...overrides, hosts: named }) }
}

export async function run({ spec }: PlanRequest): Promise<number> {
  outJson(makePlan(spec))
  return EXIT.ok
}
