// Under which rules a script runs: before segwit, in a witness of version 0 (BIP141), of taproot's key (BIP341), of its leaf (BIP342).

export type SigVersion = 'base' | 'witness' | 'taproot' | 'tapscript'
