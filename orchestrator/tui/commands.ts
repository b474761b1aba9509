// What can be typed after `:` (and, without a screen, at the prompt): names, arguments, damage, and what each does.

import type { FaultReport } from '../chaos/breakable.ts'
import { LIVE_KINDS, type LiveKind } from '../chaos/faults.ts'
import { FAULT_CALLS, readFault, readFor } from '../commands/fault-words.ts'
import { readTime } from '../commands/time-words.ts'
import { TIME_VERBS } from '../control/api.ts'
import { EXIT, UserError } from '../errors.ts'
import { plural } from '../format.ts'
import type { TestnetHandle } from '../network/handle.ts'
import type { NodePhase, NodeState } from '../observe/state.ts'
import { reportText } from '../observe/verdict.ts'
import { didYouMean } from '../spec/suggest.ts'

/** What commands may do: everything but look, which is the screen's own business. */
export type Commanded = Pick<
  TestnetHandle,
  'state' | 'inject' | 'heal' | 'add' | 'start' | 'stop' | 'kill' | 'pause' | 'resume' | 'rpc' | 'steer'
>

/** What may stand at a place of the command; completion offers it. */
type Place = 'node' | 'nodes' | 'shape' | 'host' | 'fault' | 'group' | 'stopped' | 'time'

export interface Command {
  readonly name: string
  readonly usage: string
  readonly help: string
  /** For each argument; the last one repeats. */
  readonly places: readonly Place[]
  /** What it destroys, which sets how it is confirmed; absent: what another command undoes. */
  readonly damage?: (args: readonly string[], testnet: Commanded) => Damage | undefined
  /** Resolves with what to say. */
  readonly run: (testnet: Commanded, args: readonly string[]) => Promise<string>
}

/** `some`: one key confirms it. `much`: a word must be typed. */
export interface Damage {
  readonly extent: 'some' | 'much'
  readonly question: string
}

type NodeVerb = 'start' | 'stop' | 'kill' | 'pause' | 'resume'
const DONE: { readonly [verb in NodeVerb]: string } = {
  start: 'started',
  stop: 'stopped',
  kill: 'killed',
  pause: 'frozen',
  resume: 'going on',
}

function nodeCommand(name: NodeVerb, help: string, more: Pick<Command, 'damage'> = {}): Command {
  return {
    name,
    usage: `${name} <node…>`,
    help,
    places: [name === 'start' ? 'stopped' : 'nodes'],
    ...more,
    run: async (testnet, args) => {
      const names = nodesFor(name, testnet, args)
      await Promise.all(names.map(node => testnet[name](node)))
      return `${names.join(' ')}: ${DONE[name]}`
    },
  }
}

const ORDERS: readonly Command[] = [
  {
    name: 'heal',
    usage: 'heal [fault]',
    help: 'end one fault, or all',
    places: ['fault'],
    run: async (testnet, [id]) => {
      const reports = await testnet.heal(id)
      if (reports.length === 0) return 'there was nothing to heal'
      return reports.map(said).join('; ')
    },
  },
  nodeCommand('kill', 'kill −9 nodes; start brings them back', { damage: killDamage('kill') }),
  nodeCommand('stop', 'stop nodes in order', { damage: killDamage('stop') }),
  nodeCommand('start', 'start stopped nodes again'),
  nodeCommand('pause', 'freeze nodes'),
  nodeCommand('resume', 'let frozen nodes go on'),
  {
    name: 'add',
    usage: 'add [name] [group] [new]',
    help: 'a new node joins the network; new: so does its group',
    places: ['node', 'group'],
    run: async (testnet, [name, group, word]) => {
      if (word !== undefined && word !== 'new') throw usage(`${word}: what of it?`, 'add late watchers new')
      const added = await testnet.add({
        ...(name !== undefined && { name }),
        ...(group !== undefined && { group }),
        ...(word === 'new' && { newGroup: true }),
      })
      return `${added} has joined${testnet.state().time === 'stands' ? '; it dials when time goes on' : ''}`
    },
  },
  {
    name: 'tx',
    usage: 'tx <from> <to> [amount]',
    help: 'pay from one node to another; 0.01 coins if not said',
    places: ['node'],
    run: async (testnet, [from, to, amount = '0.01']) => {
      if (from === undefined || to === undefined) throw usage('who pays whom?', 'tx miners-1 miners-2 0.5')
      const coins = Number(amount)
      if (!(coins > 0)) throw usage(`${JSON.stringify(amount)} is not an amount`, 'such as 0.5')
      const address = await testnet.rpc(to, 'getnewaddress', [])
      const txid = await testnet.rpc(from, 'sendtoaddress', [address, coins])
      return `${from} pays ${to} ${coins} in ${txid}`
    },
  },
  {
    name: 'time',
    usage: 'time <pause|go|step|block> [count]',
    help: 'simulated time: stop it, let it go on, or move it by events or blocks',
    places: ['time'],
    run: async (testnet, [asked, count]) => {
      const order = readTime(asked, count)
      // Who watches from elsewhere is told by the network itself that its time cannot be stopped.
      if (!testnet.steer) throw usage('only simulated time can be stopped', '--runtime sim')
      await testnet.steer(order)
      if (order.time === 'go') return 'time goes on'
      const {
        startedMs,
        nowMs,
        systems: {
          ledger: { height },
        },
      } = testnet.state()
      return `time stands at ${((nowMs - startedMs) / 1000).toFixed(3)} s, height ${height}`
    },
  },
]

/** Every fault that there is a verb for; those that are orders, too, are orders here. */
const FAULTS: readonly Command[] = LIVE_KINDS.filter(kind => !ORDERS.some(({ name }) => name === kind)).map(
  kind => ({
    name: kind,
    usage: FAULT_CALLS[kind].example.replaceAll('"', ''),
    help: `fault: takes ${FAULT_CALLS[kind].words}`,
    places: placesOf(kind),
    run: async (testnet, args) => {
      const { words, options } = flagsOf(args)
      return said(
        await testnet.inject(readFault(kind, words, options), { forMs: readFor(kind, options.for) }),
      )
    },
  }),
)

function placesOf(kind: LiveKind): readonly Place[] {
  if (kind === 'host-down' || kind === 'host-cut') return ['host']
  return kind === 'partition' || kind === 'flapping' ? ['shape', 'nodes'] : ['nodes']
}

export const COMMANDS: readonly Command[] = [...FAULTS, ...ORDERS]

/** `miners --rate 6/m`: words, and flags with the word behind each. */
function flagsOf(args: readonly string[]) {
  const words: string[] = []
  const options: Record<string, string> = Object.create(null)
  for (let i = 0; i < args.length; i++) {
    const word = args[i] ?? ''
    if (word.startsWith('--')) options[word.slice(2)] = args[++i] ?? ''
    else words.push(word)
  }
  return { words, options }
}

export interface ParsedCommand {
  readonly command: Command
  readonly args: readonly string[]
}

/** Reads what was typed, quotes as a shell wants them left out; throws UserError for a command that there is not. */
export function parseCommand(text: string): ParsedCommand {
  const [name = '', ...args] = text.replaceAll('"', '').trim().split(/\s+/)
  const command = COMMANDS.find(known => known.name === name)
  if (command) return { command, args }
  const names = COMMANDS.map(known => known.name)
  throw usage(`there is no command ${JSON.stringify(name)}`, didYouMean(name, names) ?? names.join(', '))
}

export interface Completion {
  /** What was typed, as far as there is one way to go on. */
  readonly text: string
  /** What may stand there, where there are several. */
  readonly choices: readonly string[]
}

const SHAPES = ['halves', 'minority-third', 'bridge', 'ring-of-majorities', 'isolate'] as const

export function completed(text: string, testnet: Pick<Commanded, 'state'>): Completion {
  const words = text.split(/[\s,]+/)
  const begun = words.at(-1) ?? ''
  const before = text.slice(0, text.length - begun.length)
  const choices = candidates(words, testnet).filter(word => word.startsWith(begun))
  const [only] = choices
  if (choices.length === 1 && only !== undefined) return { text: `${before}${only} `, choices: [] }
  return { text: before + (choices.length > 0 ? commonStart(choices) : begun), choices }
}

function candidates(words: readonly string[], testnet: Pick<Commanded, 'state'>): readonly string[] {
  if (words.length === 1) return COMMANDS.map(({ name }) => name)
  const command = COMMANDS.find(({ name }) => name === words[0])
  const place = command?.places[Math.min(words.length - 2, command.places.length - 1)]
  if (place === undefined) return []
  const { nodes, faults, hosts = [] } = testnet.state()
  const groups = [...new Set(nodes.map(node => node.group))]
  const names = nodes.map(node => node.name)
  switch (place) {
    case 'node':
      return names
    case 'nodes':
      return [...names, ...groups, 'all']
    case 'shape':
      return [...SHAPES, ...names, ...groups]
    case 'host':
      return hosts.map(host => host.name)
    case 'group':
      return groups
    case 'time':
      return TIME_VERBS
    case 'stopped':
      return nodes.filter(({ phase }) => phase === 'stopped' || phase === 'failed').map(node => node.name)
    case 'fault':
      return faults.filter(({ toMs }) => toMs === undefined).map(fault => fault.id)
  }
}

function commonStart(words: readonly string[]): string {
  const [first = '', ...others] = words
  let length = first.length
  for (const word of others) while (!word.startsWith(first.slice(0, length))) length--
  return first.slice(0, length)
}

/** Nodes by name, by group, or all; a name that there is not is refused, before anybody is asked about it. */
function namedNodes(testnet: Pick<Commanded, 'state'>, args: readonly string[]): NodeState[] {
  const { nodes } = testnet.state()
  const words = args.flatMap(arg => arg.split(',')).filter(word => word !== '')
  const named = (word: string) =>
    nodes.filter(({ name, group }) => word === 'all' || name === word || group === word)
  const unknown = words.find(word => named(word).length === 0)
  if (unknown !== undefined)
    throw usage(`no node is named ${JSON.stringify(unknown)}`, `nodes: ${someNames(nodes)}`)
  if (words.length === 0) throw usage('which node?', someNames(nodes))
  return [...new Set(words.flatMap(named))]
}

const MOST_NAMES = 8

function someNames(nodes: readonly NodeState[]): string {
  const names = nodes.slice(0, MOST_NAMES).map(node => node.name)
  return [...names, ...(nodes.length > MOST_NAMES ? ['…'] : [])].join(', ')
}

const UP: readonly NodePhase[] = ['starting', 'running', 'paused', 'unreachable']

/** In which phases an order has a sense, and what is to be said of a node in another. */
const SENSE: {
  readonly [verb in NodeVerb]: { readonly phases: readonly NodePhase[]; readonly else: string }
} = {
  start: { phases: ['stopped', 'failed'], else: 'runs already' },
  stop: { phases: UP, else: 'does not run' },
  kill: { phases: UP, else: 'does not run' },
  pause: { phases: ['running', 'unreachable'], else: 'does not run, or is paused already' },
  resume: { phases: ['paused'], else: 'is not paused' },
}

/** Of the named nodes those that the order is for; there is one at least. */
function nodesFor(verb: NodeVerb, testnet: Pick<Commanded, 'state'>, args: readonly string[]): string[] {
  const named = namedNodes(testnet, args)
  const { phases, else: otherwise } = SENSE[verb]
  const meant = named.filter(({ phase }) => phases.includes(phase))
  if (meant.length > 0) return meant.map(({ name }) => name)
  const [first] = named
  throw new UserError(
    EXIT.usage,
    named.length === 1 ? `${first?.name} ${otherwise}` : `each of them ${otherwise}`,
  )
}

/** One node is soon started again; half of the network or more is another matter. */
function killDamage(verb: 'kill' | 'stop') {
  return (args: readonly string[], testnet: Commanded): Damage => {
    const names = nodesFor(verb, testnet, args)
    const running = testnet.state().nodes.filter(({ phase }) => phase === 'running').length
    const question = names.length <= 4 ? names.join(' ') : plural(names.length, 'node')
    return { extent: names.length > 1 && names.length * 2 >= running ? 'much' : 'some', question }
  }
}

function said(report: FaultReport): string {
  const { id, target } = report
  return `${id} (${target}): ${reportText(report)}`
}

function usage(message: string, hint: string): UserError {
  return new UserError(EXIT.usage, message, hint)
}

/** What went wrong with a command, and what to do about it. */
export function wordsOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error)
  const hint = error instanceof UserError && error.hint !== undefined ? ` (${error.hint})` : ''
  return `${error.message}${hint}`
}
