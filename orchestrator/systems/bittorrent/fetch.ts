// A content taken out of a network: read from the disk of a node that has all of it, written to a folder of this machine, and hashed
// anew from there.

import { mkdir, open, stat } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { EXIT, UserError } from '../../errors.ts'
import type { NetworkState } from '../../observe/state.ts'
import { wrongWith } from './checks/stored.ts'
import { type Described, type DescribedFile, described } from './checks/torrent-file.ts'
import type { ContentState } from './state.ts'

const READ_BYTES = 1024 ** 2

interface Network {
  state(): NetworkState
  rpc(node: string, method: string, params: readonly unknown[]): Promise<unknown>
}

export interface Fetched {
  readonly content: string
  readonly path: string
  readonly bytes: number
  /** The node that it was read from. */
  readonly from: string
}

/** Rejects with UserError where nobody has it, or something is there already. */
export async function fetchTo(network: Network, content: ContentState, folder: string): Promise<Fetched> {
  const from = network
    .state()
    .nodes.find(
      ({ phase, systems }) => phase === 'running' && systems.bittorrent.contents[content.content]?.complete,
    )?.name
  if (from === undefined)
    throw new UserError(EXIT.failure, `no node that runs has all of ${content.name}`, 'netsplit content ls')
  const ask = (method: string, ...params: readonly unknown[]) =>
    network.rpc(from, method, [content.content, ...params])
  const torrent = described(Buffer.from(String(await ask('gettorrentfile')), 'base64'))
  const files = filesOf(torrent)
  const [only] = files
  const single = files.length === 1 && only?.path.length === 1 && only.path[0] === content.name
  const root = single ? folder : join(folder, safe(content.name))
  const path = join(folder, safe(content.name))
  if (await stat(path).catch(() => undefined)) throw new UserError(EXIT.usage, `${path} is there already`)
  let bytes = 0
  for (const file of files) {
    const place = join(root, ...file.path.map(safe))
    await mkdir(dirname(place), { recursive: true })
    const handle = await open(place, 'wx')
    try {
      for (let at = 0; at < file.length; at += READ_BYTES) {
        const length = Math.min(READ_BYTES, file.length - at)
        const part = Buffer.from(
          String(await ask('readtorrentfile', file.path.join('/'), at, length)),
          'base64',
        )
        await handle.write(part)
        bytes += part.length
      }
    } finally {
      await handle.close()
    }
  }
  const wrong = await wrongWith(torrent, (file, offset, length) =>
    readAt(join(root, ...file.map(safe)), offset, length),
  )
  if (wrong !== undefined) throw new UserError(EXIT.failure, `${from} has what it should not have: ${wrong}`)
  return { content: content.content, path, bytes, from }
}

async function readAt(path: string, offset: number, length: number): Promise<Buffer> {
  const handle = await open(path)
  try {
    const { buffer, bytesRead } = await handle.read(Buffer.alloc(length), 0, length, offset)
    return buffer.subarray(0, bytesRead)
  } finally {
    await handle.close()
  }
}

function filesOf({ tree, list }: Described): readonly DescribedFile[] {
  return (tree ?? list?.files ?? []).filter(({ padding }) => !padding)
}

/** A single element of a path, below the folder: whoever made the torrent may have meant another. */
function safe(name: string): string {
  if (name !== '' && name !== '.' && name !== '..' && !/[/\\\0]/.test(name)) return name
  throw new UserError(EXIT.failure, `the torrent names a file ${JSON.stringify(name)}, which cannot be one`)
}
