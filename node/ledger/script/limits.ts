// The bounds of scripts and of what they work on, as Core has them.

/** Of scripts before taproot (BIP342 lifts it). */
export const MAX_SCRIPT_BYTES = 10_000
/** Of one item of the stack. */
export const MAX_ITEM_BYTES = 520
/** Of both stacks together. */
export const MAX_STACK_ITEMS = 1_000
/** Operations of a script before taproot that do more than push; a multisignature counts its keys as well. */
export const MAX_OPERATIONS = 201
export const MAX_MULTISIG_KEYS = 20
