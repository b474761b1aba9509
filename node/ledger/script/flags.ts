// Which rules a script is held to: Core's SCRIPT_VERIFY_*, each a bit. Every flag forbids something and allows nothing, so
// what is good under some flags is good under any part of them (if CLEANSTACK goes before P2SH and WITNESS do).

export const VERIFY = {
  /** BIP16: a script hash stands for its script. */
  P2SH: 1 << 0,
  /** Defined hash types and key forms only. */
  STRICTENC: 1 << 1,
  /** BIP66: signatures are strict DER. */
  DERSIG: 1 << 2,
  /** BIP146: s is in the lower half. */
  LOW_S: 1 << 3,
  /** BIP147: the item that OP_CHECKMULTISIG takes too many is empty. */
  NULLDUMMY: 1 << 4,
  /** BIP62, rule 2. */
  SIGPUSHONLY: 1 << 5,
  /** BIP62, rules 3 and 4: pushes and numbers in their shortest form. */
  MINIMALDATA: 1 << 6,
  DISCOURAGE_UPGRADABLE_NOPS: 1 << 7,
  /** BIP62, rule 6: one item is left, and it is true. */
  CLEANSTACK: 1 << 8,
  /** BIP65. */
  CHECKLOCKTIMEVERIFY: 1 << 9,
  /** BIP112. */
  CHECKSEQUENCEVERIFY: 1 << 10,
  /** BIP141. */
  WITNESS: 1 << 11,
  DISCOURAGE_UPGRADABLE_WITNESS_PROGRAM: 1 << 12,
  /** The argument of OP_IF in a witness is empty or one. */
  MINIMALIF: 1 << 13,
  /** BIP146: a signature that fails is empty. */
  NULLFAIL: 1 << 14,
  /** Keys in a witness are compressed. */
  WITNESS_PUBKEYTYPE: 1 << 15,
  /** No OP_CODESEPARATOR and nothing for FindAndDelete before segwit. */
  CONST_SCRIPTCODE: 1 << 16,
  /** BIP341 and BIP342. */
  TAPROOT: 1 << 17,
  DISCOURAGE_UPGRADABLE_TAPROOT_VERSION: 1 << 18,
  DISCOURAGE_OP_SUCCESS: 1 << 19,
  DISCOURAGE_UPGRADABLE_PUBKEYTYPE: 1 << 20,
  /** BIP119, in the place of OP_NOP4. Not Core's: where a network deploys it. */
  CHECKTEMPLATEVERIFY: 1 << 21,
  /** BIP347, in the place of an OP_SUCCESS. Not Core's: likewise. */
  CAT: 1 << 22,
} as const

export type FlagName = keyof typeof VERIFY

/** Rules that are in force nowhere but where a network deploys them. */
const DEPLOYED_FLAGS: number = VERIFY.CHECKTEMPLATEVERIFY | VERIFY.CAT

/** What a block must keep: from the first block on, as on Bitcoin's regtest, where no deployment says otherwise. */
export const CONSENSUS_FLAGS: number = flagsOf(
  'P2SH',
  'DERSIG',
  'NULLDUMMY',
  'CHECKLOCKTIMEVERIFY',
  'CHECKSEQUENCEVERIFY',
  'WITNESS',
  'TAPROOT',
)

/** What is relayed: Core's STANDARD_SCRIPT_VERIFY_FLAGS, which are all there are of Core's but SIGPUSHONLY. */
export const STANDARD_FLAGS: number =
  Object.values(VERIFY).reduce((all, flag) => all | flag, 0) & ~VERIFY.SIGPUSHONLY & ~DEPLOYED_FLAGS

/** What is relayed where blocks are held to `flags`: what is in force there, and what is good style everywhere. */
export function standardFlags(flags: number): number {
  return STANDARD_FLAGS | (flags & DEPLOYED_FLAGS)
}

export function flagsOf(...names: readonly FlagName[]): number {
  return names.reduce((flags, name) => flags | VERIFY[name], 0)
}
