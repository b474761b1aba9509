// Simulated time by key and by command: what the screen asks of the network, and what it says of it.

import type { Key } from 'ink'
import { describe, expect, it } from 'vitest'
import type { TimeOrder } from '../../orchestrator/api.ts'
import { completed, parseCommand } from '../../orchestrator/tui/commands.ts'
import { Control } from '../../orchestrator/tui/control.ts'
import { helpLines } from '../../orchestrator/tui/help.ts'
import { PaperNetwork } from '../support/network-double.ts'
import { paperTestnet } from '../support/paper-testnet.ts'
import { until } from '../support/until.ts'

const NO_KEY = {} as Key

/** A screen's control over a network whose time takes these orders, or none. */
function control(steer?: (order: TimeOrder) => Promise<void>) {
  const testnet = { ...paperTestnet(new PaperNetwork()), ...(steer && { steer }) }
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
  return { press, testnet }
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
