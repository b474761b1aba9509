// `netsplit pause`: freezes a node (SIGSTOP); its connections stay open.

import type { CommandModule } from './command.ts'
import { giveOrder } from './orders.ts'

export const run: CommandModule['run'] = (args, options) => giveOrder('pause', args, options)
