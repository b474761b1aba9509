// What the page shows of networks that are no ledger with miners: nothing of what is not there, and what a system brings itself.

import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { Browser } from 'playwright-core'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import type { Plan } from '../../orchestrator/spec/types.ts'
import { pageAddress } from '../../orchestrator/web/keys.ts'
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
import { PaperNetwork, paperPlan } from '../support/network-double.ts'
import { eventually } from '../support/until.ts'

const EVERYBODYS = ['topology', 'timeline', 'nodes', 'faults', 'events']

type Node = Plan['nodes'][number]

function planOf(change: (node: Node) => Node): Plan {
  const plan = paperPlan()
  return { ...plan, nodes: plan.nodes.map(change) }
}

const peers = () => planOf(node => ({ ...node, runs: ['p2p'] }))
const idle = () => planOf(node => ({ ...node, mining: { mode: 'off', hashRateHps: 0, threads: 0 } }) as Node)

describe.runIf(executablePath)('the page of another kind of network', () => {
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

  async function open(plan: Plan, built = assets) {
    const paper = new PaperNetwork(plan)
    paper.launch()
    const web = createWebHandler(paper.watched, 'token', { assets: built })
    const server = createServer((request, response) => {
      if (!web.handle(request, response)) response.writeHead(404).end()
    })
    await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
    const { page, errors, close } = await openWindow(browser, pageAddress(url, 'token'))
    ends.push(async () => {
      await close()
      web.close()
      server.closeAllConnections()
      await new Promise(resolve => server.close(resolve))
    })
    await eventually(async () => expect(await page.locator('.topology .node').count()).toBe(5))
    const sections = () => page.$$eval('main > section.panel', all => all.map(({ id }) => id))
    const names = () => page.$$eval('.tile > span', all => all.map(each => each.textContent))
    return { paper, page, errors, sections, names }
  }

  it('of bare peers shows nothing of a ledger', async () => {
    const { paper, page, errors, sections, names } = await open(peers())
    expect(await sections()).toEqual(EVERYBODYS)
    expect(await names()).toEqual(['Connections', 'Faults'])
    const others = paper.names.filter(name => name !== 'miners-1')
    for (const name of others) {
      const { p2p = '' } = paper.observer.state().nodes.find(node => node.name === name) ?? {}
      paper.node('miners-1', { type: 'peer-up', peer: 1, address: p2p, inbound: false, userAgent: '' })
    }
    paper.sample()
    await eventually(async () => {
      paper.pass(200)
      expect(await page.locator('#facts').innerText()).toMatch(/Connections\s+[1-9]/)
    }, 100)
    await page.locator('#nodes button').first().click()
    const shown = await page.locator('body').innerText()
    expect(shown).not.toMatch(/height|\btips?\b|hash|block|mempool|mined|reorg|stale/i)
    expect(await page.title()).toMatch(/^demo · \d+ connections? · netsplit$/)
    expect(await page.locator('.timeline .lane-name').allTextContents()).toEqual(['Faults'])
    expect(await overflow(page)).toBe(0)
    await picture(page, 'page-p2p')
    expect(errors).toEqual([])
  })

  it('of a ledger without miners shows no hash power', async () => {
    const { page, errors, sections, names } = await open(idle())
    expect(await sections()).toEqual([
      'topology',
      'blocks',
      'timeline',
      'intervals',
      'propagation',
      'nodes',
      'faults',
      'reorgs',
      'events',
    ])
    expect(await names()).not.toContain('Hash rate')
    const lanes = await page.locator('.timeline .lane-name').allTextContents()
    expect(lanes).toContain('Mempool')
    expect(lanes).not.toContain('Hash rate')
    expect(errors).toEqual([])
  })

  it('has the section that a system brings', async () => {
    const built = await buildAssets({ views: 'test/support/peers/page/views.ts' })
    const { page, errors, sections } = await open(peers(), built)
    expect(await sections()).toEqual(['topology', 'timeline', 'gossip', 'nodes', 'faults', 'events'])
    expect(await page.getByRole('region', { name: 'Gossip' }).count()).toBe(1)
    expect(await page.locator('#gossip').getAttribute('data-told')).toMatch(/^5 peers, \d+ connections$/)
    expect(errors).toEqual([])
  })
})
