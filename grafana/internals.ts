// How the nodes themselves are: time, memory, disk, and who asks them.

import type { Dashboard } from './builder.ts'
import { NODE, quantile, RATE, rates, series, stat } from './parts.ts'

const of = (name: string) => ({ expr: `netsplit_node_${name}${NODE}`, legend: '{{node}}' })
const slowest = (histogram: string) => ({
  expr: quantile('0.99', `netsplit_node_${histogram}`, NODE, 'node'),
  legend: '{{node}}',
})

export const internals: Dashboard = {
  uid: 'netsplit-internals',
  title: 'Node internals',
  description: 'How the nodes themselves are: time, memory, disk, and who asks them.',
  rows: [
    {
      title: 'Time',
      height: 8,
      panels: [
        series({
          title: 'Event loop lag, 99 %',
          description:
            'How late timers fire: above the link latency, measurements of propagation are of the machine.',
          unit: 's',
          width: 8,
          queries: [slowest('event_loop_lag_seconds')],
        }),
        series({
          title: 'CPU',
          description: 'Cores that each node uses, miners included.',
          unit: 'short',
          width: 8,
          queries: [
            rates('netsplit_node_process_cpu_seconds_total', 'node'),
            rates('netsplit_node_program_cpu_seconds_total', 'node', "{{node}}'s program"),
          ],
        }),
        series({
          title: 'Garbage collection',
          description: 'Part of the time that each node spends on it.',
          unit: 'percentunit',
          width: 8,
          queries: [
            {
              expr: `sum by (node) (rate(netsplit_node_nodejs_gc_duration_seconds_sum${NODE}${RATE}))`,
              legend: '{{node}}',
            },
          ],
        }),
      ],
    },
    {
      title: 'Memory and disk',
      height: 8,
      panels: [
        series({
          title: 'Resident memory',
          description: 'Of each node, as the system counts it.',
          unit: 'bytes',
          width: 6,
          queries: [
            of('process_resident_memory_bytes'),
            { ...of('program_resident_memory_bytes'), legend: "{{node}}'s program" },
          ],
        }),
        series({
          title: 'Charged memory',
          description:
            'What the control group of each node charges, which its limit holds against it: in containers.',
          unit: 'bytes',
          width: 6,
          queries: [of('cgroup_memory_bytes')],
        }),
        series({
          title: 'Heap',
          description: 'Used, reserved and external memory of the JavaScript heaps, all nodes shown.',
          unit: 'bytes',
          width: 6,
          queries: [
            { expr: `sum(netsplit_node_nodejs_heap_size_used_bytes${NODE})`, legend: 'used' },
            { expr: `sum(netsplit_node_nodejs_heap_size_total_bytes${NODE})`, legend: 'reserved' },
            { expr: `sum(netsplit_node_nodejs_external_memory_bytes${NODE})`, legend: 'external' },
          ],
        }),
        series({
          title: 'Waiting for the disk',
          description: 'Bytes that the store has taken and not written yet.',
          unit: 'bytes',
          width: 6,
          queries: [of('store_pending_bytes')],
        }),
        series({
          title: 'Open files',
          description: 'Descriptors of each node: connections, files of the store.',
          unit: 'none',
          width: 8,
          queries: [of('process_open_fds')],
        }),
        series({
          title: 'Checking and applying a block, 99 %',
          description: 'From the whole block to the connected one.',
          unit: 's',
          width: 8,
          queries: [slowest('block_connect_seconds')],
        }),
        series({
          title: 'Blocks on their way',
          description: 'Blocks that a node has asked for and does not have yet.',
          unit: 'none',
          width: 8,
          queries: [{ expr: `netsplit_blocks_in_flight${NODE}`, legend: '{{node}}' }],
        }),
      ],
    },
    {
      title: 'Who asks',
      height: 8,
      panels: [
        series({
          title: 'Time to answer a call, 99 %',
          description: 'JSON-RPC, by node.',
          unit: 's',
          width: 6,
          queries: [slowest('rpc_duration_seconds')],
        }),
        series({
          title: 'Calls answered with an error',
          description: 'JSON-RPC, per second.',
          unit: 'ops',
          width: 6,
          queries: [rates('netsplit_node_rpc_errors_total', 'node')],
        }),
        series({
          title: 'Events',
          description: 'Events per second that each node tells its readers.',
          unit: 'ops',
          width: 6,
          queries: [rates('netsplit_node_events_total', 'node')],
        }),
        series({
          title: 'Event readers',
          description: 'Open event streams: the controller is one.',
          unit: 'none',
          width: 6,
          queries: [of('event_readers')],
        }),
      ],
    },
    {
      title: 'What runs',
      height: 7,
      panels: [
        stat({
          title: 'Versions',
          description: 'Nodes by version and platform.',
          unit: 'none',
          width: 8,
          queries: [{ expr: `count by (version) (netsplit_node_info${NODE})`, legend: '{{version}}' }],
        }),
        stat({
          title: 'Started',
          description: 'When each node came up last.',
          unit: 'dateTimeFromNow',
          width: 8,
          queries: [{ expr: `netsplit_node_process_start_time_seconds${NODE} * 1000`, legend: '{{node}}' }],
        }),
        series({
          title: 'Miners that died',
          description: 'Mining threads per second that died and were replaced.',
          unit: 'ops',
          width: 8,
          queries: [rates('netsplit_node_miner_crashes_total', 'node')],
        }),
      ],
    },
  ],
}
