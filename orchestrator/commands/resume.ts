// `netsplit resume`: lets a frozen node go on.

import type { CommandModule } from './command.ts'
import { giveOrder } from './orders.ts'

export const run: CommandModule['run'] = (args, options) => giveOrder('resume', args, options)
