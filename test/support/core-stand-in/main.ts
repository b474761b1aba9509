// A netsplit node that is started, found, asked and stopped as Bitcoin Core's `bitcoind` is: by its command line, its
// bitcoin.conf, its cookie file and its RPC. It stands in for the program where tests want one that a machine has not, and lets
// what was written for the program ask our node. Regtest only. What of Core's options it knows, options.ts says.

import { mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { isAbsolute, join } from 'node:path'
import { ConfigError } from '../../../node/errors.ts'
import { LocalNode } from '../../../node/host/node.ts'
import { LOG_CATEGORIES } from '../../../node/host/process-methods.ts'
import packageJson from '../../../package.json' with { type: 'json' }
import { Credentials } from './credentials.ts'
import { DebugLog } from './debug-log.ts'
import { foldersOf, nodeConfig } from './node-config.ts'
import { checkOptions } from './options.ts'
import { readSettings, type Settings, SettingsError } from './settings.ts'
import { checkValues } from './values.ts'

const MOST_MS = 2 ** 31 - 1

async function main(args: readonly string[]): Promise<void> {
  const settings = readSettings(args)
  checkOptions(settings)
  if (!settings.flag('regtest', settings.text('chain') === 'regtest'))
    throw new SettingsError('this stand-in knows regtest only: -regtest')
  checkValues(settings, packageJson.version)
  const credentials = new Credentials(settings)
  const config = nodeConfig(settings)
  const { network } = foldersOf(settings)
  const file = logFile(settings, network)
  const log = new DebugLog(file)
  const pidFile = join(network, settings.text('pid') ?? 'bitcoind.pid')
  const node = new LocalNode(config, {
    version: packageJson.version,
    token: credentials.token,
    admits: authorization => credentials.admits(authorization),
    mayCall: (authorization, body) => credentials.mayCall(authorization, body),
    maxCalls: mostCalls(settings),
    idleMs: idleMs(settings),
    openRest: settings.flag('rest', false),
    writeLog: line => log.write(line),
    logFile: file,
    logCategories: categoriesOf(settings),
    onStopped(exitCode) {
      credentials.removeCookie()
      rmSync(pidFile, { force: true })
      log.write('Shutdown: done')
      process.exit(exitCode)
    },
  })
  process.on('uncaughtException', error => {
    node.crashed(error)
    process.stderr.write(`Error: ${error.stack}\n`)
    process.exit(1)
  })
  for (const signal of ['SIGTERM', 'SIGINT'] as const) process.on(signal, () => node.stop(signal))
  const mockTime = settings.number('mocktime')
  if (mockTime) node.mockTime(mockTime * 1000)
  await node.start()
  writeFileSync(pidFile, `${process.pid}\n`)
  credentials.writeCookie(network)
}

/** In seconds; more than a timer can wait counts as for ever. */
function idleMs(settings: Settings): number | undefined {
  const seconds = settings.number('rpcservertimeout')
  return seconds === undefined ? undefined : Math.min(seconds * 1000, MOST_MS)
}

/** In work and waiting; Core takes so many together. */
function mostCalls(settings: Settings): number | undefined {
  const queue = settings.number('rpcworkqueue')
  return queue === undefined ? undefined : queue + (settings.number('rpcthreads') ?? 4)
}

/** Of the log; what is excluded is no category that a node of ours could tell of anyway. */
function categoriesOf(settings: Settings): string[] {
  const [first] = settings.texts('debug')
  if (first !== '1' && first !== 'all') return settings.texts('debug')
  const excluded = settings.texts('debugexclude')
  return LOG_CATEGORIES.filter(name => !excluded.includes(name))
}

function logFile(settings: Settings, folder: string): string | undefined {
  const named = settings.text('debuglogfile') ?? 'debug.log'
  if (named === '0') return undefined
  mkdirSync(folder, { recursive: true })
  return isAbsolute(named) ? named : join(folder, named)
}

main(process.argv.slice(2)).catch((error: unknown) => {
  if (!(error instanceof SettingsError) && !(error instanceof ConfigError)) throw error
  process.stderr.write(`Error: ${error.message}\n`)
  process.exit(1)
})
