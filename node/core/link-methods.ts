// RPC methods about the connections of all services of a node: pinged and read alike, so that what was done to a link can be
// measured whatever runs over it.

import type { Address, PeerId } from './host.ts'
import type { LinkReading, RpcTable, Service } from './service.ts'

/** One of `getlinkinfo`: the fields and the units of Core's getpeerinfo, as far as they concern the link. */
export interface LinkInfo {
  readonly service: string
  /** The service's own number of the connection. */
  readonly id: PeerId
  readonly addr: Address
  /** Seconds of the last round trip. */
  readonly pingtime?: number
  /** Seconds since an unanswered ping; absent when none is out. */
  readonly pingwait?: number
  /** The numbers of the newest ping, and of the newest that was answered: not Core's. */
  readonly pings_sent: number
  readonly pings_answered: number
  /** The connection goes past the node's links. */
  readonly direct?: true
}

export function linkMethods(services: readonly Service[]): RpcTable {
  return {
    pinglinks: {
      params: [],
      summary: 'Pings over all connections of all services; getlinkinfo shows the times.',
      handle: () => {
        for (const { links } of services) links?.ping()
        return null
      },
    },
    getlinkinfo: {
      params: [],
      summary: 'One object for each connection of any service: whose it is, and how it answers.',
      handle: () =>
        services.flatMap(({ name, links }) => links?.read().map(reading => linkInfo(name, reading)) ?? []),
    },
  }
}

function linkInfo(service: string, reading: LinkReading): LinkInfo {
  const { id, address, roundTripMs, waitMs, pings, direct } = reading
  return {
    service,
    id,
    addr: address,
    ...(roundTripMs === undefined ? {} : { pingtime: roundTripMs / 1000 }),
    ...(waitMs === undefined ? {} : { pingwait: waitMs / 1000 }),
    pings_sent: pings.sent,
    pings_answered: pings.answered,
    ...(direct && { direct }),
  }
}
