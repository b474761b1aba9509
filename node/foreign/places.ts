// What a client's arguments and files leave open until its node starts: ports, folder, password, and whom it is to dial.

export interface Places {
  /** Port for peers, and for RPC. */
  readonly p2p: string
  readonly rpc: string
  /** Its data folder. */
  readonly data: string
  readonly user: string
  readonly password: string
  /** Node's own program. */
  readonly node: string
}

const PEER = '{peer}'
const PEERS = '{peers}'

export function filled(text: string, places: Places): string {
  return text.replace(/\{(p2p|rpc|data|user|password|node)\}/g, (_, name: keyof Places) => places[name])
}

/** Those that name `{peer}` are there once for each, those that name `{peers}` once with all of them, if there are any. */
export function argumentsFor(argv: readonly string[], places: Places, peers: readonly string[]): string[] {
  return argv.flatMap(text => {
    const there = filled(text, places)
    if (there.includes(PEERS)) return peers.length > 0 ? [there.replaceAll(PEERS, peers.join(','))] : []
    return there.includes(PEER) ? peers.map(peer => there.replaceAll(PEER, peer)) : [there]
  })
}

/** As for arguments, line by line. */
export function fileFor(text: string, places: Places, peers: readonly string[]): string {
  return argumentsFor(text.split('\n'), places, peers).join('\n')
}
