// The door of a verb: what was typed becomes, once and before anything runs, the verb's own request; behind it there are no
// flags. The types of what was typed derive from the lines that the help shows (usage.ts).

import type { ExitCode } from '../errors.ts'
import type { VERBS } from './usage.ts'

export type Verb = keyof typeof VERBS

/** `<node> [method] [params...]` → `[node: string, method?: string, ...params: string[]]`. */
type Words<Text extends string> = Text extends ''
  ? []
  : Text extends `${infer First} ${infer Rest}`
    ? [...Word<First>, ...Words<Rest>]
    : Word<Text>
type Word<Text extends string> = Text extends `[${string}...]`
  ? string[]
  : Text extends `[${string}]`
    ? [string?]
    : [string]

/** `-n, --nodes <count>` → `nodes`. */
type Name<Line extends string> = Line extends `${string}--${infer Rest}`
  ? Camel<Positive<Rest extends `${infer Long} ${string}` ? Long : Rest>>
  : never
type Positive<Long extends string> = Long extends `no-${infer Rest}` ? Rest : Long
type Camel<Long extends string> = Long extends `${infer Head}-${infer Tail}`
  ? `${Head}${Capitalize<Camel<Tail>>}`
  : Long

/** All texts for `--set <path=values...>`, text for `--nodes <count>`, text or nothing more for `--parallel [count]`, else whether it is there. */
type Value<Line extends string> = Line extends `${string}...>`
  ? readonly string[]
  : Line extends `${string}<${string}`
    ? string
    : Line extends `${string}[${string}`
      ? string | true
      : Line extends `${string}--no-${string}`
        ? boolean
        : true

/** A verb's words beside its flags, as typed. */
export type ArgsOf<V extends Verb> = Readonly<Words<(typeof VERBS)[V]['args']>>

/** A verb's flags as typed; only what reads its request sees them. */
export type FlagsOf<V extends Verb> = {
  readonly [Flag in (typeof VERBS)[V]['flags'][number] as Name<Flag[0]>]?: Value<Flag[0]>
}

/** What the file of a verb exports. */
export interface CommandModule<V extends Verb, Request> {
  /** Throws UserError (exit 2) for a wrong value. Starts, claims and writes nothing. */
  read(args: ArgsOf<V>, flags: FlagsOf<V>): Request
  /** Data goes to stdout, messages to stderr. */
  run(request: Request): Promise<ExitCode | number>
}

/** Resolves with the exit code. */
export type Door<V extends Verb> = (args: ArgsOf<V>, flags: FlagsOf<V>) => Promise<number>

/** Loads the verb's code when it is called. */
export function door<V extends Verb, Request>(load: () => Promise<CommandModule<V, Request>>): Door<V> {
  return async (args, flags) => {
    const { read, run } = await load()
    return await run(read(args, flags))
  }
}
