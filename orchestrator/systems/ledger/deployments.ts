// Changes of the rules: how a spec asks for them, what cannot work about that, and what each node is told. Pure.

import { z } from 'zod'
import type { BitcoinRule, DeployedRule, Deployment, VersionBits } from '../../../node/api.ts'
import { isForeign } from '../../clients/program-said.ts'
import { groupName } from '../../spec/names.ts'
import { percentage } from '../../spec/units.ts'

const HEIGHT = /^height (\d{1,9})$/
const DAY = /^\d{4}-\d\d-\d\d(T\d\d:\d\d(:\d\d)?Z)?$/
const MOMENT_HINT = 'expected a height such as height 20, or a time such as 2027-01-31 or 2027-01-31T12:00Z'

const moment = z
  .string({ error: MOMENT_HINT })
  .refine(text => HEIGHT.test(text) || (DAY.test(text) && !Number.isNaN(Date.parse(text))), MOMENT_HINT)

/** As the node has them; in force from the first block where no deployment brings them. */
const BITCOIN_RULES = ['dersig', 'cltv', 'csv', 'taproot'] as const satisfies readonly BitcoinRule[]
const SCRIPT_RULES = [...BITCOIN_RULES, 'checktemplateverify', 'cat'] as const
const FORBIDDABLE = ['data', 'multisig', 'p2pk', 'p2tr', 'witness', 'nonstandard'] as const
/** The node's word for a timeout that never comes. */
const NEVER = Number.MAX_SAFE_INTEGER

const RULE_HINT = `expected one of ${SCRIPT_RULES.join(', ')} or none, or a mapping such as { maxBlockWeight: 8000 } or { forbid: data }`

const rule = z.union(
  [
    z.enum([...SCRIPT_RULES, 'none']),
    z
      .strictObject({
        maxBlockWeight: z.int().min(4000).max(4_000_000).optional(),
        forbid: z.enum(FORBIDDABLE).optional(),
      })
      .refine(
        ({ maxBlockWeight, forbid }) => (maxBlockWeight === undefined) !== (forbid === undefined),
        RULE_HINT,
      ),
  ],
  { error: RULE_HINT },
)

const deployment = z.strictObject({
  bit: z.int().min(0).max(28).describe('Of the version of blocks: who signals sets it.'),
  rule: rule.describe(
    'What it brings. dersig, cltv, csv, taproot: that rule of Bitcoin’s, which is then not in force from the first block. checktemplateverify: BIP119. cat: BIP347. { maxBlockWeight: … }: smaller blocks are a soft fork, larger ones a hard one. { forbid: data }: outputs of that kind, but in coinbases. none: signalling alone.',
  ),
  start: moment
    .prefault('height 0')
    .describe('From when on signals count: a height (BIP8), or a time by the chain’s clock (BIP9).'),
  timeout: z
    .union([z.literal('never'), moment], { error: `${MOMENT_HINT}, or never` })
    .prefault('never')
    .describe('When it fails that has not locked in by then; of the same kind as start.'),
  minActivationHeight: z
    .int()
    .min(0)
    .max(1_000_000_000)
    .prefault(0)
    .describe('Locked in before, it waits for this height to be active.'),
  lockInOnTimeout: z
    .boolean()
    .prefault(false)
    .describe(
      'By height only, a user-activated fork (BIP8): in the last period before the timeout blocks must signal, and it locks in whoever mines.',
    ),
  enforcedBy: z
    .array(groupName)
    .max(1000)
    .optional()
    .describe(
      'Groups whose nodes know of it and hold blocks to its rule. The others are as old as before. Default: all.',
    ),
  signalledBy: z
    .array(groupName)
    .max(1000)
    .optional()
    .describe(
      'Groups whose blocks set the bit, whether they enforce the rule or not. Default: those of enforcedBy.',
    ),
})

const deploymentName = z
  .string()
  .regex(
    /^[a-z][a-z0-9-]{0,39}$/,
    'a deployment’s name starts with a lower-case letter and has only such, digits and dashes (at most 40)',
  )

/** Below `chain`. */
export const deploymentKeys = {
  versionBits: z
    .strictObject({
      window: z
        .int()
        .min(2)
        .max(100_000)
        .optional()
        .describe('Blocks of a period. Default: 20, on regtest 144.'),
      threshold: percentage({ min: 0.01, max: 1 })
        .prefault('75%')
        .describe('Share of the blocks of a period that must signal for a deployment to lock in.'),
    })
    .optional()
    .describe('How deployments are counted.'),
  deployments: z
    .record(deploymentName, deployment)
    .optional()
    .describe('Changes of the rules while the network runs, by name (BIP9, BIP8).'),
}

type Said = z.output<typeof deployment>

export interface DeploymentsSpec {
  readonly network: 'netsplit' | 'regtest'
  readonly maxBlockWeight: number
  readonly versionBits?: { readonly window?: number | undefined; readonly threshold: number } | undefined
  readonly deployments?: { readonly [name: string]: Said } | undefined
}

interface Problem {
  readonly path: readonly (string | number)[]
  readonly message: string
}

/** What a group runs that has a ledger, and that says nothing. */
const RUNS = 'bitcoin'

interface Groups {
  readonly [group: string]: {
    readonly runs?: string | readonly string[] | undefined
    readonly client?: string | undefined
  }
}

/** Groups of full nodes of ours: other people's programs, and peers without a ledger, cannot be told of deployments. */
function ownGroups(nodes: Groups): string[] {
  return Object.entries(nodes)
    .filter(([, { runs = [RUNS], client }]) => !isForeign(client) && [runs].flat().includes(RUNS))
    .map(([name]) => name)
}

export function deploymentProblems(chain: DeploymentsSpec, nodes: Groups): Problem[] {
  const groups = ownGroups(nodes)
  const said = Object.entries(chain.deployments ?? {})
  const problems = said.flatMap(([name, one]) =>
    [...groupProblems(one, groups), ...termProblems(one), ...ruleProblems(one, chain)].map(
      ({ path, message }) => ({ path: ['chain', 'deployments', name, ...path], message }),
    ),
  )
  if (problems.length > 0) return problems
  const terms = said.map(([name, one]) => termsOf(name, one))
  return terms.flatMap((later, i) =>
    terms
      .slice(0, i)
      .filter(one => sharesBit(one, later))
      .map(({ name }) => ({
        path: ['chain', 'deployments', later.name, 'bit'],
        message: `${name} has the same bit at the same time: choose another, or let the one begin when the other has timed out`,
      })),
  )
}

type Terms = Pick<Deployment, 'bit' | 'by' | 'start' | 'timeout'>

/** One by time and one by height may always meet. */
function sharesBit(a: Terms, b: Terms): boolean {
  return a.bit === b.bit && (a.by !== b.by || (a.start <= b.timeout && b.start <= a.timeout))
}

function groupProblems({ enforcedBy, signalledBy }: Said, groups: readonly string[]): Problem[] {
  return Object.entries({ enforcedBy, signalledBy }).flatMap(([key, names]) =>
    (names ?? []).flatMap((name, i) =>
      groups.includes(name)
        ? []
        : [
            {
              path: [key, i],
              message: `${name} is none of the groups of full nodes of ours: ${groups.join(', ')}`,
            },
          ],
    ),
  )
}

function termProblems({ start, timeout, lockInOnTimeout }: Said): Problem[] {
  const [from, to] = [momentOf(start), timeout === 'never' ? undefined : momentOf(timeout)]
  if (to && to.by !== from.by)
    return [{ path: ['timeout'], message: `start is a ${from.by}, so this must be one, too` }]
  if (to && to.value <= from.value)
    return [{ path: ['timeout'], message: 'it would time out before it starts' }]
  if (lockInOnTimeout && to?.by !== 'height')
    return [
      { path: ['lockInOnTimeout'], message: 'it needs a timeout, by height: such as timeout: height 100' },
    ]
  return []
}

function ruleProblems({ rule: said }: Said, { maxBlockWeight }: DeploymentsSpec): Problem[] {
  if (typeof said !== 'object' || said.maxBlockWeight !== maxBlockWeight) return []
  return [{ path: ['rule', 'maxBlockWeight'], message: `blocks may weigh ${maxBlockWeight} already` }]
}

function momentOf(text: string): { readonly by: 'height' | 'time'; readonly value: number } {
  const height = HEIGHT.exec(text)?.[1]
  return height === undefined
    ? { by: 'time', value: Date.parse(text) / 1000 }
    : { by: 'height', value: Number(height) }
}

function termsOf(name: string, { bit, start, timeout }: Said) {
  const { by, value } = momentOf(start)
  return { name, bit, by, start: value, timeout: timeout === 'never' ? NEVER : momentOf(timeout).value }
}

/** As the network has it; absent groups: all. */
export interface PlannedDeployment extends Omit<Deployment, 'enforces' | 'signals'> {
  readonly enforcedBy?: readonly string[]
  readonly signalledBy?: readonly string[]
}

export interface PlannedVersionBits extends Omit<VersionBits, 'deployments'> {
  readonly deployments: readonly PlannedDeployment[]
}

const WINDOW = { netsplit: 20, regtest: 144 }

/** Undefined where a spec says nothing of deployments. */
export function planVersionBits(chain: DeploymentsSpec, nodes: Groups): PlannedVersionBits | undefined {
  const own = ownGroups(nodes)
  const all = own.length === Object.keys(nodes).length ? undefined : own
  const { network, versionBits, deployments } = chain
  if (!versionBits && !deployments) return undefined
  const periodBlocks = versionBits?.window ?? WINDOW[network]
  const planned = Object.entries(deployments ?? {}).map(([name, one]) => planDeployment(name, one, all))
  return {
    periodBlocks,
    thresholdBlocks: Math.max(1, Math.ceil(periodBlocks * (versionBits?.threshold ?? 0.75) - 1e-9)),
    deployments: planned,
    awaited: BITCOIN_RULES.filter(name => planned.some(one => one.rule.rule === name)),
  }
}

/** `all`: the groups that may be told of it, where they are not all that there are. */
function planDeployment(name: string, said: Said, all: readonly string[] | undefined): PlannedDeployment {
  const { enforcedBy = all, signalledBy = enforcedBy, minActivationHeight, lockInOnTimeout } = said
  return {
    ...termsOf(name, said),
    rule: planRule(said.rule),
    ...{ minActivationHeight, lockInOnTimeout },
    ...(enforcedBy && { enforcedBy }),
    ...(signalledBy && { signalledBy }),
  }
}

function planRule(said: Said['rule']): DeployedRule {
  if (typeof said === 'string') return { rule: said }
  const { forbid, maxBlockWeight = 0 } = said
  return forbid ? { rule: 'forbid', outputs: forbid } : { rule: 'max-block-weight', weight: maxBlockWeight }
}

/** Does a node of this group hold blocks to the rule? */
export function isEnforcing({ enforcedBy }: PlannedDeployment, group: string): boolean {
  return enforcedBy?.includes(group) ?? true
}

export function isSignalling({ signalledBy }: PlannedDeployment, group: string): boolean {
  return signalledBy?.includes(group) ?? true
}

/** What a node knows: of a deployment that is nothing to its group it never heard. */
export function versionBitsOf(
  planned: PlannedVersionBits,
  { group }: { readonly group: string },
): VersionBits {
  const deployments = planned.deployments.flatMap(one => {
    const [enforces, signals] = [isEnforcing(one, group), isSignalling(one, group)]
    const { enforcedBy: _, signalledBy: __, ...terms } = one
    return enforces || signals ? [{ ...terms, enforces, signals }] : []
  })
  return { ...planned, deployments }
}

/** A rule in words: `taproot`, `blocks of at most 8000 weight units`. */
export function ruleText(rule: DeployedRule): string {
  if (rule.rule === 'max-block-weight') return `blocks of at most ${rule.weight} weight units`
  if (rule.rule === 'forbid') return `no ${rule.outputs} outputs`
  return rule.rule === 'none' ? 'no rule' : rule.rule
}
