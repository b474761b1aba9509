// Commands typed as whole lines, where there is a person but no screen: on a dumb terminal, or for somebody who has the
// lines read out. The same commands as after `:`, and words for what the panels show.

import { createInterface } from 'node:readline'
import { formatElapsed, formatRate, formatWithin, plural, shortHash } from '../format.ts'
import { phaseWord } from '../observe/phases.ts'
import type { NetworkState } from '../observe/state.ts'
import { verdictText } from '../observe/verdict.ts'
import { reachOf } from '../systems/ledger/observe/propagation.ts'
import { COMMANDS, type Commanded, type Damage, parseCommand, wordsOf } from './commands.ts'
import { statusLine } from './status.ts'

export interface DialogueOptions {
  readonly input: NodeJS.ReadableStream
  readonly write: (line: string) => void
  readonly onQuit: () => void
}

export const FIRST_WORDS = 'commands can be typed here; help lists them'

/** Reads commands until the returned function is called. */
export function openDialogue(testnet: Commanded, options: DialogueOptions): () => void {
  const dialogue = new Dialogue(testnet, options)
  const lines = createInterface({ input: options.input, terminal: false })
  lines.on('line', text => dialogue.take(text.trim()))
  return () => lines.close()
}

class Dialogue {
  readonly #testnet: Commanded
  readonly #options: DialogueOptions
  #asked: { readonly answers: readonly string[]; readonly then: () => void } | undefined

  constructor(testnet: Commanded, options: DialogueOptions) {
    this.#testnet = testnet
    this.#options = options
  }

  take(line: string): void {
    const asked = this.#asked
    this.#asked = undefined
    const tell = WORDS[line]
    if (asked) {
      if (asked.answers.includes(line)) asked.then()
      else this.#options.write('not done')
    } else if (tell) for (const told of tell(this.#testnet.state())) this.#options.write(told)
    else if (line === 'quit') this.#ask('take the network down and leave', 'some', this.#options.onQuit)
    else if (line !== '') this.#run(line)
  }

  #run(line: string) {
    const { write } = this.#options
    try {
      const { command, args } = parseCommand(line)
      const run = () =>
        void command.run(this.#testnet, args).then(write, error => write(`error: ${wordsOf(error)}`))
      const damage = command.damage?.(args, this.#testnet)
      if (damage) this.#ask(`${command.name} ${damage.question}`, damage.extent, run)
      else run()
    } catch (error) {
      write(`error: ${wordsOf(error)}`)
    }
  }

  #ask(what: string, extent: Damage['extent'], then: () => void) {
    const answers = extent === 'much' ? ['yes'] : ['y', 'yes']
    this.#asked = { answers, then }
    this.#options.write(`${what}? type ${answers.join(' or ')}; anything else does not do it`)
  }
}

/** What can be asked. Whole sentences, most important first: they are listened to. */
const WORDS: { readonly [word: string]: (state: NetworkState) => readonly string[] } = {
  help: () => [
    'status, nodes, blocks, faults: how the network stands',
    ...COMMANDS.map(({ usage, help }) => `${usage}: ${help}`),
    'quit: take the network down and leave',
  ],
  status: state => [statusLine(state)],
  nodes: ({ nodes }) =>
    nodes.map(
      ({
        name,
        phase,
        exit,
        peers,
        side,
        systems: {
          ledger: { height, tip, measuredHps },
        },
      }) => {
        const stands = tip === undefined ? '' : ` on ${shortHash(tip)}`
        const cut = side === undefined ? '' : `, side ${side + 1} of the partition`
        return `${name}: ${phaseWord({ phase, exit })}, height ${height}${stands}, ${plural(peers, 'peer')}, ${formatRate(measuredHps)}${cut}`
      },
    ),
  blocks: ({
    systems: {
      ledger: { blocks },
    },
  }) =>
    blocks.slice(-5).map(block => {
      const { height, hash, miner, active } = block
      const reach = reachOf(block)
      const within = reach.allMs === undefined ? '' : ` in ${formatWithin(reach.allMs, reach.errorMs)}`
      const reached = `${reach.reached} of ${plural(reach.running, 'node')}${within}`
      return `block ${height} ${shortHash(hash)} by ${miner ?? 'an unknown miner'}: ${reached}${active ? '' : ', stale'}`
    }),
  faults: ({ faults, startedMs }) =>
    faults.length === 0
      ? ['no faults so far']
      : faults.map(fault => {
          const { id, kind, target, fromMs, toMs, measured, lapsed, did } = fault
          const from = formatElapsed(fromMs - startedMs)
          const until = toMs === undefined ? 'in force' : `until ${formatElapsed(toMs - startedMs)}`
          return `${id}: ${kind} of ${target}, from ${from}, ${until}${lapsed ? `; ${verdictText(fault)}` : ''}${measured === undefined ? '' : `; ${measured}`}${did === undefined ? '' : `. ${did}`}`
        }),
}
