// Errors of hosts name theirs once, whatever it is called.

import { expect, test } from 'vitest'
import { refusal } from '../../orchestrator/runtime/docker/host-survey.ts'

test('a name that the words have inside of them stays there', () => {
  expect(refusal({ name: 'a' }, '', new Error('no data: gone'))).toBe('a: no data: gone')
  expect(refusal({ name: 'a' }, '', new Error('a: no data: gone'))).toBe('a: no data: gone')
  expect(refusal({ name: 'a' }, 'cannot leave', new Error('a: no data: gone'))).toBe(
    'a cannot leave: no data: gone',
  )
})
