// The table of nodes: what each is doing, where it stands, how fast it mines.

import { formatRate, shortHash, sparkline } from '../../format.ts'
import { PHASE_GLYPHS, phaseWord } from '../../observe/phases.ts'
import { areMixed, programWords } from '../../observe/program-words.ts'
import type { NetworkState, NodeState } from '../../observe/state.ts'
import { standsAt, tipGroups } from '../../systems/ledger/observe/tips.ts'
import { PHASE_TONES, sideMark, TONES, tipTone } from '../colors.ts'
import { type Cell, type Line, row } from '../lines.ts'
import { countRunning } from '../words.ts'
import { type Drawn, emptyLine, passes, type Scene, windowStart } from './panel.ts'

/** The nodes that the filter lets through. */
export function listedNodes(nodes: readonly NodeState[], filter: string): readonly NodeState[] {
  return filter === ''
    ? nodes
    : nodes.filter(({ name, group, phase, exit, region, host, client }) =>
        passes(filter, name, group, phaseWord({ phase, exit }), region, host, client),
      )
}

export function nodesPanel(scene: Scene, width: number, room: number): Drawn {
  const { state, node: chosen, marked, filter } = scene
  const nodes = listedNodes(state.nodes, filter)
  const selected = Math.max(
    0,
    nodes.findIndex(({ name }) => name === chosen),
  )
  const space = room - 1
  const from = windowStart(nodes.length, space, selected)
  const shown = nodes.slice(from, from + space)
  const groups = tipGroups(state.nodes)
  const columns = columnsFor(width, state)
  // What is asked stands at two thirds of the height, so that more and less both show.
  const top = Math.max(
    1,
    ...state.nodes.map(
      ({
        systems: {
          ledger: { askedHps, measuredHps },
        },
      }) => Math.max(1.5 * askedHps, measuredHps),
    ),
  )
  const lines: Line[] = shown.map((node, i) => {
    const place = { columns, top, selected: from + i === selected, marked: marked.has(node.name) }
    return row(
      nodeCells(node, groups.get(standsAt(node).tip), place),
      place.selected ? TONES.selected : TONES.plain,
    )
  })
  if (nodes.length === 0) lines.push(emptyLine(scene, state.nodes.length, 'node', 'no nodes yet'))
  const parts = [
    marked.size > 0 && `${marked.size} marked`,
    nodes.length > space && `${from + 1}–${from + shown.length} of ${nodes.length}`,
    `${countRunning(state.nodes)} up`,
  ]
  return { note: parts.filter(Boolean).join(' · '), lines: [row(titles(columns), TONES.label), ...lines] }
}

interface Columns {
  readonly name: number
  /** What a ledger has. */
  readonly height: number
  readonly tip: number
  readonly rate: number
  /** These are 0 where there is no room for them, or nothing to say. */
  readonly client: number
  readonly host: number
  readonly pool: number
  readonly side: number
  readonly spark: number
}

const MOST_CLIENT = 20
const MOST_HOST = 14
const LEAST_NAME = 10
const [SIGN, PHASE, HEIGHT, TIP, PEERS, POOL, RATE, SIDE] = [2, 13, 7, 11, 6, 6, 11, 5]

/** Names get what they need, the sparkline what is left; narrow terminals do without the mempool. */
function columnsFor(width: number, { nodes, runs }: NetworkState): Columns {
  const ledger = runs.includes('ledger')
  const [height, tip, rate] = ledger ? [HEIGHT, TIP, RATE] : [0, 0, 0]
  const side = nodes.some(node => node.side !== undefined) ? SIDE : 0
  const least = SIGN + PHASE + height + tip + PEERS + rate + side
  // Whose programs they are is told where there is room for it, before what waits in their mempools.
  const longestClient = areMixed(nodes) ? Math.max(...nodes.map(node => programWords(node).length)) : 0
  const wanted = longestClient > 0 ? Math.min(MOST_CLIENT, longestClient) + 2 : 0
  const client = width >= least + wanted + LEAST_NAME ? wanted : 0
  const longestHost = Math.max(0, ...nodes.map(({ host = '' }) => host.length))
  const wantedHost = longestHost > 0 ? Math.min(MOST_HOST, Math.max('host'.length, longestHost)) + 2 : 0
  const host = width >= least + client + wantedHost + LEAST_NAME ? wantedHost : 0
  const pool = ledger && width >= Math.max(72, least + client + host + LEAST_NAME + POOL) ? POOL : 0
  const fixed = least + client + host + pool
  const longest = Math.max(4, ...nodes.map(node => node.name.length)) + 2
  const name = Math.max(LEAST_NAME, Math.min(longest, width - fixed - 8, 30))
  const spark = ledger ? Math.max(0, Math.min(60, width - fixed - name - 2)) : 0
  return { name, client, host, height, tip, rate, pool, side, spark }
}

function titles({ name, client, host, height, tip, rate, pool, side, spark }: Columns): Cell[] {
  return [
    { text: '', width: SIGN },
    { text: 'node', width: name },
    { text: 'state', width: PHASE },
    { text: 'client', width: client },
    { text: 'host', width: host },
    { text: 'side', width: side },
    { text: 'height', width: height, align: 'right' },
    { text: '  tip', width: tip },
    { text: 'peers', width: PEERS, align: 'right' },
    { text: 'pool', width: pool, align: 'right' },
    { text: 'hash rate', width: rate, align: 'right' },
    { text: spark >= 12 ? '  the last minute' : '', width: spark + 2 },
  ]
}

interface NodePlace {
  readonly columns: Columns
  /** Of the sparkline. */
  readonly top: number
  readonly selected: boolean
  readonly marked: boolean
}

function nodeCells(node: NodeState, group: number | undefined, place: NodePlace): Cell[] {
  const { name, client, host, height, tip, rate, pool, side, spark } = place.columns
  const up = node.phase === 'running' || node.phase === 'paused' || node.phase === 'unreachable'
  const number = (value: number) => (up ? String(value) : '–')
  const mark = sideMark(node.side)
  const stands = standsAt(node)
  const named = place.marked ? { tone: TONES.marked } : {}
  return [
    { text: `${place.selected ? '▸' : ' '}${place.marked ? '*' : ' '}`, width: SIGN, tone: TONES.key },
    { text: node.name, width: name, ...named },
    { text: `${PHASE_GLYPHS[node.phase]} ${phaseWord(node)}`, width: PHASE, tone: PHASE_TONES[node.phase] },
    { text: programWords(node), width: client },
    { text: node.host ?? '', width: host },
    { text: mark.text, width: side, tone: mark.tone },
    { text: String(stands.height), width: height, align: 'right' },
    {
      text: stands.tip ? `  ${shortHash(stands.tip)}` : '  –',
      width: tip,
      tone: up ? tipTone(group) : TONES.label,
    },
    { text: number(node.peers), width: PEERS, align: 'right' },
    { text: number(node.systems.ledger.mempool), width: pool, align: 'right' },
    { text: up ? formatRate(node.systems.ledger.measuredHps) : '–', width: rate, align: 'right' },
    {
      text: `  ${sparkline(node.systems.ledger.hashRateHistory.slice(-spark), spark, place.top)}`,
      width: spark + 2,
      tone: TONES.chart,
    },
  ]
}
