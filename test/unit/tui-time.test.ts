// Simulated time by key and by command: what the screen asks of the network, and what it says of it.

import type { Key } from 'ink'
import { describe, expect, it } from 'vitest'
import { readTime } from '../../orchestrator/commands/time-words.ts'
import type { TimeOrder } from '../../orchestrator/control/api.ts'
import { completed, parseCommand } from '../../orchestrator/tui/commands.ts'
import { Control } from '../../orchestrator/tui/control.ts'
import { headerLines } from '../../orchestrator/tui/header.ts'
import { helpLines } from '../../orchestrator/tui/help.ts'
import { statusLine } from '../../orchestrator/tui/status.ts'
import { pageOf } from '../../orchestrator/web/page.ts'
import { PaperNetwork, paperPlan } from '../support/network-double.ts'
import { paperTestnet } from '../support/paper-testnet.ts'
import { until } from '../support/until.ts'

const NO_KEY = {} as Key

/** A screen's control over a network whose time takes these orders, or none. */
function control(heed?: (order: TimeOrder) => Promise<void>) {
  const paper = new PaperNetwork(paperPlan(), { simulated: heed !== undefined })
  const steer = async (order: TimeOrder) => {
    await heed?.(order)
    paper.observer.steered(order.time === 'go' ? 'flows' : 'stands')
  }
  const testnet = { ...paperTestnet(paper), ...(heed && { steer }) }
  const made = new Control({
    testnet,
    size: () => ({ columns: 100, rows: 40 }),
    logLines: () => 0,
    onQuit: () => {},
    onInterrupt: () => {},
    onChange: () => {},
  })
  const press = async (key: string, says: RegExp) => {
    made.press(key, NO_KEY)
    await until(`it says ${says}`, () => {
      const { notice } = made.view
      return notice !== undefined && notice.level !== 'busy' && says.test(notice.text)
    })
  }
  return { press, testnet, paper }
}

describe('the keys of simulated time', () => {
  it('stop it and let it go on by turns; a step leaves it standing', async () => {
    const orders: TimeOrder[] = []
    const { press } = control(async order => void orders.push(order))
    await press('t', /time stands at \d+\.\d{3} s, height/)
    await press('t', /time goes on/)
    await press('.', /time stands/)
    await press('t', /time goes on/)
    expect(orders.map(({ time }) => time)).toEqual(['pause', 'go', 'block', 'go'])
  })

  it('know who else stopped it: the state says so', async () => {
    const orders: TimeOrder[] = []
    const { press, paper } = control(async order => void orders.push(order))
    paper.observer.steered('stands')
    await press('t', /time goes on/)
    paper.observer.steered('stands')
    paper.observer.steered('flows')
    await press('t', /time stands/)
    expect(orders.map(({ time }) => time)).toEqual(['go', 'pause'])
  })

  it('stop it again where the first try failed', async () => {
    const orders: TimeOrder[] = []
    const { press } = control(async order => {
      if (orders.push(order) === 1) throw new Error('not now')
    })
    await press('t', /not now/)
    await press('t', /time stands/)
    expect(orders.map(({ time }) => time)).toEqual(['pause', 'pause'])
  })

  it('say so where time is real', async () => {
    const { press } = control()
    await press('t', /only simulated time can be stopped.*--runtime sim/)
  })

  it('stand in the help, as the command does', () => {
    const text = JSON.stringify(helpLines(120, 200, 0))
    expect(text).toContain('simulated time: stop it, or let it go on')
    expect(text).toContain('time <pause|go|step|block> [count]')
  })
})

describe('time that is slowed', () => {
  it('is in the header, in the status line and on the page, and gives way to time that stands', () => {
    const paper = new PaperNetwork(paperPlan(), { simulated: true })
    paper.launch()
    const title = (width: number) =>
      (headerLines(paper.observer.state(), width)[0] ?? []).map(({ text }) => text).join('')
    expect(title(120)).not.toContain('60×')
    paper.observer.slowed(60)
    expect(title(120)).toContain('running 0:00 in 0:00 · slowed to 60×')
    const narrow = title(80)
    expect(narrow).toContain('60×')
    expect(narrow.length).toBeLessThanOrEqual(80)
    expect(statusLine(paper.observer.state())).toMatch(/^0:00 in 0:00 · slowed to 60× · height/)
    expect(pageOf(paper.observer.state()).facts).toMatchObject({ slowedTo: 60 })
    paper.observer.steered('stands')
    expect(statusLine(paper.observer.state())).toMatch(/^0:00 in 0:00 · time stands · height/)
  })
})

describe('time that stands', () => {
  it('is in the state, in the header, in the status line and on the page; real time is not spoken of', () => {
    const seen = (paper: PaperNetwork) => {
      const state = paper.observer.state()
      const [title = []] = headerLines(state, 100)
      const texts = [title.map(({ text }) => text).join(''), statusLine(state)]
      return { texts, time: state.time, page: pageOf(state).facts.time }
    }
    const paper = new PaperNetwork(paperPlan(), { simulated: true })
    paper.launch()
    expect(seen(paper)).toMatchObject({
      time: 'flows',
      page: 'flows',
      texts: [/running 0:00 in 0:00/, /^0:00 in 0:00 · height/].map(matching),
    })
    paper.observer.steered('stands')
    expect(seen(paper)).toMatchObject({
      time: 'stands',
      page: 'stands',
      texts: [/time stands 0:00 in 0:00/, /^0:00 in 0:00 · time stands · height/].map(matching),
    })
    paper.testnet({ type: 'network-stopping', why: 'the test is over' })
    expect(seen(paper).texts.join()).not.toContain('time stands')
    const real = new PaperNetwork()
    expect(real.observer.state()).not.toHaveProperty('time')
    expect(pageOf(real.observer.state()).facts).not.toHaveProperty('time')
  })

  it('is told to those who look on, though nothing happens', () => {
    const paper = new PaperNetwork(paperPlan(), { simulated: true })
    const told: (string | undefined)[] = []
    paper.observer.subscribe(({ time }) => told.push(time))
    paper.observer.steered('stands')
    paper.pass(100)
    paper.observer.steered('flows')
    paper.pass(100)
    expect(told).toEqual(['stands', 'flows'])
  })
})

const matching = (pattern: RegExp) => expect.stringMatching(pattern)

describe('the command', () => {
  it('takes a count, is completed, and refuses what is no order', async () => {
    const orders: TimeOrder[] = []
    const { testnet } = control(async order => void orders.push(order))
    const { command, args } = parseCommand('time step 20')
    await command.run(testnet, args)
    expect(orders).toEqual([{ time: 'step', count: 20 }])
    expect(completed('time b', testnet).text).toBe('time block ')
    for (const wrong of ['time', 'time back', 'time step 0', 'time step x']) {
      const parsed = parseCommand(wrong)
      await expect(parsed.command.run(testnet, parsed.args)).rejects.toThrow('time')
    }
    expect(orders).toHaveLength(1)
  })
})

describe('a wrong order to time is told by what is wrong with it', () => {
  it.each([
    [undefined, undefined, 'time: what of it?'],
    ['stepp', undefined, 'time stepp: there is no such order'],
    ['step', 'x', 'time step x: how many is a whole number from 1 on'],
  ])('time %s %s', (order, count, words) => {
    expect(() => readTime(order, count)).toThrow(words)
  })
})
