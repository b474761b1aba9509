// `netsplit resume`: lets a frozen node go on.

import { giveOrder } from './orders.ts'
import { type NodeRequest, readNode } from './request.ts'

export const read = readNode

export const run = (request: NodeRequest) => giveOrder('resume', request)
