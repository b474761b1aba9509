// Anything else that speaks Bitcoin's protocol on a port that it is told: seen by its spy, and asked nothing.

import type { Client } from './client.ts'

export const command: Client = {
  name: 'command',
  about:
    'any program: args has places {p2p}, {data} and {peer} for the port to listen on, a folder, and whom to dial',
  wallet: false,
  // Without one, its image knows what to run.
  launch: ({ program = '', image = '', args }) => ({
    name: lastPart(program || image.replace(/[:@][^/]*$/, '')),
    argv: [program, ...args],
  }),
}

function lastPart(path: string): string {
  return path.split('/').at(-1) ?? path
}
