// Who is connected to whom, as a matrix where it fits, else a line for each node. Links that are cut or worse than planned
// stand out.

import { plural } from '../../format.ts'
import { byHost } from '../../observe/host-words.ts'
import type { LinkState, NetworkState, NodeState } from '../../observe/state.ts'
import { TONES, type Tone } from '../colors.ts'
import { type Line, line, padded, type Span } from '../lines.ts'
import { type Drawn, emptyLine, passes, type Scene } from './panel.ts'

/** Digits of a column's number, and a blank. */
const COLUMN = 3

export function peersPanel(scene: Scene, width: number, room: number): Drawn {
  const { state, filter, scrolled } = scene
  const { nodes } = state
  // Those of a host stand together, in rows and columns.
  const placed = byHost(nodes)
  const listed = placed.filter(({ name, group, region, host }) => passes(filter, name, group, region, host))
  const links = new Map(state.links.map(link => [`${link.from} ${link.to}`, link]))
  const name = Math.min(18, Math.max(4, ...nodes.map(node => node.name.length)) + 6)
  const fits = name + COLUMN * nodes.length <= width
  const shown = listed.slice(scrolled, scrolled + room - 1)
  const lines = shown.map(node =>
    fits ? matrixRow(node, state, placed, { links, name }) : listRow(node, state, links, { name, width }),
  )
  const heading = fits
    ? numbers(
        placed.map(node => nodes.indexOf(node) + 1),
        name,
      )
    : line(' node, and the peers it has', TONES.label)
  if (listed.length === 0) lines.push(emptyLine(scene, nodes.length, 'node', 'no nodes yet'))
  return { note: noteOf(state), lines: [heading, ...lines] }
}

function noteOf({ nodes, links }: NetworkState): string {
  const cut = links.filter(link => link.blocked).length
  const connections = nodes.reduce((sum, node) => sum + node.peerNames.length, 0) / 2
  const parts = [
    plural(Math.round(connections), 'connection'),
    cut > 0 && `✗ ${cut} cut`,
    links.length > cut && `~ ${links.length - cut} worse`,
  ]
  return parts.filter(Boolean).join(' · ')
}

function numbers(of: readonly number[], name: number): Line {
  const text = of.map(number => String(number).padStart(COLUMN)).join('')
  return line(' '.repeat(name) + text, TONES.label)
}

type Links = ReadonlyMap<string, LinkState>

function matrixRow(
  node: NodeState,
  { nodes }: NetworkState,
  placed: readonly NodeState[],
  { links, name }: { readonly links: Links; readonly name: number },
): Line {
  const number = nodes.indexOf(node) + 1
  const cells = placed.map((other): Span => {
    const { sign, tone } = signOf(node, other, links)
    return { text: sign.padStart(COLUMN), tone }
  })
  return [{ text: padded(` ${String(number).padStart(3)} ${node.name}`, name), tone: TONES.plain }, ...cells]
}

function signOf(
  node: NodeState,
  other: NodeState,
  links: Links,
): { readonly sign: string; readonly tone: Tone } {
  if (node === other) return { sign: '\\', tone: TONES.label }
  const there = links.get(`${node.name} ${other.name}`)
  const back = links.get(`${other.name} ${node.name}`)
  if (there?.blocked) return { sign: '✗', tone: TONES.bad }
  const connected = node.peerNames.includes(other.name)
  if (connected && (there || back)) return { sign: '~', tone: TONES.warn }
  return connected ? { sign: '●', tone: TONES.good } : { sign: '·', tone: TONES.label }
}

function listRow(
  node: NodeState,
  { nodes }: NetworkState,
  links: Links,
  { name, width }: { readonly name: number; readonly width: number },
): Line {
  const cut = nodes.filter(other => links.get(`${node.name} ${other.name}`)?.blocked).length
  const peers = node.peerNames.join(' ')
  const lost = cut > 0 ? `✗ ${cut} cut  ` : ''
  return [
    { text: padded(` ${node.name}`, name), tone: TONES.plain },
    { text: `${String(node.peerNames.length).padStart(3)}  `, tone: TONES.value },
    { text: lost, tone: TONES.bad },
    { text: padded(peers, Math.max(0, width - name - 5 - lost.length)), tone: TONES.label },
  ]
}
