// Undoes what `netsplit hosts join` made, and nothing else: members that it brought in leave, workers first, and the swarm that it began
// ends with its manager, unless somebody else has come to use it.

import { EXIT, UserError } from '../../errors.ts'
import { type MadeMember, noteMade, readMade } from '../../machine/swarm-file.ts'
import { pause } from '../../network/node-client.ts'
import { connectHost, unless } from './engine.ts'
import { type Reached, refusal, surveyHosts } from './host-survey.ts'
import { LABEL } from './labels.ts'
import { swarmOf } from './overlay.ts'

/** Docker makes it for members of a swarm. */
export const BRIDGE = 'docker_gwbridge'
const GONE_MS = 20_000
const LOOK_EVERY_MS = 100

export interface Left {
  readonly left: readonly string[]
  /** They were in another swarm by now, or in none: there was nothing to undo. */
  readonly gone: readonly string[]
  /** They did not answer, or it is not sure what they are in; they stay written down. */
  readonly silent: readonly { readonly host: string; readonly why: string }[]
}

interface Standing {
  readonly made: MadeMember
  readonly reached: Reached
}

/** `engines`: only these; undefined: all that were made. UserError (exit 4), before anything is done, where somebody else uses it. */
export async function leaveHosts(
  engines: readonly string[] | undefined,
  say: (message: string) => void,
): Promise<Left> {
  const all = readMade()
  const made = all.filter(({ host }) => engines?.includes(host.engine) ?? true)
  const { reached, unreached } = await surveyHosts(
    made.map(({ host }) => ({ share: 1, labels: [], ...host })),
  )
  const there = reached.map(each => ({
    made: made.find(({ host }) => host.engine === each.host.engine) as MadeMember,
    reached: each,
  }))
  const standing = there.filter(
    ({ made, reached: { swarm } }) => swarm.state !== 'inactive' && made.node === swarm.node,
  )
  const unsure = there.filter(
    ({ made, reached: { swarm } }) => swarm.state !== 'inactive' && made.node === undefined,
  )
  for (const each of standing) await refuseUsed(each, made, all)
  const gone = there.filter(each => !standing.includes(each) && !unsure.includes(each))
  for (const { made } of gone) noteMade(made.host.engine, undefined)
  const order = [...standing].sort((a, b) => Number(a.made.how === 'init') - Number(b.made.how === 'init'))
  for (const { made, reached } of order) {
    await leaveSwarm(reached, made)
    say(`${made.host.name} has left the swarm`)
    await forget(made, say)
  }
  return {
    left: order.map(({ made }) => made.host.name),
    gone: gone.map(({ made }) => made.host.name),
    silent: [
      ...unreached.map(({ host, why }) => ({ host: host.name, why })),
      ...unsure.map(({ made }) => ({ host: made.host.name, why: `${made.host.name} ${UNSURE}` })),
    ],
  }
}

const UNSURE =
  'was on its way into a swarm when netsplit was interrupted, and is in one: if it is that one, docker swarm leave there'

/** It leaves by force: a manager's swarm ends with it. Resolves once it is in none, and what Docker made for it is gone. */
export async function leaveSwarm(
  { host, engine: { docker } }: Pick<Reached, 'host' | 'engine'>,
  made: MadeMember | undefined = readMade().find(each => each.host.engine === host.engine),
): Promise<void> {
  try {
    // 503: it is in none.
    await unless([503], docker.swarmLeave({ force: true }))
    const late = performance.now() + GONE_MS
    while ((await swarmOf(docker)).state !== 'inactive' && performance.now() < late)
      await pause(LOOK_EVERY_MS)
    if (made && !made.hadBridge) await unless([404, 403], docker.getNetwork(BRIDGE).remove())
  } catch (error) {
    throw new UserError(EXIT.environment, refusal(host, 'cannot leave the swarm', error))
  }
  noteMade(host.engine, undefined)
}

/** In a swarm that stays, the member that left is not to stand there as one that is down. */
async function forget({ host, node, via }: MadeMember, say: (message: string) => void): Promise<void> {
  if (node === undefined || !via) return
  try {
    const { docker } = await connectHost(via)
    await unless([404], docker.getNode(node).remove({ force: true }))
  } catch {
    say(`${via.name} still lists ${host.name}: docker node rm --force ${node} there`)
  }
}

interface Listed {
  readonly Name: string
  readonly Driver: string
  readonly Ingress?: boolean
  readonly Labels?: { readonly [label: string]: string } | null
}

interface SwarmNode {
  readonly ID: string
  readonly Description?: { readonly Hostname?: string }
}

/** UserError where a network of ours lives there, or something of others needs the swarm. */
async function refuseUsed(
  { made, reached }: Standing,
  leaving: readonly MadeMember[],
  all: readonly MadeMember[],
): Promise<void> {
  const { docker } = reached.engine
  const { name } = made.host
  const overlays = ((await docker.listNetworks()) as readonly Listed[]).filter(
    ({ Driver, Ingress }) => Driver === 'overlay' && Ingress !== true,
  )
  const [used] = overlays
  if (used) {
    const network = used.Labels?.[LABEL.network]
    if (network !== undefined)
      throw new UserError(
        EXIT.environment,
        `${name}: the network ${network} is on this swarm`,
        `netsplit down ${network} first, or netsplit gc if it is dead`,
      )
    throw new UserError(
      EXIT.environment,
      `${name}: the overlay ${used.Name}, which is not netsplit's, is on this swarm`,
      `docker network rm ${used.Name} on ${name} first; or docker swarm leave --force by hand`,
    )
  }
  if (made.how !== 'init' || !reached.swarm.manager) return
  const nodes = (await docker.listNodes()) as readonly SwarmNode[]
  const staying = nodes.filter(({ ID }) => !leaving.some(({ node }) => node === ID))
  const names = staying.map(
    ({ ID, Description }) => all.find(({ node }) => node === ID)?.host.name ?? Description?.Hostname ?? ID,
  )
  if (names.length > 0)
    throw new UserError(
      EXIT.environment,
      `${name} began this swarm, and others are in it that do not leave: ${names.join(', ')}`,
      'they leave first, or with it: netsplit hosts leave, or docker swarm leave there',
    )
  const services = await docker.listServices()
  if (services.length > 0)
    throw new UserError(
      EXIT.environment,
      `${name}: services run on this swarm, which are not netsplit's`,
      'docker service rm them first; or docker swarm leave --force by hand',
    )
}
