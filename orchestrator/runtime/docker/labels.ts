// The labels on everything that netsplit makes in an engine. What carries them is ours to remove; nothing else is.

import { createHash } from 'node:crypto'
import { userInfo } from 'node:os'
import { stateRoot } from '../../machine/paths.ts'

const PREFIX = 'io.netsplit'

export const LABEL = {
  /** Name of the network. */
  network: `${PREFIX}.network`,
  /** One life of a network: a new one each time that it comes up. */
  run: `${PREFIX}.run`,
  role: `${PREFIX}.role`,
  node: `${PREFIX}.node`,
  owner: `${PREFIX}.owner`,
} as const

export type Role =
  | NetworkRole
  | ('node' | 'program' | 'gateway' | 'prometheus' | 'grafana' | 'image' | 'injector' | 'doctor')

export type NetworkRole = 'control' | 'data' | 'front'

export interface Identity {
  readonly network: string
  readonly run: string
  readonly owner: string
  /** The run that made the nodes' volumes: an earlier one where a stopped network has come up again. */
  readonly data: string
}

/** Who owns what is made here: this user with this state directory, which holds the claims on network names. */
export function ownerId(): string {
  const { uid, username } = userInfo()
  return createHash('sha256').update(`${uid} ${username} ${stateRoot()}`).digest('hex').slice(0, 12)
}

export function labelsOf(
  identity: Identity,
  role: Role,
  node?: string,
): { readonly [label: string]: string } {
  return {
    [LABEL.network]: identity.network,
    [LABEL.run]: identity.run,
    [LABEL.owner]: identity.owner,
    [LABEL.role]: role,
    ...(node !== undefined && { [LABEL.node]: node }),
  }
}

/** On what `doctor` makes for a moment: it is of no network. */
export function doctorLabels(): { readonly [label: string]: string } {
  return { [LABEL.owner]: ownerId(), [LABEL.role]: 'doctor' }
}

/**
 * `netsplit-<network>-<run>-<what>`: two owners may each have a network of one name, and what an earlier run left behind is
 * never in the way of a new one. Names are for people; what belongs to whom, the labels say.
 */
export function objectName({ network, run }: Identity, what: string): string {
  return `netsplit-${network}-${run.slice(0, 6)}-${what}`
}

/** The engine's filter for all these labels. */
export function withLabels(labels: { readonly [label: string]: string }): { label: string[] } {
  return { label: Object.entries(labels).map(([label, value]) => `${label}=${value}`) }
}
