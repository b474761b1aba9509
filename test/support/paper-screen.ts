// A program that shows the screen over a made-up network, for tests in a real terminal and for looking at it:
// events come in real time, faster than life. `netsplit`'s own screen code runs, nothing else is real. Given the word
// `crash`, the first order to pause a node meets a bug.

import { showTestnet } from '../../orchestrator/tui/main.ts'
import { PaperNetwork, paperPlan } from './network-double.ts'
import { paperTestnet } from './paper-testnet.ts'

const [count = '5', word] = process.argv.slice(2)
const paper = new PaperNetwork(paperPlan(Number(count)))
paper.launch()

/** Splits the network now and then, so that there is something to see. */
let step = 0
const names = paper.names
const half = Math.floor(names.length / 2)
const sides = [names.slice(0, half), names.slice(half)]
const timer = setInterval(() => {
  step += 1
  paper.pass(100)
  if (step % 10 === 0) paper.sample()
  if (step % 9 !== 0) return
  const split = step % 180 >= 90 && step % 180 < 126
  const running = paper.observer.state().nodes.filter(node => node.phase === 'running')
  const miner = running[paper.int(running.length)]?.name ?? ''
  paper.block(split ? { miner, reach: sides.find(side => side.includes(miner)) ?? [] } : { miner })
  for (let i = 0; i < 5; i++) paper.testnet({ type: 'load-sent', node: miner, txid: 'aa' })
  if (step === 45)
    paper.testnet({
      ...{ type: 'node-exited', node: 'miners-2', code: null, signal: 'SIGKILL', expected: false },
      lastLines: ['height 4', 'about to be killed'],
    })
  if (step === 450) paper.up('miners-2', 1)
}, 100)

async function* logs(node: string, lines: number, follow: AbortSignal | undefined) {
  for (let i = 1; i <= lines; i++) yield `${node} line ${i}`
  while (follow && !follow.aborted) {
    await new Promise(resolve => setTimeout(resolve, 500))
    yield `${node} at height ${paper.observer.state().systems.ledger.height}`
  }
}

async function crash(): Promise<void> {
  setImmediate(() => {
    throw new Error('a bug, on purpose')
  })
}

const testnet = { ...paperTestnet(paper, logs), ...(word === 'crash' && { pause: crash }) }
console.log(`left: ${await showTestnet(testnet)}`)
clearInterval(timer)
