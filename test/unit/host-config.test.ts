// The configuration file: what is taken, and how each kind of mistake is named.

import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { parseConfig, parseLinkTable, readConfig, readToken } from '../../node/config.ts'
import { PERFECT_LINK } from '../../node/core/link.ts'
import { ConfigError } from '../../node/errors.ts'
import { EASY_CHAIN, nodeConfig, temporaryDirectory } from '../support/node-config.ts'

/** A copy of a good configuration with one value changed, or removed when undefined. */
function changed(path: string, value: unknown): unknown {
  const config = JSON.parse(JSON.stringify(nodeConfig(temporaryDirectory())))
  const keys = path.split('.')
  const last = keys.pop() as string
  let within = config
  for (const key of keys) within = within[key]
  if (value === undefined) delete within[last]
  else within[last] = value
  return config
}

describe('a configuration', () => {
  test('comes back as it was written', () => {
    const config = nodeConfig(temporaryDirectory(), { listen: { host: '127.0.0.1', port: 18_444, fd: 3 } })
    expect(parseConfig(JSON.parse(JSON.stringify(config)))).toEqual(config)
  })

  test.each([
    ['name', '../evil', 'name must be letters, digits, dots and dashes, at most 63, not "../evil"'],
    ['name', '', 'name must be'],
    ['seed', 'xyz', 'seed must be hex of 1 to 64 bytes, not "xyz"'],
    [
      'services.bitcoin.listen.port',
      70_000,
      'services.bitcoin.listen.port must be a whole number from 0 to 65535, not 70000',
    ],
    ['services.bitcoin.listen.fd', -1, 'services.bitcoin.listen.fd must be a whole number'],
    ['control', [], 'control must be an object, not []'],
    ['tokenFile', undefined, 'tokenFile must be a path, not nothing'],
    ['ephemeral', 'yes', 'ephemeral must be true or false, not "yes"'],
    [
      'services.bitcoin.peers.connect',
      ['127.0.0.1'],
      'services.bitcoin.peers.connect[0] must be an address as host:port, not "127.0.0.1"',
    ],
    [
      'services.bitcoin.peers.transport',
      'v3',
      'services.bitcoin.peers.transport must be one of v1, accept-v2, v2, not "v3"',
    ],
    [
      'services.bitcoin.peers.mode',
      'magic',
      'services.bitcoin.peers.mode must be one of fixed, discovered, not "magic"',
    ],
    [
      'services.bitcoin.ledger.mining.threads',
      1.5,
      'services.bitcoin.ledger.mining.threads must be a whole number from 1 to 1024, not 1.5',
    ],
    [
      'services.bitcoin.ledger.mining.hashRateHps',
      '200kH/s',
      'services.bitcoin.ledger.mining.hashRateHps must be a number',
    ],
    ['links.default.loss', 2, 'links.default.loss must be a number from 0 to 1, not 2'],
    ['links.peers', { somewhere: PERFECT_LINK }, 'a key of links.peers must be an address'],
    ['eventBuffer', 0, 'eventBuffer must be'],
    ['colour', 'red', 'unknown key colour; known here: name, seed,'],
    ['services.bitcoin.ledger.policy', { fullRbf: 'yes' }, 'fullRbf must be true or false'],
    ['services.bitcoin.ledger.policy', { colour: 1 }, 'unknown key services.bitcoin.ledger.policy.colour'],
    ['services.bitcoin.ledger.chain.colour', 'red', 'unknown key services.bitcoin.ledger.chain.colour'],
    [
      'services.bitcoin.ledger.chain.difficulty',
      { rule: 'asert' },
      'services.bitcoin.ledger.chain.difficulty.halfLifeMs must be',
    ],
    [
      'services.bitcoin.ledger.chain.maxBlockWeight',
      1,
      'services.bitcoin.ledger.chain: maxBlockWeight is 1; it must be a whole number from',
    ],
  ])('with %s = %j is refused by name', (path, value, message) => {
    const parse = () => parseConfig(changed(path, value))
    expect(parse).toThrow(ConfigError)
    expect(parse).toThrow(message)
  })

  test('of any JSON value is taken or refused with a ConfigError', () => {
    fc.assert(
      fc.property(fc.jsonValue(), value => {
        expect(() => parseConfig(value)).toThrow(ConfigError)
      }),
    )
  })

  test('that is not JSON, or not there, says so with its file', () => {
    const file = join(temporaryDirectory(), 'config.json')
    expect(() => readConfig(file)).toThrow(`--config: cannot read ${file}`)
    writeFileSync(file, '{')
    expect(() => readConfig(file)).toThrow(`${file} is not JSON`)
  })
})

test('a link table without its default is refused', () => {
  expect(() => parseLinkTable({ peers: {} })).toThrow('default must be an object')
})

test('a short token is refused, a good one is taken without its line break', () => {
  const file = join(temporaryDirectory(), 'token')
  writeFileSync(file, 'short\n')
  expect(() => readToken(file)).toThrow('at least 16 printable characters')
  writeFileSync(file, `${'t'.repeat(16)}\n`)
  expect(readToken(file)).toBe('t'.repeat(16))
})

test('the difficulty rules are told apart', () => {
  for (const difficulty of [
    { rule: 'fixed' },
    { rule: 'asert', halfLifeMs: 1000 },
    { rule: 'bitcoin', windowBlocks: 10 },
  ])
    expect(
      parseConfig(changed('services.bitcoin.ledger.chain', { ...EASY_CHAIN, difficulty })).services.bitcoin
        ?.ledger?.chain.difficulty,
    ).toEqual(difficulty)
})
