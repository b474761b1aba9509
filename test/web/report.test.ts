// The report in a real browser: opened from the disk, without a network, in light and dark, on a phone and on a desk.

import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import type { Browser, Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { compareReports } from '../../orchestrator/report/compare.ts'
import { writeReport } from '../../orchestrator/report/files.ts'
import { comparePage } from '../../orchestrator/report/html/compare.ts'
import { executablePath, launchBrowser, overflow } from '../support/browser.ts'
import { type PaperRun, paperRun } from '../support/paper-run.ts'

describe.runIf(executablePath)('the report in a browser', () => {
  let browser: Browser
  let run: PaperRun

  beforeAll(async () => {
    run = await paperRun({ nodes: 20 })
    await writeReport(run.report, run.directory)
    const compared = comparePage(compareReports(run.report, run.report))
    await writeFile(join(run.directory, 'compare.html'), compared)
    browser = await launchBrowser()
  })
  afterAll(async () => {
    await browser?.close()
    await run?.remove()
  })

  /** The page from the disk, and everything that went wrong or was asked of a network. */
  async function open(width = 1440, colorScheme: 'light' | 'dark' = 'light', file = 'report.html') {
    const page = await browser.newPage({ viewport: { width, height: 900 }, colorScheme })
    const complaints: string[] = []
    page.on('console', message => complaints.push(message.text()))
    page.on('pageerror', error => complaints.push(String(error)))
    page.on('request', request => {
      if (!request.url().startsWith('file:')) complaints.push(`asked for ${request.url()}`)
    })
    await page.goto(pathToFileURL(join(run.directory, file)).href)
    return { page, complaints }
  }

  const text = (page: Page, selector: string) => page.locator(selector).allInnerTexts()

  it('answers the four questions first', async () => {
    const { page, complaints } = await open()
    expect(await text(page, '.answers h2')).toEqual([
      'Who has the hash power?',
      'When do 90 % have a block?',
      'Was the network split?',
      'What did the last fault do?',
    ])
    const { propagation } = run.report
    const [power, speed, split, fault] = await text(page, '.answers .big')
    expect(power).toBe('20 alike, 1 down for a while')
    expect(speed).toBe(`${Math.round(propagation.p90Ms ?? 0)} ms`)
    expect(split).toBe('yes; one tip at the end')
    expect(fault).toBe('cut')
    expect((await page.locator('.answers').boundingBox())?.y).toBeLessThan(400)
    expect(complaints).toEqual([])
    await page.close()
  })

  it.each(['report.html', 'compare.html'])('fits every width in both colours: %s', async file => {
    for (const width of [320, 768, 1440])
      for (const scheme of ['light', 'dark'] as const) {
        const { page, complaints } = await open(width, scheme, file)
        const over = await overflow(page)
        expect({ width, scheme, over }).toEqual({ width, scheme, over: 0 })
        expect(complaints).toEqual([])
        await page.close()
      }
  })

  it.each(['light', 'dark'] as const)(
    'can be read: text stands out from what is behind it, %s',
    async scheme => {
      const { page } = await open(1440, scheme)
      expect(await page.evaluate(WORST_CONTRAST)).toBeGreaterThan(4.5)
      await page.close()
    },
  )

  it('draws the fault as a band at the same place through every chart', async () => {
    const { page } = await open()
    const bar = await page.locator('.fault').first().boundingBox()
    const bands = await page.locator('rect.band').all()
    expect(bands).toHaveLength(4)
    for (const band of bands) {
      const box = await band.boundingBox()
      expect(Math.abs((box?.x ?? 0) - (bar?.x ?? 1e6))).toBeLessThan(2)
      expect(Math.abs((box?.width ?? 0) - (bar?.width ?? 1e6))).toBeLessThan(2)
    }
    await page.close()
  })

  it('shows every node, the way of the slowest block, and the fork with what was lost', async () => {
    const { page } = await open()
    expect(await page.locator('#nodes tbody tr').count()).toBe(20)
    expect(await page.locator('#travel details[open] .hop').count()).toBe(
      run.report.report.slowest[0]?.hops.length,
    )
    expect(await page.locator('#forks circle.lost').count()).toBe(2)
    const second = page.locator('#travel details').nth(1)
    await second.locator('summary').focus()
    await page.keyboard.press('Enter')
    await second.locator('.hop').first().waitFor({ state: 'visible' })
    await page.close()
  })
})

/** The least contrast of any text to the nearest colour behind it (WCAG 2.1). */
const WORST_CONTRAST = `(() => {
  const parse = text => (text.match(/[\\d.]+/g) ?? []).map(Number)
  const light = ([r, g, b]) => {
    const [x, y, z] = [r, g, b].map(v => (v /= 255) <= 0.03928 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4)
    return 0.2126 * x + 0.7152 * y + 0.0722 * z
  }
  const behind = element => {
    for (let at = element; at; at = at.parentElement) {
      const colour = parse(getComputedStyle(at).backgroundColor)
      if (colour.length === 3 || colour[3] > 0.99) return colour
    }
    return [255, 255, 255]
  }
  let worst = 21
  for (const element of document.querySelectorAll('body *')) {
    if (![...element.childNodes].some(node => node.nodeType === 3 && node.data.trim() !== '')) continue
    if (element instanceof SVGElement) continue
    const [a, b] = [light(parse(getComputedStyle(element).color)), light(behind(element))]
    worst = Math.min(worst, (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05))
  }
  return worst
})()`
