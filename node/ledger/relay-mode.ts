// How a node spreads the blocks that it has; a type of its own file, for readers that know nothing of the ledger.

/** How this node announces a block. What the chosen way cannot carry (more than one block) goes by headers or inventory. */
export type RelayMode = 'inv' | 'headers' | 'unsolicited' | 'compact'
