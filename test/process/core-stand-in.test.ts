// The stand-in for Core's program: started with Core's flags and file, found by its cookie, asked by RPC and REST, stopped by RPC.

import { existsSync, mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { beforeAll, expect, test } from 'vitest'
import { freePort } from '../../node/host/inner.ts'
import { askByHand, cookieIn, type Launched, launchByHand } from '../support/core-by-hand.ts'
import { standIn } from '../support/core-stand-in/program.ts'
import { temporaryDirectory } from '../support/node-config.ts'
import { until } from '../support/until.ts'

let program: string

beforeAll(async () => {
  program = await standIn()
}, 60_000)

interface Started extends Launched {
  readonly datadir: string
  readonly rpcPort: number
}

/** As Core's: a port of its own, everything else in bitcoin.conf. */
async function start(lines: readonly string[], args: readonly string[] = []): Promise<Started> {
  const datadir = temporaryDirectory()
  const rpcPort = await freePort()
  const own = [`rpcport=${rpcPort}`, `port=${await freePort()}`, 'connect=0', 'bind=127.0.0.1']
  writeFileSync(join(datadir, 'bitcoin.conf'), ['regtest=1', '[regtest]', ...own, ...lines, ''].join('\n'))
  return { ...launchByHand(program, [`-datadir=${datadir}`, ...args]), datadir, rpcPort }
}

const cookieOf = ({ datadir }: Started) => cookieIn(datadir)

test('starts with Core’s flags, is found by its cookie, answers and keeps its chain', async () => {
  const node = await start(['rest=1'], ['-uacomment=testnode0', '-debug', '-mocktime=1700000000'])
  await until('its cookie', async () => existsSync(cookieOf(node)) || undefined)
  expect(statSync(cookieOf(node)).mode & 0o777).toBe(0o600)
  const cookie = readFileSync(cookieOf(node), 'utf8')
  const result = async (method: string, ...params: unknown[]) => {
    const answer = (await (await askByHand(node.rpcPort, cookie, method, ...params)).json()) as {
      result: unknown
    }
    return answer.result as never
  }
  expect(await result('getnetworkinfo')).toMatchObject({
    subversion: expect.stringMatching(/^\/netsplit:.*\(testnode0\)\/$/),
  })
  const [hash] = (await result('generatetodescriptor', 1, 'raw(51)#8lvh9jxk')) as string[]
  expect(await result('getblockheader', hash)).toMatchObject({ height: 1, time: 1_700_000_000 })
  const rest = await fetch(`http://127.0.0.1:${node.rpcPort}/rest/chaininfo.json`)
  expect(await rest.json()).toMatchObject({ chain: 'regtest', blocks: 1 })

  expect((await askByHand(node.rpcPort, '__cookie__:wrong', 'getblockcount')).status).toBe(401)
  await result('stop')
  expect(await node.exited).toEqual({ code: 0, errors: '' })
  expect(existsSync(cookieOf(node))).toBe(false)
  const log = readFileSync(join(node.datadir, 'regtest', 'debug.log'), 'utf8')
  expect(log).toContain('Shutdown: done')
})

test('knows users and passwords of its file, and writes no cookie beside them', async () => {
  const salted =
    'rt:93648e835a54c573682c2eb19f882535$7681e9c5b74bdd85e78166031d2058e1069b3ed7ed967c93fc63abba06f31144'
  const node = await start(['rpcuser=someone', 'rpcpassword=päss:word', `rpcauth=${salted}`])
  const status = async (who: string) =>
    (await askByHand(node.rpcPort, who, 'getblockcount').catch(() => undefined))?.status
  await until('its RPC', async () => ((await status('someone:päss:word')) === 200 ? true : undefined))
  expect(await status('rt:cA773lm788buwYe4g4WT+05pKyNruVKjQ25x3n0DQcM=')).toBe(200)
  for (const wrong of ['someone:', 'someone:word', 'rt:päss:word', ':', 'nobody:päss:word'])
    expect(await status(wrong), wrong).toBe(401)
  expect(existsSync(cookieOf(node))).toBe(false)
  const rest = await fetch(`http://127.0.0.1:${node.rpcPort}/rest/chaininfo.json`)
  expect(rest.status).toBe(401)
})

test('refuses what it does not know, another network, and a folder that is not there', async () => {
  const datadir = temporaryDirectory()
  mkdirSync(datadir, { recursive: true })
  const cases: readonly (readonly [args: readonly string[], error: string])[] = [
    [
      [`-datadir=${datadir}`, '-regtest', '-fakearg=1'],
      'Error: Error parsing command line arguments: Invalid parameter -fakearg\n',
    ],
    [[`-datadir=${datadir}`], 'Error: this stand-in knows regtest only: -regtest\n'],
    [
      [`-datadir=${datadir}/none`, '-regtest'],
      `Error: Specified data directory "${datadir}/none" does not exist.\n`,
    ],
  ]
  const outcomes = await Promise.all(cases.map(([args]) => launchByHand(program, args).exited))
  expect(outcomes).toEqual(cases.map(([, errors]) => ({ code: 1, errors })))
})
