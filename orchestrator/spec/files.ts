// The files that a spec names. Their contents become part of it (`files`) where it is loaded, so that all that follows is made
// of the spec alone: plans, records and replays need no file beside them. Pure but for the reader that is handed in.

import { drawnLines } from './access.ts'
import type { Problem } from './problem.ts'
import type { Spec } from './schema.ts'
import { FileProblem } from './tables.ts'

/** All together. */
const MAX_CONTENT = 20_000_000

export interface NamedFile {
  readonly name: string
  /** Where the spec names it. */
  readonly path: readonly (string | number)[]
}

/** Content of the file of this name beside the spec. Throws FileProblem. */
export type ReadFile = (name: string) => string

export function filesNamed(spec: Spec): NamedFile[] {
  const { faults, links, topology } = spec
  const named: [path: NamedFile['path'], name: string | undefined][] = [
    [['links', 'latency', 'from'], fromOf(links.latency)],
    [['links', 'bandwidth', 'from'], fromOf(links.bandwidth)],
    ...drawnLines(spec).map(
      ({ path, written }) => [[...path, 'from'], written.from] as [string[], string | undefined],
    ),
    [['links', 'matrix', 'file'], links.matrix?.file],
    [['topology', 'degree', 'from'], fromOf(topology.degree)],
    [['topology', 'file'], topology.file],
    ...Object.entries(faults ?? {}).map(
      ([name, { trace }]) =>
        [['faults', name, 'trace', 'file'], trace?.file] as [string[], string | undefined],
    ),
  ]
  return named.flatMap(([path, name]) => (name === undefined ? [] : [{ path, name }]))
}

/** The spec with the contents of all files that it names; and what is wrong with them. */
export function withFiles(
  spec: Spec,
  read: ReadFile | undefined,
): { readonly spec: Spec; readonly problems: Problem[] } {
  const files: Record<string, string> = {}
  const problems: Problem[] = []
  for (const { name, path } of filesNamed(spec)) {
    const held = spec.files !== undefined && Object.hasOwn(spec.files, name) ? spec.files[name] : undefined
    try {
      files[name] = held ?? files[name] ?? contentOf(name, read)
    } catch (error) {
      if (!(error instanceof FileProblem)) throw error
      problems.push({ path, message: error.message })
    }
  }
  const content = Object.values(files).reduce((sum, text) => sum + text.length, 0)
  if (content > MAX_CONTENT)
    problems.push({ path: [], message: `its files have ${content} characters; at most ${MAX_CONTENT}` })
  const { files: held, ...rest } = spec
  // What it holds and nothing names any more is left out.
  return { spec: Object.keys(files).length === 0 ? rest : { ...rest, files }, problems }
}

/** Of a file that the spec names and holds. */
export function fileOf({ files }: Pick<Spec, 'files'>, name: string): string {
  return files?.[name] ?? ''
}

function contentOf(name: string, read: ReadFile | undefined): string {
  if (!read) throw new FileProblem(name, undefined, 'it is not among the files that this spec holds')
  return read(name)
}

function fromOf(value: unknown): string | undefined {
  const from = (value as { readonly from?: unknown } | undefined)?.from
  return typeof from === 'string' ? from : undefined
}
