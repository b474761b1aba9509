// Light clients on the page: tiles, columns, and their account of themselves.

import { formatBytes, formatCoins, formatCount, plural } from '../../../format.ts'
import type { NodeState } from '../../../observe/state.ts'
import { setText } from '../../../web/client/dom.ts'
import type { PageFace } from '../../../web/client/face.ts'
import type { LightNode } from '../state.ts'
import { balanceText, bytesText, liarsText } from '../words.ts'

const text = (of: (light: LightNode) => string) => (cell: Element, node: NodeState) =>
  setText(cell, node.systems.light.client ? of(node.systems.light) : '–')

export const lightPageFace: PageFace = {
  system: 'light',
  tiles: [
    {
      name: 'Light clients',
      value: ({ systems: { light } }) => formatCount(light.scanned),
      note: ({ systems: { light } }) =>
        `${light.level ? 'level' : 'behind'}, ${plural(light.payments, 'payment')} seen, ${liarsText(light.liars)}`,
      tone: ({ systems: { light } }) => (light.level ? 'good' : 'warn'),
    },
    {
      name: 'Downloaded',
      value: ({ systems: { light } }) => formatBytes(light.receivedBytes.client),
      note: ({ systems: { light } }) => bytesText(light),
    },
  ],
  columns: () => ({
    take: () => {},
    standing: [
      { title: 'Filters', className: 'number', show: text(({ filters }) => String(filters)) },
      {
        title: 'Balance',
        className: 'number roomy',
        show: text(({ balanceSat }) => formatCoins(balanceSat)),
      },
    ],
    doing: [
      {
        title: 'Received',
        className: 'number roomy',
        show: (cell, { systems: { light } }) => setText(cell, formatBytes(light.receivedBytes)),
      },
    ],
  }),
  account: ({ systems: { light } }) =>
    light.client
      ? {
          facts: [
            ['headers', `${light.height} ${light.tip ?? ''}`],
            ['filters', `agreed on to ${light.filters}, looked through to ${light.scanned}`],
            ['balance', balanceText(light)],
            ['payments', `${light.payments} seen, ${light.paid} sent`],
            ['received', formatBytes(light.receivedBytes)],
          ],
          lists: [],
        }
      : { facts: [['received', formatBytes(light.receivedBytes)]], lists: [] },
}
