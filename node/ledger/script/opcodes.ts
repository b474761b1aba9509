// The words of Bitcoin's script, by Core's names without their OP_, and which of them are no words any more, or not yet.

export const OP = {
  zero: 0x00,
  pushData1: 0x4c,
  pushData2: 0x4d,
  pushData4: 0x4e,
  minusOne: 0x4f,
  reserved: 0x50,
  one: 0x51,
  sixteen: 0x60,
  nop: 0x61,
  if: 0x63,
  notIf: 0x64,
  else: 0x67,
  endIf: 0x68,
  verify: 0x69,
  return: 0x6a,
  toAltStack: 0x6b,
  fromAltStack: 0x6c,
  drop2: 0x6d,
  dup2: 0x6e,
  dup3: 0x6f,
  over2: 0x70,
  rot2: 0x71,
  swap2: 0x72,
  ifDup: 0x73,
  depth: 0x74,
  drop: 0x75,
  dup: 0x76,
  nip: 0x77,
  over: 0x78,
  pick: 0x79,
  roll: 0x7a,
  rot: 0x7b,
  swap: 0x7c,
  tuck: 0x7d,
  cat: 0x7e,
  right: 0x81,
  size: 0x82,
  invert: 0x83,
  xor: 0x86,
  equal: 0x87,
  equalVerify: 0x88,
  add1: 0x8b,
  sub1: 0x8c,
  mul2: 0x8d,
  div2: 0x8e,
  negate: 0x8f,
  abs: 0x90,
  not: 0x91,
  notZero: 0x92,
  add: 0x93,
  sub: 0x94,
  mul: 0x95,
  rshift: 0x99,
  boolAnd: 0x9a,
  boolOr: 0x9b,
  numEqual: 0x9c,
  numEqualVerify: 0x9d,
  numNotEqual: 0x9e,
  lessThan: 0x9f,
  greaterThan: 0xa0,
  lessOrEqual: 0xa1,
  greaterOrEqual: 0xa2,
  min: 0xa3,
  max: 0xa4,
  within: 0xa5,
  ripemd160: 0xa6,
  sha1: 0xa7,
  sha256: 0xa8,
  hash160: 0xa9,
  hash256: 0xaa,
  codeSeparator: 0xab,
  checkSig: 0xac,
  checkSigVerify: 0xad,
  checkMultisig: 0xae,
  checkMultisigVerify: 0xaf,
  nop1: 0xb0,
  checkLockTimeVerify: 0xb1,
  checkSequenceVerify: 0xb2,
  /** OP_CHECKTEMPLATEVERIFY, where BIP119 is in force. */
  nop4: 0xb3,
  nop5: 0xb4,
  nop10: 0xb9,
  checkSigAdd: 0xba,
} as const

/** Switched off in 2010: a script that contains one fails, even where it is not executed (CVE-2010-5137). */
export function isDisabled(opcode: number): boolean {
  return (
    (opcode >= OP.cat && opcode <= OP.right) ||
    (opcode >= OP.invert && opcode <= OP.xor) ||
    opcode === OP.mul2 ||
    opcode === OP.div2 ||
    (opcode >= OP.mul && opcode <= OP.rshift)
  )
}

/** BIP342, "Script execution", 2: a tapscript that contains one succeeds, so that it may get a meaning one day. */
export function isSuccess(opcode: number): boolean {
  return (
    opcode === 80 ||
    opcode === 98 ||
    (opcode >= 126 && opcode <= 129) ||
    (opcode >= 131 && opcode <= 134) ||
    opcode === 137 ||
    opcode === 138 ||
    opcode === 141 ||
    opcode === 142 ||
    (opcode >= 149 && opcode <= 153) ||
    (opcode >= 187 && opcode <= 254)
  )
}

/** OP_1 … OP_16 as the number they push; undefined for any other. */
export function smallNumber(opcode: number): number | undefined {
  if (opcode === OP.zero) return 0
  return opcode >= OP.one && opcode <= OP.sixteen ? opcode - OP.reserved : undefined
}
