// The strategies by name; a file of its own, for readers that know nothing of cores and ledgers.

export type StrategyName = 'selfish'
