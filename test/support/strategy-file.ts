// The strategy of docs/strategies.md, as a file beside a spec, and a small network of it and a double spender.

import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { packageRoot } from '../../orchestrator/machine/paths.ts'

/** The page's own code, to the letter. */
export function documentedStrategy(): string {
  const page = readFileSync(join(packageRoot(), 'docs', 'strategies.md'), 'utf8')
  const [, code] = /```js\n([\s\S]*?)```/.exec(page) ?? []
  if (code === undefined) throw new Error('docs/strategies.md has no example')
  return code
}

/** The file is mine.js. */
export const ADVERSARIES = `
name: adversaries
nodes:
  evil: { share: 30%, strategy: ./mine.js }
  thief: { share: 30%, strategy: double-spend, confirmations: 1, giveUp: 1 }
  good: { share: 40% }
mining: { mode: simulated }
chain: { blockInterval: 500ms, difficulty: { rule: fixed }, maturity: 1 }
topology: { kind: full }
links: { latency: 0ms, jitter: 0ms }
load: { tx: 0/s }
`
