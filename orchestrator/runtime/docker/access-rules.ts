// What a node receives over a line that all its peers share: the kernel shapes only what a device sends, so what arrives is sent
// through an ifb device of the namespace first, where each peer has a class of its own below the line's. Pure.

import { classOf, type LinkRules, sharedClass, sharedLine } from './link-rules.ts'

/** In the node's own namespace. */
const DEVICE = 'netsplit-down'
/** As the kernel counts what waits. */
const QUEUE = 'bfifo limit 1048576'

/** Whether a kernel has all that is needed, tried on the loopback device. */
export const TRY_LINES = [
  `ip link add ${DEVICE} type ifb`,
  `tc qdisc add dev ${DEVICE} root handle 2: htb`,
  'tc qdisc add dev lo handle ffff: ingress',
  `tc filter add dev lo parent ffff: protocol ip u32 match u32 0 0 action mirred egress redirect dev ${DEVICE}`,
].join(' && ')

/** What was tried, and whatever there is. For a shell that knows `$dev`. */
export function clearDown(device = '"$dev"'): string {
  return `tc qdisc del dev ${device} ingress 2>/dev/null; ip link del ${DEVICE} 2>/dev/null; true`
}

/** Shell commands from nothing, in a shell that knows `$dev`. Empty: nothing is limited. */
export function downScript({ access: { downBps }, sharers }: LinkRules): string {
  if (downBps === 0 || sharers.length === 0) return ''
  const classes = sharers.flatMap((ip, i) => {
    const number = classOf(i)
    return [
      `class add dev ${DEVICE} ${sharedClass(2, number, downBps, sharers.length)}`,
      `qdisc add dev ${DEVICE} parent 2:${number} ${QUEUE}`,
      `filter add dev ${DEVICE} parent 2: protocol ip u32 match ip src ${ip}/32 flowid 2:${number}`,
    ]
  })
  const batch = [
    `qdisc add dev ${DEVICE} root handle 2: htb`,
    `class add dev ${DEVICE} ${sharedLine(2, downBps)}`,
    ...classes,
    'qdisc add dev $dev handle ffff: ingress',
    `filter add dev $dev parent ffff: protocol ip u32 match u32 0 0 action mirred egress redirect dev ${DEVICE}`,
  ]
  return [
    `ip link add ${DEVICE} type ifb && ip link set ${DEVICE} up || exit`,
    `tc -batch - <<end || exit\n${batch.join('\n')}\nend`,
  ].join('\n')
}
