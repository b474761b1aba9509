// A fault that came as JSON, checked field by field: what it is not, is said with the key that is wrong.

import { z } from 'zod'
import { saysWhich } from '../clients/program-said.ts'
import { EXIT, UserError } from '../errors.ts'
import { durationRange, MAX_DURATION_MS } from '../spec/units.ts'
import type { InjectOptions } from './chaos.ts'
import { type Fault, INSTANT_KINDS, LIVE_KINDS } from './faults.ts'

/** What was sent is no fault; the message says which key is wrong. */
export class NoFault extends UserError {
  constructor(message: string) {
    super(
      EXIT.usage,
      message,
      'such as { "fault": { "kind": "partition", "cut": "halves" }, "forMs": 10000 }',
    )
  }
}

const text = z.string().min(1).max(10_000)
const delayMs = z.number().min(0).max(60_000)

const widthBps = z.number().min(1000).max(1e12)

const worse = z.strictObject({
  latencyMs: delayMs.optional(),
  jitterMs: delayMs.optional(),
  bandwidthBps: widthBps.optional(),
  loss: z.number().min(0).max(0.9).optional(),
})

const order = z.enum(['kill', 'stop', 'restart', 'rolling-restart', 'pause', 'disk-full'])

const fault = z.discriminatedUnion(
  'kind',
  [
    z.strictObject({ kind: z.literal('partition'), cut: text }),
    z.strictObject({
      kind: z.literal('flapping'),
      cut: text,
      periodMs: z.number().min(200).max(MAX_DURATION_MS),
    }),
    z.strictObject({ kind: z.literal('reset'), on: text }),
    z.strictObject({
      kind: z.literal('link'),
      on: text,
      worse: worse.refine(given => Object.values(given).some(value => value !== undefined), {
        message: 'nothing gets worse: give latencyMs, jitterMs, bandwidthBps or loss',
      }),
    }),
    z.strictObject({ kind: order, nodes: text }),
    z.strictObject({ kind: z.enum(['host-down', 'host-cut']), hosts: text }),
    z.strictObject({
      kind: z.literal('upgrade'),
      nodes: text,
      to: z
        .strictObject({
          program: text.optional(),
          image: text.optional(),
          args: z.array(z.string().max(4000)).max(200).optional(),
          version: text.optional(),
        })
        .refine(saysWhich, {
          message: 'nothing becomes another: give program, image or args',
        }),
    }),
    z.strictObject({
      kind: z.literal('churn'),
      nodes: text,
      perMinute: z
        .number()
        .min(60 / 86_400)
        .max(600),
      downMs: z.number().min(100).max(MAX_DURATION_MS),
    }),
    z.strictObject({
      kind: z.literal('clock-skew'),
      nodes: text,
      byMs: z
        .number()
        .min(-MAX_DURATION_MS)
        .max(MAX_DURATION_MS)
        .refine(ms => ms !== 0, { message: 'a clock is off by something' }),
    }),
    z.strictObject({ kind: z.literal('cpu'), nodes: text, cpus: z.number().min(0.05).max(64) }),
    z.strictObject({
      kind: z.literal('access'),
      nodes: text,
      worse: z
        .strictObject({ upBps: widthBps.optional(), downBps: widthBps.optional() })
        .refine(({ upBps, downBps }) => upBps !== undefined || downBps !== undefined, {
          message: 'no line gets thinner: give upBps or downBps',
        }),
    }),
    z.strictObject({ kind: z.literal('memory'), nodes: text, bytes: z.number().min(16e6).max(1e12) }),
  ],
  { error: `expected one of ${LIVE_KINDS.join(', ')}` },
)

const injection = z.strictObject({
  fault,
  id: z
    .string()
    .regex(/^[a-z][a-z0-9-]{0,39}$/, 'expected lower-case letters, digits and dashes')
    .optional(),
  forMs: z.number().min(100).max(MAX_DURATION_MS, durationRange(100)).optional(),
})

/** Of `{ fault, id?, forMs? }`. Throws NoFault. */
export function parseInjection(value: unknown): { readonly fault: Fault; readonly options: InjectOptions } {
  const { data, error } = injection.safeParse(value)
  if (!data) throw new NoFault(firstProblem(error))
  const { fault, ...options } = data
  if (options.forMs !== undefined && INSTANT_KINDS.includes(fault.kind))
    throw new NoFault(`forMs: a ${fault.kind} is over when it has happened`)
  return { fault: fault as Fault, options }
}

function firstProblem({ issues }: z.ZodError): string {
  const [first] = issues
  return `${first?.path.join('.') || 'the fault'}: ${first?.message}`
}
