// Other people's programs in containers: bcoin as npm has it, and a stand-in for Core, each in an image of its own beside its
// node. They are cut off, slowed, killed, limited and swept like any node, and so is whatever they do past the bridge.

import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { beforeAll, describe, expect, test } from 'vitest'
import { LABEL } from '../../orchestrator/runtime/docker/labels.ts'
import { Desk } from '../support/cli.ts'
import { BCOIN_FOLDER, bcoinImage, coreImages, ownImage } from '../support/client-images.ts'
import { containersOf, docker, inside, inspect, thingsWith } from '../support/containers.ts'
import { AGREE, BCOIN, hasBcoin, withBcoin } from '../support/mixed-network.ts'
import { NEXT_VERSION } from '../support/next-version.ts'
import { TOKEN } from '../support/node-config.ts'
import { heightOf, launchReal, nodeOf, realNetwork } from '../support/real-network.ts'
import { until } from '../support/until.ts'

const isThere = hasBcoin('containers with bcoin')

const MB = 1e6

describe.skipIf(!isThere)('bcoin', () => {
  let image = ''
  beforeAll(async () => {
    image = await bcoinImage(BCOIN)
  })

  const mixed = (ours: number, bcoins: number) =>
    withBcoin(ours, bcoins, `image: '${image}', program: ${BCOIN_FOLDER}`)

  test('split with one of each on a side, and with each kind on a side, heals and agrees', async () => {
    const desk = new Desk()
    writeFileSync(
      join(desk.folder, 'mixed.yaml'),
      `name: mixed${mixed(3, 2)}
faults:
  both: { partition: "ours-1,bcoin-1 | rest", at: height 5, for: 10s }
  each: { partition: "ours-1,ours-2,ours-3 | rest", at: height 25, for: 10s }
${AGREE}
  no-double-spend: {}
  provoked: {}
`,
    )
    const { code, stdout, stderr } = await desk.run('test', 'mixed.yaml', '--json')
    expect(code, stdout + stderr).toBe(0)
    const [{ runtime, faults }] = JSON.parse(stdout).scenarios
    expect(runtime).toBe('docker')
    const whole = { verified: true, measured: '12 of 12 silent, 8 of 8 open' }
    expect(faults).toMatchObject([whole, whole])
    expect(await thingsWith(`${LABEL.network}=mixed`)).toEqual([])
  })

  test('it is hardened, and lives, stands still, is slowed and limited, and ends with its node', async () => {
    const { testnet, logDirectory } = realNetwork(`name: lives${mixed(2, 1)}load: { tx: 0/s }`)
    await testnet.launch()
    const found = async (name: string) =>
      (await containersOf({ [LABEL.network]: 'lives' })).get(name) as string
    const [node, program] = [await found('bcoin-1'), await found('bcoin-1 program')]
    expect(await inspect(program)).toMatchObject({
      Config: { Image: image, User: '1001:1001', Labels: { [LABEL.node]: 'bcoin-1' } },
      HostConfig: {
        ...{ NetworkMode: `container:${node}`, PidMode: `container:${node}`, AutoRemove: true },
        ...{ CapDrop: ['ALL'], ReadonlyRootfs: true, SecurityOpt: ['no-new-privileges'], CapAdd: null },
      },
    })
    // What its node wants to hear, the program is not told.
    expect((await inside(program, 'sh', '-c', 'cat /proc/[0-9]*/environ')).output).not.toContain('NETSPLIT_')
    await until('blocks', () => testnet.state().nodes.every(({ name }) => heightOf(testnet, name) >= 3))
    expect(nodeOf(testnet, 'bcoin-1')).toMatchObject({ client: 'bcoin', phase: 'running' })
    // Its own weight and the program's.
    await until('a reading', () => (nodeOf(testnet, 'bcoin-1')?.rssBytes ?? 0) > 100 * MB)
    const control = nodeOf(testnet, 'bcoin-1')?.control ?? ''
    const headers = { authorization: `Bearer ${TOKEN}` }
    const metrics = await (await fetch(`${control}/metrics`, { headers })).text()
    expect(metrics).toMatch(/^netsplit_node_program_cpu_seconds_total [\d.]*[1-9]/m)
    const lines: string[] = []
    for await (const line of testnet.logs('bcoin-1', 100, undefined)) lines.push(line)
    expect(lines).toContainEqual(expect.stringContaining('(chain) Segwit has been activated'))

    await testnet.pause('bcoin-1')
    expect((await inspect(program)).State.Paused).toBe(true)
    const stood = heightOf(testnet, 'bcoin-1')
    await until('the others to go on', () => heightOf(testnet, 'ours-1') > stood)
    await testnet.resume('bcoin-1')
    await until('it to follow', () => heightOf(testnet, 'bcoin-1') > stood)

    const slow = { kind: 'link', on: 'bcoin-1', worse: { latencyMs: 150 } } as const
    expect(await testnet.inject(slow)).toMatchObject({ verified: true })
    const narrow = await testnet.inject({ kind: 'cpu', nodes: 'bcoin-1', cpus: 0.2 })
    expect(narrow).toMatchObject({ verified: true, measured: expect.stringContaining('1 of 1 so slow') })
    const small = await testnet.inject({ kind: 'memory', nodes: 'bcoin-1', bytes: 300 * MB })
    expect(small).toMatchObject({ verified: true })
    expect((await inspect(program)).HostConfig).toMatchObject({ NanoCpus: 2e8, Memory: 300 * MB })
    expect((await inspect(node)).HostConfig).toMatchObject({ NanoCpus: 1e9, Memory: 512 * MB })
    for (const report of await testnet.heal()) expect(report).toMatchObject({ verified: true })
    await expect(
      testnet.inject({ kind: 'clock-skew', nodes: 'bcoin-1', byMs: 60_000 }),
    ).resolves.toMatchObject({
      verified: false,
      measured: expect.stringContaining('its clock cannot be changed from here'),
    })
    await testnet.heal()

    // The program alone: its node sees it, says so and ends.
    await (await docker()).getContainer(program).kill()
    await until('its node to end', () => nodeOf(testnet, 'bcoin-1')?.phase === 'failed')
    expect(nodeOf(testnet, 'bcoin-1')?.exit).toMatchObject({ signal: 'SIGKILL' })
    expect(readFileSync(join(logDirectory, 'bcoin-1.log'), 'utf8')).toMatch(/bcoin ended \(.*SIGKILL\)/)
    await testnet.start('bcoin-1')
    // Both.
    const again = await found('bcoin-1 program')
    await testnet.kill('bcoin-1')
    await expect(inspect(again)).rejects.toMatchObject({ statusCode: 404 })
    const before = heightOf(testnet, 'ours-1')
    await testnet.start('bcoin-1')
    await until('it to catch up', () => heightOf(testnet, 'bcoin-1') >= before)
    await testnet.stop('bcoin-1')
    expect([...(await containersOf({ [LABEL.network]: 'lives' })).keys()]).not.toContain('bcoin-1 program')
  })

  test('kill −9 of the controller takes all of it along', async () => {
    const desk = new Desk(`name: left${mixed(1, 1)}`)
    const up = await desk.up('--no-observability', '--no-tui')
    const label = `${LABEL.network}=left`
    expect((await thingsWith(label)).filter(name => name.startsWith('container'))).toHaveLength(4)
    up.signal('SIGKILL')
    await up.ended
    await until('nothing to be left', async () => (await thingsWith(label)).length === 0)
  })

  test('what is not there is said: an image, and the program in it', async () => {
    const desk = new Desk()
    const up = async (client: string) => {
      const yaml = `name: absent\nchain: { network: regtest }\nnodes: { a: { share: 100% }, b: { ${client} } }`
      writeFileSync(join(desk.folder, 'absent.yaml'), yaml)
      return await desk.run('up', 'absent.yaml', '--no-observability', '--for', '1s')
    }
    const none = await up(`client: bitcoind, image: '127.0.0.1:9/none:1'`)
    expect(none.code).toBe(4)
    expect(none.stderr).toContain('127.0.0.1:9/none:1 cannot be pulled')
    expect(none.stderr).toContain('→ docker pull 127.0.0.1:9/none:1')
    const empty = await up(`client: bitcoind, image: '${image}'`)
    expect(empty.code).toBe(4)
    expect(empty.stderr).toMatch(/b-1: bitcoind is not in .*executable file not found/)
    const wrong = await up(`client: command, program: node, args: ['-e', 'throw 7'], image: '${image}'`)
    expect(wrong.code).toBe(1)
    expect(wrong.stderr).toMatch(/b-1.* \(?exit code 1\)?/)
    expect(wrong.stderr).toContain('| Node.js v')
    expect(await thingsWith(`${LABEL.network}=absent`)).toEqual([])
  })
})

/** As any command is told: nothing of it is there but its folder. */
const COMMAND = "'-regtest', '-datadir={data}', '-bind=127.0.0.1:{p2p}', '-connect={peer}'"

test('Core’s adapter in a container, beside a command: it pays, keeps its chain from image to image, and cannot pass its node', async () => {
  const [{ now: image, next }, own] = [await coreImages(), await ownImage()]
  const testnet = await launchReal(`
name: cored
chain: { network: regtest, blockInterval: 1s }
nodes:
  ours: { count: 2, share: 60%, image: '${own}' }
  core: { count: 1, share: 40%, client: bitcoind, image: '${image}' }
  any: { count: 1, client: command, image: '${image}', program: bitcoind, args: [${COMMAND}] }
topology: { kind: full }
links: { latency: 0ms, jitter: 0ms }
load: { tx: 0/s }
`)
  await until('a block of its own', () => (nodeOf(testnet, 'core-1')?.systems.ledger.blocksMined ?? 0) > 0)
  const containers = await containersOf({ [LABEL.network]: 'cored' })
  const made = await Promise.all([...containers.values()].map(inspect))
  const images = [...containers.keys()].map((name, i) => [name, made[i]?.Config.Image])
  expect(Object.fromEntries(images)).toMatchObject({
    ...{ 'ours-1': own, 'ours-2': own, 'core-1 program': image, 'any-1 program': image },
    'core-1': expect.stringMatching(/^netsplit-node:/),
  })
  expect(await testnet.rpc('core-1', 'getwalletinfo', [])).toMatchObject({ walletname: 'netsplit' })
  const height = heightOf(testnet, 'core-1')
  const hash = await testnet.rpc('core-1', 'getblockhash', [height])
  const address = await testnet.rpc('core-1', 'getnewaddress', [])
  const hasItAll = async () => {
    expect(await testnet.rpc('core-1', 'getblockhash', [height])).toBe(hash)
    expect(await testnet.rpc('core-1', 'getaddressinfo', [address])).toMatchObject({ ismine: true })
  }
  await testnet.stop('core-1')
  await testnet.start('core-1')
  await hasItAll()
  // Another image, which names another user.
  const to = { image: next, version: NEXT_VERSION }
  expect(await testnet.inject({ kind: 'upgrade', nodes: 'core-1', to, stays: true })).toMatchObject({
    verified: true,
    measured: expect.stringContaining(`1 of 1 say so: /netsplit:${NEXT_VERSION}/`),
  })
  await hasItAll()

  // It dials past its bridge, as no program is to: that is seen. What it says there is cut off as its node is.
  await until('all connected', () => testnet.state().nodes.every(({ peers }) => peers === 3))
  for (const name of ['ours-1', 'ours-2'])
    await testnet.rpc('core-1', 'addnode', [nodeOf(testnet, name)?.p2p, 'onetry'])
  await until('a peer more', () => ['ours-1', 'ours-2'].every(name => nodeOf(testnet, name)?.peers === 4))
  expect(await testnet.inject({ kind: 'partition', cut: 'ours-1 | rest' })).toMatchObject({
    verified: false,
    measured: 'core-1 reaches ours-1 directly, past its links; 6 of 6 silent, 6 of 6 open',
  })
  await until('two tips', () => testnet.state().systems.ledger.tips === 2)
  await testnet.heal()
})
