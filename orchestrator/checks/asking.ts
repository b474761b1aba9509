// Who can be asked what: others' programs need not know every method by which checks ask. Who does not is left out and named, and a
// check that could ask nobody has shown nothing.

import { programWords } from '../observe/program-words.ts'
import type { Ground, Verdict } from './check.ts'

/** JSON-RPC's: there is no such method. */
const NO_SUCH_METHOD = -32601

/** This node's program has no such method; nothing is wrong with it. */
export class CannotAnswer extends Error {
  override readonly name = 'CannotAnswer'
}

export class Asking {
  /** As the ground that it is about, but that questions to others' programs which have no such method reject with CannotAnswer. */
  readonly ground: Ground
  /** What could not be asked → of whom, since `begin`. */
  #lacking = new Map<string, Set<string>>()

  constructor(ground: Ground) {
    this.ground = {
      ...ground,
      rpc: async (node, method, params) => {
        try {
          return await ground.rpc(node, method, params)
        } catch (error) {
          if ((error as { code?: unknown }).code !== NO_SUCH_METHOD || foreignOf(ground, [node]).length === 0)
            throw error
          this.lacks(node, `no ${method}`)
          throw new CannotAnswer(`${node} has no ${method}`)
        }
      },
    }
  }

  /** A new look: programs may have become others. */
  begin(): void {
    this.#lacking = new Map()
  }

  /** Those of them that have the method, whatever they answer. Ours have all, and are not asked for it. */
  async able(nodes: readonly string[], method: string, params: readonly unknown[] = []): Promise<string[]> {
    const foreign = foreignOf(this.ground, nodes)
    const can = await Promise.all(
      foreign.map(node =>
        this.ground.rpc(node, method, params).then(
          () => true,
          error => !(error instanceof CannotAnswer),
        ),
      ),
    )
    const unable = new Set(foreign.filter((_, i) => !can[i]))
    return nodes.filter(node => !unable.has(node))
  }

  /** `what`: in the words behind whose program it is: `no gettxoutsetinfo`. */
  lacks(node: string, what: string): void {
    this.#lacking.set(what, (this.#lacking.get(what) ?? new Set()).add(node))
  }

  /** `not asked of bcoin-1, bcoin-2: bcoin 1.0.2 has no gettxoutsetinfo`. */
  get words(): readonly string[] {
    const nodes = this.ground.state().nodes
    const lines = new Map<string, string[]>()
    for (const [what, names] of this.#lacking) {
      const byProgram = new Map<string, string[]>()
      for (const node of nodes.filter(({ name }) => names.has(name))) {
        const program = programWords(node)
        byProgram.set(program, [...(byProgram.get(program) ?? []), node.name])
      }
      for (const [program, those] of byProgram) {
        const line = `not asked of ${those.join(', ')}: ${program} has`
        lines.set(line, [...(lines.get(line) ?? []), what])
      }
    }
    return [...lines].map(([line, whats]) => `${line} ${whats.join(', ')}`)
  }

  /** The part of a verdict that says who was not asked; nothing where all were. */
  get told(): Pick<Verdict, 'notAsked'> {
    const { words } = this
    return words.length === 0 ? {} : { notAsked: words }
  }

  /** The verdict, with who was not asked. `asked`: of how many nodes it is; nobody's answers show nothing. */
  verdict(verdict: Verdict, asked: number): Verdict {
    const { told } = this
    const nobody = told.notAsked && asked === 0 && { passed: false, measured: 'asked of nobody' }
    return { ...verdict, ...nobody, ...told }
  }
}

/** Others' programs among these nodes. */
export function foreignOf(ground: Ground, names: readonly string[]): string[] {
  const foreign = new Set(
    ground.state().nodes.flatMap(({ name, client }) => (client === undefined ? [] : [name])),
  )
  return names.filter(name => foreign.has(name))
}
