// The outcome of scenarios as JUnit XML, the form that CI systems read: a suite a scenario, a case a check.

import type { CheckReport } from '../run/perform.ts'
import type { ScenarioReport } from '../run/scenario-report.ts'

export function junit(reports: readonly ScenarioReport[]): string {
  const total = reports.flatMap(report => report.checks)
  return [
    '<?xml version="1.0" encoding="UTF-8"?>',
    `<testsuites name="netsplit" tests="${total.length}" failures="${failures(total)}" time="${seconds(reports)}">`,
    ...reports.flatMap(suite),
    '</testsuites>',
    '',
  ].join('\n')
}

function suite(report: ScenarioReport): string[] {
  const { name, checks } = report
  return [
    `  <testsuite name="${text(name)}" tests="${checks.length}" failures="${failures(checks)}" time="${report.seconds}">`,
    '    <properties>',
    ...Object.entries({
      seed: report.seed,
      runtime: report.runtime,
      vacuous: report.vacuous,
      disturbed: report.faults.filter(({ disturbedBy }) => disturbedBy).length,
      runDirectory: report.runDirectory,
    }).map(([key, value]) => `      <property name="${key}" value="${text(String(value))}"/>`),
    '    </properties>',
    ...checks.flatMap(check => testCase(name, check)),
    '  </testsuite>',
  ]
}

function testCase(scenario: string, check: CheckReport): string[] {
  const { name, passed, asked, measured, message, notAsked } = check
  const open = `    <testcase classname="${text(scenario)}" name="${text(name)}"`
  if (passed && !notAsked) return [`${open}/>`]
  if (passed) return [`${open}>`, `      <system-out>${text(measured)}</system-out>`, '    </testcase>']
  const detail = `expected: ${asked}\nactual: ${measured}${message && `\n${message}`}`
  return [
    `${open}>`,
    `      <failure message="${text(message || measured)}">${text(detail)}</failure>`,
    '    </testcase>',
  ]
}

function failures(checks: readonly CheckReport[]): number {
  return checks.filter(check => !check.passed).length
}

function seconds(reports: readonly ScenarioReport[]): string {
  return reports.reduce((sum, report) => sum + report.seconds, 0).toFixed(3)
}

const ENTITIES: { readonly [character: string]: string } = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  '\n': '&#10;',
}

/** Characters that XML 1.0 cannot hold at all are left out. */
function text(value: string): string {
  const allowed = [...value].filter(
    character => (character.codePointAt(0) ?? 0) >= 0x20 || /[\t\n]/.test(character),
  )
  return allowed.map(character => ENTITIES[character] ?? character).join('')
}
