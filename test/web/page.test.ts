// The page in a real browser, on a network on paper: it shows the network, follows it, survives a broken connection, goes
// back in time, is used by keyboard, and fits a phone and a desk.

import { appendFileSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer, type Server } from 'node:http'
import type { AddressInfo, Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import type { Browser, BrowserContextOptions } from 'playwright-core'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import type { Assets } from '../../orchestrator/web/assets.ts'
import { commandAddress, pageAddress } from '../../orchestrator/web/keys.ts'
import { Past } from '../../orchestrator/web/past.ts'
import { createWebHandler } from '../../orchestrator/web/server.ts'
import {
  type BuiltAssets,
  buildAssets,
  executablePath,
  launchBrowser,
  openWindow,
  overflow,
  picture,
} from '../support/browser.ts'
import { PaperNetwork, START_MS } from '../support/network-double.ts'
import { eventually, until } from '../support/until.ts'

/** A paper network's controller, as far as the page sees it; it can end and come back at the same port. */
class PaperServer {
  readonly paper = new PaperNetwork()
  readonly #assets: Assets
  readonly #folder = mkdtempSync(join(tmpdir(), 'netsplit-page-'))
  readonly #sockets = new Set<Socket>()
  #web: ReturnType<typeof createWebHandler> | undefined
  #server: Server | undefined
  #port = 0

  constructor(assets: Assets) {
    this.#assets = assets
    const file = join(this.#folder, 'events.ndjson')
    writeFileSync(file, '')
    this.paper.observer.tap(event => appendFileSync(file, `${JSON.stringify(event)}\n`))
    this.paper.launch()
  }

  get url(): string {
    return `http://127.0.0.1:${this.#port}`
  }

  async start(): Promise<void> {
    const { plan } = this.paper
    const past = new Past({ plan, file: join(this.#folder, 'events.ndjson'), startedMs: START_MS })
    const web = createWebHandler(this.paper.watched, 'token', { assets: this.#assets, past })
    const server = createServer((request, response) => {
      if (!web.handle(request, response)) response.writeHead(404).end()
    })
    server.on('connection', socket => {
      this.#sockets.add(socket)
      socket.once('close', () => this.#sockets.delete(socket))
    })
    await new Promise<void>(resolve => server.listen(this.#port, '127.0.0.1', resolve))
    this.#port = (server.address() as AddressInfo).port
    this.#web = web
    this.#server = server
  }

  /** Every connection breaks. */
  cut(): void {
    for (const socket of this.#sockets) socket.destroy()
  }

  async stop(): Promise<void> {
    this.#web?.close()
    const closed = new Promise(resolve => this.#server?.close(resolve))
    this.cut()
    await closed
  }

  end(): void {
    rmSync(this.#folder, { recursive: true, force: true })
  }
}

describe.runIf(executablePath)('the page in a browser', () => {
  let browser: Browser
  let assets: BuiltAssets
  const ends: (() => unknown)[] = []

  beforeAll(async () => {
    assets = await buildAssets()
    browser = await launchBrowser()
  })
  afterEach(async () => {
    for (const end of ends.splice(0).reverse()) await end()
  })
  afterAll(() => browser?.close())

  /** A paper network served, and a browser window on it that tells its errors. */
  async function open(options: BrowserContextOptions = {}, commands = false) {
    const server = new PaperServer(assets)
    const { paper } = server
    await server.start()
    const address = commands ? commandAddress : pageAddress
    const { page, errors, close } = await openWindow(browser, address(server.url, 'token'), options)
    ends.push(async () => {
      await close()
      await server.stop()
      server.end()
    })
    /** Lets time pass on paper until the page shows it. */
    const shows = (selector: string, text: string | RegExp) =>
      eventually(async () => {
        paper.pass(200)
        expect(await page.locator(selector).innerText()).toMatch(text)
      }, 100)
    const counts = (selector: string, count: number) =>
      eventually(async () => {
        paper.pass(200)
        expect(await page.locator(selector).count()).toBe(count)
      }, 100)
    return { server, paper, page, errors, shows, counts }
  }

  it('shows what happens, while it happens', async () => {
    const { paper, page, errors, shows } = await open()
    await shows('#facts', /Height\s+0/)
    expect(new URL(page.url()).search).toBe('')
    expect(await page.locator('#nodes tbody tr').count()).toBe(5)
    paper.block({ miner: 'miners-3' })
    await shows('#facts', /Height\s+1\b[\s\S]*● one tip/)
    await shows('#blocks tbody', /1\s+….{8}\s+miners-3\s[\s\S]*5\/5[\s\S]*5 here/)
    await shows('#events', /miners-3\s*mined block 1/)
    paper.block({ miner: 'miners-1', reach: ['miners-2'] })
    paper.block({ miner: 'miners-5', reach: ['miners-4'] })
    await shows('#facts', /◆ 3 tips/)
    await shows('#blocks tbody', /2 here[\s\S]*2 here[\s\S]*1 here/)
    paper.testnet({
      ...{ type: 'node-exited', node: 'miners-4', code: 1, signal: null, expected: false },
      lastLines: ['no space left on device'],
    })
    await shows('#nodes', /miners-4\s+✗ failed/)
    await shows('#propagation', /50 %\s+[\d.]+ ms/)
    await shows('#power', /miners-3\s+20\d kH\/s|miners-3\s+1\d\d kH\/s/)
    expect(errors).toEqual([])
  })

  it('shows a fault everywhere: sides, cut connections, a band across the run', async () => {
    const { paper, page, errors, shows, counts } = await open()
    await counts('.topology .node', 5)
    const sides = [['miners-1'], ['miners-2', 'miners-3', 'miners-4', 'miners-5']]
    const [kind, target] = ['partition', 'miners-1 | rest']
    for (const [a, b] of [
      ['miners-1', 'miners-2'],
      ['miners-3', 'miners-4'],
    ] as const) {
      const { p2p = '' } = paper.observer.state().nodes.find(node => node.name === b) ?? {}
      paper.node(a, { type: 'peer-up', peer: 1, address: p2p, inbound: false, userAgent: '' })
    }
    await counts('.wire.up', 2)
    paper.testnet({ type: 'fault-started', id: 'partition-1', kind, target, detail: '', sides })
    const link = { latencyMs: 0, jitterMs: 0, bandwidthBps: 0, loss: 0, blocked: true }
    paper.testnet({ type: 'link-changed', from: 'miners-1', to: 'miners-2', link })
    paper.testnet({ type: 'link-changed', from: 'miners-2', to: 'miners-1', link })
    await counts('.wire.cut', 1)
    await counts('.topology .side', 2)
    await counts('.timeline .band.in-force', 1)
    await shows('#facts', /split by a fault[\s\S]*Faults\s+1\s+partition/)
    await shows('#faults', /partition-1[\s\S]*in force/)
    paper.testnet({ type: 'fault-ended', id: 'partition-1' })
    await counts('.timeline .band:not(.in-force)', 1)
    await counts('.topology .side', 0)
    // Nothing that only looks can be pressed to heal.
    expect(await page.getByRole('button', { name: /heal/i }).count()).toBe(0)
    expect(errors).toEqual([])
  })

  it('does not call a run live that is over, nor tell how to give it orders', async () => {
    const { paper, page, shows } = await open()
    await shows('#connection', 'live')
    expect(await page.locator('#rights').isVisible()).toBe(true)
    paper.testnet({ type: 'network-stopping', why: 'the time is over' })
    for (const { name } of paper.plan.nodes)
      paper.testnet({ type: 'node-exited', node: name, code: 0, signal: null, expected: true, lastLines: [] })
    await shows('#connection', 'the run is over')
    expect(await page.locator('#rights').isVisible()).toBe(false)
  })

  it('comes back by itself when the connection breaks', async () => {
    const { server, paper, page, shows } = await open()
    await shows('#connection', 'live')
    server.cut()
    paper.block({ miner: 'miners-2' })
    await shows('#connection', /trying again|live/)
    await shows('#connection', 'live')
    await shows('#facts', /Height\s+1\b/)
    expect(await page.locator('#blocks tbody tr').count()).toBe(1)
  })

  it('comes back when the controller was away and has begun anew', async () => {
    const { server, paper, shows, page } = await open()
    await shows('#connection', 'live')
    await server.stop()
    await shows('#connection', /lost|gone/)
    paper.block({ miner: 'miners-2' })
    paper.block({ miner: 'miners-4' })
    await server.start()
    await shows('#connection', 'live')
    await shows('#facts', /Height\s+2\b/)
    expect(await page.locator('#blocks tbody tr').count()).toBe(2)
  })

  it('goes back to a moment of the run and returns', async () => {
    const { paper, page, errors, shows } = await open({}, true)
    // Time passes on paper only: what the page says is then a matter of the record, not of how long the browser took.
    await page.clock.setFixedTime(START_MS)
    const foundMs: number[] = []
    for (let second = 1; second <= 20; second++) {
      paper.pass(500)
      foundMs.push(paper.nowMs - START_MS)
      paper.block({ miner: `miners-${(second % 5) + 1}` })
      paper.nowMs = START_MS + second * 1000
      paper.sample()
    }
    await shows('#facts', /Height\s+20\b/)
    const range = page.getByRole('slider')
    await range.focus()
    await range.press('Home')
    await shows('#moment', 'as it was at 0:00')
    expect(await page.locator('#facts').innerText()).toMatch(/Height\s+0\b/)
    expect(await page.getByRole('button', { name: 'Add node' }).isDisabled()).toBe(true)
    const box = await page.locator('svg.timeline').boundingBox()
    await page.locator('svg.timeline').click({ position: { x: (box?.width ?? 0) / 2, y: 100 } })
    const [second = 0, height = 0, ofSeconds = 0] = await until('the middle of the run', async () => {
      const text = await page.locator('body').innerText()
      const said = /as it was at 0:(\d\d)[\s\S]*Height\s+(\d+)\b[\s\S]* of (\d+:\d\d)/.exec(text) ?? []
      const [at, shown, whole = ''] = said.slice(1)
      const [minutes, seconds] = whole.split(':').map(Number)
      return Number(at) > 0 && [Number(at), Number(shown), (minutes ?? 0) * 60 + (seconds ?? 0)]
    })
    expect(Math.abs(second - ofSeconds / 2)).toBeLessThanOrEqual(2)
    // The second shown is a whole one: the moment lies anywhere in it.
    const foundBy = (ms: number) => foundMs.filter(atMs => atMs <= ms).length
    expect(height).toBeGreaterThanOrEqual(foundBy(second * 1000))
    expect(height).toBeLessThanOrEqual(foundBy(second * 1000 + 999))
    await page.getByRole('button', { name: 'Now' }).click()
    await shows('#moment', /^$/)
    expect(await page.locator('#facts').innerText()).toMatch(/Height\s+20\b/)
    expect(errors).toEqual([])
  })

  it('is used by keyboard: nodes are picked, opened and left', async () => {
    const { page, errors, shows, counts } = await open({}, true)
    await counts('.topology .node', 5)
    await page.locator('[data-node="miners-1"]').focus()
    await page.keyboard.press('Space')
    await page.keyboard.press('ArrowRight')
    await page.keyboard.press('Space')
    await shows('.command-bar', /miners-1, miners-2/)
    await counts('#nodes input:checked', 2)
    expect(new URL(page.url()).hash).toBe('')
    await page.keyboard.press('Enter')
    await shows('.detail', /miners-2[\s\S]*hash rate[\s\S]*asked/)
    await page.keyboard.press('Escape')
    await page.locator('.detail').waitFor({ state: 'hidden' })
    await counts('[data-node="miners-2"]:focus', 1)
    // The log was asked for, and this network has none.
    expect(errors.filter(error => !error.includes('404'))).toEqual([])
  })

  it('asks before harm, in proportion to it, and shows what was refused', async () => {
    const { page, shows, counts } = await open({}, true)
    await counts('.topology .node', 5)
    await page.locator('[data-node="miners-1"]').click()
    await page.getByRole('button', { name: 'Kill' }).click()
    await shows('dialog', /Kill −9 miners-1\?/)
    await page.keyboard.press('Escape')
    await counts('dialog', 0)
    for (const name of ['miners-2', 'miners-3']) await page.locator(`[data-node="${name}"]`).click()
    await page.getByRole('button', { name: 'Kill' }).click()
    const go = page.locator('dialog button.danger')
    expect(await go.isDisabled()).toBe(true)
    await page.locator('dialog input').fill('demo')
    expect(await go.isEnabled()).toBe(true)
    await go.click()
    await shows('.said', /✗ the controller answered 404/)
  })

  it('has no commands without the key', async () => {
    const { page, shows } = await open()
    await shows('#rights', 'looking only')
    expect(await page.locator('.command-bar').count()).toBe(0)
  })

  it('runs no script and loads nothing that is not its own', async () => {
    const { page } = await open()
    const intrude = `
      const script = document.createElement('script')
      script.textContent = 'window.intruder = true'
      document.body.append(script)
      'intruder' in window`
    const ran = await page.evaluate(intrude)
    expect(ran).toBe(false)
  })

  it('shows text from the network as text', async () => {
    const { paper, page, shows } = await open()
    paper.testnet({ type: 'note', level: 'warn', message: '<img src=x onerror=alert(1)> careful' })
    await shows('#events', '<img src=x onerror=alert(1)> careful')
    expect(await page.locator('#events img').count()).toBe(0)
  })

  it('is small', () => {
    expect(gzipSync(assets.script).length).toBeLessThan(80_000)
    // Nothing of the terminal, of the spec, of a node or of a package is in it.
    const foreign = /node_modules|\/(tui|spec|control|network|run|runtime|commands)\/|^node\//
    expect(assets.sources.length).toBeGreaterThan(30)
    expect(assets.sources.filter(source => foreign.test(source))).toEqual([])
  })

  it('moves nothing for those who want it so', async () => {
    const { paper, page, shows } = await open({ reducedMotion: 'reduce' })
    await shows('#facts', /Height\s+0/)
    paper.block({ miner: 'miners-3' })
    await shows('#facts', /Height\s+1\b/)
    expect(await page.evaluate('document.getAnimations().length')).toBe(0)
  })

  it.each([
    ['a phone', { viewport: { width: 320, height: 640 }, colorScheme: 'dark' as const }],
    ['a small desk', { viewport: { width: 1280, height: 800 }, colorScheme: 'light' as const }],
    ['a desk', { viewport: { width: 1440, height: 900 }, colorScheme: 'light' as const }],
  ])('fits %s, in its colours', async (_, options) => {
    const { paper, page, shows, counts } = await open(options, true)
    for (let i = 0; i < 8; i++) paper.block({ miner: `miners-${(i % 5) + 1}` })
    await shows('#facts', /Height\s+8/)
    await page.locator('[data-node="miners-1"]').click()
    await counts('[data-node="miners-1"].picked', 1)
    expect(await overflow(page)).toBe(0)
    await page.getByRole('button', { name: 'Details' }).click()
    await shows('.detail', /miners-1/)
    expect(await overflow(page)).toBe(0)
    // Nothing of a list lies beyond an edge, nor on a desk of the hash power, and no name is broken.
    const hidden = (selector: string) =>
      page.$$eval(selector, all => all.filter(each => each.scrollWidth > each.clientWidth + 1).length)
    expect(await hidden(options.viewport.width < 400 ? '.events' : '.events, #power .scroll')).toBe(0)
    const rows = await page.$$eval('.events b', all => all.map(each => each.getClientRects().length))
    expect(rows.length).toBeGreaterThan(0)
    expect(Math.max(...rows)).toBe(1)
    const dark = options.colorScheme === 'dark'
    const back = await page.evaluate<string>('getComputedStyle(document.body).backgroundColor')
    const [red = 0] = back.match(/\d+/g) ?? []
    expect(Number(red) < 128).toBe(dark)
    await picture(page, `page-${options.viewport.width}`)
  })
})
