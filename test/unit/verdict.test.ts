// The words for what became of a fault, as every screen and command has them.

import { expect, test } from 'vitest'
import { reportText, verdictOf, verdictText } from '../../orchestrator/observe/verdict.ts'

test('a fault that ceased to hold is neither verified nor one that never took', () => {
  const gone = { verified: false, lapsed: true }
  expect(verdictOf(gone)).toBe('lapsed')
  expect(verdictText(gone)).toBe('no longer holds')
  expect(verdictText({ ...gone, verified: true })).toBe('did not hold throughout')
  expect(verdictText({ ...gone, toMs: 5 })).toBe('did not hold throughout')
})

test('what is measured later has no verdict yet', () => {
  const later = { verified: false, pending: true, measured: 'in force; measured when time goes on' }
  expect(verdictOf(later)).toBeUndefined()
  expect(reportText(later)).toBe('in force; measured when time goes on')
})

test('the report of an end says how it ended and what was found before', () => {
  const report = { verified: true, measured: '4 of 4 there', lapsed: { measured: '1 of 2 down' } }
  expect(reportText(report)).toBe('verified, 4 of 4 there; it did not hold throughout: 1 of 2 down')
})
