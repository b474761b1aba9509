// Peers that are no node of the network, as `netsplit status` tells of them.

import { expect, test } from 'vitest'
import { strangerLines } from '../../orchestrator/observe/stranger-words.ts'

const node = (i: number, count: number) => ({
  name: `n-${i}`,
  strangers: Array.from({ length: count }, (_, k) => `10.0.0.${k}:1`),
})

test('nobody is told of where there is none', () => {
  expect(strangerLines([node(1, 0), node(2, 0)])).toEqual([])
})

test('they are counted, and a few of them listed', () => {
  expect(strangerLines([node(1, 0), node(2, 1)])).toEqual([
    ...['', '1 peer that this network does not know:', '  n-2: 10.0.0.0:1'],
  ])
  const many = strangerLines([1, 2, 3, 4, 5, 6].map(i => node(i, 6)))
  expect(many[1]).toBe('36 peers that this network does not know:')
  expect(many[2]).toBe('  n-1: 10.0.0.0:1, 10.0.0.1:1, 10.0.0.2:1, 10.0.0.3:1, 10.0.0.4:1, …')
  expect(many.slice(6)).toEqual([expect.stringContaining('n-5'), '  and at 1 more node'])
})
