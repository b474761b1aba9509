// Core's -whitelist and -whitebind as grants to peers.

import { parseSubnet } from '../../../node/bitcoin/bans.ts'
import { type Grant, PERMISSIONS, type Permission } from '../../../node/bitcoin/permissions.ts'
import { type Settings, SettingsError } from './settings.ts'

const EVERYBODY = ['0.0.0.0/0', '::/0']

export function grantsOf(settings: Settings): Grant[] {
  const lists = settings.texts('whitelist').map(text => listed(text, settings))
  // There is one address to listen on, so what is granted to one that binds is granted to all that come.
  const binds = settings.texts('whitebind').flatMap(text => {
    const { permissions } = split(text, settings)
    return EVERYBODY.map(subnet => ({ subnet, permissions, direction: 'in' as const }))
  })
  return [...lists, ...binds]
}

/** Where -whitebind listens. */
export function bindOf(text: string): string {
  const address = text.slice(text.indexOf('@') + 1)
  if (!/^(\[[0-9a-f:.]+\]|[0-9.]+):\d+$/i.test(address))
    throw new SettingsError(
      address.includes(':') || address.includes('/')
        ? `Cannot resolve -whitebind address: '${address}'`
        : `Need to specify a port with -whitebind: '${address}'`,
    )
  return address
}

function listed(text: string, settings: Settings): Grant {
  const { permissions, directions, rest } = split(text, settings)
  if (!parseSubnet(rest)) throw new SettingsError(`Invalid netmask specified in -whitelist: '${rest}'`)
  const direction = directions.length === 2 ? 'both' : (directions[0] ?? 'in')
  return { subnet: rest, permissions, direction }
}

/** `perm,perm,in@rest`; without `@`: what Core grants who is not told what. */
function split(text: string, settings: Settings) {
  const at = text.indexOf('@')
  if (at < 0) return { permissions: usual(settings), directions: [], rest: text }
  const words = text.slice(0, at).split(',').filter(Boolean)
  const directions = (['in', 'out'] as const).filter(word => words.includes(word))
  const permissions = words.filter(word => word !== 'in' && word !== 'out').flatMap(permissionsIn)
  if (directions.length > 0 && permissions.length === 0)
    throw new SettingsError(`Only direction was set, no permissions: '${text}'`)
  return { permissions, directions, rest: text.slice(at + 1) }
}

function usual(settings: Settings): Permission[] {
  const force = settings.flag('whitelistforcerelay', false)
  const permissions: Permission[] = ['noban', 'mempool', 'download']
  if (settings.flag('whitelistrelay', true) || force) permissions.push('relay')
  if (force) permissions.push('forcerelay')
  return permissions
}

function permissionsIn(word: string): readonly Permission[] {
  if (word === 'all') return PERMISSIONS
  const permission = PERMISSIONS.find(each => each === (word === 'bloom' ? 'bloomfilter' : word))
  if (!permission) throw new SettingsError(`Invalid P2P permission: '${word}'`)
  return [permission]
}
