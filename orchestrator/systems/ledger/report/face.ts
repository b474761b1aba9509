// The ledger in a run's report.

import { formatCount, plural } from '../../../format.ts'
import type { ReportFace } from '../../../report/html/face.ts'
import { deploymentFacts } from '../deployment-words.ts'
import { strategyFacts } from '../strategy-words.ts'
import { ledgerAnswers, sentence } from './answers.ts'
import { ledgerCharts } from './charts.ts'
import { clientsSection } from './clients.ts'
import { FAULT_FIGURES, FIGURES } from './figures.ts'
import { forksSection, nodeTable, travelSection } from './sections.ts'

export const ledgerReportFace: ReportFace = {
  system: 'ledger',
  standing: ({ height }) => [`${plural(height, 'block')} high`],
  notes: ({ report: { forgottenBlocks } }) =>
    forgottenBlocks > 0
      ? [
          `Charts and tables leave out the first ${plural(forgottenBlocks, 'block')} of this long run; totals count them.`,
        ]
      : [],
  answers: ledgerAnswers,
  charts: ledgerCharts,
  nodes: nodeTable,
  sections: report => [clientsSection(report), travelSection(report), forksSection(report)],
  effect: sentence,
  manner: ({ report: { checkProofOfWork, paced } }) => {
    if (paced) return ['miners are paced: the times of blocks are drawn from hash rates that nobody computes']
    return checkProofOfWork ? [] : ['mining is simulated: proof of work is not checked']
  },
  facts: ({ strategies = [], deployments = [], transactions: { sent, confirmed, failed } }) => [
    ...strategyFacts(strategies),
    ...deploymentFacts(deployments),
    [
      'payments',
      `${formatCount(sent)} sent, ${formatCount(confirmed)} confirmed, ${formatCount(failed)} failed`,
    ],
  ],
  figures: FIGURES,
  faultFigures: FAULT_FIGURES,
}
