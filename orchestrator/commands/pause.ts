// `netsplit pause`: freezes a node (SIGSTOP); its connections stay open.

import { giveOrder } from './orders.ts'
import { type NodeRequest, readNode } from './request.ts'

export const read = readNode

export const run = (request: NodeRequest) => giveOrder('pause', request)
