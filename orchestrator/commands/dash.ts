// `netsplit dash`: the address of a network's page, with the right to give orders; or the page of a run that is over.

import { spawn } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { statSync } from 'node:fs'
import { EXIT, type ExitCode } from '../errors.ts'
import { findNetwork } from '../machine/networks.ts'
import { EndSignals } from '../machine/signals.ts'
import { commandAddress, pageAddress } from '../web/keys.ts'
import { readRecord, serveRecord } from '../web/record.ts'
import type { ArgsOf, FlagsOf } from './command.ts'
import { type NetworkRequest, readNetwork } from './request.ts'
import { print, say } from './say.ts'

export interface DashRequest extends NetworkRequest {
  /** A network, or the folder of a run. */
  readonly subject: string | undefined
  readonly lookOnly: boolean
  /** In the browser. */
  readonly open: boolean
}

export function read([subject]: ArgsOf<'dash'>, flags: FlagsOf<'dash'>): DashRequest {
  const { lookOnly, open } = flags
  return { subject, lookOnly: lookOnly === true, open: open === true, ...readNetwork([], flags) }
}

export async function run(request: DashRequest): Promise<ExitCode> {
  const { subject, lookOnly, open } = request
  if (subject !== undefined && isFolder(subject)) return await showRecord(subject, request)
  const { network, url, token } = findNetwork(subject ?? request.network)
  const page = lookOnly ? pageAddress(url, token) : commandAddress(url, token)
  print(request, { network, page, commands: !lookOnly }, () => [page])
  if (!lookOnly) say('whoever opens this can break the network; --look-only lets look only')
  if (open) openBrowser(page)
  return EXIT.ok
}

/** Serves the page until Ctrl-C. */
async function showRecord(directory: string, request: DashRequest): Promise<ExitCode> {
  const signals = new EndSignals()
  const token = randomBytes(32).toString('hex')
  const record = await readRecord(directory)
  const served = await serveRecord(record, token)
  const page = pageAddress(served.url, token)
  print(request, { network: record.plan.network, page, commands: false }, () => [page])
  say('this run is over and can only be looked at; Ctrl-C ends its page')
  if (request.open) openBrowser(page)
  await new Promise<void>(resolve => signals.handle(() => resolve()))
  served.close()
  signals.close()
  return signals.exitCode(EXIT.ok)
}

function isFolder(path: string): boolean {
  // A plain word is a network's name, whatever lies in this folder.
  return /[/\\.]/.test(path) && (statSync(path, { throwIfNoEntry: false })?.isDirectory() ?? false)
}

const OPENERS: { readonly [platform: string]: readonly [command: string, ...args: string[]] } = {
  darwin: ['open'],
  win32: ['cmd', '/c', 'start', ''],
}

function openBrowser(page: string): void {
  const [command, ...args] = OPENERS[process.platform] ?? ['xdg-open']
  const opener = spawn(command, [...args, page], { stdio: 'ignore', detached: true })
  opener.on('error', () => say(`no ${command} here: open the address above`))
  opener.unref()
}
