// The page in a real browser: it shows the network, follows it, survives a broken connection, and fits a phone and a desk.

import { existsSync } from 'node:fs'
import { createServer, type Server } from 'node:http'
import type { AddressInfo, Socket } from 'node:net'
import { build } from 'esbuild'
import { type Browser, type BrowserContextOptions, chromium, type Page } from 'playwright-core'
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest'
import type { Assets } from '../../orchestrator/web/assets.ts'
import { pageAddress } from '../../orchestrator/web/keys.ts'
import { createWebHandler } from '../../orchestrator/web/server.ts'
import { PaperNetwork } from '../support/network-double.ts'

const CLIENT = 'orchestrator/web/client'
const CANDIDATES = [
  process.env.CHROMIUM,
  '/usr/bin/chromium',
  '/usr/bin/chromium-browser',
  '/usr/bin/google-chrome',
  '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome',
]
const executablePath = CANDIDATES.find(path => path !== undefined && existsSync(path))
if (!executablePath) {
  const message = 'no Chromium on this machine: the web page is not tried in a browser (CHROMIUM names one)'
  if (process.env.CI) throw new Error(message)
  console.warn(`SKIPPED: ${message}`)
}

describe.runIf(executablePath)('the page in a browser', () => {
  let browser: Browser
  let assets: Assets
  const ends: (() => Promise<unknown>)[] = []

  beforeAll(async () => {
    assets = await buildAssets()
    browser = await chromium.launch({
      executablePath: executablePath ?? '',
      args: [
        ...['--no-sandbox', '--disable-gpu', '--disable-background-networking', '--disable-component-update'],
        ...['--disable-sync', '--no-first-run', '--disable-quic'],
      ],
    })
  })
  afterEach(async () => {
    for (const end of ends.splice(0).reverse()) await end()
  })
  afterAll(() => browser?.close())

  /** A paper network served, and a browser window on it that tells its errors. */
  async function open(options: BrowserContextOptions = {}) {
    const paper = new PaperNetwork()
    paper.launch()
    const web = createWebHandler(paper.watched, 'token', { assets })
    const sockets = new Set<Socket>()
    const server: Server = createServer((request, response) => {
      if (!web.handle(request, response)) response.writeHead(404).end()
    })
    server.on('connection', socket => {
      sockets.add(socket)
      socket.once('close', () => sockets.delete(socket))
    })
    await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
    const { port } = server.address() as AddressInfo
    const context = await browser.newContext({ viewport: { width: 1440, height: 900 }, ...options })
    ends.push(async () => {
      await context.close()
      web.close()
      server.close()
    })
    const page = await context.newPage()
    const errors: string[] = []
    page.on('pageerror', error => errors.push(String(error)))
    page.on('console', message => {
      if (message.type() === 'error') errors.push(message.text())
    })
    await page.goto(pageAddress(`http://127.0.0.1:${port}`, 'token'))
    /** Lets time pass on paper until the page shows it. */
    const shows = (selector: string, text: string | RegExp) =>
      vi.waitFor(
        async () => {
          paper.pass(200)
          expect(await page.locator(selector).innerText()).toMatch(text)
        },
        { timeout: 15_000, interval: 100 },
      )
    const cut = () => {
      for (const socket of sockets) socket.destroy()
    }
    return { paper, page, errors, shows, cut }
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
    await shows('#propagation', /50 % [\d.]+ ms/)
    expect(errors).toEqual([])
  })

  it('comes back by itself when the connection breaks', async () => {
    const { paper, page, shows, cut } = await open()
    await shows('#connection', 'live')
    cut()
    paper.block({ miner: 'miners-2' })
    await shows('#connection', /trying again|live/)
    await shows('#connection', 'live')
    await shows('#facts', /Height\s+1\b/)
    expect(await page.locator('#blocks tbody tr').count()).toBe(1)
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

  it.each([
    ['a phone', { viewport: { width: 320, height: 640 }, colorScheme: 'dark' as const }],
    ['a desk', { viewport: { width: 1440, height: 900 }, colorScheme: 'light' as const }],
  ])('fits %s, in its colours', async (_, options) => {
    const { paper, page, shows } = await open(options)
    for (let i = 0; i < 8; i++) paper.block({ miner: `miners-${(i % 5) + 1}` })
    await shows('#facts', /Height\s+8/)
    expect(await overflow(page)).toBe(0)
    const dark = options.colorScheme === 'dark'
    const back = await page.evaluate<string>('getComputedStyle(document.body).backgroundColor')
    const [red = 0] = back.match(/\d+/g) ?? []
    expect(Number(red) < 128).toBe(dark)
    if (process.env.SCREENSHOTS)
      await page.screenshot({
        path: `${process.env.SCREENSHOTS}/page-${options.viewport.width}.png`,
        fullPage: true,
      })
  })
})

/** By how many pixels the page is wider than its window. */
function overflow(page: Page): Promise<number> {
  return page.evaluate('document.documentElement.scrollWidth - document.documentElement.clientWidth')
}

async function buildAssets(): Promise<Assets> {
  const { outputFiles } = await build({
    entryPoints: [`${CLIENT}/main.ts`, `${CLIENT}/style.css`, `${CLIENT}/index.html`],
    ...{
      bundle: true,
      write: false,
      outdir: 'out',
      format: 'esm',
      target: 'es2022',
      loader: { '.html': 'copy' },
    },
  })
  const text = (end: string) => outputFiles.find(file => file.path.endsWith(end))?.text ?? ''
  return { page: text('.html'), script: text('.js'), style: text('.css') }
}
