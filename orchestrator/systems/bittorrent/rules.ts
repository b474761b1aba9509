// Rules between what a spec says of contents and of nodes. Each problem names the place to mend.

import { didYouMean } from '../../spec/suggest.ts'
import { bytesOf, filesOf, partsOf, usualPieceLength, wordsOf } from './plan.ts'
import type { BittorrentSpec, ContentSpec } from './spec.ts'

/** More would be more than screens show and /health says every second. */
const MAX_PIECES = 65_536

interface Problem {
  readonly path: readonly (string | number)[]
  readonly message: string
}

interface Node {
  readonly name: string
  readonly group: string
}

/** `all`: every node of the network; `running`: those that run bittorrent. */
export function bittorrentProblems(
  { content }: BittorrentSpec,
  all: readonly Node[],
  running: readonly Node[],
  runtime: string | undefined,
): Problem[] {
  const names = content.map(({ name }) => name)
  return content.flatMap((each, i) => {
    const at = (key: string, message: string): Problem => ({ path: ['content', i, key], message })
    const twice = names.indexOf(each.name) < i ? [at('name', `two contents are named ${each.name}`)] : []
    return [
      ...twice,
      ...placeProblems(each, all, running, at),
      ...sizeProblems(each, at),
      ...fromProblems(each, runtime, at),
    ]
  })
}

type At = (key: string, message: string) => Problem

function placeProblems(said: ContentSpec, all: readonly Node[], running: readonly Node[], at: At): Problem[] {
  if (running.length === 0) return [at('name', 'no node runs bittorrent: nobody could have it')]
  const problems = (['on', 'for'] as const).flatMap(key =>
    said[key] === undefined ? [] : wordProblems(said[key], all, running, message => at(key, message)),
  )
  if (problems.length > 0) return problems
  const { on, wanting } = partsOf(said, running)
  if (on.length === 0) return [at('on', 'nobody has it: name a group with a count above 0')]
  if (wanting.length === 0)
    return [
      at(
        said.for === undefined ? 'name' : 'for',
        `nobody wants ${said.name}: all who are named have it first; let another group run bittorrent`,
      ),
    ]
  return []
}

function wordProblems(
  text: string,
  all: readonly Node[],
  running: readonly Node[],
  say: (message: string) => Problem,
): Problem[] {
  const known = (nodes: readonly Node[]) => new Set(nodes.flatMap(({ name, group }) => [group, name]))
  const [there, able] = [known(all), known(running)]
  const groups = [...new Set(running.map(({ group }) => group))]
  return wordsOf(text).flatMap(word => {
    if (able.has(word)) return []
    if (there.has(word))
      return [say(`${word} does not run bittorrent: those who do are ${groups.join(', ')}`)]
    const near = didYouMean(word, [...able])
    return [say(`there is no group or node ${word}: ${near ?? `groups are ${groups.join(', ')}`}`)]
  })
}

function sizeProblems(said: ContentSpec, at: At): Problem[] {
  const bytes = bytesOf(said)
  const length = said.pieceLength ?? usualPieceLength(bytes)
  if (!Number.isInteger(Math.log2(length)))
    return [at('pieceLength', `${length} bytes are no power of two: such as 16KiB, 256KiB or 1MiB`)]
  if (said.files > bytes) return [at('files', `${bytes} bytes do not make ${said.files} files`)]
  const longest = 2 ** Math.max(14, Math.ceil(Math.log2(Math.max(1, bytes))))
  if (length > longest)
    return [at('pieceLength', `one piece is longer than all of the content: at most ${longest / 1024}KiB`)]
  // A file begins with a piece of its own.
  const pieces = filesOf(said).reduce((sum, file) => sum + Math.ceil(file.length / length), 0)
  if (pieces > MAX_PIECES) {
    const usual = usualPieceLength(bytes)
    return [
      at(
        'pieceLength',
        `${pieces} pieces are more than ${MAX_PIECES}: a pieceLength of ${usual / 1024}KiB makes ${Math.ceil(bytes / usual)}`,
      ),
    ]
  }
  return []
}

function fromProblems({ from, size, files }: ContentSpec, runtime: string | undefined, at: At): Problem[] {
  if (from === undefined) return []
  if (size !== undefined) return [at('size', 'from says how large it is: leave size out')]
  if (files !== 1) return [at('files', 'from says which files there are: leave files out')]
  if (runtime !== undefined && runtime !== 'process')
    return [at('from', `nodes read it on their own machine, which with runtime ${runtime} is not this one`)]
  return []
}
