// What peers stored is what the info-hash says: read straight from their disks and hashed by code that shares nothing with the peer.

import { type Check, type Ground, poll, setting, some, startOf } from '../../../checks/check.ts'
import { plural } from '../../../format.ts'
import { wrongWith } from './stored.ts'
import { described } from './torrent-file.ts'
import { type Wanting, wantingOf } from './who.ts'

/** At a time: each read is a mebibyte, and a peer has others to serve. */
const AT_ONCE = 4
const AGAIN_MS = 10_000

export const contentVerified: Check = {
  name: 'content-verified',
  describe: 'what honest peers stored hashes to the info-hash, by hashes made anew from their disks',
  run: async (ground, wish) => {
    /** Looked at in this life of the node, and right. */
    const right = new Set<string>()
    /** What was wrong, and when: it may be fetched anew, but reading all of it takes its time. */
    const seen = new Map<string, { readonly atMs: number; readonly why: string }>()
    const startMs = await startOf(ground, wish)
    return await poll(ground, wish, async () => {
      const wanting = wantingOf(ground)
      const all = wanting.filter(({ held }) => held.complete && !held.left)
      // Who is not there yet is waited for; that some never get there is what content-complete is about.
      const waits =
        wanting.some(({ held }) => !held.complete) && ground.nowMs() - (startMs ?? 0) < wish.within.ms
      const chosen = spread(all, setting(wish, 'peers'))
      const wrong: string[] = []
      for (const some of groupsOf(chosen, AT_ONCE))
        await Promise.all(
          some.map(async each => {
            const key = `${each.node.name} ${ground.lives(each.node.name)} ${each.content.content}`
            if (right.has(key)) return
            const before = seen.get(key)
            const isNew = before !== undefined && ground.nowMs() - before.atMs < AGAIN_MS
            const why = isNew ? before.why : await whyWrong(ground, each)
            if (why === undefined) {
              right.add(key)
              return
            }
            if (!isNew) seen.set(key, { atMs: ground.nowMs(), why })
            wrong.push(`${each.node.name}, ${each.content.name}: ${why}`)
          }),
        )
      return {
        passed: chosen.length > 0 && wrong.length === 0 && !waits,
        asked: `${plural(chosen.length, 'copy', 'copies')} that are what was shared`,
        measured: `${chosen.length - wrong.length} of ${chosen.length}`,
        ...(wrong.length > 0 && { message: some(wrong) }),
        ...(chosen.length === 0 && { message: 'no honest peer that runs has all of anything' }),
      }
    })
  },
}

async function whyWrong(ground: Ground, { node, content }: Wanting): Promise<string | undefined> {
  const ask = (method: string, ...params: readonly unknown[]) => ground.rpc(node.name, method, params)
  try {
    const torrent = described(Buffer.from(String(await ask('gettorrentfile', content.content)), 'base64'))
    const { infoHashV1, infoHashV2, tree } = torrent
    if ((tree ? infoHashV2 : infoHashV1) !== content.content) return 'its torrent is another'
    return await wrongWith(torrent, async (path, offset, length) =>
      Buffer.from(
        String(await ask('readtorrentfile', content.content, path.join('/'), offset, length)),
        'base64',
      ),
    )
  } catch (error) {
    return (error as Error).message
  }
}

/** At most so many of them, evenly spread. */
function spread<T>(all: readonly T[], most: number): readonly T[] {
  if (all.length <= most) return all
  return Array.from({ length: most }, (_, i) => all[Math.floor((i * all.length) / most)] as T)
}

function groupsOf<T>(all: readonly T[], size: number): readonly (readonly T[])[] {
  return Array.from({ length: Math.ceil(all.length / size) }, (_, i) => all.slice(size * i, size * (i + 1)))
}
