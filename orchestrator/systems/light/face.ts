// Light clients in a terminal: a panel, and their facts wherever a network is told of.

import { formatBytes, formatCoins, formatCount, plural } from '../../format.ts'
import { TONES } from '../../tui/colors.ts'
import { type Face, lines } from '../../tui/face.ts'
import { row } from '../../tui/lines.ts'
import { type Drawn, emptyLine, passes, type Scene } from '../../tui/panels/panel.ts'
import type { LightNode, LightState } from './state.ts'
import { balanceText, bytesText, liarsText, standingText } from './words.ts'

const [HEIGHT, FILTERS, BALANCE, BYTES] = [8, 9, 16, 10]

const client = (text: (light: LightNode) => string) => (node: { systems: { light: LightNode } }) =>
  node.systems.light.client ? text(node.systems.light) : '–'

export const lightFace: Face = {
  system: 'light',
  panels: [
    {
      ...{ id: 'light', title: 'Light clients', place: 110, column: 'right', row: 15, rank: 6 },
      least: lines(4),
      want: ({ nodes }) => Math.min(nodes, 6) + 2,
      draw: panel,
    },
  ],
  columns: {
    standing: [{ title: 'FILTERS', align: 'right', text: client(({ filters }) => formatCount(filters)) }],
    doing: [
      { title: 'BALANCE', align: 'right', text: client(({ balanceSat }) => formatCoins(balanceSat)) },
      {
        title: 'RECEIVED',
        align: 'right',
        text: ({ systems: { light } }) =>
          light.receivedBytes === 0 ? '–' : formatBytes(light.receivedBytes),
      },
    ],
  },
  standing: ({ systems: { light } }) => [
    {
      label: 'light',
      value: light.level ? `${formatCount(light.clients)} level` : `behind at ${formatCount(light.scanned)}`,
      tone: light.level ? TONES.good : TONES.warn,
    },
  ],
  speed: ({ systems: { light } }) =>
    light.liars.length === 0 ? [] : [{ label: '', value: liarsText(light.liars), tone: TONES.warn }],
  status: ({ systems: { light } }) => [
    standingText(light),
    light.liars.length > 0 ? liarsText(light.liars) : '',
    bytesText(light),
  ],
  summary: ({ systems }) => {
    const light = systems.light as LightState
    return [
      ['light clients', `${standingText(light)}, ${plural(light.payments, 'payment')} seen`],
      ['downloaded', bytesText(light)],
      ...(light.liars.length > 0 ? [['liars', liarsText(light.liars)] as const] : []),
    ]
  },
  detail: (_, { systems: { light } }) => {
    if (!light.client) return { standing: [], holds: [], doing: [] }
    return {
      standing: [
        ['headers', `${light.height}  ${light.tip ?? '–'}`],
        ['filters', `agreed on to ${light.filters}, looked through to ${light.scanned}`],
      ],
      holds: [balanceText(light)],
      doing: [
        ['payments', `${light.payments} seen, ${light.paid} sent`],
        ['received', formatBytes(light.receivedBytes)],
      ],
    }
  },
}

function panel(scene: Scene, width: number, room: number): Drawn {
  const { state, filter, scrolled } = scene
  const all = state.nodes.filter(({ systems }) => systems.light.client)
  const shown = all.filter(({ name, group, region, host }) => passes(filter, name, group, region, host))
  const name = Math.max(6, width - HEIGHT - FILTERS - BALANCE - BYTES)
  const titles = row(
    [
      { text: ' node', width: name },
      { text: 'height', width: HEIGHT, align: 'right' },
      { text: 'filters', width: FILTERS, align: 'right' },
      { text: 'balance', width: BALANCE, align: 'right' },
      { text: 'received', width: BYTES, align: 'right' },
    ],
    TONES.label,
  )
  if (shown.length === 0)
    return { lines: [titles, emptyLine(scene, all.length, 'light client', 'there is none')] }
  const rows = shown.slice(scrolled, scrolled + room - 1).map(({ name: called, systems: { light } }) =>
    row([
      { text: ` ${called}`, width: name },
      { text: formatCount(light.height), width: HEIGHT, align: 'right' },
      { text: formatCount(light.filters), width: FILTERS, align: 'right' },
      { text: formatCoins(light.balanceSat), width: BALANCE, align: 'right' },
      { text: formatBytes(light.receivedBytes), width: BYTES, align: 'right' },
    ]),
  )
  return { note: bytesText(state.systems.light), lines: [titles, ...rows] }
}
