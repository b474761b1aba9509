// A client: whose program a node is. What stands here is how one is started and what it can do; how it is bridged, looked at and
// asked is the same for all (node/foreign).

import type { ClientConfig, JoinedClient } from '../../node/api.ts'

/** What a spec may say of a group's program. */
export interface ClientSaid {
  /** Where it lies, or what it is called on the path; in its image, where it has one. */
  readonly program?: string | undefined
  /** What its container is made from; undefined: it is a process of this machine. */
  readonly image?: string | undefined
  /** Put behind the client's own arguments. */
  readonly args: readonly string[]
  /** It is to keep block filters and serve them, where it can: there are light clients. */
  readonly filters?: boolean
  /** What it is to be, as `28` or `28.1`. */
  readonly version?: string | undefined
}

export interface Client {
  /** As a spec says it. */
  readonly name: string
  /** One line: whose it is. */
  readonly about: string
  /** It is a program on the path, by its name; false: a package of npm. Absent: neither by itself. */
  readonly binary?: boolean
  /** Pays and is paid when it is asked over RPC. */
  readonly wallet: boolean
  /** Its chain is in memory alone: it begins anew with each of its lives. */
  readonly forgets?: boolean
  /** False: what waits in its mempool stays, whatever another pays for the same coin. */
  readonly replaces?: boolean
  /** What it calls itself in its user agent (BIP14). */
  readonly agent?: string
  /** It learns of blocks only from whom it dialled: a connection with another program is of its making. */
  readonly dials?: boolean
  launch(said: ClientSaid): ClientConfig
}

/** As it stands in a plan. */
export interface PlannedClient {
  readonly name: string
  readonly wallet: boolean
  readonly dials?: boolean
  /** It dials nobody that it is told of later: others dial it. */
  readonly isDialled?: boolean
  readonly forgets?: boolean
  readonly replaces?: boolean
  readonly agent?: string
  /** What it is to say that it is; a program that says another is not let in. */
  readonly version?: string
  /** What the spec says of it, from which another of the kind can be made; absent: it was started by hand. */
  readonly said?: ClientSaid
  readonly launch: ClientConfig | JoinedClient
}

/** How its node starts it, again and again; undefined for a program that runs already, and for a node of ours. */
export function launchOf(client: PlannedClient | undefined): ClientConfig | undefined {
  return client && !('joined' in client.launch) ? client.launch : undefined
}
