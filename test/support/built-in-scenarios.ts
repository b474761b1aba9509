// Every built-in scenario through the command line, in groups that run side by side, with the time that each took.

import { afterAll, describe, expect, test } from 'vitest'
import { BUILT_IN } from '../../orchestrator/scenarios/built-in.ts'
import type { Desk } from './cli.ts'

interface Passed {
  readonly name: string
  readonly vacuous: boolean
  readonly seconds: number
}

export interface Groups {
  /** As many at once as the machine carries without haste. */
  readonly atOnce: number
  readonly without?: readonly string[]
  readonly flags?: readonly string[]
  readonly desk: () => Desk
}

/** One test a group: all pass, none is vacuous, and nothing is left behind. */
export function builtInScenariosPass(what: string, { atOnce, without = [], flags = [], desk }: Groups): void {
  const names = Object.keys(BUILT_IN).filter(name => !without.includes(name))
  const groups = Array.from({ length: Math.ceil(names.length / atOnce) }, (_, i) =>
    names.slice(i * atOnce, (i + 1) * atOnce),
  )
  const took = new Map<string, number>()
  describe(what, () => {
    afterAll(() => {
      const lines = [...took].map(([name, seconds]) => `${seconds.toFixed(1).padStart(6)} s  ${name}`)
      console.log(`${what}, ${atOnce} at a time:\n${lines.join('\n')}`)
    })

    test.each(groups.map(group => [group.join(', '), group] as const))('%s', async (_, group) => {
      const here = desk()
      const { code, stdout, stderr } = await here.run('test', ...group, ...flags, '--parallel', '--json')
      expect(code, stdout + stderr).toBe(0)
      const { scenarios } = JSON.parse(stdout) as { scenarios: readonly Passed[] }
      for (const { name, seconds } of scenarios) took.set(name, seconds)
      expect(scenarios.map(({ name }) => name)).toEqual(group)
      expect(scenarios.filter(({ vacuous }) => vacuous)).toEqual([])
      expect(here.nodes()).toEqual([])
      expect(here.state()).toEqual([])
    })
  })
}
