// Whom light clients call a liar: every liar that one of them is connected to, and nobody honest.

import { type Check, poll, some } from '../../../checks/check.ts'
import { plural } from '../../../format.ts'
import type { Plan } from '../../../spec/types.ts'
import { clientsOf } from './agrees.ts'

export const liarsRefused: Check = {
  name: 'liars-refused',
  describe: 'light clients prove the liars among their peers to lie, and blame nobody honest',
  run: (ground, wish) =>
    poll(ground, wish, async () => {
      const { liars } = ground.state().systems.light
      const lying = new Set(liarsOf(ground.plan))
      const wronged = liars.filter(({ node }) => !lying.has(node))
      const clients = new Set(clientsOf(ground))
      const pairs = ground.plan.topology.edges.filter(({ from, to }) => clients.has(from) && lying.has(to))
      const found = new Set(liars.map(({ by, node }) => `${by} ${node}`))
      const unfound = pairs.filter(({ from, to }) => !found.has(`${from} ${to}`))
      return {
        passed: pairs.length > 0 && unfound.length === 0 && wronged.length === 0,
        // What was said of an honest node stays said.
        final: wronged.length > 0,
        asked: `${plural(pairs.length, 'connection')} to liars ended by proof, and nobody honest blamed`,
        measured: `${pairs.length - unfound.length} of ${pairs.length}, ${wronged.length} blamed wrongly`,
        ...(wronged.length > 0 && {
          message: some(
            wronged.map(({ by, node, lie, height }) => `${by} blames ${node}: ${lie} at ${height}`),
          ),
        }),
        ...(wronged.length === 0 &&
          unfound.length > 0 && {
            message: some(unfound.map(({ from, to }) => `${from} has found nothing against ${to}`)),
          }),
      }
    }),
}

/** Those that say something false: from silence nothing can be proven. */
function liarsOf({ nodes }: Plan): string[] {
  return nodes.flatMap(({ name, strategy }) =>
    strategy?.name === 'liar' && !strategy.lies.includes('silence') ? [name] : [],
  )
}
