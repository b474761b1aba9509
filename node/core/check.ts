// Checks of a configuration, made by hand: a schema library would cost every node more start-up time than all of this file.

import { ConfigError } from '../errors.ts'
import type { ListenAt } from './service.ts'

/** Takes a value and the key it stands under; gives the typed value, or a ConfigError that names the key. */
export type Check<T> = (value: unknown, key: string) => T

export function wrong(key: string, wanted: string, value: unknown): ConfigError {
  const shown = value === undefined ? 'nothing' : JSON.stringify(value)
  const brief = shown.length > 60 ? `${shown.slice(0, 57)}…` : shown
  return new ConfigError('bad-config', `${key || 'the configuration'} must be ${wanted}, not ${brief}`)
}

export const boolean: Check<boolean> = (value, key) => {
  if (typeof value !== 'boolean') throw wrong(key, 'true or false', value)
  return value
}

export function number(min: number, max: number): Check<number> {
  return (value, key) => {
    if (typeof value !== 'number' || !(value >= min && value <= max))
      throw wrong(key, `a number from ${min} to ${max}`, value)
    return value
  }
}

export function integer(min: number, max: number): Check<number> {
  return (value, key) => {
    if (typeof value !== 'number' || !Number.isInteger(value) || value < min || value > max)
      throw wrong(key, `a whole number from ${min} to ${max}`, value)
    return value
  }
}

export function text(pattern: RegExp, wanted: string): Check<string> {
  return (value, key) => {
    if (typeof value !== 'string' || !pattern.test(value)) throw wrong(key, wanted, value)
    return value
  }
}

export function oneOf<const T extends string>(...choices: readonly T[]): Check<T> {
  return (value, key) => {
    const choice = choices.find(each => each === value)
    if (choice === undefined) throw wrong(key, `one of ${choices.join(', ')}`, value)
    return choice
  }
}

export function optional<T>(check: Check<T>): Check<T | undefined> {
  return (value, key) => (value === undefined ? undefined : check(value, key))
}

export function list<T>(item: Check<T>): Check<readonly T[]> {
  return (value, key) => {
    if (!Array.isArray(value)) throw wrong(key, 'a list', value)
    return value.map((each, index) => item(each, `${key}[${index}]`))
  }
}

export function fieldsOf(value: unknown, key: string): Record<string, unknown> {
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw wrong(key, 'an object', value)
  return value as Record<string, unknown>
}

/** Any keys that pass, each with a value that passes. */
export function record<T>(name: Check<string>, item: Check<T>): Check<{ readonly [name: string]: T }> {
  return (value, key) => {
    const entries = Object.entries(fieldsOf(value, key))
    return Object.fromEntries(
      entries.map(([each, it]) => [name(each, `a key of ${key}`), item(it, `${key}["${each}"]`)]),
    )
  }
}

/** Exactly these keys. */
export function object<T extends object>(checks: { readonly [K in keyof T]-?: Check<T[K]> }): Check<T> {
  return (value, key) => {
    const fields = fieldsOf(value, key)
    const within = key === '' ? '' : `${key}.`
    for (const name of Object.keys(fields))
      if (!Object.hasOwn(checks, name)) throw unknownKey(`${within}${name}`, Object.keys(checks))
    const checked = {} as T
    for (const name of Object.keys(checks) as (keyof T & string)[]) {
      const value = checks[name](fields[name], `${within}${name}`)
      if (value !== undefined) checked[name] = value
    }
    return checked
  }
}

export function unknownKey(key: string, known: readonly string[]): ConfigError {
  return new ConfigError('bad-config', `unknown key ${key}; known here: ${known.join(', ')}`)
}

/** The greatest number that a configuration can hold exactly. */
export const MAX = Number.MAX_SAFE_INTEGER

export const port = integer(0, 65_535)
export const host = text(/^[0-9A-Za-z.:_-]+$/, 'a host name or an IP address')
export const address = text(
  /^(\d{1,3}(\.\d{1,3}){3}|\[[0-9A-Fa-f:.]+\]|[0-9A-Za-z._-]+):\d{1,5}$/,
  'an address as host:port',
)

/** Where a service listens. */
export const listenAt: Check<ListenAt> = object<ListenAt>({ host, port, fd: optional(integer(3, 65_535)) })
