// `netsplit start`: starts a stopped node again, with its data and its address.

import type { CommandModule } from '../main.ts'
import { giveOrder } from './orders.ts'

export const run: CommandModule['run'] = (args, options) => giveOrder('start', args, options)
