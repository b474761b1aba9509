// What is told of a node's services: how they stand, and how many connections they have together.

import { expect, test } from 'vitest'
import { connectionsTold, servicesTold } from '../../orchestrator/network/told-services.ts'

test('connections of all services that count them; Bitcoin’s are counted by its events', () => {
  expect(connectionsTold({})).toBe(0)
  expect(
    connectionsTold({ bitcoin: { connections: 3 }, bittorrent: { connections: 7 }, tracker: { swarms: 1 } }),
  ).toBe(7)
})

test('a service that nobody looks at in particular is told of whole, Bitcoin by what it has', () => {
  expect(servicesTold({ bitcoin: { peers: 1 }, tracker: { swarms: 1 } })).toEqual({
    services: { tracker: { swarms: 1 } },
  })
  expect(servicesTold({ bitcoin: { peers: 1 } })).toEqual({})
})
