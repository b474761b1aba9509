// A fault with what it did to the network: while it was in force, and until the nodes agreed again.

import type { FaultState } from '../observe/state.ts'
import type { Effect } from '../systems/ledger/state.ts'

export interface FaultEffect extends FaultState, Effect {}
