// Reading RPC parameters: typed, with Bitcoin Core's error codes and messages.

import type { Codec } from '../../bitcoin/wire/codec.ts'
import { decode } from '../../bitcoin/wire/codec.ts'
import { fromHex, type HashHex } from '../../bitcoin/wire/hex.ts'
import { Amount } from '../../core/amount.ts'
import { RPC, RpcError } from '../../core/service.ts'
import { ProtocolError } from '../../errors.ts'

type Params = readonly unknown[]

const SAT_PER_COIN = 100_000_000
const MAX_COINS = 21_000_000
const DECIMAL = /^-?\d+(\.\d+)?$/

/** Absent and null mean the same in JSON-RPC. */
export function given(params: Params, index: number): boolean {
  return params[index] !== undefined && params[index] !== null
}

export function text(params: Params, index: number, name: string): string {
  const value = required(params, index, name)
  if (typeof value !== 'string') throw wrongType(value, 'string')
  return value
}

export function integer(params: Params, index: number, name: string, fallback?: number): number {
  if (!given(params, index) && fallback !== undefined) return fallback
  const value = required(params, index, name)
  if (typeof value !== 'number') throw wrongType(value, 'number')
  if (!Number.isSafeInteger(value)) throw new RpcError(RPC.misc, 'JSON integer out of range')
  return value
}

/** A number that need not be whole. */
export function real(params: Params, index: number, name: string, fallback?: number): number {
  if (!given(params, index) && fallback !== undefined) return fallback
  const value = required(params, index, name)
  if (typeof value !== 'number') throw wrongType(value, 'number')
  return value
}

export function flag(params: Params, index: number, fallback: boolean): boolean {
  if (!given(params, index)) return fallback
  const value = params[index]
  if (typeof value !== 'boolean') throw wrongType(value, 'bool')
  return value
}

export function array(params: Params, index: number, name: string): readonly unknown[] {
  const value = required(params, index, name)
  if (!Array.isArray(value)) throw wrongType(value, 'array')
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
  if (typeof value !== 'string') throw wrongType(value, 'string')
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
  const value = required(params, index, name)
  if (typeof value !== 'number' && typeof value !== 'string')
    throw new RpcError(RPC.typeError, 'Amount is not a number or string')
  const coins = typeof value === 'string' && !DECIMAL.test(value) ? Number.NaN : Number(value)
  const sat = Math.round(coins * SAT_PER_COIN)
  // More than eight decimals would silently be rounded away. What a sum like 0.1 + 0.2 leaves over is not meant.
  const noise = 4 * Number.EPSILON * Math.max(1, coins)
  if (!(Math.abs(sat / SAT_PER_COIN - coins) <= noise)) throw new RpcError(RPC.typeError, 'Invalid amount')
  if (coins < 0 || coins > MAX_COINS) throw new RpcError(RPC.typeError, 'Amount out of range')
  return sat
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

export function record(value: unknown, name = 'object'): Record<string, unknown> {
  if (typeof value === 'object' && value !== null && !Array.isArray(value))
    return value as Record<string, unknown>
  throw new RpcError(RPC.typeError, `Expected an ${name}`)
}

function required(params: Params, index: number, name: string): unknown {
  if (!given(params, index)) throw new RpcError(RPC.misc, `missing parameter ${name}`)
  return params[index]
}

function wrongType(value: unknown, wanted: string): RpcError {
  const type = Array.isArray(value) ? 'array' : typeof value === 'boolean' ? 'bool' : typeof value
  return new RpcError(RPC.typeError, `JSON value of type ${type} is not of expected type ${wanted}`)
}
