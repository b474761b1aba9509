// Swarms on the page in a real browser: tiles, pictures on canvases that a pointer asks, the curve, bans, the choice of a content; on a
// phone and on a desk, in light and in dark.

import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { Browser, Page } from 'playwright-core'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { pageAddress } from '../../orchestrator/web/keys.ts'
import { createWebHandler } from '../../orchestrator/web/server.ts'
import { ALL, BYTES, PaperSwarm, PIECE_BYTES, PIECES } from '../support/bittorrent-paper.ts'
import {
  type BuiltAssets,
  buildAssets,
  executablePath,
  launchBrowser,
  openWindow,
  overflow,
  picture,
} from '../support/browser.ts'
import { eventually } from '../support/until.ts'

function halfway(): PaperSwarm {
  const paper = new PaperSwarm()
  paper.shared()
  paper.wanted('peers-1', 'peers-2', 'peers-3')
  paper.nowMs += 1_000
  paper.progress('peers-2', 4, { 'seeds-1:1': 3 * PIECE_BYTES, 'peers-1:1': PIECE_BYTES })
  paper.has('peers-2', [0, 1, 2, 3], { downBps: 1_000_000 })
  paper.complete('peers-1', 1_000)
  paper.has('peers-1', ALL)
  paper.bans('peers-2', 'evil-1')
  return paper
}

/** Where the row's cells are, by the share of the canvas. */
async function tells(page: Page, section: string, x: number, y: number): Promise<string> {
  const canvas = page.locator(`${section} canvas`)
  const { width, height } = (await canvas.boundingBox()) ?? expect.fail('no canvas')
  await canvas.hover({ position: { x: x * width, y: y * height } })
  return await page.locator(`${section} .note`).innerText()
}

describe.runIf(executablePath)('swarms on the page', () => {
  let browser: Browser
  let assets: BuiltAssets
  const ends: (() => unknown)[] = []

  beforeAll(async () => {
    ;[browser, assets] = await Promise.all([launchBrowser(), buildAssets()])
  })
  afterEach(async () => {
    for (const end of ends.splice(0)) await end()
  })
  afterAll(() => browser?.close())

  async function open(paper: PaperSwarm, width: number, colorScheme: 'light' | 'dark') {
    const { plan, observer } = paper
    const watched = {
      plan,
      state: () => observer.state(),
      subscribe: (listener: Parameters<typeof observer.subscribe>[0]) => observer.subscribe(listener),
    }
    const web = createWebHandler(watched, 'token', { assets })
    const server: Server = createServer((request, response) => {
      if (!web.handle(request, response)) response.writeHead(404).end()
    })
    await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
    const window = await openWindow(browser, pageAddress(url, 'token'), {
      viewport: { width, height: 900 },
      colorScheme,
    })
    ends.push(async () => {
      await window.close()
      web.close()
      server.closeAllConnections()
      server.close()
    })
    await eventually(async () => expect(await window.page.locator('#facts').innerText()).toContain('1 of 3'))
    return window
  }

  it.each([
    [320, 'dark'],
    [1440, 'light'],
  ] as const)('are readable at %d pixels, in %s', async (width, scheme) => {
    const { page, errors } = await open(halfway(), width, scheme)
    expect(await page.locator('#facts').innerText()).toMatch(/Copies\s+2\.5/)
    expect(await page.locator('#completion .note').innerText()).toMatch(
      /^1 of 3 peers complete · half of these after 2 s/,
    )
    expect(await page.locator('#bans li').allInnerTexts()).toEqual([
      expect.stringMatching(/peers-2.*bans evil-1:.*it served a block/s),
    ])
    // Copies, then seeds-1, peers-1, peers-2, peers-3: a fifth of the height each.
    expect(await tells(page, '#pieces', 0.99, 0.1)).toMatch(/^piece 7: 2 copies/)
    expect(await tells(page, '#pieces', 0.99, 0.7)).toMatch(/^peers-2, wants, 50 % · piece 7: missing/)
    expect(await tells(page, '#pieces', 0.4, 0.7)).toMatch(/^peers-2, wants, 50 % · piece \d: there/)
    expect(await tells(page, '#given', 0.35, 0.9)).toMatch(/^peers-2 got 49\.2 kB from seeds-1/)
    expect(await overflow(page)).toBe(0)
    expect(errors).toEqual([])
    await picture(page, `swarms-${width}`)
  })

  it('are drawn in shades of the page: what is there differs from what is missing', async () => {
    const { page } = await open(halfway(), 1440, 'light')
    const shades = await page.evaluate<number[][]>(`(() => {
      const canvas = document.querySelector('#pieces canvas')
      const pen = canvas.getContext('2d')
      const at = (x, y) => [...pen.getImageData(x * canvas.width, y * canvas.height, 1, 1).data]
      return [at(0.3, 0.3), at(0.3, 0.7), at(0.95, 0.7)]
    })()`)
    const [seed, there, missing] = shades
    expect(there).toEqual(seed)
    expect(missing).not.toEqual(there)
  })

  it('follow what happens, and are one content at a time', async () => {
    const paper = halfway()
    const { page } = await open(paper, 1440, 'light')
    expect(await page.locator('#pieces select').isVisible()).toBe(false)
    const content = 'cd'.repeat(32)
    const data = { node: 'seeds-1', content, name: 'song', magnet: '', bytes: BYTES, pieces: PIECES }
    paper.testnet({ type: 'bittorrent/shared', data: { ...data, pieceLength: PIECE_BYTES } })
    paper.complete('peers-2', 1_000)
    await eventually(async () => {
      paper.nowMs += 200
      expect(await page.locator('#facts').innerText()).toContain('2 of 3')
      expect(await page.locator('#pieces select').isVisible()).toBe(true)
    })
    expect(await page.locator('#pieces .note').innerText()).toMatch(/^film/)
    await page.locator('#pieces select').selectOption('song')
    expect(await page.locator('#pieces .note').innerText()).toMatch(/^song/)
  })
})
