// Every built-in scenario through the command line, some side by side, with the time that each took.

import { describe, expect, test } from 'vitest'
import { BUILT_IN } from '../../orchestrator/scenarios/built-in.ts'
import type { Desk } from './cli.ts'

interface Report {
  readonly name: string
  readonly passed: boolean
  readonly vacuous: boolean
  readonly seconds: number
}

export interface SideBySide {
  /** As many at once as the machine carries without haste, beside another file. When one is over the next begins. */
  readonly atOnce: number
  readonly without?: readonly string[]
  readonly flags?: readonly string[]
  readonly desk: () => Desk
}

/** Four minutes of scenarios, on a machine where each takes ten times as long. */
const TIMEOUT_MS = 2_400_000

/** All pass, none is vacuous, and nothing is left behind. */
export function builtInScenariosPass(
  what: string,
  { atOnce, without = [], flags = [], desk }: SideBySide,
): void {
  const names = Object.keys(BUILT_IN).filter(name => !without.includes(name))
  let scenarios: readonly Report[] = []
  describe(what, () => {
    test(
      `${atOnce} at a time, in the order asked for, and nothing is left`,
      async () => {
        const here = desk()
        const asked = [...names, ...flags, '--parallel', String(atOnce), '--json']
        const { code, stdout, stderr } = await here.run('test', ...asked)
        expect(stdout, stderr).not.toBe('')
        scenarios = JSON.parse(stdout).scenarios ?? []
        const took = scenarios.map(({ name, seconds }) => `${seconds.toFixed(1).padStart(6)} s  ${name}`)
        console.log(`${what}, ${atOnce} at a time:\n${took.join('\n')}`)
        expect(code, stdout + stderr).toBe(0)
        expect(scenarios.map(({ name }) => name)).toEqual(names)
        expect(here.nodes()).toEqual([])
        expect(here.state()).toEqual([])
      },
      TIMEOUT_MS,
    )

    test.each(names)('%s', name => {
      expect(scenarios.find(report => report.name === name)).toMatchObject({ passed: true, vacuous: false })
    })
  })
}
