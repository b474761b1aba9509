// The kinds of addresses, by Core's words for them. A file of its own, since a node's configuration names them, whose types others read.

export type AddressType = 'legacy' | 'p2sh-segwit' | 'bech32' | 'bech32m'
