// The whole table of RPC methods against Core's: names, parameters in order, and the page in docs that says so.

import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { rpcPage } from '../../scripts/rpc-page.ts'
import { allMethods, lightMethods, missingParams, own, standings } from '../support/rpc-table.ts'

const methods = allMethods()

test('parameters have Core’s names and places, as far as they are there', () => {
  const wrong = standings(methods).flatMap(({ name, params, method }) => {
    if (!method) return []
    const core = params === '' ? [] : params.split(' ')
    const ours = method.params.map(param => param.replace('?', ''))
    return ours.every((param, i) => param === core[i]) ? [] : [`${name}: ${ours} for ${core}`]
  })
  expect(wrong).toEqual([])
})

test('a parameter that is not there is said', () => {
  const silent = standings(methods).filter(
    standing => standing.method && missingParams(standing).length > 0 && !standing.method.differs,
  )
  expect(silent.map(({ name }) => name)).toEqual([])
})

test('two thirds of Core’s methods and more are there', () => {
  const there = standings(methods).filter(({ method }) => method)
  expect(there.length).toBeGreaterThanOrEqual(120)
})

test('help does not list what Core’s does not', () => {
  // Of Core 28.1's category `hidden`; its `generate` is no method any more.
  const hidden = `addconnection addpeeraddress echo echoipc echojson estimaterawfee generateblock generatetoaddress
    generatetodescriptor getrawaddrman invalidateblock mockscheduler reconsiderblock sendmsgtopeer setmocktime
    syncwithvalidationinterfacequeue waitforblock waitforblockheight waitfornewblock`
  const names = Object.entries(methods).flatMap(([name, method]) => (method.hidden ? [name] : []))
  expect(names.sort()).toEqual(hidden.split(/\s+/))
})

test('methods of our own are few', () => {
  expect(own(methods)).toEqual(['sethashrate'])
})

test('docs/rpc.md is what the code makes: npm run rpc writes it', () => {
  expect(readFileSync('docs/rpc.md', 'utf8')).toBe(rpcPage(methods, lightMethods()))
})
