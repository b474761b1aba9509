// What peers offer, as their `version` says it (BIP144, BIP157, BIP159).

export const NODE_NETWORK = 1n
export const NODE_WITNESS = 8n
export const NODE_COMPACT_FILTERS = 64n
export const NODE_NETWORK_LIMITED = 1024n
