// The gateway's process: `node dist/gateway.cjs`, told by its environment. One JSON line on stdout says that it can be used; it
// ends when its controller has been away for too long, so that nothing of a network outlives it. With `--tunnel` it is the far end
// of a tunnel to the gateway that runs in the same container.

import { watchHeartbeat } from '../../node/host/heartbeat.ts'
import { GATEWAY_VARIABLE, type GatewayConfig, ROUTE, TUNNEL_FLAG } from './api.ts'
import { Gateway } from './gateway.ts'
import { answersAt } from './machine.ts'

async function main(): Promise<void> {
  const text = process.env[GATEWAY_VARIABLE]
  // While the image is made: that it loads is enough.
  if (process.argv[2] === '--self-test') return
  if (text === undefined) throw new Error(`${GATEWAY_VARIABLE} says what the gateway is to do`)
  const config = JSON.parse(text) as GatewayConfig
  if (process.argv[2] === TUNNEL_FLAG) {
    // HTTP/2 is loaded where it is used.
    const { both, serveTunnel } = await import('./tunnel.ts')
    serveTunnel(both(process.stdin, process.stdout), config).once('close', () => process.exit(0))
    return
  }
  const gateway = new Gateway(config)
  await gateway.listen()
  const { heartbeatTimeoutMs, heartbeatGraceMs } = config
  watchHeartbeat(
    heartbeatTimeoutMs,
    () => gateway.isHeld,
    afterMs => {
      console.error(`the controller has been away for ${afterMs / 1000} s`)
      process.exit(0)
    },
    heartbeatGraceMs,
  )
  console.log(JSON.stringify({ ready: true }))
  if (await answersAt(config.machine)) await gateway.tell(ROUTE.seen)
}

for (const signal of ['SIGTERM', 'SIGINT'] as const) process.on(signal, () => process.exit(0))

main().catch((error: unknown) => {
  console.error(error)
  process.exit(1)
})
