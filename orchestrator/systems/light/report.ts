// Light clients in a run's report.

import { formatBytes, formatCoins, formatCount, plural } from '../../format.ts'
import type { ReportFace } from '../../report/html/face.ts'
import { escaped, htmlTable, section } from '../../report/html/text.ts'
import type { Report } from '../../report/model.ts'
import type { LightState } from './state.ts'
import { bytesText, liarsText, standingText } from './words.ts'

const stateOf = ({ systems }: Report) => systems.light as LightState

export const lightReportFace: ReportFace = {
  system: 'light',
  standing: report => [standingText(stateOf(report))],
  answers: report => {
    const light = stateOf(report)
    return [
      [
        'Do light clients agree?',
        light.level ? 'yes' : 'no',
        escaped(
          `${plural(light.clients, 'client')} looked through ${plural(light.scanned, 'block')}, saw ${plural(light.payments, 'payment')} and sent ${formatCount(light.paid)}; ${liarsText(light.liars)}.`,
        ),
      ],
    ]
  },
  sections: report => {
    const light = stateOf(report)
    const { client, full } = light.receivedBytes
    const rows = [
      ['clients', formatCount(light.clients)],
      ['looked through to height', formatCount(light.scanned)],
      ['balance of all', formatCoins(light.balanceSat)],
      ['payments seen, sent', `${formatCount(light.payments)}, ${formatCount(light.paid)}`],
      ['received, each', `${formatBytes(client)}; a full node ${formatBytes(full)}`],
      ['disputes about filters', formatCount(light.disputes)],
      ['liars', escaped(liarsText(light.liars))],
    ]
    return [
      section('light', 'Light clients', '', htmlTable([{ title: '' }, { title: '', number: true }], rows)),
    ]
  },
  facts: report => [['light clients', `${standingText(stateOf(report))}; ${bytesText(stateOf(report))}`]],
  figures: [
    { title: 'light clients', text: report => standingText(stateOf(report)) },
    { title: 'light: received', text: report => bytesText(stateOf(report)) },
  ],
}
