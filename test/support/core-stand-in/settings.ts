// What Core's command line and its bitcoin.conf say: names and values, the command line's before the file's, sections for one
// network, `-no…` for off. Which of them mean anything here, options.ts says.

import { existsSync, readFileSync } from 'node:fs'
import { isAbsolute, join } from 'node:path'

/** Something that Core's program refuses to start with, in its words. */
export class SettingsError extends Error {}

/** The section of the file that counts here. */
const SECTION = 'regtest'
/** Of one network each: outside of a section the file says them of the main network, which this never is. */
const OF_A_NETWORK = new Set(['addnode', 'bind', 'connect', 'port', 'rpcbind', 'rpcport', 'whitebind'])

type Values = Map<string, string[]>

export class Settings {
  readonly #command: Values
  readonly #file: Values

  /** `command`: what was typed; `file`: what bitcoin.conf has. */
  constructor(command: Values, file: Values) {
    this.#command = command
    this.#file = file
  }

  /** All names that anybody gave. */
  names(): string[] {
    return [...new Set([...this.#command.keys(), ...this.#file.keys()])]
  }

  has(name: string): boolean {
    return this.#valuesOf(name) !== undefined
  }

  /** Of several on the command line the last counts, of several in the file the first: as in Core. */
  text(name: string): string | undefined {
    return this.#command.get(name)?.at(-1) ?? this.#file.get(name)?.[0]
  }

  /** All of them. `0` takes back what stands before it. */
  texts(name: string): string[] {
    const all = [...(this.#command.get(name) ?? []), ...(this.#file.get(name) ?? [])]
    return all.slice(all.lastIndexOf('0') + 1)
  }

  flag(name: string, usual: boolean): boolean {
    const value = this.text(name)
    return value === undefined ? usual : !/^(0|false|no)$/.test(value)
  }

  number(name: string): number | undefined {
    const value = this.text(name)
    if (value === undefined) return undefined
    const parsed = value === '' ? 0 : Number(value)
    if (!Number.isFinite(parsed)) throw new SettingsError(`Invalid number for -${name}: '${value}'`)
    return parsed
  }

  #valuesOf(name: string): readonly string[] | undefined {
    return this.#command.get(name) ?? this.#file.get(name)
  }
}

/** The arguments, and the file that they point to. */
export function readSettings(args: readonly string[]): Settings {
  const command = readArguments(args)
  const folder = command.get('datadir')?.at(-1) ?? ''
  const named = command.get('conf')?.at(-1) ?? 'bitcoin.conf'
  const included = command.get('includeconf')?.at(-1)
  if (included !== undefined)
    throw new SettingsError(
      `Error parsing command line arguments: -includeconf cannot be used from commandline; -includeconf=${included === '1' ? 'true' : `"${command.get('includeconf')?.[0]}"`}`,
    )
  const file = isAbsolute(named) ? named : join(folder, named)
  return new Settings(command, existsSync(file) ? readWhole(file, folder) : new Map())
}

/** The file, and behind it those that it includes; they include no others. */
function readWhole(file: string, folder: string): Values {
  const values: Values = new Map()
  readInto(values, readFileSync(file, 'utf8'))
  for (const named of values.get('includeconf') ?? []) {
    const other = isAbsolute(named) ? named : join(folder, named)
    if (!existsSync(other))
      throw new SettingsError(
        `Error reading configuration file: Failed to include configuration file ${named}`,
      )
    const more: Values = new Map()
    readInto(more, readFileSync(other, 'utf8'))
    for (const ignored of more.get('includeconf') ?? [])
      process.stderr.write(
        `warning: -includeconf cannot be used from included files; ignoring -includeconf=${ignored}\n`,
      )
    more.delete('includeconf')
    for (const [name, texts] of more) values.set(name, [...(values.get(name) ?? []), ...texts])
  }
  return values
}

function readArguments(args: readonly string[]): Values {
  const values: Values = new Map()
  for (const arg of args) {
    if (!arg.startsWith('-'))
      throw new SettingsError(
        `Command line contains unexpected token '${arg}', see bitcoind -h for a list of options.`,
      )
    add(values, arg.replace(/^--?/, ''))
  }
  return values
}

function readInto(values: Values, text: string): void {
  let section = ''
  for (const line of text.split('\n').map(each => each.replace(/#.*/, '').trim())) {
    const opened = /^\[(.*)\]$/.exec(line)?.[1]
    if (opened !== undefined) section = opened
    else if (line !== '') {
      const scoped = /^(\w+)\.(.*)$/.exec(line)
      const place = section || (scoped?.[1] ?? '')
      const setting = !section && scoped ? (scoped[2] ?? '') : line
      const isOther = place === '' ? OF_A_NETWORK.has(setting.split('=')[0] ?? '') : place !== SECTION
      if (!isOther) add(values, setting)
    }
  }
}

/** `name=value`, `name` and `noname`. */
function add(values: Values, setting: string): void {
  const split = setting.indexOf('=')
  const name = split < 0 ? setting : setting.slice(0, split)
  const value = split < 0 ? '1' : setting.slice(split + 1)
  const [, negated] = /^no([a-z].*)$/.exec(name) ?? []
  if (negated !== undefined) values.set(negated, [value === '0' ? '1' : '0'])
  else values.set(name, [...(values.get(name) ?? []), value])
}
