// Events told to a person: one line each, and silence for those that only a machine wants to hear.

import type { NodeEvent } from '../../node/api.ts'
import { diedInWords, howItEnded } from '../endings.ts'
import { formatDuration, formatRate, plural, printable } from '../format.ts'
import { SYSTEMS } from '../systems/all.ts'
import type { ObservedEvent, TestnetEvent } from './events.ts'
import type { LogLine } from './state.ts'
import { error, info, type Told, warn } from './told.ts'

/** The event as a line of the log; undefined when it is not worth one. */
export function narrate(observed: ObservedEvent): LogLine | undefined {
  const { seq, timeMs } = observed
  const told = tell(observed)
  return told && { seq, timeMs, node: told.node, level: told.level, text: printable(told.text) }
}

function tell(observed: ObservedEvent): (Told & { readonly node: string | undefined }) | undefined {
  if (observed.node !== undefined) {
    const told = tellNode(observed.event) ?? tellSystems(observed)
    return told && { ...told, node: observed.node }
  }
  const { event } = observed
  const told = tellNetwork(event) ?? tellFault(event) ?? tellSystems(observed)
  return told && { ...told, node: 'node' in event ? event.node : undefined }
}

function tellSystems(observed: ObservedEvent): Told | undefined {
  for (const system of SYSTEMS) {
    const told = system.narrate(observed.event)
    if (told) return told
  }
  return undefined
}

function tellNetwork(event: TestnetEvent): Told | undefined {
  switch (event.type) {
    case 'network-starting':
      return info(`starting ${plural(event.nodes, 'node')}`)
    case 'network-ready':
      return info(`the network stands after ${formatDuration(event.seconds * 1000)}`)
    case 'network-stopping':
      return info(`going down: ${event.why}`)
    case 'node-ready':
      return info(event.resumedHeight > 0 ? `back at height ${event.resumedHeight}` : 'up')
    case 'program-said':
      return info(`says that it is ${event.version} (${event.userAgent})`)
    case 'node-exited':
      return tellExit(event)
    case 'node-paused':
      return warn('paused')
    case 'node-resumed':
      return info('resumed')
    case 'node-added':
      return info(
        event.askedHps > 0 ? `joined, mining at ${formatRate(event.askedHps)}` : `joined ${event.group}`,
      )
    case 'host-clock':
      return tellClock(event)
    case 'node-unreachable':
      return warn(`no answer: ${event.detail}`)
    case 'note':
      return { level: event.level, text: event.message }
    default:
      return undefined
  }
}

/** When it is known well for the first time, and when it is another: what is known better of it a log need not tell. */
function tellClock(event: Extract<TestnetEvent, { type: 'host-clock' }>): Told | undefined {
  const { host, offsetMs, errorMs, before } = event
  const how = offsetMs < 0 ? `${formatDuration(-offsetMs)} behind` : `${formatDuration(offsetMs)} ahead of`
  const text = `host ${host}: its clock is ${how} ours, ± ${formatDuration(errorMs)}`
  const isOther = before && Math.abs(offsetMs - before.offsetMs) > errorMs + before.errorMs
  if (isOther) return warn(`${text}; it was set`)
  const isKnown = errorMs <= KNOWN_MS && (!before || before.errorMs > KNOWN_MS)
  return isKnown ? info(text) : undefined
}

function tellExit(event: Extract<TestnetEvent, { type: 'node-exited' }>): Told | undefined {
  // Of those that we gave up while they started the launch tells; of those that went with the engine, what told of the engine.
  if (event.expected) return info(event.cause === 'silent' ? `given up: ${howItEnded(event)}` : 'down')
  if (event.cause === 'engine') return undefined
  const how = diedInWords(event)
  if (event.cause !== undefined && event.cause !== 'memory') return error(how)
  const last = event.lastLines.findLast(line => line.trim() !== '')
  return error(last ? `${how}: ${last.trim()}` : how)
}

function tellFault(event: TestnetEvent): Told | undefined {
  switch (event.type) {
    case 'fault-started':
      if (event.byHand) return warn(`fault ${event.id}: ${event.kind} of ${event.target}, by hand`)
      return warn(`fault ${event.id}: ${event.kind} on ${event.target}${event.detail && `, ${event.detail}`}`)
    case 'fault-grown':
      return info(
        `fault ${event.id} holds for newcomers: ${event.target}${event.detail && `, ${event.detail}`}`,
      )
    case 'fault-verified':
      if (event.again)
        return event.ok
          ? info(`fault ${event.id} holds: asked ${event.asked}, measured ${event.measured}`)
          : error(`fault ${event.id} no longer holds: asked ${event.asked}, measured ${event.measured}`)
      if (event.disturbedBy || event.unmeasured)
        return warn(`fault ${event.id}: asked ${event.asked}, measured ${event.measured}`)
      return event.ok
        ? info(`fault ${event.id} works: asked ${event.asked}, measured ${event.measured}`)
        : error(`fault ${event.id} does not work: asked ${event.asked}, measured ${event.measured}`)
    case 'fault-ended':
      return info(`fault ${event.id} ended`)
    default:
      return undefined
  }
}

function tellNode(event: NodeEvent): Told | undefined {
  switch (event.type) {
    case 'misbehaviour':
      return warn(`caught ${event.address}: ${event.reason}${event.detail ? ` (${event.detail})` : ''}`)
    case 'peer-down':
      return NOTABLE_ENDS.has(event.why) ? warn(`lost ${event.address}: ${event.why}`) : undefined
    case 'store-damaged':
      return error(`store damaged (${event.detail}); set aside as ${event.setAside}`)
    case 'store-failed':
      return error(`blocks cannot be stored: ${event.detail}`)
    case 'log-failed':
      return warn(`its log cannot be written: ${event.detail}`)
    case 'events-lost':
      return warn(`${plural(event.count, 'event')} lost: the observer fell behind`)
    case 'log':
      return event.level === 'info' ? undefined : { level: event.level, text: event.message }
    default:
      return undefined
  }
}

/** A clock that is known within that is worth a line. */
const KNOWN_MS = 10
/** Ends of connections that say something about the network; the rest follow from what nodes do. */
const NOTABLE_ENDS: ReadonlySet<string> = new Set(['handshake timeout', 'ping timeout', 'stalling'])
