// The node's process: `node dist/node.cjs --config file.json`. One JSON line on stdout says that it can be used,
// the log goes to stderr, SIGTERM or SIGINT takes it down in order, a second one at once. `--self-test` tries the machine.

import packageJson from '../package.json' with { type: 'json' }
import { readConfig, readToken } from './config.ts'
import { ConfigError, type ConfigErrorCode } from './errors.ts'
import { writeLine } from './host/log.ts'
import { LocalNode } from './host/node.ts'

/** As the command line's: 1 failure, 2 usage or configuration, 4 the environment lacks something. */
const EXIT_CODES: { readonly [code in ConfigErrorCode]: number } = {
  'bad-config': 2,
  'bad-params': 2,
  'port-in-use': 4,
  'unsupported-node': 4,
  'store-failed': 1,
}
const LEAST_NODE = [20, 19] as const
/** An orderly stop that takes longer is not going to end. */
const STOP_TIMEOUT_MS = 10_000

async function main(args: readonly string[]): Promise<void> {
  checkNodeVersion(process.versions.node)
  if (args[0] === '--self-test') {
    const { selfTest } = await import('./host/self-test.ts')
    console.log(JSON.stringify(await selfTest(packageJson.version)))
    return
  }
  const config = readConfig(configFile(args))
  const token = readToken(config.tokenFile)
  const node = new LocalNode(config, {
    version: packageJson.version,
    token,
    onStopped: exitCode => process.exit(exitCode),
  })
  process.stderr.on('error', error => node.log.failed(error))
  process.on('uncaughtException', error => {
    node.crashed(error)
    process.exit(1)
  })
  for (const signal of ['SIGTERM', 'SIGINT'] as const) process.on(signal, () => onSignal(node, signal))
  const ready = await node.start()
  process.stdout.write(`${JSON.stringify(ready)}\n`)
}

let signalled = false

function onSignal(node: LocalNode, signal: 'SIGTERM' | 'SIGINT'): void {
  if (signalled) process.exit(signal === 'SIGTERM' ? 143 : 130)
  signalled = true
  node.stop(signal)
  setTimeout(() => process.exit(1), STOP_TIMEOUT_MS).unref()
}

function configFile(args: readonly string[]): string {
  const [flag, file, ...more] = args
  if (flag !== '--config' || file === undefined || more.length > 0)
    throw new ConfigError('bad-config', 'usage: node.cjs --config <file.json>, or node.cjs --self-test')
  return file
}

function checkNodeVersion(version: string): void {
  const [major = 0, minor = 0] = version.split('.').map(Number)
  const [leastMajor, leastMinor] = LEAST_NODE
  if (major > leastMajor || (major === leastMajor && minor >= leastMinor)) return
  throw new ConfigError(
    'unsupported-node',
    `this is Node ${version}; netsplit needs ${leastMajor}.${leastMinor} or newer`,
  )
}

// A reader of stdout or stderr that went away is no reason to go too.
process.stdout.on('error', () => {})
process.stderr.on('error', () => {})

main(process.argv.slice(2)).catch((error: unknown) => {
  if (!(error instanceof ConfigError)) throw error
  writeLine('error', error.message)
  process.exit(EXIT_CODES[error.code])
})
