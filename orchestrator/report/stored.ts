// The small files of a record, read back: whatever is in them was on a disk, under an editor, or written by another version.
// What a reader relies on is looked at; what is wrong is said with the file and the key.

import { z } from 'zod'
import { EXIT, UserError } from '../errors.ts'
import type { CheckReport } from '../run/perform.ts'
import type { Plan } from '../spec/types.ts'
import type { Report, RunFacts } from './model.ts'

const versionOne = z.literal(1)

const facts = z.looseObject({
  schemaVersion: versionOne,
  startedMs: z.number(),
  versions: z.looseObject({ netsplit: z.string(), node: z.string() }),
  machine: z.looseObject({
    system: z.string(),
    cpu: z.string(),
    cpus: z.number(),
    memoryBytes: z.number(),
  }),
})

const plan = z.looseObject({
  schemaVersion: versionOne,
  network: z.string(),
  seed: z.number(),
  runtime: z.enum(['process', 'docker', 'sim']),
  chain: z.looseObject({ name: z.string(), genesisTime: z.number(), blockIntervalMs: z.number() }),
  nodes: z.array(
    z.looseObject({
      name: z.string(),
      group: z.string(),
      mining: z.looseObject({ mode: z.string(), hashRateHps: z.number() }),
    }),
  ),
  topology: z.looseObject({ kind: z.string(), edges: z.array(z.looseObject({})) }),
})

const checks = z.array(
  z.looseObject({ name: z.string(), passed: z.boolean(), asked: z.string(), measured: z.string() }),
)

const verdict = z.looseObject({ vacuous: z.boolean() })

/** One of another form is made again of the events. */
const report = z.looseObject({ seconds: z.number().optional(), report: z.looseObject({}).optional() })

/** By the name of the file. */
export interface Stored {
  readonly 'run.json': RunFacts
  readonly 'plan.json': Plan
  readonly 'checks.json': readonly CheckReport[]
  readonly 'verdict.json': { readonly vacuous: boolean }
  readonly 'report.json': Report
}

const SCHEMAS: { readonly [name in keyof Stored]: z.ZodType } = {
  'run.json': facts,
  'plan.json': plan,
  'checks.json': checks,
  'verdict.json': verdict,
  'report.json': report,
}

/** What the text of this file holds. Throws UserError (exit 2) when it is not what netsplit writes there. */
export function parseStored<Name extends keyof Stored>(name: Name, path: string, text: string): Stored[Name] {
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch {
    throw new UserError(
      EXIT.usage,
      `${path} is not whole: it is not JSON`,
      'the run was broken off, or its disk was full',
    )
  }
  const { error } = SCHEMAS[name].safeParse(value)
  if (!error) return value as Stored[Name]
  const [issue] = error.issues
  const key = issue?.path.join('.') || 'it'
  const missing = issue?.code === 'invalid_type' && issue.message.endsWith('received undefined')
  throw new UserError(
    EXIT.usage,
    `${path} is not as netsplit writes it: ${key} ${missing ? 'is missing' : `is something else (${issue?.message})`}`,
    'it was edited, or another version of netsplit wrote it',
  )
}
