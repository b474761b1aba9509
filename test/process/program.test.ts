// Other people's program under a node: it is told its ports and its peers, ends with the node however that ends, and takes the
// node with it when it ends itself. The program is a few lines of JavaScript.

import { fork } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { RPC } from '../../node/core/service.ts'
import type { ClientConfig } from '../../node/foreign/program.ts'
import { HostProgram } from '../../node/host/program.ts'
import { ProgramChild } from '../../node/host/program-child.ts'
import { standingOf } from '../../orchestrator/machine/processes.ts'
import { temporaryDirectory } from '../support/node-config.ts'
import { until } from '../support/until.ts'

/** Listens at its first argument, answers RPC at its second, and writes what it was given into its folder. */
const PROGRAM = `
const { createServer } = require('node:net')
const http = require('node:http')
const { writeFileSync } = require('node:fs')
const [p2p, rpc, ...rest] = process.argv.slice(2)
writeFileSync('given.json', JSON.stringify({ pid: process.pid, rest }))
createServer(socket => socket.pipe(socket)).listen(Number(p2p), '127.0.0.1')
if (rpc !== '0') http.createServer((request, response) => {
  let body = ''
  request.on('data', piece => { body += piece })
  request.on('end', () => {
    const { id, method, params } = JSON.parse(body)
    if (request.headers.authorization !== 'Basic ' + Buffer.from(process.env.LOGIN).toString('base64')) {
      response.writeHead(401).end()
      return
    }
    if (method === 'die') process.exit(3)
    const answer = method === 'refuse' ? { result: null, error: { code: -8, message: 'no' }, id } : { result: [request.url, method, params], error: null, id }
    response.end(JSON.stringify(answer))
  })
}).listen(Number(rpc), '127.0.0.1')
`

function stage(said: Partial<ClientConfig> = {}, peers: readonly string[] = []) {
  const directory = temporaryDirectory()
  writeFileSync(join(directory, 'program.cjs'), PROGRAM)
  const ends: string[] = []
  const config: ClientConfig = {
    name: 'theirs',
    argv: ['{node}', '{data}/program.cjs', '{p2p}', '{rpc}', '-connect={peer}', 'end'],
    env: { LOGIN: '{user}:{password}' },
    rpc: { path: '/' },
    ...said,
  }
  const program = new HostProgram({
    ...{ config, peers, directory, node: process.execPath, fileMode: 0o600 },
    run: (command, ended) => new ProgramChild(command, ended),
    onEnded: how => ends.push(how),
  })
  onTestFinished(() => program.stop())
  const given = () => JSON.parse(readFileSync(join(directory, 'given.json'), 'utf8'))
  return { program, ends, given, directory }
}

const asked = (program: HostProgram, method: string, params: unknown, wallet?: string) =>
  new Promise(resolve => program.call(method, params, resolve, wallet))

test('it is started with its ports, its folder and an address of its own for each peer, and asked with its password', async () => {
  const { program, given, ends } = stage({}, ['10.0.0.1:1', '10.0.0.2:2'])
  await program.start()
  const { rest } = given()
  expect(rest).toHaveLength(3)
  if (process.platform === 'linux') {
    expect(program.usage?.rssBytes).toBeGreaterThan(10_000_000)
    await until('its use of the processor', () => (program.usage?.cpuSeconds ?? 0) > 0)
  }
  expect(rest[0]).toMatch(/^-connect=127\.0\.0\.1:\d+$/)
  expect(new Set(rest).size).toBe(3)
  expect(await asked(program, 'hello', [1])).toEqual({ result: ['/', 'hello', [1]] })
  expect(await asked(program, 'hello', { named: 2 }, 'a b')).toEqual({
    result: ['/wallet/a%20b', 'hello', { named: 2 }],
  })
  expect(await asked(program, 'refuse', [])).toMatchObject({ error: { code: -8, message: 'no' } })
  await program.stop()
  expect(ends).toEqual([])
  expect(program.usage).toBeUndefined()
  expect(standingOf({ pid: given().pid, start: undefined })).toBe('gone')
  expect(await asked(program, 'hello', [])).toMatchObject({ error: { code: RPC.misc } })
})

test('what it dials at the place of a peer is told to be that peer', async () => {
  const { program, given } = stage({}, ['10.0.0.1:1', '10.0.0.2:2'])
  await program.start()
  const told: string[] = []
  const came: Uint8Array[] = []
  program.onDialled(peer => {
    told.push(peer)
    return { onData: bytes => void came.push(bytes), onClosed: () => {} }
  })
  const { connect } = await import('node:net')
  const socket = connect({ host: '127.0.0.1', port: Number(given().rest[1].split(':')[1]) })
  onTestFinished(() => void socket.destroy())
  await once(socket, 'connect')
  await until('its dial', () => told.length === 1)
  expect(told).toEqual(['10.0.0.2:2'])
  const heard: string[] = []
  const line = program.dial({
    onData: bytes => void heard.push(Buffer.from(bytes).toString()),
    onClosed: () => {},
  })
  line.send(new TextEncoder().encode('echo'))
  await until('an echo', () => heard.join('') === 'echo')
  line.close()
})

test('when it ends by itself its node is told how; one that answers no RPC is not asked', async () => {
  const { program, ends } = stage()
  await program.start()
  expect(await asked(program, 'die', [])).toMatchObject({ error: { code: RPC.misc } })
  await until('its end', () => ends.length === 1)
  expect(ends).toEqual(['exit code 3'])

  const { rpc: _, ...silent } = {
    argv: ['{node}', '{data}/program.cjs', '{p2p}', '0'] as const,
    rpc: undefined,
  }
  const quiet = stage({ ...silent, rpc: undefined as never })
  await quiet.program.start()
  expect(quiet.program.answers).toBe(false)
  expect(await asked(quiet.program, 'getblockcount', [])).toMatchObject({
    error: { code: RPC.methodNotFound, message: expect.stringContaining('answers no RPC') },
  })
})

test('one that is not there, or ends at once, says so', async () => {
  await expect(stage({ argv: ['/no/such/program'] }).program.start()).rejects.toThrow(
    /theirs ended before it was ready \(it cannot be started: .*ENOENT/,
  )
  await expect(stage({ argv: ['{node}', '-e', 'process.exit(7)'] }).program.start()).rejects.toThrow(
    /ended before it was ready \(exit code 7\)/,
  )
})

test('it ends with a process that is ended by kill −9', async () => {
  const directory = temporaryDirectory()
  const parent = join(directory, 'parent.cjs')
  writeFileSync(
    parent,
    `const { spawn } = require('node:child_process')
const child = spawn(process.execPath, ['-e', 'setTimeout(() => {}, 60000)'], { stdio: 'ignore' })
const leash = spawn('sh', ['-c', process.argv[2], String(child.pid)], { stdio: ['pipe', 'ignore', 'ignore'], detached: true })
leash.once('spawn', () => process.send(child.pid))`,
  )
  const { LEASH } = await import('../../node/host/leash.ts')
  const child = fork(parent, [LEASH])
  const [pid] = (await once(child, 'message')) as [number]
  child.kill('SIGKILL')
  await until('the end of its child', () => standingOf({ pid, start: undefined }) === 'gone')
})
