// What the operator allows some peers beyond others, by where they connect from (Core's -whitelist).

import type { Address } from '../core/host.ts'
import { isIn, parseSubnet } from './bans.ts'
import { parseAddress } from './wire/address.ts'

/** In Core's order. */
export const PERMISSIONS = [
  'bloomfilter',
  'noban',
  'forcerelay',
  'relay',
  'mempool',
  'download',
  'addr',
] as const
/**
 * `noban`: no offence closes it, no newcomer takes its slot, and transactions are announced to it at once. `relay`: its transactions
 * are wanted even where nobody's are. `forcerelay`: and passed on though they are known here. `mempool`: it may ask for all there
 * are. `addr`: it may ask for addresses as often as it likes, and tell as many. `bloomfilter`, `download`: nothing here depends on them.
 */
export type Permission = (typeof PERMISSIONS)[number]

export interface Grant {
  /** `1.2.3.4` or `1.2.3.0/24`. */
  readonly subnet: string
  readonly permissions: readonly Permission[]
  /** Of connections that are opened there, here, or both. */
  readonly direction: 'in' | 'out' | 'both'
}

export type Permissions = ReadonlySet<Permission>
export const NO_PERMISSIONS: Permissions = new Set()

/** What all grants together allow whoever is at this end of a connection. */
export function permissionsOf(grants: readonly Grant[], address: Address, inbound: boolean): Permissions {
  if (grants.length === 0) return NO_PERMISSIONS
  const ip = parseAddress(address)?.ip
  const other = inbound ? 'out' : 'in'
  const fitting = grants.filter(({ subnet, direction }) => {
    const range = parseSubnet(subnet)
    return direction !== other && ip !== undefined && range !== undefined && isIn(ip, range)
  })
  const all = new Set(fitting.flatMap(({ permissions }) => permissions))
  // One that is never banned may download, and what is passed on in any case is passed on.
  if (all.has('noban')) all.add('download')
  if (all.has('forcerelay')) all.add('relay')
  return new Set(PERMISSIONS.filter(permission => all.has(permission)))
}
