// An overlay for a moment, with a container on each host that dials all others through it: what a network on these hosts will stand on.

import { randomBytes } from 'node:crypto'
import { Lanes } from '../../lanes.ts'
import { pause } from '../../network/node-client.ts'
import { HostProbe } from './host-probe.ts'
import { type Reached, refusal } from './host-survey.ts'
import { doctorLabels, withLabels } from './labels.ts'
import { removeNetwork, usedSubnets } from './networks.ts'
import { formatSubnet, freeSubnets, hostAddress, type Subnet } from './subnets.ts'

/** Of no meaning but here. */
const PORT = 18_000
/** More than one packet of any size takes: small ones may pass where large ones do not. */
const PAYLOAD_BYTES = 100_000
/** Members of an overlay hear of each other one after the other. */
const DIAL_MS = 4_000
/** The engines take addresses for themselves from the lower end. */
const FIRST_PLACE = 500
const LANES = 8
/** No look takes so long. */
const OLD_MS = 600_000
const REMOVALS = 20
const REMOVE_EVERY_MS = 250

type Patient = Pick<Reached, 'host' | 'engine' | 'swarm'>

/** By `from to`: undefined when it came through, else why not. Empty where none of the hosts manages the swarm. */
export type Passage = ReadonlyMap<string, string | undefined>

export async function tryOverlay(
  patients: readonly Patient[],
  image: string,
  word: string,
): Promise<Passage> {
  const manager = patients.find(({ swarm }) => swarm.manager)
  if (!manager) return new Map()
  await sweepOld(manager)
  const network = `netsplit-doctor-${randomBytes(4).toString('hex')}`
  const subnet = await freeSubnet(patients)
  const addresses = patients.map((_, i) => hostAddress(subnet, FIRST_PLACE + i))
  try {
    await manager.engine.docker.createNetwork({
      ...{ Name: network, Driver: 'overlay', Attachable: true, Internal: true, CheckDuplicate: true },
      IPAM: { Driver: 'default', Config: [{ Subnet: formatSubnet(subnet) }] },
      Labels: doctorLabels(),
    })
  } catch (error) {
    const why = refusal(manager.host, 'cannot make an overlay', error)
    return new Map(pairsOf(patients).map(([i, j]) => [key(patients, i, j), why]))
  }
  const probes = await Promise.all(
    patients.map(({ host, engine }, i) => {
      const overlay = { network, address: addresses[i] as string }
      return HostProbe.start({ host: host.name, engine, image, word, overlay }).catch(error =>
        refusal(host, 'has no container in an overlay', error),
      )
    }),
  )
  const running = probes.filter(probe => probe instanceof HostProbe)
  try {
    // Of one that has just ended the dials will tell.
    await Promise.allSettled(running.map(probe => probe.listen({ tcp: [PORT], udp: [PORT] })))
    const lanes = new Lanes(LANES)
    const dials = pairsOf(patients).map(([i, j]) =>
      lanes.run(async () => {
        const [from, to] = [probes[i], probes[j]]
        const why =
          from instanceof HostProbe && to instanceof HostProbe
            ? await through(from, to, patients[j]?.host.name ?? '', addresses[j] as string).catch(
                (error: Error) => error.message,
              )
            : [from, to].find(each => typeof each === 'string')
        return [key(patients, i, j), why] as const
      }),
    )
    return new Map(await Promise.all(dials))
  } finally {
    await Promise.all(running.map(probe => probe.close()))
    await removed(manager, network)
  }
}

function pairsOf(patients: readonly Patient[]): [from: number, to: number][] {
  const places = [...patients.keys()]
  return places.flatMap(i => places.flatMap(j => (i === j ? [] : [[i, j] as [number, number]])))
}

function key(patients: readonly Patient[], i: number, j: number): string {
  return `${patients[i]?.host.name} ${patients[j]?.host.name}`
}

/** One way by UDP, and there and back by TCP with more than fits in a packet: what gets there and does not come back is the other way's to say. */
async function through(
  from: HostProbe,
  to: HostProbe,
  name: string,
  host: string,
): Promise<string | undefined> {
  const tag = randomBytes(8).toString('hex')
  const where = { host, port: PORT, timeoutMs: DIAL_MS }
  const why = await from.dial({ ...where, protocol: 'udp', tag })
  if (why === undefined)
    return await from.dial({ ...where, protocol: 'tcp', echo: true, bytes: PAYLOAD_BYTES })
  return (await to.heard()).includes(tag) ? undefined : `it did not get to ${name}`
}

async function freeSubnet(patients: readonly Patient[]): Promise<Subnet> {
  const used = await Promise.all(patients.map(({ engine }) => usedSubnets(engine.docker)))
  const [subnet] = freeSubnets(used.flat(), randomBytes(2).readUInt16LE())
  if (subnet) return subnet
  throw new Error('every subnet is in use')
}

/** What was left by a look that was broken off. */
async function sweepOld({ engine: { docker } }: Patient): Promise<void> {
  const filters = withLabels(doctorLabels())
  const left = (await docker.listNetworks({ filters })) as readonly {
    readonly Id: string
    readonly Created: string
  }[]
  const old = left.filter(({ Created }) => Date.now() - Date.parse(Created) > OLD_MS)
  await Promise.all(old.map(({ Id }) => removeNetwork(docker, Id).catch(() => {})))
}

/** A swarm counts what was attached a moment longer; what does not go, gc finds by its label. */
async function removed({ engine }: Patient, network: string): Promise<void> {
  for (let i = 0; i < REMOVALS; i++) {
    const gone = await removeNetwork(engine.docker, network).then(
      () => true,
      () => false,
    )
    if (gone) return
    await pause(REMOVE_EVERY_MS)
  }
}
