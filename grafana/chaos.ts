// What was broken on purpose, and what it did: the same numbers before, during and after.

import type { Dashboard, Panel } from './builder.ts'
import {
  BAD_ABOVE_ZERO,
  faultTimeline,
  NETWORK,
  NODE,
  RATE,
  series,
  sideTimeline,
  stat,
  tipTimeline,
} from './parts.ts'

const PHASES = ['before', 'during', 'after'] as const

/** The mean of a gauge over the time shown, by the phase of the faults. */
const byPhase = (expr: string) =>
  PHASES.map((legend, phase) => ({
    expr: `avg_over_time((${expr} and on (network) (netsplit_network_fault_phase${NETWORK} == ${phase}))[$__range:5s])`,
    legend,
  }))

const compared = (
  title: string,
  unit: 's' | 'none' | 'Hs' | 'percentunit',
  what: string,
  expr: string,
): Panel => ({
  kind: 'bargauge',
  title,
  description: `${what}: before the first fault, while one is in force, and after; means over the time shown.`,
  unit,
  width: 6,
  queries: byPhase(expr),
})

export const chaos: Dashboard = {
  uid: 'netsplit-chaos',
  title: 'Chaos',
  description: 'What was broken on purpose, and what it did: before, during and after.',
  rows: [
    {
      title: 'Now',
      height: 4,
      panels: [
        stat({
          title: 'Faults in force',
          description: 'Faults that are being injected now.',
          unit: 'none',
          width: 6,
          thresholds: BAD_ABOVE_ZERO,
          queries: [{ expr: `sum(netsplit_network_faults_active${NETWORK}) or vector(0)` }],
        }),
        stat({
          title: 'Faults in the time shown',
          description: 'Faults that were put in force.',
          unit: 'none',
          width: 6,
          queries: [
            {
              expr: `max_over_time(sum(netsplit_network_faults_total${NETWORK})[$__range:5s]) or vector(0)`,
            },
          ],
        }),
        stat({
          title: 'Convergence time',
          description: 'From the end of the last fault until all running nodes stood on one tip.',
          unit: 's',
          width: 6,
          queries: [{ expr: `netsplit_network_convergence_seconds${NETWORK}` }],
        }),
        stat({
          title: 'Links cut or worse',
          description: 'Directed links that are not as planned.',
          unit: 'none',
          width: 6,
          thresholds: BAD_ABOVE_ZERO,
          queries: [{ expr: `sum(netsplit_network_links_changed${NETWORK})` }],
        }),
      ],
    },
    { title: 'What and when', height: 7, panels: [faultTimeline(8), sideTimeline(8), tipTimeline(8)] },
    {
      title: 'Before, during, after',
      height: 6,
      panels: [
        compared('Tips', 'none', 'Distinct tips', `netsplit_network_tips${NETWORK}`),
        compared(
          'Agreement',
          'percentunit',
          'Part of the time on one tip',
          `netsplit_network_converged${NETWORK}`,
        ),
        compared('Hash rate', 'Hs', 'Measured', `netsplit_network_measured_hashes_per_second${NETWORK}`),
        compared('Peers', 'none', 'Connections of a node', `avg by (network) (netsplit_peers${NODE})`),
      ],
    },
    {
      title: 'What each kind did',
      height: 7,
      panels: [
        series({
          title: 'Blocks found meanwhile',
          description: 'While faults of the kind were in force, by what became of them so far.',
          unit: 'none',
          width: 12,
          queries: [{ expr: `netsplit_network_fault_blocks${NETWORK}`, legend: '{{kind}}: {{became}}' }],
        }),
        series({
          title: 'Until all agreed',
          description: 'From the end of the last fault of the kind until all running nodes stood on one tip.',
          unit: 's',
          width: 12,
          queries: [{ expr: `netsplit_network_fault_agreed_seconds${NETWORK}`, legend: '{{kind}}' }],
        }),
      ],
    },
    {
      title: 'What it did',
      height: 8,
      panels: [
        series({
          title: 'Tips and agreement',
          description: 'Distinct tips; 1 is agreement.',
          unit: 'none',
          width: 8,
          queries: [{ expr: `netsplit_network_tips${NETWORK}`, legend: 'tips' }],
        }),
        series({
          title: 'Deliveries that a fault held up',
          description:
            'Blocks per second that reached a node only after a partition or a pause: no propagation.',
          unit: 'ops',
          width: 8,
          queries: [
            { expr: `rate(netsplit_network_apart_arrivals_total${NETWORK}${RATE})`, legend: 'held up' },
          ],
        }),
        series({
          title: 'Reorganisations',
          description: 'Per second over all nodes: what the healing costs.',
          unit: 'ops',
          width: 8,
          queries: [
            { expr: `rate(netsplit_network_reorgs_total${NETWORK}${RATE})`, legend: 'reorganisations' },
          ],
        }),
      ],
    },
  ],
}
