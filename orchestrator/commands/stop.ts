// `netsplit stop`: stops a node in order.

import type { CommandModule } from '../main.ts'
import { giveOrder } from './orders.ts'

export const run: CommandModule['run'] = (args, options) => giveOrder('stop', args, options)
