// Who reads what a command prints may go away at any time, as `head` does; who waits for it is told what goes on; and a word
// that is nearly right is answered with the right one.

import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { Desk } from '../support/cli.ts'

test('logs -f ends when its reader has seen enough, though nothing more is logged', async () => {
  const desk = new Desk()
  await desk.up()
  const { stdout } = await desk.line('$NETSPLIT logs miners-1 -f | head -1; echo "rc $?"')
  expect(stdout).toMatch(/^\d{4}-.*\nrc 0\n$/)
})

test('a network that nobody sees any more goes down in order, as a broken pipe would', async () => {
  const desk = new Desk()
  const { stdout } = await desk.line('$NETSPLIT up --no-tui 2>&1 | head -3; echo "rc $?"')
  expect(stdout.split('\n').slice(3)).toEqual(['rc 141', ''])
  expect([desk.state(), desk.nodes()]).toEqual([[], []])
  const [run = ''] = desk.runs()
  expect(readFileSync(join(run, 'events.ndjson'), 'utf8')).toContain('nobody reads its output any more')
  expect(JSON.parse(readFileSync(join(run, 'report.json'), 'utf8'))).toMatchObject({ network: 'demo' })
})

test('so does one whose outcome has no reader, and it is said where somebody can see it', async () => {
  const desk = new Desk()
  const line = '$NETSPLIT up --no-tui 2> said.txt | true; echo "rc $?"'
  expect((await desk.line(line)).stdout).toBe('rc 141\n')
  const said = readFileSync(join(desk.folder, 'said.txt'), 'utf8')
  expect(said).toContain('netsplit: nobody reads its output any more: going down')
  expect([desk.state(), desk.nodes()]).toEqual([[], []])
})

test('and one whose progress went to a socket that closed', async () => {
  const desk = new Desk()
  const up = await desk.up()
  up.deafen()
  expect((await up.ended).code).toBe(141)
  expect([desk.state(), desk.nodes()]).toEqual([[], []])
})

test('output that does not fit on its disk is an error, not a stack', async () => {
  const desk = new Desk()
  const { stdout, stderr } = await desk.line('$NETSPLIT plan > /dev/full; echo "rc $?"')
  expect(stdout).toBe('rc 1\n')
  expect(stderr).toMatch(/^netsplit: no space is left on the disk \(write ENOSPC\)\n {2}→ make room/)
})

test('up --detach, stop and start tell what they do while they do it', async () => {
  const desk = new Desk()
  const detached = await desk.run('up', '--detach')
  expect(detached).toMatchObject({ code: 0, stdout: '' })
  expect(detached.stderr).toMatch(/^netsplit: demo starts in the background, 5 nodes\n/)
  expect(detached.stderr).toMatch(/starting 5 nodes[\s\S]*runs in the background/)
  expect(detached.stderr).not.toContain('web page')
  expect((await desk.run('stop')).stderr).toContain('demo is to stop')
  const started = await desk.run('start', '--json')
  expect(started.stderr).toMatch(/demo starts in the background, 5 nodes\n[\s\S]*starting 5 nodes/)
  expect(JSON.parse(started.stdout)).toMatchObject({ network: 'demo', nodes: 5 })
})

test('words that are nearly right are answered with the right ones', async () => {
  const desk = new Desk()
  await desk.up()
  const says = async (...args: string[]) => {
    const { code, stdout, stderr } = await desk.run(...args)
    expect(stdout).toBe('')
    return `${code} ${stderr}`
  }
  expect(await says('rpc', 'getblockchainfo')).toMatch(
    /^2 netsplit: the node is missing\n {2}→ netsplit rpc miners-1 getblockchaininfo\n$/,
  )
  expect(await says('rpc', 'miners-2')).toMatch(/^2 netsplit: miners-2 is asked for what\?/)
  expect(await says('rpc', 'miners-2', 'getblockchainfo')).toMatch(
    /^1 netsplit: miners-2 answered error -32601.*\n {2}→ did you mean getblockchaininfo\?\n$/,
  )
  for (const method of ['constructor', '__proto__', 'toString'])
    expect(await says('rpc', 'miners-2', method)).toContain('error -32601')
  expect(await says('rpc', 'miner-2', 'uptime')).toMatch(
    /^2 .*no node is named "miner-2"\n {2}→ did you mean miners-2\?/,
  )
  expect(await says('chaos', 'partishun', 'halves')).toMatch(/^2 .*\n {2}→ did you mean partition\?/)
  expect(await says('chaos', 'partition', 'halvs')).toMatch(/^2 .*\n {2}→ did you mean halves\?/)
  for (const word of ['constructor', '__proto__', 'toString'])
    expect(await says('chaos', 'partition', word)).toMatch(/^2 .*no node is named/)
  expect(await says('status', 'dmo')).toMatch(/^2 .*\n {2}→ did you mean demo\?/)
  expect(await says('test', 'constructor')).toMatch(/^2 .*there is no scenario/)
  expect(await says('add', '--group', 'miner')).toMatch(
    /^2 netsplit: there is no group miner\n {2}→ did you mean miners\? --new-group miner makes it\n$/,
  )
  expect(await says('add', 'rest')).toMatch(/^2 netsplit: rest has a meaning of its own/)
  expect(await says('add', 'miners')).toMatch(/^2 netsplit: miners is the name of a node and of a group/)
  expect(await desk.ask('add', '--new-group', 'watchers')).toMatchObject({ node: 'watchers-1' })
  expect(await desk.ask('add', '--group', 'watchers')).toMatchObject({ node: 'watchers-2' })
})
