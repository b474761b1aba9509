// `netsplit content`: what is shared over BitTorrent in a running network, by hand: listed, added, and fetched to nodes or to here.

import { resolve } from 'node:path'
import type { RemoteTestnet } from '../control/client.ts'
import { EXIT, type ExitCode, UserError } from '../errors.ts'
import { formatBytes, formatShare, plural, table } from '../format.ts'
import { filesAt } from '../spec/content-files.ts'
import { didYouMean } from '../spec/suggest.ts'
import { contentSize } from '../spec/units.ts'
import { type Fetched, fetchTo } from '../systems/bittorrent/fetch.ts'
import { type Added, findContent, type Getting, unknownContent } from '../systems/bittorrent/orders.ts'
import type { ContentState } from '../systems/bittorrent/state.ts'
import type { ArgsOf, FlagsOf } from './command.ts'
import { openNetwork } from './orders.ts'
import { type NetworkRequest, readNetwork } from './request.ts'
import { print, waitingFor } from './say.ts'

const SYSTEM = 'bittorrent'
const VERBS = ['ls', 'add', 'get'] as const
const VERSIONS = ['v1', 'v2', 'hybrid']
const MAX_PIECE = 64 * 1024 ** 2
const MIN_PIECE = 16_384

export type ContentRequest = NetworkRequest &
  (
    | { readonly verb: 'ls' }
    | {
        readonly verb: 'add'
        readonly path: string
        readonly params: {
          readonly on?: string
          readonly for?: string
          readonly pieceLength?: number
          readonly version?: string
        }
      }
    | {
        readonly verb: 'get'
        readonly what: string
        /** Names of nodes and groups, and folders. */
        readonly to: readonly string[]
        readonly folders: readonly string[]
      }
  )

export function read([said = 'ls', what]: ArgsOf<'content'>, flags: FlagsOf<'content'>): ContentRequest {
  const verb = VERBS.find(each => each === said)
  const network = readNetwork([], flags)
  if (verb === undefined)
    throw new UserError(
      EXIT.usage,
      `content knows no ${said}`,
      didYouMean(said, VERBS) ?? `it knows ${VERBS.join(', ')}`,
    )
  const { on, for: wanted, pieceLength, torrent, to } = flags
  if (verb !== 'add') refuse({ on, for: wanted, pieceLength, torrent }, 'add', verb)
  if (verb !== 'get') refuse({ to }, 'get', verb)
  if (verb === 'ls') return { verb, ...network }
  if (what === undefined)
    throw new UserError(
      EXIT.usage,
      `${verb} what?`,
      verb === 'add' ? 'netsplit content add <file or folder>' : 'netsplit content ls lists what there is',
    )
  if (verb === 'get') {
    if (to === undefined || to.length === 0)
      throw new UserError(EXIT.usage, 'get it where?', 'such as --to peers-1, or --to ./downloads')
    return { verb, what, to: to.filter(each => !isFolder(each)), folders: to.filter(isFolder), ...network }
  }
  if (torrent !== undefined && !VERSIONS.includes(torrent))
    throw new UserError(EXIT.usage, `--torrent ${torrent}: expected one of ${VERSIONS.join(', ')}`)
  const params = {
    ...(on !== undefined && { on }),
    ...(wanted !== undefined && { for: wanted }),
    ...(pieceLength !== undefined && { pieceLength: readPieceLength(pieceLength) }),
    ...(torrent !== undefined && { version: torrent }),
  }
  return { verb, path: resolve(what), params, ...network }
}

/** No name of a node or group has one of these. */
const isFolder = (where: string) => /[/.\\~]/.test(where)

function refuse(flags: { readonly [flag: string]: unknown }, owner: string, verb: string): void {
  const given = Object.entries(flags).find(([, value]) => value !== undefined)
  if (!given) return
  const flag = given[0].replace(/[A-Z]/g, letter => `-${letter.toLowerCase()}`)
  throw new UserError(EXIT.usage, `--${flag} is for content ${owner}, and this is ${verb}`)
}

function readPieceLength(text: string): number {
  const { success, data } = contentSize({ min: MIN_PIECE, max: MAX_PIECE }).safeParse(text)
  if (success && Number.isInteger(Math.log2(data))) return data
  throw new UserError(
    EXIT.usage,
    `--piece-length ${text}: expected a power of two from 16KiB to 64MiB, such as 256KiB`,
  )
}

export async function run(request: ContentRequest): Promise<ExitCode> {
  const found = request.verb === 'add' ? bytesAt(request.path) : 0
  const testnet = await openNetwork(request)
  try {
    if (!testnet.state().runs.includes(SYSTEM))
      throw new UserError(
        EXIT.usage,
        `nobody runs bittorrent in ${testnet.plan.network}`,
        'nodes: { peers: { count: 5, runs: bittorrent } }',
      )
    if (request.verb === 'add') await add(testnet, request, found)
    else if (request.verb === 'get') await get(testnet, request)
    else list(testnet, request)
    return EXIT.ok
  } finally {
    testnet.close()
  }
}

function bytesAt(path: string): number {
  try {
    return filesAt(path, path).reduce((sum, { length }) => sum + length, 0)
  } catch (error) {
    throw new UserError(EXIT.usage, (error as Error).message)
  }
}

type Request<V extends ContentRequest['verb']> = Extract<ContentRequest, { verb: V }>

async function add(testnet: RemoteTestnet, request: Request<'add'>, bytes: number): Promise<void> {
  const { path, params } = request
  if (testnet.plan.runtime !== 'process')
    throw new UserError(
      EXIT.environment,
      `nodes of the ${testnet.plan.runtime} runtime do not see the files of this machine`,
      'netsplit up --runtime process',
    )
  const order = testnet.ask(SYSTEM, 'add', { ...params, path, bytes })
  const added = (await waitingFor(`hashing ${formatBytes(bytes)} …`, order)) as Added
  print(request, added, () => [
    `${added.on} shares ${added.name}: ${formatBytes(added.bytes)} in ${plural(added.pieces, 'piece')}`,
    added.magnet,
    ...(added.for.length > 0 ? [`${plural(added.for.length, 'peer')} get it: netsplit content ls`] : []),
  ])
}

async function get(testnet: RemoteTestnet, request: Request<'get'>): Promise<void> {
  const { what, to, folders } = request
  const given =
    to.length === 0 ? undefined : ((await testnet.ask(SYSTEM, 'get', { what, to: to.join(',') })) as Getting)
  const fetched: Fetched[] = []
  for (const folder of folders) {
    const { contents } = testnet.state().systems.bittorrent
    const content = findContent(what, contents)
    if (!content) throw unknownContent(what, contents)
    fetched.push(await waitingFor(`fetching ${content.name} …`, fetchTo(testnet, content, resolve(folder))))
  }
  print(request, { ...(given && { given }), fetched }, () => [
    ...(given
      ? [`${given.to.join(', ')}: told to get ${given.name || given.content}; netsplit content ls`]
      : []),
    ...fetched.map(
      ({ path, bytes, from }) =>
        `${path}: ${formatBytes(bytes)} from ${from}, hashed anew and as it should be`,
    ),
  ])
}

function list(testnet: RemoteTestnet, request: Request<'ls'>): void {
  const { contents } = testnet.state().systems.bittorrent
  const shown = contents.map(({ availability: _, completions: __, given: ___, ...content }) => content)
  print(request, shown, () =>
    contents.length === 0
      ? ['nothing is shared yet: netsplit content add <file or folder>']
      : table(
          [
            { title: 'NAME' },
            { title: 'SIZE', align: 'right' },
            { title: 'PIECES', align: 'right' },
            { title: 'COMPLETE', align: 'right' },
            { title: 'PROGRESS', align: 'right' },
            { title: 'COPIES', align: 'right' },
            { title: 'ID' },
          ],
          contents.map(row),
        ),
  )
}

function row({ name, bytes, pieces, complete, wanted, progress, copies, content }: ContentState): string[] {
  return [
    ...[name || '–', formatBytes(bytes), String(pieces), `${complete} of ${wanted}`],
    ...[wanted === 0 ? '–' : formatShare(progress), copies.toFixed(2), content.slice(0, 16)],
  ]
}
