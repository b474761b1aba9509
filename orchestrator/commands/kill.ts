// `netsplit kill`: kill −9 for a node.

import type { CommandModule } from './command.ts'
import { giveOrder } from './orders.ts'

export const run: CommandModule['run'] = (args, options) => giveOrder('kill', args, options)
