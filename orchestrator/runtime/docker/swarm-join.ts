// One swarm of the engines of some hosts: begun on the first where there is none, joined by the others. What is made is written down
// first (machine/swarm-file.ts), and undone again where it cannot be finished. Engines that are in a swarm are left as they are.

import { EXIT, UserError } from '../../errors.ts'
import { type MadeHost, type MadeMember, noteMade, readMade } from '../../machine/swarm-file.ts'
import { pause } from '../../network/node-client.ts'
import type { PlannedHost } from '../../spec/types.ts'
import { addressOf, type Reached, reachAll, refusal } from './host-survey.ts'
import { swarmOf } from './overlay.ts'
import { planJoin, whyNoSwarm } from './swarm.ts'
import { BRIDGE, leaveSwarm } from './swarm-leave.ts'

/** Where members listen for each other; firewalls let it through on every address. */
const LISTEN = '0.0.0.0:2377'
const MANAGER_PORT = 2377
const READY_MS = 30_000
const LOOK_EVERY_MS = 200

export interface Joined {
  /** Of the swarm, as its managers know it. */
  readonly swarm: string | undefined
  /** Hosts that netsplit brought in just now; none: they were one already. */
  readonly made: readonly { readonly host: string; readonly how: MadeMember['how'] }[]
}

/** A host on its way into the swarm. */
type Member = Reached & { readonly name: string }

/** UserError (exit 4) that names the host where it cannot be, and what was made is undone. */
export async function joinHosts(
  hosts: readonly PlannedHost[],
  say: (message: string) => void,
): Promise<Joined> {
  const members = (await reachAll(hosts)).map(each => ({ ...each, name: each.host.name }))
  for (const { name, engine } of members) {
    const why = whyNoSwarm(engine.facts)
    if (why !== undefined)
      throw new UserError(EXIT.environment, `${name} ${why}`, 'install Docker there, run as root')
  }
  const plan = planJoin(members)
  if (plan.kind === 'whole') return { swarm: members.find(({ swarm }) => swarm.id)?.swarm.id, made: [] }
  const made: MadeMember[] = []
  try {
    if (plan.init) made.push(await begin(plan.manager))
    const { address, node, id } = await swarmOf(plan.manager.engine.docker)
    const manager = plan.manager.swarm.managers.find(each => each.node === node)?.address
    const at = manager ?? `${bracketed(address)}:${MANAGER_PORT}`
    if (plan.init) say(`${plan.manager.name} manages a swarm at ${at}`)
    const { JoinTokens } = (await plan.manager.engine.docker.swarmInspect()) as {
      readonly JoinTokens: { readonly Worker: string }
    }
    for (const member of plan.join) {
      made.push(await enter(member, at, JoinTokens.Worker, plan.init ? undefined : madeHost(plan.manager)))
      say(`${member.name} has joined it`)
    }
    await ready(plan.manager, made)
    return { swarm: id, made: made.map(({ host, how }) => ({ host: host.name, how })) }
  } catch (error) {
    await undo(plan.init ? [plan.manager, ...plan.join] : plan.join)
    throw error
  }
}

async function begin(member: Member): Promise<MadeMember> {
  const { name, host, engine } = member
  const address = await addressOf(host)
  return await note(member, { how: 'init' }, async () => {
    try {
      await engine.docker.swarmInit({
        ...{ ListenAddr: LISTEN, AdvertiseAddr: address ?? '', ForceNewCluster: false, Spec: {} },
      })
    } catch (error) {
      const message = refusal(host, 'cannot begin a swarm', error)
      const choose = /could not (choose|find)|advertise/i.test(message)
      throw new UserError(
        EXIT.environment,
        message,
        choose ? `give ${name} an address in hosts, by which the others reach it` : undefined,
      )
    }
  })
}

async function enter(
  member: Member,
  manager: string,
  token: string,
  via: MadeHost | undefined,
): Promise<MadeMember> {
  const { name, host, engine } = member
  const address = await addressOf(host)
  return await note(member, { how: 'join', ...(via && { via }) }, async () => {
    try {
      await engine.docker.swarmJoin({
        ...{ ListenAddr: LISTEN, AdvertiseAddr: address ?? '', RemoteAddrs: [manager], JoinToken: token },
      })
    } catch (error) {
      throw new UserError(
        EXIT.environment,
        refusal(host, `cannot join the swarm at ${manager}`, error),
        `${name} must reach ${manager} (tcp), and all of them each other's 7946 (tcp, udp) and 4789 (udp): netsplit doctor --hosts tries it`,
      )
    }
  })
}

/** Written down before it is tried, and completed behind it. */
async function note(
  member: Member,
  way: Pick<MadeMember, 'how' | 'via'>,
  make: () => Promise<void>,
): Promise<MadeMember> {
  const host = madeHost(member)
  const bridges = await member.engine.docker.listNetworks({ filters: { name: [BRIDGE] } })
  const begun = { host, ...way, hadBridge: bridges.length > 0 }
  noteMade(host.engine, begun)
  await make()
  const made = { ...begun, node: (await swarmOf(member.engine.docker)).node }
  noteMade(host.engine, made)
  return made
}

function madeHost({ host: { name, engine, tls, address } }: Member): MadeHost {
  return { name, engine, ...(tls && { tls }), ...(address !== undefined && { address }) }
}

interface SwarmNode {
  readonly ID: string
  readonly Status?: { readonly State?: string }
}

/** Its manager sees each of them. */
async function ready({ engine }: Member, made: readonly MadeMember[]): Promise<void> {
  const late = performance.now() + READY_MS
  for (;;) {
    const nodes = (await engine.docker.listNodes()) as readonly SwarmNode[]
    const there = new Set(nodes.flatMap(({ ID, Status }) => (Status?.State === 'ready' ? [ID] : [])))
    const missing = made.filter(({ node }) => node === undefined || !there.has(node))
    if (missing.length === 0) return
    if (performance.now() > late)
      throw new UserError(
        EXIT.environment,
        `the swarm does not see ${missing.map(({ host }) => host.name).join(', ')}, though it has joined`,
        'its ports 2377/tcp, 7946/tcp and udp, 4789/udp must be open between all hosts: netsplit doctor --hosts tries it',
      )
    await pause(LOOK_EVERY_MS)
  }
}

/** Those that this attempt has brought in, the manager last. What cannot be undone stays written down. */
async function undo(tried: readonly Member[]): Promise<void> {
  for (const member of [...tried].reverse())
    if (readMade().some(({ host }) => host.engine === member.host.engine))
      await leaveSwarm(member).catch(() => {})
}

function bracketed(address: string): string {
  return address.includes(':') ? `[${address}]` : address
}
