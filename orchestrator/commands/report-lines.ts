// The outcome of scenarios as lines for people.

import { plural } from '../format.ts'
import { verdictText } from '../observe/verdict.ts'
import type { ScenarioReport } from '../run/scenario-report.ts'

export function reportLines(report: ScenarioReport): string[] {
  const { name, passed, vacuous, seconds, checks, runDirectory } = report
  const failed = checks.filter(check => !check.passed)
  const good = `${checks.length - failed.length} of ${plural(checks.length, 'check')}`
  return [
    `${passed ? 'passed' : 'FAILED'}  ${name}  ${seconds.toFixed(1)} s  ${good}${vacuous ? '  vacuous: a fault provoked nothing, or none was verified' : ''}`,
    ...report.faults.flatMap(({ name, disturbedBy, unmeasured, measured }) => {
      if (unmeasured) return [`  ${name}: not measured: ${measured}`]
      return disturbedBy ? [`  ${name}: ${verdictText({ verified: false, disturbedBy })}, not measured`] : []
    }),
    ...failed.flatMap(({ name, asked, measured, message }) => [
      `  ${name}: asked ${asked}; measured ${measured}`,
      ...(message === '' ? [] : [`    ${message}`]),
    ]),
    ...(passed ? [] : [`  run: ${runDirectory}`]),
  ]
}
