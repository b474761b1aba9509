// What the help tells of `netsplit content`.

import { JSON_FLAG, NAME } from './usual-flags.ts'

export const CONTENT_USAGE = {
  args: '[verb] [what]',
  summary:
    'share files over BitTorrent in a running network, and get them: ls, add <file or folder>, get <name or magnet link>',
  flags: [
    NAME,
    ['--on <node>', 'add: who has it first; the first node that runs bittorrent where nothing is said'],
    ['--for <who>', 'add: groups or nodes that are to get it at once, or all'],
    ['--piece-length <size>', 'add: of each piece, a power of two from 16KiB on'],
    ['--torrent <version>', 'add: v2 (the default), hybrid or v1'],
    [
      '--to <where...>',
      'get: a node or a group that gets it, or a folder of this machine that it is written to, such as ./here; again for another',
    ],
    JSON_FLAG,
  ],
  examples: [
    'netsplit content ls',
    'netsplit content add film.mkv --on seeds-1 --for peers',
    'netsplit content get film.mkv --to ./downloads',
  ],
} as const
