// The fork tree as text: the best chain on the left, each branch from where it left, nested ones from the branch they are on.

import { describe, expect, it } from 'vitest'
import { forkRows } from '../../orchestrator/systems/ledger/observe/fork-rows.ts'
import type { BlockState } from '../../orchestrator/systems/ledger/state.ts'

/** Blocks by `name:parent`, a star for those on the best chain; heights follow from parents. */
function blocksOf(text: string): BlockState[] {
  const heights = new Map<string, number>()
  const blocks = text.split(' ').map(word => {
    const [, star, hash = '', prev = ''] = /^(\*?)(\w+):(\w+)$/.exec(word) ?? []
    const height = (heights.get(prev) ?? 10) + 1
    heights.set(hash, height)
    return { hash, prev, height, active: star === '*' } as BlockState
  })
  return blocks.sort((a, b) => a.height - b.height)
}

const drawn = (text: string, count = 100) =>
  forkRows(blocksOf(text), count).map(({ graph, lane, block }) => `${graph}| ${block.hash} ${lane}`)

describe('fork rows', () => {
  it.each<[what: string, blocks: string, rows: string[]]>([
    ['a chain', '*a:g *b:a *c:b', ['●| c 0', '●| b 0', '●| a 0']],
    ['a branch of one', '*a:g *b:a x:a', ['●  | b 0', '├─○| x 1', '●  | a 0']],
    [
      'a branch of two',
      '*a:g *b:a *c:b x:a y:x',
      ['●  | c 0', '│ ○| y 1', '● │| b 0', '├─○| x 1', '●  | a 0'],
    ],
    ['two branches of one block', '*a:g *b:a x:a y:a', ['●  | b 0', '├─○| x 1', '├─○| y 1', '●  | a 0']],
    [
      'two branches side by side, the later one beyond the first',
      '*a:g *b:a *c:b x:a y:x u:a v:u',
      ['●    | c 0', '│ ○  | y 1', '│ │ ○| v 2', '● │ │| b 0', '├─○ │| x 1', '├───○| u 2', '●    | a 0'],
    ],
    [
      'a branch on a branch',
      '*a:g *b:a *c:b x:a y:x z:x',
      ['●    | c 0', '│ ○  | y 1', '│ ├─○| z 2', '● │  | b 0', '├─○  | x 1', '●    | a 0'],
    ],
    ['a branch on something older than what is kept', '*b:a x:old', ['●  | b 0', '├─○| x 1']],
  ])('%s', (_, blocks, rows) => {
    expect(drawn(blocks)).toEqual(rows)
  })

  it('are the newest so many', () => {
    expect(drawn('*a:g *b:a *c:b x:b', 2)).toEqual(['●  | c 0', '├─○| x 1'])
    expect(drawn('*a:g', 0)).toEqual([])
  })
})
