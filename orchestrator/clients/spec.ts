// What a spec says of a group whose nodes are other people's programs, and what of that cannot be.

import { z } from 'zod'
import { CLIENTS, clientNamed } from './all.ts'

const NAMES = CLIENTS.map(({ name }) => name)

/** Of a group of nodes. */
export const clientKeys = {
  client: z
    .enum(NAMES)
    .optional()
    .describe(
      `Whose program the nodes of the group are, on a regtest network of processes. ${CLIENTS.map(({ name, about }) => `${name}: ${about}`).join('. ')}. Default: ours.`,
    ),
  program: z
    .string()
    .min(1)
    .max(1000)
    .optional()
    .describe('Where the program of client lies. Default: its name, looked for on the path.'),
  version: z
    .union([z.string().regex(/^\d+(\.\d+)*$/), z.number().nonnegative()])
    .optional()
    .describe(
      'What the program is to say that it is, such as 28 or "28.1": one that says another is refused.',
    ),
  args: z.array(z.string().max(4000)).max(200).optional().describe("Arguments put behind the client's own."),
}

interface Group {
  readonly count: number
  readonly client?: string | undefined
  readonly program?: string | undefined
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
  readonly nodes: { readonly [group: string]: Group }
}

interface Problem {
  readonly path: readonly (string | number)[]
  readonly message: string
}

export function clientProblems({ runtime, chain, nodes }: ClientSpec): Problem[] {
  return Object.entries(nodes).flatMap(([name, group]) => {
    const at = (key: string, message: string): Problem => ({ path: ['nodes', name, key], message })
    const client = group.client === undefined ? undefined : clientNamed(group.client)
    if (!client) {
      const key = (['program', 'args', 'version'] as const).find(key => group[key] !== undefined)
      return key ? [at(key, `it is about another program: say whose, such as client: ${NAMES[0]}`)] : []
    }
    const problems: Problem[] = []
    if (chain.network !== 'regtest')
      problems.push(
        at('client', "other people's programs know Bitcoin's own rules: set chain.network to regtest"),
      )
    if (runtime === 'sim')
      problems.push(
        at('client', 'virtual time is for our own code: a program lives in real time; use --runtime process'),
      )
    if (group.strategy !== undefined)
      problems.push(at('strategy', `a strategy is one of our nodes’; ${client.name} is as it is`))
    if (group.runs !== undefined) problems.push(at('runs', `it is for ${client.name} to say what it does`))
    if (client.name === 'command' && group.program === undefined)
      problems.push(at('client', 'say which program: add program'))
    const mines = (['share', 'hashRate'] as const).find(key => group[key] !== undefined)
    if (mines && !client.launch({ program: group.program ?? '', args: [] }).mines)
      problems.push(at(mines, `${client.name} cannot be asked for blocks`))
    return problems
  })
}
