// Reading RPC parameters: typed, with Bitcoin Core's error codes and messages.

import type { Codec } from '../../bitcoin/wire/codec.ts'
import { decode } from '../../bitcoin/wire/codec.ts'
import { fromHex, type HashHex } from '../../bitcoin/wire/hex.ts'
import { Amount } from '../../core/amount.ts'
import { RPC, RpcError } from '../../core/service.ts'
import { ProtocolError } from '../../errors.ts'
import { isMoney } from '../consensus/subsidy.ts'

type Params = readonly unknown[]

const COIN_DECIMALS = 8
/** More than 18 digits are no amount to Core. */
const TOO_MANY_UNITS = 1e18
const DECIMAL = /^-?\d+(?:\.(\d+))?(?:[eE]([+-]?\d+))?$/

/** Absent and null mean the same in JSON-RPC. */
export function given(params: Params, index: number): boolean {
  return params[index] !== undefined && params[index] !== null
}

export function text(params: Params, index: number, name: string): string {
  const value = params[index] ?? undefined
  if (typeof value !== 'string') throw wrongType(value, 'string', name)
  return value
}

export function integer(params: Params, index: number, name: string, fallback?: number): number {
  if (!given(params, index) && fallback !== undefined) return fallback
  const value = params[index] ?? undefined
  if (typeof value !== 'number') throw wrongType(value, 'number', name)
  if (!Number.isSafeInteger(value)) throw new RpcError(RPC.misc, 'JSON integer out of range')
  return value
}

/** A number that need not be whole. */
export function real(params: Params, index: number, name: string, fallback?: number): number {
  if (!given(params, index) && fallback !== undefined) return fallback
  const value = params[index] ?? undefined
  if (typeof value !== 'number') throw wrongType(value, 'number', name)
  return value
}

export function flag(params: Params, index: number, fallback: boolean): boolean {
  if (!given(params, index)) return fallback
  const value = params[index]
  if (typeof value !== 'boolean') throw wrongType(value, 'bool')
  return value
}

export function array(params: Params, index: number, name: string): readonly unknown[] {
  const value = params[index] ?? undefined
  if (!Array.isArray(value)) throw wrongType(value, 'array', name)
  return value
}

/** `verbosity` is a number, or a boolean as it used to be. */
export function verbosity(params: Params, index: number, fallback: number): number {
  const value = params[index]
  return typeof value === 'boolean' ? Number(value) : integer(params, index, 'verbosity', fallback)
}

/** 64 hex digits. */
export function hash(params: Params, index: number, name: string): HashHex {
  return toHash(text(params, index, name), name)
}

export function toHash(value: unknown, name: string): HashHex {
  if (typeof value !== 'string') throw wrongType(value, 'string', name)
  if (value.length !== 64)
    throw new RpcError(
      RPC.invalidParameter,
      `${name} must be of length 64 (not ${value.length}, for '${value}')`,
    )
  if (!fromHex(value))
    throw new RpcError(RPC.invalidParameter, `${name} must be hexadecimal string (not '${value}')`)
  return value.toLowerCase()
}

/** Coins, as a number or as decimal text, in satoshi. */
export function amountSat(params: Params, index: number, name: string): number {
  const sat = fixedPoint(params[index], COIN_DECIMALS, name)
  if (!isMoney(sat)) throw new RpcError(RPC.typeError, 'Amount out of range')
  return sat
}

/** A number, or its decimal text, in units of its last decimal: more decimals would silently be rounded away. */
export function fixedPoint(given: unknown, decimals: number, name: string): number {
  const value = given ?? undefined
  if (typeof value !== 'number' && typeof value !== 'string')
    throw new RpcError(
      RPC.typeError,
      `Amount is not a number or string${value === undefined ? ` (${name})` : ''}`,
    )
  const said = typeof value === 'string' ? DECIMAL.exec(value) : undefined
  const number = said === null ? Number.NaN : Number(value)
  const units = Math.round(number * 10 ** decimals)
  const [, digits = '', exponent = '0'] = said ?? []
  // Of a number as it came what a sum like 0.1 + 0.2 leaves over is not meant.
  const noise = 4 * Number.EPSILON * Math.max(1, Math.abs(number))
  const isExact =
    digits.replace(/0+$/, '').length - Number(exponent) <= decimals &&
    Math.abs(units / 10 ** decimals - number) <= noise
  if (!isExact || Math.abs(units) >= TOO_MANY_UNITS) throw new RpcError(RPC.typeError, 'Invalid amount')
  return units
}

/** A value in hex, exactly. */
export function decoded<T>(params: Params, index: number, codec: Codec<T>, failure: string): T {
  const bytes = fromHex(text(params, index, 'hexstring'))
  try {
    if (bytes) return decode(codec, bytes)
  } catch (error) {
    if (!(error instanceof ProtocolError)) throw error
  }
  throw new RpcError(RPC.deserialization, failure)
}

/** Satoshi as coins, which are written with all 8 decimals. */
export function coins(sat: number): Amount {
  return new Amount(sat)
}

/** Bytes in hex. */
export function hexBytes(params: Params, index: number, name: string): Uint8Array {
  const value = text(params, index, name)
  const bytes = fromHex(value)
  if (!bytes) throw new RpcError(RPC.invalidParameter, `${name} must be hexadecimal string (not '${value}')`)
  return bytes
}

export function record(value: unknown): Record<string, unknown> {
  if (typeof value === 'object' && value !== null && !Array.isArray(value))
    return value as Record<string, unknown>
  throw wrongType(value, 'object')
}

/** Of one that is missing the name is said too. */
function wrongType(value: unknown, wanted: string, name?: string): RpcError {
  const type = typeName(value)
  const which = type === 'null' && name !== undefined ? ` (${name})` : ''
  return new RpcError(RPC.typeError, `JSON value of type ${type} is not of expected type ${wanted}${which}`)
}

/** Of a field of an object, by its name. */
export function wrongField(name: string, value: unknown, wanted: string): RpcError {
  const type = typeName(value)
  return new RpcError(
    RPC.typeError,
    `JSON value of type ${type} for field ${name} is not of expected type ${wanted}`,
  )
}

/** Core's word for what a value is. */
export function typeName(value: unknown): string {
  if (value === undefined || value === null) return 'null'
  if (Array.isArray(value)) return 'array'
  return typeof value === 'boolean' ? 'bool' : typeof value
}
