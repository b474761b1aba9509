// What a spec says of a group whose nodes are other people's programs, and what of that cannot be.

import { z } from 'zod'
import { CLIENTS, clientNamed } from './all.ts'
import { isForeign, OUR_CLIENT } from './program-said.ts'

const NAMES = [...CLIENTS.map(({ name }) => name), OUR_CLIENT]

/** As YAML has it: 28, 28.1, or text. */
export const versionText = z.union([z.string().regex(/^\d+(\.\d+)*$/), z.number().nonnegative()])

export const programArgs = z.array(z.string().max(4000)).max(200)

/** Of a group of nodes. */
export const clientKeys = {
  client: z
    .enum(NAMES)
    .optional()
    .describe(
      `Whose program the nodes of the group are, on a regtest network. ${CLIENTS.map(({ name, about }) => `${name}: ${about}`).join('. ')}. ${OUR_CLIENT}, the default: ours; program is the dist folder of another build of it.`,
    ),
  program: z
    .string()
    .min(1)
    .max(1000)
    .optional()
    .describe(
      'Where the program of client lies, on this machine or in its image. Default: its name, looked for on the path.',
    ),
  image: z
    .string()
    .regex(/^[\w][\w./:@-]{0,299}$/, 'an image is named as the engine names it, such as bitcoin/bitcoin:28.1')
    .optional()
    .describe(
      'The image that the nodes of the group are made from, in containers: that of the program of client, or one of our own nodes. Default: our own, built when it is wanted.',
    ),
  version: versionText
    .optional()
    .describe(
      'What the program is to say that it is, such as 28 or "28.1": one that says another is refused.',
    ),
  args: programArgs.optional().describe("Arguments put behind the client's own."),
}

interface Group {
  readonly count: number
  readonly client?: string | undefined
  readonly program?: string | undefined
  readonly image?: string | undefined
  readonly args?: readonly string[] | undefined
  readonly version?: string | number | undefined
  readonly share?: number | undefined
  readonly hashRate?: number | undefined
  readonly strategy?: unknown
  readonly runs?: unknown
}

interface ClientSpec {
  readonly runtime?: string | undefined
  readonly chain: { readonly network: string }
  /** Engines: they are for containers. */
  readonly hosts?: readonly unknown[] | undefined
  readonly nodes: { readonly [group: string]: Group }
}

interface Problem {
  readonly path: readonly (string | number)[]
  readonly message: string
}

/** The only one that a spec can have, as what it says of its nodes goes with no other. */
export function onlyRuntime({
  nodes,
  hosts,
}: Pick<ClientSpec, 'nodes' | 'hosts'>): 'docker' | 'process' | undefined {
  const groups = Object.values(nodes)
  if (hosts || groups.some(({ image }) => image !== undefined)) return 'docker'
  return groups.some(isProcess) ? 'process' : undefined
}

/** Its program lies on this machine. */
function isProcess({ client, program }: Group): boolean {
  return program !== undefined || isForeign(client)
}

export function clientProblems(spec: ClientSpec): Problem[] {
  const runtime = spec.runtime ?? onlyRuntime(spec)
  return Object.entries(spec.nodes).flatMap(([name, group]) => {
    const at = (key: string, message: string): Problem => ({ path: ['nodes', name, key], message })
    const client = group.client === undefined ? undefined : clientNamed(group.client)
    const problems = runtimeProblems(group, runtime).map(([key, message]) => at(key, message))
    if (!client) {
      const keys =
        group.client === OUR_CLIENT ? (['args'] as const) : (['program', 'args', 'version'] as const)
      const key = keys.find(key => group[key] !== undefined)
      return key
        ? [...problems, at(key, `it is about another program: say whose, such as client: ${NAMES[0]}`)]
        : problems
    }
    if (spec.chain.network !== 'regtest')
      problems.push(
        at('client', "other people's programs know Bitcoin's own rules: set chain.network to regtest"),
      )
    if (group.strategy !== undefined)
      problems.push(at('strategy', `a strategy is one of our nodes’; ${client.name} is as it is`))
    if (group.runs !== undefined) problems.push(at('runs', `it is for ${client.name} to say what it does`))
    if (client.name === 'command' && group.program === undefined && group.image === undefined)
      problems.push(at('client', 'say which program: add program'))
    const mines = (['share', 'hashRate'] as const).find(key => group[key] !== undefined)
    if (mines && !client.launch({ program: group.program ?? '', args: [] }).mines)
      problems.push(at(mines, `${client.name} cannot be asked for blocks`))
    return problems
  })
}

/** What of a group goes with no such runtime: key and words. */
function runtimeProblems(
  { client, image, program }: Group,
  runtime: string | undefined,
): (readonly [key: string, message: string])[] {
  if (runtime === 'sim') {
    if (isForeign(client) || program !== undefined)
      return [
        [
          'client',
          'virtual time is for our own code: a program lives in real time; use --runtime process or docker',
        ],
      ]
    return image === undefined
      ? []
      : [['image', 'virtual time has no containers: it runs the code of this version; use --runtime docker']]
  }
  if (runtime === 'process' && image !== undefined)
    return [
      [
        'image',
        !isForeign(client)
          ? 'images are for containers: use --runtime docker'
          : 'images are for containers: use --runtime docker, or say program in its place',
      ],
    ]
  if (runtime === 'docker' && isForeign(client) && image === undefined)
    return [
      ['client', `its program runs in a container of its own: say which image; or use --runtime process`],
    ]
  return []
}
