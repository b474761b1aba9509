// `netsplit hosts`: the engines that run a network together. `list` shows them, `join` makes one swarm of them (for the network between
// them, and nothing else), `leave` undoes what it made.

import { EXIT, type ExitCode, UserError } from '../errors.ts'
import { formatBytes, plural, table } from '../format.ts'
import { type MadeMember, readMade } from '../machine/swarm-file.ts'
import type { Reached, Survey } from '../runtime/docker/host-survey.ts'
import { roleOf, type SwarmRole } from '../runtime/docker/swarm.ts'
import { roomOn } from '../runtime/room.ts'
import { didYouMean } from '../spec/suggest.ts'
import type { PlannedHost } from '../spec/types.ts'
import type { ArgsOf, FlagsOf } from './command.ts'
import { askedHosts, whichHosts } from './hosts-asked.ts'
import { type Answered, readAnswered } from './request.ts'
import { print, say, waitingFor } from './say.ts'

const ORDERS = ['list', 'join', 'leave'] as const

export interface HostsRequest extends Answered {
  readonly order: (typeof ORDERS)[number]
  /** Undefined: those that netsplit brought into a swarm. */
  readonly hosts: readonly PlannedHost[] | undefined
}

export function read([word = 'list', what]: ArgsOf<'hosts'>, flags: FlagsOf<'hosts'>): HostsRequest {
  const order = ORDERS.find(each => each === word)
  if (!order)
    throw new UserError(
      EXIT.usage,
      `hosts ${word}: there is no such order`,
      didYouMean(word, ORDERS) ?? `orders are ${ORDERS.join(', ')}, and then which hosts`,
    )
  // What was made is left whole, wherever one stands.
  const hosts = order === 'leave' && what === undefined ? undefined : askedHosts(what, `hosts ${order}`)
  if (order === 'join' && !hosts) throw whichHosts('netsplit hosts join')
  return { order, hosts, ...readAnswered([], flags) }
}

export async function run(request: HostsRequest): Promise<ExitCode> {
  const { order, hosts } = request
  if (order === 'join') return await join(request, hosts ?? [])
  return order === 'leave' ? await leave(request) : await list(request)
}

async function join(request: HostsRequest, hosts: readonly PlannedHost[]): Promise<ExitCode> {
  const { joinHosts } = await import('../runtime/docker/swarm-join.ts')
  const joined = await waitingFor('joining …', joinHosts(hosts, say))
  const names = hosts.map(({ name }) => name).join(', ')
  print(request, joined, () => [
    joined.made.length === 0
      ? `${names}: one swarm already, which is used as it is`
      : `${names}: one swarm; netsplit hosts leave undoes it`,
  ])
  return EXIT.ok
}

async function leave(request: HostsRequest): Promise<ExitCode> {
  const { leaveHosts } = await import('../runtime/docker/swarm-leave.ts')
  const engines = request.hosts?.map(({ engine }) => engine)
  const left = await waitingFor('leaving …', leaveHosts(engines, say))
  const made = [...left.left, ...left.gone, ...left.silent]
  print(request, left, () => [
    ...(made.length === 0 ? ['netsplit brought none of them into a swarm: there is nothing to undo'] : []),
    ...(left.left.length > 0 ? [`undone: ${left.left.join(', ')}`] : []),
    ...left.gone.map(name => `${name} was not in it any more`),
    ...left.silent.map(({ why }) => `not undone: ${why}`),
  ])
  if (left.silent.length === 0) return EXIT.ok
  say('netsplit hosts leave goes on where it stopped')
  return EXIT.environment
}

async function list(request: HostsRequest): Promise<ExitCode> {
  const made = readMade()
  const hosts = request.hosts ?? made.map(({ host }) => ({ share: 1, labels: [], ...host }))
  const { surveyHosts, twins } = await import('../runtime/docker/host-survey.ts')
  const survey = await surveyHosts(hosts)
  const listed = hosts.map(host => hostLine(host, survey, made))
  print(request, listed, () => (listed.length === 0 ? [] : linesOf(listed)))
  if (listed.length === 0 && !request.json)
    say('no hosts: netsplit hosts list net.yaml, or netsplit hosts list ssh://a,ssh://b')
  for (const { why, hint } of survey.unreached) say(hint === undefined ? why : `${why}\n  → ${hint}`)
  const same = twins(survey.reached)
  for (const why of same) say(why)
  return survey.unreached.length + same.length > 0 ? EXIT.environment : EXIT.ok
}

interface ListedHost {
  readonly name: string
  readonly engine: string
  /** How long it took; null: it does not answer. */
  readonly reachedMs: number | null
  readonly why?: string
  readonly version?: string
  readonly apiVersion?: string
  readonly cores?: number
  readonly memoryBytes?: number
  /** Nodes that its memory has room for, if nothing else ran there. */
  readonly room?: number
  readonly swarm?: { readonly role: SwarmRole; readonly byNetsplit: boolean }
}

function hostLine(
  host: PlannedHost,
  { reached, unreached }: Survey,
  made: readonly MadeMember[],
): ListedHost {
  const { name, engine } = host
  const there = reached.find(each => each.host === host)
  if (!there)
    return { name, engine, reachedMs: null, why: unreached.find(each => each.host === host)?.why ?? '' }
  const { version, apiVersion, cores, memoryBytes } = there.engine.facts
  return {
    ...{ name, engine, reachedMs: Math.round(there.reachedMs), version, apiVersion, cores, memoryBytes },
    room: roomOn(memoryBytes).nodes,
    swarm: { role: roleOf(there.swarm), byNetsplit: isAmong(made, there) },
  }
}

function isAmong(made: readonly MadeMember[], { host, swarm }: Reached): boolean {
  return (
    swarm.state !== 'inactive' &&
    made.some(each => each.host.engine === host.engine && each.node === swarm.node)
  )
}

const COLUMNS = [
  { title: 'HOST' },
  { title: 'ANSWERS', align: 'right' },
  { title: 'VERSION' },
  { title: 'CORES', align: 'right' },
  { title: 'MEMORY', align: 'right' },
  { title: 'ROOM', align: 'right' },
  { title: 'SWARM' },
  { title: 'ENGINE' },
] as const

function linesOf(listed: readonly ListedHost[]): string[] {
  const rows = listed.map(({ name, engine, reachedMs, version, cores, memoryBytes, room, swarm }) => [
    name,
    reachedMs === null ? 'no' : `${reachedMs} ms`,
    version ?? '–',
    String(cores ?? '–'),
    memoryBytes === undefined ? '–' : formatBytes(memoryBytes),
    room === undefined ? '–' : plural(room, 'node'),
    swarm ? `${swarm.role}${swarm.byNetsplit ? ', by netsplit' : ''}` : '–',
    engine,
  ])
  return table(COLUMNS, rows)
}
