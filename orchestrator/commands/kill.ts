// `netsplit kill`: kill −9 for a node.

import { giveOrder } from './orders.ts'
import { type NodeRequest, readNode } from './request.ts'

export const read = readNode

export const run = (request: NodeRequest) => giveOrder('kill', request)
