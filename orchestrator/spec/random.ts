// The generator that plans are drawn from, for all of the orchestrator that draws from the plan's seed later on.

export type { Random } from '../../node/core/host.ts'
export { createRandom } from '../../node/core/random.ts'
