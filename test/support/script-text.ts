// Scripts as Core's test vectors write them: opcodes by name, with or without OP_, numbers, 'text', and 0x… as it is.

import { concat, pushData, pushNumber } from '../../node/ledger/chain/push.ts'
import { OPCODE_NAMES } from '../../node/ledger/script/names.ts'
import { encodeNumber } from '../../node/ledger/script/number.ts'

const codes = new Map(OPCODE_NAMES.flatMap((name, opcode) => (name ? [[name, opcode] as const] : [])))

export function parseScript(text: string): Uint8Array {
  return concat(...text.split(/\s+/).filter(Boolean).map(parseWord))
}

function parseWord(word: string): Uint8Array {
  if (/^-?\d+$/.test(word)) return parseNumber(Number(word))
  if (word.startsWith('0x')) return Uint8Array.from(Buffer.from(word.slice(2), 'hex'))
  if (word.startsWith("'") && word.endsWith("'")) return pushLong(Buffer.from(word.slice(1, -1)))
  const opcode = codes.get(word.replace(/^OP_/, ''))
  if (opcode === undefined) throw new Error(`what is ${word}?`)
  return Uint8Array.of(opcode)
}

function parseNumber(value: number): Uint8Array {
  if (value === -1) return Uint8Array.of(0x4f)
  return value >= 0 && value <= 16 ? pushNumber(value) : pushData(encodeNumber(value))
}

function pushLong(data: Uint8Array): Uint8Array {
  return pushData(Uint8Array.from(data))
}
