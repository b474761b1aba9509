// A system that only a test has, wherever a network is shown: on the page, in a terminal, in the report.

import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Browser } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { executablePath, launchBrowser, openWindow } from '../support/browser.ts'
import { Desk } from '../support/cli.ts'
import { rumourVariant } from '../support/rumour/variant.ts'
import { eventually } from '../support/until.ts'

const SPEC = `
name: rumours
runtime: process
nodes: { a: { count: 3, runs: [p2p, rumour] } }
rumour: { every: 200ms }
`

describe.runIf(executablePath)('rumours', () => {
  let browser: Browser
  let program = ''

  beforeAll(async () => {
    program = join(await rumourVariant(), 'dist', 'netsplit.js')
    browser = await launchBrowser()
  })
  afterAll(() => browser?.close())

  it('are shown on the page while the network lives, in its lines, and in its report', async () => {
    const desk = new Desk(SPEC, program)
    const { code, stderr } = await desk.run('up', 'netsplit.yaml', '--detach')
    expect(code, stderr).toBe(0)
    const { page: address, runDirectory } = JSON.parse(
      readFileSync(join(desk.stateOf('rumours'), 'controller.json'), 'utf8'),
    )
    const { page, errors, close } = await openWindow(browser, address)
    await eventually(async () => expect(await page.locator('#rumours p').innerText()).toMatch(/a-2: [1-9]/))
    expect(await page.locator('#rumours h2').innerText()).toBe('Rumours')
    expect(await page.$$eval('.tile > span', all => all.map(each => each.textContent))).toContain('Rumours')
    expect(errors).toEqual([])
    await close()

    const status = await desk.run('status')
    expect(status.stdout).toMatch(/\d+ rumours/)
    const state = JSON.parse((await desk.run('status', '--json')).stdout)
    expect(state.systems.rumour.begun).toBeGreaterThan(0)
    expect(state.nodes[0].systems).toMatchObject({ p2p: {}, rumour: { heard: expect.any(Number) } })
    expect((await desk.run('down')).code).toBe(0)

    const report = await browser.newPage()
    await report.setContent(readFileSync(join(runDirectory, 'report.html'), 'utf8'))
    expect(await report.locator('#rumours p').innerText()).toMatch(/^\d+ were begun\.$/)
    expect(await report.locator('body').innerText()).not.toMatch(/hash power|stale/i)
    const document = JSON.parse(readFileSync(join(runDirectory, 'report.json'), 'utf8'))
    expect(Object.keys(document.systems)).toEqual(['p2p', 'rumour'])
    await report.close()
  })
})
