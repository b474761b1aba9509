// BIP324's message types of one byte. Others are spelled out: a zero, and the 12 bytes of v1.

import { COMMAND_BYTES, readCommand } from '../framing.ts'

/** By their numbers, which count from 1. */
const SHORT = [
  ...['addr', 'block', 'blocktxn', 'cmpctblock', 'feefilter', 'filteradd', 'filterclear', 'filterload'],
  ...['getblocks', 'getblocktxn', 'getdata', 'getheaders', 'headers', 'inv', 'mempool', 'merkleblock'],
  ...['notfound', 'ping', 'pong', 'sendcmpct', 'tx', 'getcfilters', 'cfilter', 'getcfheaders'],
  ...['cfheaders', 'getcfcheckpt', 'cfcheckpt', 'addrv2'],
]
const NUMBERS: ReadonlyMap<string, number> = new Map(SHORT.map((command, i) => [command, i + 1]))

/** Bytes that its type takes of a message. Without one it has none. */
export function typeBytes(command: string): number {
  if (command === '') return 0
  return NUMBERS.has(command) ? 1 : 1 + COMMAND_BYTES
}

/** Writes a message's type, and gives how many bytes it took. */
export function writeType(command: string, out: Uint8Array): number {
  const number = NUMBERS.get(command) ?? 0
  out[0] = number
  if (number > 0) return 1
  for (let i = 0; i < COMMAND_BYTES; i++) out[1 + i] = i < command.length ? command.charCodeAt(i) : 0
  return 1 + COMMAND_BYTES
}

/** The type of a message, and how many of its bytes that took; undefined where there is none. */
export function readType(
  contents: Uint8Array,
): { readonly command: string; readonly bytes: number } | undefined {
  const [number] = contents
  if (number === undefined) return undefined
  if (number > 0) {
    const command = SHORT[number - 1]
    return command === undefined ? undefined : { command, bytes: 1 }
  }
  const field = contents.subarray(1, 1 + COMMAND_BYTES)
  if (field.length < COMMAND_BYTES) return undefined
  const { command, valid } = readCommand(field)
  return valid ? { command, bytes: 1 + COMMAND_BYTES } : undefined
}
