// Every check by name, as specs call them: those of the systems, and what every network must keep.

import { SYSTEMS } from '../systems/all.ts'
import type { Check } from './check.ts'
import { noBlame, noErrorLogs, noLeaks } from './hygiene.ts'
import { provoked } from './provoked.ts'

const CHECKS: readonly Check[] = [
  ...SYSTEMS.flatMap(({ checks }) => checks),
  noErrorLogs,
  noBlame,
  noLeaks,
  provoked,
]

export function findCheck(name: string): Check {
  const check = CHECKS.find(each => each.name === name)
  if (!check) throw new Error(`there is no check ${name}`)
  return check
}
