// Values of options that Core refuses to start with, in its words.

import { LOG_CATEGORIES } from '../../../node/host/process-methods.ts'
import { type Settings, SettingsError } from './settings.ts'

const MAX_USER_AGENT = 256
const LOG_LEVELS = ['info', 'debug', 'trace']
const ALL_CATEGORIES = ['', '0', '1', 'all', 'none']

export function checkValues(settings: Settings, version: string): void {
  checkPort(settings)
  checkComments(settings.texts('uacomment'), version)
  for (const option of ['debug', 'debugexclude'])
    for (const category of settings.texts(option))
      if (!ALL_CATEGORIES.includes(category) && !LOG_CATEGORIES.includes(category))
        throw new SettingsError(`Unsupported logging category -${option}=${category}.`)
  for (const level of settings.texts('loglevel')) checkLogLevel(level)
  const leastMb = Math.ceil(((settings.number('limitdescendantsize') ?? 101) * 1_000 * 40) / 1_000_000)
  if ((settings.number('maxmempool') ?? leastMb) < leastMb)
    throw new SettingsError(`-maxmempool must be at least ${leastMb} MB`)
  const index = settings.text('blockfilterindex') ?? ''
  if (!['', '0', '1', 'basic'].includes(index))
    throw new SettingsError(`Unknown -blockfilterindex value ${index}.`)
  if ((settings.number('peertimeout') ?? 1) <= 0)
    throw new SettingsError('peertimeout must be a positive integer.')
}

function checkPort(settings: Settings): void {
  for (const option of ['port', 'rpcport']) {
    const text = settings.text(option)
    const port = Number(text)
    if (text !== undefined && !(Number.isInteger(port) && port > 0 && port < 65_536))
      throw new SettingsError(`Invalid port specified in -${option}: '${text}'`)
  }
}

function checkComments(comments: readonly string[], version: string): void {
  const unsafe = comments.find(comment => /[^A-Za-z0-9 .,;_?@-]/.test(comment))
  if (unsafe !== undefined)
    throw new SettingsError(`User Agent comment (${unsafe}) contains unsafe characters.`)
  const { length } = `/netsplit:${version}(${comments.join('; ')})/`
  if (length > MAX_USER_AGENT)
    throw new SettingsError(
      `Total length of network version string (${length}) exceeds maximum length (${MAX_USER_AGENT}). Reduce the number or size of uacomments.`,
    )
}

/** `debug`, or `net:debug` for one category. */
function checkLogLevel(text: string): void {
  const [first = '', second, more] = text.split(':')
  const valid = `Valid values: ${LOG_LEVELS.join(', ')}.`
  if (second === undefined && !LOG_LEVELS.includes(first))
    throw new SettingsError(`Unsupported global logging level -loglevel=${text}. ${valid}`)
  if (
    second !== undefined &&
    (more !== undefined || !LOG_CATEGORIES.includes(first) || !LOG_LEVELS.includes(second))
  )
    throw new SettingsError(
      `Unsupported category-specific logging level -loglevel=${text}. Expected -loglevel=<category>:<loglevel>. Valid categories: ${LOG_CATEGORIES.join(', ')}. Valid loglevels: ${LOG_LEVELS.join(', ')}.`,
    )
}
