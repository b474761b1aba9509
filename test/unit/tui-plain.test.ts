// Progress lines, the words of the state, and how numbers are written.

import { PassThrough } from 'node:stream'
import { describe, expect, it, onTestFinished } from 'vitest'
import {
  formatBytes,
  formatCount,
  formatDuration,
  formatElapsed,
  formatRate,
  formatShare,
  printable,
  shortHash,
  sparkline,
  table,
} from '../../orchestrator/format.ts'
import { openDialogue } from '../../orchestrator/tui/dialogue.ts'
import { printProgress } from '../../orchestrator/tui/plain.ts'
import { summaryLines } from '../../orchestrator/tui/status.ts'
import { PaperNetwork, paperPlan } from '../support/network-double.ts'
import { paperTestnet } from '../support/paper-testnet.ts'
import { eventually } from '../support/until.ts'

describe('plain progress', () => {
  it('prints each event once and a status line every few seconds', () => {
    const paper = new PaperNetwork()
    const lines: string[] = []
    const end = printProgress(paper.observer, { write: line => lines.push(line), statusEveryMs: 5000 })
    paper.launch()
    for (let i = 0; i < 4; i++) {
      paper.pass(3000)
      paper.block({ miner: 'miners-1' })
      paper.sample()
    }
    paper.testnet({
      ...{ type: 'node-exited', node: 'miners-2', code: 1, signal: null, expected: false },
      lastLines: ['\u001b[31mno space left\u001b[0m\u0007'],
    })
    end()
    expect(lines.filter(line => line.includes('mined block'))).toHaveLength(4)
    expect(lines.filter(line => line.includes('the network stands after 800 ms'))).toHaveLength(1)
    expect(lines.filter(line => line.includes('nodes up')).length).toBeGreaterThanOrEqual(2)
    expect(lines.at(-1)).toMatch(/error: miners-2 died with exit code 1: no space left ?$/)
    expect(
      lines.some(line =>
        /0:0\d · height [12] · (one tip|2 tips) · 5\/5 nodes up · .*H\/s of 1 MH\/s/.test(line),
      ),
    ).toBe(true)
  })

  it('says once what many nodes do at once, and names the nodes of a small network', () => {
    const told = (count: number) => {
      const paper = new PaperNetwork(paperPlan(count))
      const lines: string[] = []
      paper.launch()
      printProgress(paper.observer, { write: line => lines.push(line) })()
      return lines.filter(line => / up$/.test(line)).map(line => line.split('  ')[1])
    }
    expect(told(30)).toEqual(['30 nodes up'])
    expect(told(3)).toEqual(['miners-1 up', 'miners-2 up', 'miners-3 up'])
  })

  it('sums up a run on one screen', () => {
    const paper = new PaperNetwork()
    paper.launch()
    paper.block({ miner: 'miners-1' })
    const lines = summaryLines(paper.observer.summary('/runs/demo-1'))
    expect(lines[0]).toBe('demo: 5 nodes for 0:00, process, seed 7')
    expect(lines.join('\n')).toContain('height 1, all nodes agree')
    expect(lines.at(-1)).toContain('/runs/demo-1')
    expect(lines.length).toBeLessThan(20)
  })
})

describe('numbers for people', () => {
  it.each([
    [formatRate(0), '0 H/s'],
    [formatRate(203_499), '203 kH/s'],
    [formatRate(1_000_000), '1 MH/s'],
    [formatRate(999_900), '1 MH/s'],
    [formatRate(7_250), '7.25 kH/s'],
    [formatBytes(71_300_000), '71.3 MB'],
    [formatCount(9312), '9,312'],
    [formatCount(12_400), '12.4k'],
    [formatShare(0.0042), '0.42 %'],
    [formatShare(0.1), '10 %'],
    [formatDuration(0.4), '0.4 ms'],
    [formatDuration(45), '45 ms'],
    [formatDuration(999.6), '1 s'],
    [formatDuration(1250), '1.25 s'],
    [formatDuration(200_000), '3m 20s'],
    [formatDuration(7_500_000), '2h 05m'],
    [formatElapsed(7_000), '0:07'],
    [formatElapsed(750_000), '12:30'],
    [formatElapsed(3_849_000), '1:04:09'],
    [shortHash('0000abcdef0123456789'), '…23456789'],
    [printable('a\u001b[2Jb\nc\u0000d'), 'ab c d'],
    [sparkline([0, 1, 2, 4], 6), '  ▁▂▄█'],
  ])('reads %s', (text, wanted) => {
    expect(text).toBe(wanted)
  })

  it('aligns a table', () => {
    const columns = [{ title: 'NODE' }, { title: 'HEIGHT', align: 'right' as const }]
    expect(
      table(columns, [
        ['miners-1', '7'],
        ['f', '1200'],
      ]),
    ).toEqual(['NODE      HEIGHT', 'miners-1       7', 'f           1200'])
  })
})

describe('the dialogue', () => {
  function talk() {
    const paper = new PaperNetwork()
    paper.launch()
    const testnet = paperTestnet(paper)
    const [input, heard] = [new PassThrough(), [] as string[]]
    let quits = 0
    const onQuit = () => {
      quits += 1
    }
    const close = openDialogue(testnet, { input, write: line => heard.push(line), onQuit })
    onTestFinished(close)
    const say = (...lines: string[]) => input.write(`${lines.join('\n')}\n`)
    const hears = (text: string | RegExp) =>
      eventually(() => expect(heard.join('\n')).toMatch(new RegExp(text, 'm')))
    return { paper, testnet, heard, say, hears, quits: () => quits }
  }

  it('answers how the network stands', async () => {
    const { paper, say, hears } = talk()
    paper.block({ miner: 'miners-1' })
    say('status', 'nodes', 'blocks', 'faults', 'help')
    await hears(/height 1 · one tip · 5\/5 nodes up/)
    await hears(/^miners-2: running, height 1 on ….{8}, 4 peers, \d+ kH\/s$/)
    await hears(/^block 1 ….{8} by miners-1: 5 of 5 nodes in [\d.]+ ms$/)
    await hears('no faults so far')
    await hears('heal [fault]: end one fault, or all'.replace(/[[\]]/g, '\\$&'))
  })

  it('carries out commands and tells how they went', async () => {
    const { say, hears } = talk()
    say('partition halves', 'explode', 'start nobody')
    await hears(/partition-1 \(halves\): verified/)
    await hears('error: there is no command "explode"')
    await hears('error: no node is named "nobody"')
  })

  it('asks before it does damage', async () => {
    const { testnet, say, hears, quits } = talk()
    say('kill miners-1', 'no', 'kill miners', 'y', 'kill miners-2', 'y', 'quit', 'y')
    await hears('kill miners-1\\? type y or yes')
    await hears('kill 5 nodes\\? type yes;')
    await hears('miners-2: killed')
    expect(testnet.given).toEqual(['kill miners-2'])
    await eventually(() => expect(quits()).toBe(1))
  })
})
