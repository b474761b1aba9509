// The tokens of a network in containers, all drawn from the one that its controller alone knows: whoever has one of them can
// neither tell another nor ask for anybody but itself.

import { createHmac } from 'node:crypto'

/** What a node wants to hear: its gateway knows it, and whoever asked for the node's door. */
export function nodeToken(secret: string, node: string): string {
  return drawn(secret, `node ${node}`)
}

/** Of whoever reads metrics. */
export function metricsToken(secret: string): string {
  return drawn(secret, 'metrics')
}

/** By which a gateway is known, to everybody; that of a host, of several. */
export function gatewayId(secret: string, host?: string): string {
  return drawn(secret, host === undefined ? 'gateway' : `gateway ${host}`)
}

function drawn(secret: string, what: string): string {
  return createHmac('sha256', secret).update(what).digest('hex')
}
