// The page of a real network, as its user has it: the command line launches it and prints the address, Chromium opens it,
// and a split made by clicking is one. The same on processes and in the simulator; afterwards the record is looked at.

import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Browser, Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest'
import type { ControllerFile } from '../../orchestrator/control/api.ts'
import { HttpClient } from '../../orchestrator/machine/http.ts'
import type { NetworkState } from '../../orchestrator/observe/state.ts'
import { executablePath, launchBrowser, openWindow, picture } from '../support/browser.ts'
import { Desk } from '../support/cli.ts'
import { until } from '../support/until.ts'

const SPEC = `
name: page-test
seed: 5
nodes: { miners: { count: 4, share: 100% } }
mining: { hashRate: 100kH/s }
chain: { blockInterval: 1s, maturity: 3 }
topology: { kind: full }
links: { latency: 20ms, jitter: 5ms }
load: { tx: 2/s }
`
const LONG_MS = 120_000

describe.runIf(executablePath)('the page of a real network', () => {
  let browser: Browser
  beforeAll(async () => {
    browser = await launchBrowser()
  })
  afterAll(() => browser?.close())

  /** A network launched by the command line, its API, and the page that `netsplit dash` names. */
  async function launch(runtime: string) {
    const desk = new Desk(SPEC)
    const command = await desk.up('--no-tui', '--runtime', runtime)
    const file = join(desk.stateOf('page-test'), 'controller.json')
    const controller = JSON.parse(readFileSync(file, 'utf8')) as ControllerFile
    const http = new HttpClient(controller.url, controller.token)
    onTestFinished(() => http.close())
    const state = async () =>
      JSON.parse((await http.ask({ method: 'GET', path: '/state', timeoutMs: LONG_MS })).body) as NetworkState
    const steer = (time: 'pause' | 'go') =>
      http.ask({ method: 'POST', path: '/time', body: JSON.stringify({ time }), timeoutMs: LONG_MS })
    /** Looks while the time of the simulation stands: a minute of it is a second. */
    const atRest = async (look: () => Promise<void>) => {
      if (runtime === 'sim') await steer('pause')
      await look()
      if (runtime === 'sim') await steer('go')
    }
    const { page: address } = (await desk.ask('dash')) as { page: string }
    const window = await openWindow(browser, address)
    onTestFinished(() => window.close())
    return { desk, command, controller, state, atRest, ...window }
  }

  test.each(['process', 'sim'])('%s: clicking splits the network, and heals it', async runtime => {
    const { page, errors, state, atRest, desk, controller } = await launch(runtime)
    await until('the page is there', async () => (await page.locator('.topology .node').count()) === 4)
    expect(await page.locator('#about').innerText()).toContain(runtime)
    await atRest(() => sameNumbers(page, state))

    for (const name of ['miners-1', 'miners-2']) await page.locator(`[data-node="${name}"]`).click()
    await page.getByRole('button', { name: 'Cut off' }).click()
    await page.getByRole('button', { name: 'Cut 2 | 2' }).click()
    await until(
      'the page says that it is cut',
      async () => /✓ verified/.test(await page.locator('.said').innerText()),
      LONG_MS,
    )
    const {
      faults: [fault],
      systems: {
        ledger: { height: cutAt },
      },
    } = await state()
    expect(fault).toMatchObject({ kind: 'partition', verified: true })
    expect(fault?.toMs).toBeUndefined()
    await until(
      'each side has found blocks of its own',
      async () => {
        const { nodes } = await state()
        const sides = [nodes.slice(0, 2), nodes.slice(2)].map(
          side => new Set(side.map(node => node.systems.ledger.tip)),
        )
        const apart =
          sides.every(side => side.size === 1) && new Set(sides.flatMap(side => [...side])).size === 2
        return apart && nodes.every(node => node.systems.ledger.height > cutAt)
      },
      LONG_MS,
    )
    await until('the page shows it', async () =>
      /◆ \d tips\s+split by a fault/.test(await page.locator('#facts').innerText()),
    )
    await until('every cut connection', async () => (await page.locator('.wire.cut').count()) === 4)
    expect(await page.locator('.timeline .band.in-force').count()).toBe(1)
    await picture(page, `split-${runtime}`)

    await page.getByRole('button', { name: 'Heal all' }).click()
    await until(
      'all agree again',
      async () => {
        const {
          faults,
          systems: {
            ledger: { converged },
          },
        } = await state()
        return faults.every(({ toMs }) => toMs !== undefined) && converged
      },
      LONG_MS,
    )
    await until('the page shows that, too', async () => (await page.locator('.wire.cut').count()) === 0)
    await until('who left its chain is listed', async () => (await page.locator('#reorgs li').count()) > 0)
    await atRest(() => sameNumbers(page, state))
    expect(errors).toEqual([])

    const { code } = await desk.run('down', 'page-test')
    expect(code).toBe(0)
    await replayed(desk, controller.runDirectory)
  })

  /** The record of the run, served by `netsplit dash <run directory>`. */
  async function replayed(desk: Desk, runDirectory: string): Promise<void> {
    const dash = desk.start('dash', runDirectory, '--json')
    const [, address = ''] = await until(
      'its address',
      () => /"page": "(http[^"]+)"/.exec(dash.stdout) ?? undefined,
    )
    const { page, errors, close } = await openWindow(browser, address)
    try {
      await until('the last state', async () => /^stopped/.test(await page.locator('#about').innerText()))
      expect(await page.locator('.command-bar').count()).toBe(0)
      expect(await page.locator('.timeline .band').count()).toBe(1)
      // Playwright waits until what it points at stands still.
      await page.locator('svg.timeline').hover()
      await page.locator('svg.timeline').click({ position: await page.evaluate<Point>(MIDDLE_OF_BAND) })
      await until('the moment of the split', async () => (await page.locator('.wire.cut').count()) === 4)
      expect(await page.locator('#moment').innerText()).toMatch(/^as it was at /)
      expect(errors).toEqual([])
    } finally {
      await close()
      dash.signal('SIGINT')
    }
    expect((await dash.ended).code).toBe(130)
  }

  test('a page that stays open finds a network that was stopped and started again', async () => {
    const { page, errors, state, desk, controller } = await launch('process')
    const facts = () => page.locator('#facts').innerText()
    await until('three blocks', async () => (await state()).systems.ledger.height >= 3, LONG_MS)
    const { height } = (await desk.ask('status')) as { height: number }
    await desk.ask('stop')
    await until('the page says so', async () => (await page.locator('#connection').innerText()) !== 'live')
    expect((await desk.run('start')).code).toBe(0)
    await until('it is live', async () => (await page.locator('#connection').innerText()) === 'live', LONG_MS)
    await until(
      'it shows the chain grow on',
      async () => Number(/Height\s+(\d+)/.exec(await facts())?.[1]) > height,
      LONG_MS,
    )
    const { page: address } = (await desk.ask('dash')) as { page: string }
    expect(address.startsWith(controller.page)).toBe(true)
    // Chromium notes each call to the address while nobody is there, or nobody who has a network yet.
    expect(errors.filter(error => !/net::ERR_|status of (401|503)/.test(error))).toEqual([])
    expect((await desk.run('down')).code).toBe(0)
  })

  test('nodes are frozen, woken, killed, started and added from the page; refusals are shown', async () => {
    const { page, errors, state } = await launch('process')
    const phase = async (name: string) => (await state()).nodes.find(node => node.name === name)?.phase
    await until('the page is there', async () => (await page.locator('.topology .node').count()) === 4)
    await page.getByLabel('pick miners-3').check()
    for (const [verb, wanted] of [
      ['Pause', 'paused'],
      ['Resume', 'running'],
    ] as const) {
      // A node that does not answer for a moment cannot be frozen in that moment.
      await until(`${verb} is heard`, async () => {
        await page.getByRole('button', { name: verb, exact: true }).click()
        return (await page.locator('.said').innerText()).startsWith(`${verb.toLowerCase()}: miners-3`)
      })
      await until(`miners-3 is ${wanted}`, async () => (await phase('miners-3')) === wanted)
      const row = new RegExp(`miners-3\\s+\\S+ ${wanted}`)
      await until('and shown so', async () => row.test(await page.locator('#nodes').innerText()))
    }
    await page.getByRole('button', { name: 'Kill −9' }).click()
    await page.locator('dialog').getByRole('button', { name: 'Kill −9' }).click()
    await until('miners-3 is gone', async () =>
      ['stopped', 'failed'].includes((await phase('miners-3')) ?? ''),
    )
    await page.getByRole('button', { name: 'Start', exact: true }).click()
    await until('miners-3 is back', async () => (await phase('miners-3')) === 'running', LONG_MS)

    await page.getByRole('button', { name: 'Add node' }).click()
    await page.getByLabel('Hash rate').fill('fast')
    await page.getByRole('button', { name: 'Add', exact: true }).click()
    await until('what cannot be read is said', async () =>
      /✗ "fast" is not a hash rate/.test(await page.locator('.said').innerText()),
    )
    await page.getByRole('button', { name: 'Add node' }).click()
    await page.getByLabel('Hash rate').fill('20kH/s')
    await page.getByRole('button', { name: 'Add', exact: true }).click()
    await until('a fifth node', async () => (await state()).nodes.length === 5, LONG_MS)
    await until('in the picture', async () => (await page.locator('.topology .node').count()) === 5)
    expect(errors).toEqual([])
  })

  test('an address that only looks gives no orders', async () => {
    const { desk } = await launch('sim')
    const { page: address } = (await desk.ask('dash', '--look-only')) as { page: string }
    expect(address).not.toContain('#')
    const { page, close } = await openWindow(browser, address)
    onTestFinished(close)
    await until('the page is there', async () => (await page.locator('.topology .node').count()) === 4)
    expect(await page.locator('.command-bar').count()).toBe(0)
    const attempt = `fetch('/nodes/miners-1/kill', { method: 'POST' }).then(answer => answer.status)`
    expect(await page.evaluate(attempt)).toBe(401)
  })
})

interface Point {
  readonly x: number
  readonly y: number
}

/** Where the timeline shows the only fault. */
const MIDDLE_OF_BAND = `(() => {
  const band = document.querySelector('.timeline .band').getBoundingClientRect()
  const { x, y } = document.querySelector('svg.timeline').getBoundingClientRect()
  return { x: band.x - x + band.width / 2, y: band.y - y + 60 }
})()`

/** In one look, between two frames. */
const SHOWN = `[
  document.querySelector('#facts').innerText,
  [...document.querySelectorAll('#nodes tbody tr')].map(row => row.innerText),
]`

/** What the page says is what the API says, at a moment when neither moved meanwhile. */
async function sameNumbers(page: Page, state: () => Promise<NetworkState>): Promise<void> {
  await until(
    'page and API agree',
    async () => {
      const before = await state()
      const [facts, rows] = await page.evaluate<[string, string[]]>(SHOWN)
      const after = await state()
      if (JSON.stringify(numbers(before)) !== JSON.stringify(numbers(after))) return false
      const height = Number(/Height\s+([\d,]+)/.exec(facts)?.[1]?.replace(',', ''))
      const stale = /Stale blocks\s+[\d.]+ %\s+(\d+) of ([\d,k]+)/.exec(facts)
      return (
        height === after.systems.ledger.height &&
        Number(stale?.[1]) === after.systems.ledger.totals.staleBlocks &&
        after.nodes.every(
          (
            {
              name,
              peers,
              systems: {
                ledger: { height, blocksMined, tip },
              },
            },
            i,
          ) => {
            const row = rows[i] ?? ''
            const end = tip?.slice(-8) ?? '–'
            return new RegExp(
              `${name}\\s[\\s\\S]*\\s${height}\\s[\\s\\S]*${end}\\s+${peers}\\s+\\d+\\s+${blocksMined}\\s`,
            ).test(row)
          },
        )
      )
    },
    LONG_MS,
  )
}

function numbers({
  nodes,
  systems: {
    ledger: { height, totals },
  },
}: NetworkState): unknown {
  const { blocks, staleBlocks } = totals
  return [
    height,
    blocks,
    staleBlocks,
    nodes.map(node => [
      node.systems.ledger.height,
      node.systems.ledger.tip,
      node.peers,
      node.systems.ledger.blocksMined,
    ]),
  ]
}
