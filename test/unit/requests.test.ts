// The doors of the verbs: what is typed becomes a request of the verb's own, and a wrong value is refused before anything runs.

import { readdirSync, writeFileSync } from 'node:fs'
import { availableParallelism } from 'node:os'
import { join, resolve } from 'node:path'
import { describe, expect, it, onTestFinished } from 'vitest'
import type { FlagsOf, Verb } from '../../orchestrator/commands/command.ts'
import { type LaunchRequest, launchArguments, readUp } from '../../orchestrator/commands/up-request.ts'
import { VERBS } from '../../orchestrator/commands/usage.ts'
import { UserError } from '../../orchestrator/errors.ts'
import { temporaryDirectory } from '../support/node-config.ts'
import { requestOf, typed } from '../support/requests.ts'

/** `name "two words"` → two of them. */
const split = (line: string) => (line.match(/"[^"]*"|\S+/g) ?? []).map(word => word.replaceAll('"', ''))

const asked = (line: string, ...more: string[]) => requestOf(typed([...split(line), ...more]))

async function refusal(line: string, ...more: string[]): Promise<UserError> {
  try {
    await asked(line, ...more)
  } catch (error) {
    if (error instanceof UserError) return error
    throw error
  }
  throw new Error(`${line} was not refused`)
}

describe('a wrong value is refused with its sentence, and nothing is written:', () => {
  const SIM = 'up {spec} --runtime sim --for 1m'
  it.each([
    ['up {spec} --name No!', '--name: '],
    ['up {spec} --nodes many', '--nodes: expected a number, not text'],
    ['up {spec} --nodes -1', '--nodes: '],
    ['up {spec} --seed x', '--seed: expected a number, not text'],
    ['up {spec} --runtime moon', '--runtime: expected one of process, docker, sim'],
    ['up {spec} --for soon', '--for: expected a duration'],
    ['up {spec} --tx many', '--tx: expected a rate'],
    ['up {spec} --log-level loud', '--log-level: expected one of error, warn, info, debug'],
    ['up {spec} --until tipsy', '--until tipsy: that is no moment'],
    ['up {spec} --until 366d', '--until 366d: it must be between 0ms and 365d'],
    ['up {spec} --until ""', '--until : that is no moment'],
    [`${SIM} --runs many`, '--runs many: expected a whole number from 1 to 100000'],
    [`${SIM} --runs 0`, '--runs 0: expected a whole number from 1 to 100000'],
    [`${SIM} --runs 100001`, '--runs 100001: expected a whole number from 1 to 100000'],
    [`${SIM} --runs 2 --csv {new} --parallel x`, '--parallel x: expected a whole number from 1 to 1024'],
    [`${SIM} --runs 2 --parallel 1025`, '--parallel 1025: expected a whole number from 1 to 1024'],
    [`${SIM} --runs 2 --detach`, '--detach is for a single run: --runs keeps figures and no records'],
    [`${SIM} --runs 2 --run-dir {new}`, '--run-dir is for a single run'],
    [`${SIM} --runs 2 --summary {new}`, '--summary is for a single run'],
    ['up {spec} --runtime sim --runs 2', 'runs need an end'],
    ['up {spec} --runtime process --for 1m --runs 2', '--runs is for simulations'],
    ['up {spec} --parallel', '--parallel is for many runs'],
    ['up {spec} --csv {new}', '--csv is for many runs'],
    ['up {spec} --summary {new} --until tipsy', '--until tipsy: that is no moment'],
    ['up {missing}', 'there is no such file'],
    ['join moon', 'address: "moon" is not an address'],
    ['join 18444 --rpc 18443', 'its RPC wants a password'],
    ['join 18444 --hash-rate fast', '--hash-rate: "fast" is not a hash rate'],
    ['join 18444 --group a --new-group b', '--group is one that there is'],
    ['plan {spec} --nodes many', '--nodes: expected a number, not text'],
    ['plan {spec} --seed x', '--seed: expected a number, not text'],
    ['plan {spec} --runtime moon', '--runtime: expected one of'],
    ['plan {spec} --for soon', '--for: expected a duration'],
    ['plan {spec} --tx many', '--tx: expected a rate'],
    ['test nothing', 'there is no scenario and no file "nothing"'],
    ['test {spec}', 'is no scenario: it has neither faults nor expect'],
    ['test partition-heal --seed x', '--seed: expected a number, not text'],
    ['test partition-heal --nodes x', '--nodes: expected a number, not text'],
    ['test partition-heal --runtime moon', '--runtime: expected one of'],
    ['test partition-heal --junit {new} --parallel x', '--parallel x: how many at once is a whole number'],
    ['test partition-heal --parallel 0', '--parallel 0: how many at once is a whole number'],
    ['sweep {spec} --csv {new}', 'runs need an end'],
    ['sweep {spec} --for 1m --dir {new} --set links', '--set links: expected a path in the spec'],
    ['sweep {spec} --for 1m --dir {new} --set seed=1..3', '--set seed: each run has a seed of its own'],
    ['sweep {spec} --for 1m --dir {new} --set links.latency=5', '--set links.latency=5: expected a duration'],
    ['sweep {spec} --for 1m --dir {new} --runs 0', '--runs 0: expected a whole number from 1 to 1000000'],
    ['sweep {spec} --for 1m --dir {new} --rows block', '--rows is one of runs, blocks, arrivals, faults'],
    ['sweep {spec} --for 1m --dir {new} --parallel 0', '--parallel 0: expected a whole number'],
    [
      'sweep {spec} --for 1m --dir {new} --set nodes.miners.count=1..1001 --runs 100',
      '1,001 combinations of 100 runs each: that is more than 100000',
    ],
    ['sweep {missing} --for 1m', 'there is no such file'],
    ['plot {spec} --x a', 'what is drawn over what?'],
    ['plot {spec} --x a --y b', 'where does the plot go?'],
    ['plot {spec} --x a --y b -o {new}.png', 'a plot is .svg or .html'],
    ['plot {spec} --x a --y b -o {new}.svg --log z', '--log z: expected x, y or xy'],
    ['plot {spec} --x a --y b -o {new}.svg --where c', '--where c: expected a column, = and a value'],
    ['fuzz --runtime moon', '--runtime is one of sim, process, docker'],
    ['fuzz --profile wild', '--profile is one of mixed, heal'],
    ['fuzz --for soon', '--for is a duration from 5s to 1h, such as 60s'],
    ['fuzz --for 4s', '--for is a duration from 5s to 1h, such as 60s'],
    ['fuzz --for 61m', '--for is a duration from 5s to 1h, such as 60s'],
    ['fuzz --profile heal --for 1m', 'the profile heal draws how long each cut lasts'],
    ['fuzz --profile heal --runtime process', 'the profile heal takes virtual time'],
    ['fuzz --parallel --runtime process', '--parallel is for simulations'],
    ['fuzz --parallel x', '--parallel x: expected a whole number from 1 to 1024'],
    ['fuzz --seed -1', '--seed is a whole number from 0 to 9007199253740991'],
    ['fuzz --seed x', '--seed is a whole number from 0 to 9007199253740991'],
    ['fuzz --runs 0', '--runs is a whole number from 1 to 1000000'],
    ['fuzz --runs 1.5', '--runs is a whole number from 1 to 1000000'],
    ['replay {missing} --until tipsy', '--until tipsy: that is no moment'],
    ['shrink {missing} --runs 0', '--runs is a whole number from 1 to 100000'],
    ['shrink {missing} --tries 101 --out {new}', '--tries is a whole number from 1 to 100'],
    ['logs a --lines x', '--lines: "x" is not a number of lines'],
    ['logs a --lines 1234567', '--lines: "1234567" is not a number of lines'],
    ['logs a --level loud', '--level: expected one of error, warn, info, debug, not "loud"'],
    ['logs a --follow --json', '--json is one document and cannot follow a log'],
    ['add --hash-rate fast', '--hash-rate: "fast" is not a hash rate'],
    ['add --group a --new-group b', '--group is one that there is, --new-group one that there is not'],
    ['chaos flood', 'there is no fault "flood"'],
    ['chaos kill all --latency 5ms', '--latency is not for kill'],
    ['chaos link --latency 5', '--latency: expected a duration'],
    ['chaos link --jitter 5', '--jitter: expected a duration'],
    ['chaos link --bandwidth 5', '--bandwidth: expected a bandwidth'],
    ['chaos link --loss 2', '--loss: expected a percentage'],
    ['chaos flapping halves --period 4', '--period: expected a duration'],
    ['chaos churn --rate 6', '--rate: expected a rate'],
    ['chaos churn --away 5', '--away: expected a duration'],
    ['chaos clock-skew all --by soon', '--by: expected a duration'],
    ['chaos cpu all --limit 20', '--limit: expected a percentage'],
    ['chaos memory all --limit 128', '--limit: expected an amount of memory'],
    ['chaos kill all --for soon', '--for: expected a duration such as 30s'],
    ['chaos kill all --for 99ms', '--for: must be between 100ms and 365d'],
    ['chaos reset --for 5s', 'a reset is over when it has happened'],
    ['time stop', 'time stop: there is no such order'],
    ['time step x', 'time step x: how many is a whole number from 1 on'],
  ])('%s', async (line, sentence) => {
    const folder = temporaryDirectory()
    const state = join(folder, 'state')
    const before = process.env.XDG_STATE_HOME
    process.env.XDG_STATE_HOME = state
    onTestFinished(() => {
      if (before === undefined) delete process.env.XDG_STATE_HOME
      else process.env.XDG_STATE_HOME = before
    })
    writeFileSync(join(folder, 'net.yaml'), 'name: net\n')
    const places = { spec: 'net.yaml', new: 'new/file', missing: 'missing' }
    const written = Object.entries(places).reduce(
      (text, [word, path]) => text.replaceAll(`{${word}}`, join(folder, path)),
      line,
    )
    const { exitCode, message } = await refusal(written)
    expect(exitCode).toBe(2)
    expect(message).toContain(sentence)
    expect(readdirSync(folder)).toEqual(['net.yaml'])
  })
})

describe('what is typed becomes', () => {
  const network = { network: undefined, json: false }
  const NODE = { node: 'a', ...network }
  it.each([
    ['init', { file: 'netsplit.yaml', force: false, json: false }],
    ['init x.yaml --force --json', { file: 'x.yaml', force: true, json: true }],
    ['ls --json', { json: true }],
    ['version', { json: false }],
    ['faults --name net', { network: 'net', json: false }],
    ['status', network],
    ['status net --name other', { network: 'net', json: false }],
    ['down --name other', { network: 'other', json: false }],
    ['logs a', { ...NODE, count: 50, level: undefined, follow: false }],
    ['logs a -n 0 -f --level warn', { ...NODE, count: 0, level: 'warn', follow: true }],
    ['rpc a', { ...NODE, method: undefined, params: [], cookie: false }],
    ['rpc a send x 0 true [1]', { ...NODE, method: 'send', params: ['x', 0, true, [1]], cookie: false }],
    ['rpc a b 12345678901234567', { ...NODE, method: 'b', params: ['12345678901234567'], cookie: false }],
    ['rpc --cookie a', { ...NODE, method: undefined, params: [], cookie: true }],
    ['add', { ...network, newcomer: {} }],
    [
      'add x --group g --hash-rate 2kH/s',
      { ...network, newcomer: { name: 'x', group: 'g', hashRateHps: 2000 } },
    ],
    ['add --new-group g', { ...network, newcomer: { group: 'g', newGroup: true } }],
    ['start', { ...network, word: undefined, runDirectory: undefined, force: false }],
    ['start net --run-dir d --force', { ...network, word: 'net', runDirectory: 'd', force: true }],
    ['stop', { ...network, node: undefined }],
    ['stop a', NODE],
    ['kill a', NODE],
    ['pause a --json', { ...NODE, json: true }],
    ['resume a --name net', { ...NODE, network: 'net' }],
    ['heal', { ...network, fault: undefined }],
    ['heal split', { ...network, fault: 'split' }],
    ['time step 7', { ...network, order: { time: 'step', count: 7 } }],
    ['time pause', { ...network, order: { time: 'pause', count: 1 } }],
    [
      'chaos link "a -> b" --loss 2% --for 1m',
      {
        ...network,
        fault: { kind: 'link', on: 'a -> b', worse: { loss: 0.02 } },
        forMs: 60_000,
        lasts: '1m',
      },
    ],
    [
      'chaos kill all',
      { ...network, fault: { kind: 'kill', nodes: 'all' }, forMs: undefined, lasts: undefined },
    ],
    ['dash --open --look-only', { ...network, subject: undefined, open: true, lookOnly: true }],
    ['dash net', { ...network, subject: 'net', open: false, lookOnly: false }],
    ['report run', { directory: resolve('run'), json: false }],
    ['compare a b', { left: resolve('a'), right: resolve('b'), html: undefined, json: false }],
    ['compare a b --html x', { left: resolve('a'), right: resolve('b'), html: 'x', json: false }],
    ['gc', { dryRun: false, images: false, engine: undefined, json: false }],
    ['gc --dry-run --images --engine x', { dryRun: true, images: true, engine: 'x', json: false }],
    ['doctor --engine x', { engine: 'x', images: false, json: false }],
    ['replay run', { name: 'run', until: undefined, json: false }],
    ['replay run --until "event 7"', { name: 'run', until: { on: 'event', seq: 7 }, json: false }],
    ['shrink run', { name: 'run', maxRuns: 200, tries: undefined, target: undefined, json: false }],
    [
      'shrink run --runs 9 --tries 2 --out x',
      { name: 'run', maxRuns: 9, tries: 2, target: resolve('x'), json: false },
    ],
    [
      'plot t.csv --x a --y b --by c --where d=e=f --log yx -o p.SVG',
      {
        ...{ source: 't.csv', title: undefined, json: false, log: { x: true, y: true } },
        wanted: { x: 'a', y: 'b', by: 'c', where: [{ column: 'd', value: 'e=f' }] },
        out: { file: 'p.SVG', kind: 'svg' },
      },
    ],
    ['test', { specs: [], atOnce: 1, force: false, junit: undefined, summary: undefined, json: false }],
    [
      'fuzz',
      { profile: 'mixed', runtime: 'sim', processes: 1, seed: 1, runs: 100, forMs: 60_000, json: false },
    ],
    [
      'fuzz --runtime process --seed 0 --runs 3',
      { profile: 'mixed', runtime: 'process', processes: 1, seed: 0, runs: 3, forMs: 15_000, json: false },
    ],
    [
      'fuzz --profile heal --parallel --json',
      {
        ...{ profile: 'heal', runtime: 'sim', seed: 1, runs: 100, forMs: 60_000, json: true },
        processes: availableParallelism(),
      },
    ],
  ])('%s', async (line, request) => {
    expect(await asked(line)).toEqual(request)
  })

  it('scenarios with the flags on top, each read before the first runs', async () => {
    expect(
      await asked('test partition-heal bridge --seed 7 --nodes 9 --runtime sim --parallel'),
    ).toMatchObject({
      specs: [
        { name: 'partition-heal', seed: 7, runtime: 'sim' },
        { name: 'bridge', seed: 7, runtime: 'sim' },
      ],
      atOnce: Number.POSITIVE_INFINITY,
    })
    expect(await asked('test bridge --parallel 2 --junit j --summary s --force')).toMatchObject({
      atOnce: 2,
      junit: 'j',
      summary: 's',
      force: true,
    })
  })

  it('a sweep: each combination a spec, with the flags on top', async () => {
    expect(
      await asked(
        'sweep --set links.latency=5ms,1s --set relay=inv,compact --runs 3 --seed 7 --for 1h --tx 0/s --parallel 2 --rows blocks --csv c --parquet p --dir d',
      ),
    ).toMatchObject({
      ...{ processes: 2, csv: 'c', parquet: 'p', directory: 'd', json: false },
      set: ['links.latency=5ms,1s', 'relay=inv,compact'],
      sweep: {
        ...{ runs: 3, rows: 'blocks', until: undefined, base: { seed: 7, links: { latency: 50 } } },
        combinations: [
          { spec: { runtime: 'sim', seed: 7, links: { latency: 5 }, relay: 'inv', load: { tx: 0 } } },
          { spec: { duration: 3_600_000, links: { latency: 5 }, relay: 'compact' } },
          { spec: { links: { latency: 1000 }, relay: 'inv' } },
          { spec: { links: { latency: 1000 }, relay: 'compact' } },
        ],
      },
    })
  })

  it('many runs, or one network', async () => {
    expect(
      await asked('up --runtime sim --for 1h --seed 3 --runs 4 --parallel 2 --csv x --until "tips > 1"'),
    ).toMatchObject({
      kind: 'many',
      runs: {
        ...{ count: 4, processes: 2, csv: 'x', json: false },
        spec: { runtime: 'sim', seed: 3, duration: 3_600_000 },
        until: { on: 'state', metric: 'tips', operator: '>', value: 1 },
      },
    })
    expect(await asked('up --no-tui --screen-reader --no-observability --force --json')).toMatchObject({
      kind: 'one',
      launch: {
        ...{ screen: false, screenReader: true, observability: false, force: true, json: true },
        ...{ detach: false, demo: false, until: undefined, engine: undefined, summary: undefined },
      },
    })
    expect(await asked('up')).toMatchObject({ launch: { screen: true, observability: undefined } })
  })
})

describe('the order to the controller in the background', () => {
  const launchOf = (words: readonly string[]): LaunchRequest => {
    const { args, flags } = typed(words)
    const request = readUp(args[0], flags)
    if (request.kind !== 'one') throw new Error('these are many runs')
    return request.launch
  }
  /** What concerns this terminal stays here. */
  const network = ({ spec, source, until, engine, observability, force, demo }: LaunchRequest) => ({
    ...{ spec, until, engine, observability, force, demo },
    file: source.file,
  })

  it.each([
    '',
    '{spec}',
    '--demo --nodes 7',
    '{spec} --hosts ssh://a,tcp://b:2376',
    '{spec} --name other -n 9 --seed 4 --for 90s --tx 2/s --log-level debug',
    '{spec} --engine unix:///x.sock --observability --force',
    '{spec} --no-observability --until 1.5m',
    '{spec} --until "height 100"',
    '{spec} --until "stale > 0"',
    '{spec} --until "reorg-depth>=3"',
    '{spec} --until "event 1234"',
    '{spec} --until 0.0001ms --run-dir x --summary y --json --screen-reader --no-tui',
  ])('asks for the same network: up %s', line => {
    const file = join(temporaryDirectory(), 'net.yaml')
    writeFileSync(file, 'name: net\nruntime: process\n')
    const first = launchOf(['up', ...split(`${line} --detach --runtime sim`.replace('{spec}', file))])
    const order = launchArguments(first, 'sim')
    expect(network(launchOf(order))).toEqual(network(first))
    expect(launchOf(order)).toMatchObject({ detach: false, json: false, summary: undefined, screen: true })
  })
})

describe('the table of verbs', () => {
  it('types every kind of flag as the library reads it', () => {
    const all = {
      ...{ name: 'n', nodes: '1', seed: '2', runtime: 'sim', engine: 'e', for: '1s', until: '1s', runs: '1' },
      ...{ parallel: true, csv: 'c', tx: '1/s', demo: true, logLevel: 'info', detach: true, force: true },
      ...{
        tui: false,
        screenReader: true,
        observability: false,
        runDir: 'd',
        summary: 's',
        json: true,
        hosts: 'h',
      },
    } as const satisfies Required<FlagsOf<'up'>>
    const words =
      '-n 1 --name n --seed 2 --runtime sim --engine e --for 1s --until 1s --runs 1 --parallel --csv c --tx 1/s --demo --log-level info --detach --force --no-tui --screen-reader --hosts h --observability --no-observability --run-dir d --summary s --json'
    expect(typed(['up', ...split(words)]).flags).toEqual(all)
    expect(typed(['up', '--parallel', '3', '--observability']).flags).toEqual({
      ...{ parallel: '3', observability: true },
      tui: true, // nobody has to say so
    } satisfies FlagsOf<'up'>)
    expect(typed(['chaos', 'link', 'a', 'b']).args).toEqual(['link', 'a', 'b'])
    // One value each: what stands behind it is no value more.
    expect(typed(['sweep', '--set', 'a=1', '--set', 'b=2', 'net.yaml'])).toMatchObject({
      args: ['net.yaml'],
      flags: { set: ['a=1', 'b=2'] } satisfies FlagsOf<'sweep'>,
    })
  })

  const WORDS: { readonly [verb in Verb]?: string } = {
    ...{ chaos: 'kill all', time: 'step', compare: 'a b', replay: 'a', shrink: 'a', report: 'a' },
    ...{ sweep: '--for 1m', plot: 'a.csv --x a --y b' },
    content: 'add a',
    ...{ logs: 'a', rpc: 'a', kill: 'a', pause: 'a', resume: 'a', test: 'bridge', join: '18444' },
  }
  it.each(Object.keys(VERBS) as Verb[])('leads to a request of its own: %s', async verb => {
    const line = typed(split(`${verb} ${WORDS[verb] ?? ''} --json`))
    const request = await requestOf(line)
    expect(holds(request, line.flags)).toBe(false)
    expect(holds({ nested: [{ flags: line.flags }] }, line.flags)).toBe(true)
  })

  /** Whether the flags themselves are handed on in it. */
  function holds(value: unknown, flags: object): boolean {
    if (typeof value !== 'object' || value === null) return false
    return value === flags || Object.values(value).some(inner => holds(inner, flags))
  }
})
