// Whom peers banned: everybody who served them what was not asked for, and nobody honest. Whom a polluter served, it is asked itself.

import { type Check, type Ground, poll, some } from '../../../checks/check.ts'
import { plural } from '../../../format.ts'
import type { NodeState } from '../../../observe/state.ts'
import { isHonest } from './who.ts'

/** Nothing smaller proves anything. */
const BLOCK_BYTES = 16_384

export const pollutersFound: Check = {
  name: 'polluters-found',
  describe:
    'whoever serves bad blocks or false hashes is banned by those whom it served, and nobody honest is by anybody',
  run: (ground, wish) =>
    poll(ground, wish, async () => {
      const { bans } = ground.state().systems.bittorrent
      const wronged = bans.filter(({ honest }) => honest)
      const found = new Set(bans.map(({ by, node }) => `${by} ${node}`))
      const served = await servedByPolluters(ground)
      // Whom it lied to about hashes nobody has counted: where peers had to ask it, somebody is to have noticed.
      const liars = of(ground, 'liar-hashes').filter(isAsked)
      const unfound = [
        ...served.filter(({ by, node }) => !found.has(`${by} ${node}`)),
        ...liars
          .filter(({ name }) => !bans.some(({ node }) => node === name))
          .map(({ name }) => ({ by: 'nobody', node: name })),
      ]
      const all = served.length + liars.length
      return {
        passed: all > 0 && unfound.length === 0 && wronged.length === 0,
        // What was done to an honest node stays done.
        final: wronged.length > 0,
        asked: `${plural(all, 'lie')} answered with a ban, and nobody honest banned`,
        measured: `${all - unfound.length} of ${all}, ${wronged.length} banned wrongly`,
        ...(wronged.length > 0
          ? {
              message: some(
                wronged.map(({ by, node, why }) => `${by} bans ${node}, which is honest (${why})`),
              ),
            }
          : unfound.length > 0
            ? {
                message: some(
                  unfound.map(({ by, node }) => `${by} has ${by === 'nobody' ? '' : 'not '}banned ${node}`),
                ),
              }
            : all === 0 && { message: 'nobody was served anything by a polluter or liar' }),
      }
    }),
}

interface Served {
  readonly by: string
  readonly node: string
}

/** Honest peers that run and got a block of a polluter. */
async function servedByPolluters(ground: Ground): Promise<readonly Served[]> {
  const { nodes } = ground.state()
  const honest = new Set(
    nodes.filter(node => isHonest(node) && node.phase === 'running').map(({ name }) => name),
  )
  const nameAt = new Map(nodes.map(({ name, systems }) => [systems.bittorrent.address, name]))
  const pairs = await Promise.all(
    of(ground, 'polluter').map(async ({ name }) => {
      const contents = (await ground.rpc(name, 'gettorrents', []).catch(() => [])) as readonly {
        readonly upTo?: { readonly [address: string]: number }
      }[]
      const got = contents.flatMap(({ upTo = {} }) => Object.entries(upTo))
      return got.flatMap(([address, bytes]) => {
        const by = nameAt.get(address)
        return by !== undefined && bytes >= BLOCK_BYTES && honest.has(by) ? [{ by, node: name }] : []
      })
    }),
  )
  return pairs.flat()
}

/** It had a content first, as one of a few: hashes are asked of it. */
function isAsked({ systems }: NodeState): boolean {
  return Object.values(systems.bittorrent.contents).some(({ role }) => role === 'seed')
}

function of(ground: Ground, strategy: string): readonly NodeState[] {
  return ground
    .state()
    .nodes.filter(({ phase, systems }) => phase === 'running' && systems.bittorrent.strategy === strategy)
}
