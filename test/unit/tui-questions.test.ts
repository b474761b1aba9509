// What is typed or pasted while the screen asks, or without its asking: never taken for keys that break something.

import type { Key } from 'ink'
import { describe, expect, it } from 'vitest'
import { Control } from '../../orchestrator/tui/control.ts'
import { KEYS, PASTE } from '../../orchestrator/tui/keys.ts'
import { PaperNetwork } from '../support/network-double.ts'
import { paperTestnet } from '../support/paper-testnet.ts'
import { eventually } from '../support/until.ts'

const NO_KEY = {} as Key
const ENTER = { return: true } as Key
const ESCAPE = { escape: true } as Key

function screen() {
  const paper = new PaperNetwork()
  paper.launch()
  const testnet = paperTestnet(paper)
  const times = { now: 0, quits: 0, interrupts: 0 }
  const control = new Control({
    testnet,
    size: () => ({ columns: 100, rows: 30 }),
    logLines: () => 0,
    onQuit: () => times.quits++,
    onInterrupt: () => times.interrupts++,
    onChange: () => {},
    nowMs: () => times.now,
  })
  /** Key by key, as fast as fingers are; `\r` is enter. */
  const type = (text: string, betweenMs = 120) => {
    for (const character of text) {
      times.now += betweenMs
      if (character === '\r') control.press('', ENTER)
      else control.press(character, NO_KEY)
    }
  }
  const atOnce = (text: string) => control.press(text, NO_KEY)
  const paste = (text: string) => {
    for (const part of [PASTE.begin, text, PASTE.end]) control.press(part, NO_KEY)
  }
  return { paper, testnet, control, type, atOnce, paste, times }
}

const TYPED = [
  'partition halves\r',
  'heal\r',
  'pause miners-1\r',
  'kill all\r',
  '+++',
  'zzz',
  'restart all\r',
]

describe('text that is typed over a question', () => {
  it.each(TYPED)('does nothing: %j', text => {
    const { testnet, control, type } = screen()
    type('k')
    expect(control.view.prompt).toMatchObject({ kind: 'ask' })
    type(text)
    expect(testnet.given).toEqual([])
  })

  it('is typed where it says so: a command is one', () => {
    const { testnet, control, type } = screen()
    type('k')
    type(':partition halves')
    expect(control.view.prompt).toMatchObject({ kind: 'command', edit: { text: 'partition halves' } })
    expect(testnet.given).toEqual([])
    type('\r')
    expect(testnet.given).toEqual(['inject partition halves'])
  })

  it('lets keys be keys after a pause', () => {
    const { testnet, control, type, times } = screen()
    type('k')
    type('partition')
    type('h', 500)
    expect(testnet.given).toEqual([])
    times.now += 2000
    type('h')
    expect(testnet.given).toEqual(['heal'])
    control.close()
  })

  it('may be the whole word of the answer', () => {
    const { testnet, control, type } = screen()
    type('kyes\r')
    expect(testnet.given).toEqual(['kill miners-1'])
    expect(control.view.detail).toBe(false)
    type('kno\r')
    expect(testnet.given).toEqual(['kill miners-1'])
    expect(control.view.detail).toBe(false)
    type('j')
    expect(control.view.node).toBe('miners-2')
    control.close()
  })

  it('never keeps Ctrl-C from being heard', () => {
    const { control, type, times } = screen()
    type('kpart')
    control.press('c', { ctrl: true } as Key)
    expect(times.interrupts).toBe(1)
  })
})

describe('text that comes all at once', () => {
  it.each([...TYPED, 'y', 'hello'])('is no answer and no key: %j', text => {
    for (const question of [true, false])
      for (const how of ['atOnce', 'paste'] as const) {
        if (how === 'atOnce' && text.length === 1) continue // that is a key
        const { testnet, control, type, [how]: come } = screen()
        if (question) type('k')
        come(text)
        expect(testnet.given).toEqual([])
        control.close()
      }
  })

  it('does nothing behind a question that it made itself', () => {
    const { testnet, control, atOnce } = screen()
    atOnce(':kill miners-1\ry')
    expect(control.view.prompt).toMatchObject({ kind: 'ask' })
    expect(testnet.given).toEqual([])
  })

  it('may look around, end with one order, and begin a command', () => {
    const { testnet, control, atOnce } = screen()
    atOnce('g  p')
    expect(testnet.given).toEqual(['inject partition miners-1,miners-2 | rest'])
    atOnce('g')
    atOnce('jj')
    expect(control.view.node).toBe('miners-3')
    atOnce(':heal\r')
    expect(testnet.given.at(-1)).toBe('heal')
    control.close()
  })

  it('goes where something is typed, without its line ends', () => {
    const { testnet, control, type, atOnce, paste } = screen()
    type(':')
    paste('kill\tall\r\nquit')
    expect(control.view.prompt).toMatchObject({ kind: 'command', edit: { text: 'kill all quit' } })
    expect(testnet.given).toEqual([])
    atOnce('\u007f\u007f\u007f\u007f\u007f')
    expect(control.view.prompt).toMatchObject({ edit: { text: 'kill all' } })
    control.press('', ESCAPE)
    type('/')
    paste('miners-2')
    expect(control.view.filter).toBe('miners-2')
  })
})

describe('an order to nodes', () => {
  it('knows its nodes before it asks', () => {
    const { control, type } = screen()
    type(':kill x\r')
    expect(control.view.prompt).toBeUndefined()
    expect(control.view.notice).toMatchObject({ level: 'error' })
    expect(control.view.notice?.text).toContain('no node is named "x"')
    control.close()
  })

  it('is refused, or left out of many, where it has no sense', async () => {
    const { paper, testnet, control, type } = screen()
    const exited = { code: null, signal: 'SIGKILL', expected: true, lastLines: [] }
    paper.testnet({ type: 'node-exited', node: 'miners-1', ...exited })
    type('k')
    expect(control.view.notice?.text).toBe('miners-1 does not run')
    type('js')
    await eventually(() => expect(control.view.notice?.text).toBe('miners-2 runs already'))
    type('g')
    control.press('s', NO_KEY)
    expect(testnet.given).toEqual(['start miners-1'])
    type(':kill all\r')
    expect(control.view.prompt).toMatchObject({ question: 'kill miners-2 miners-3 miners-4 miners-5' })
    control.close()
  })

  it('has a key for each that the screen offers', () => {
    expect(KEYS.map(({ action }) => action)).toEqual(
      expect.arrayContaining(['kill', 'start', 'pause', 'add']),
    )
  })
})
