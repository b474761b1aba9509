// The command bar: what can be done to the picked nodes, and to the network. It stays in sight at the foot of the page.

import { plural } from '../../format.ts'
import type { NodePhase, NodeState } from '../../observe/state.ts'
import { reportText, VERDICT_SIGNS, verdictOf } from '../../observe/verdict.ts'
import type { Page } from '../page.ts'
import { confirm, field, textInput } from './confirm.ts'
import { element, setClass, setText } from './dom.ts'
import { order } from './orders.ts'
import type { Selection } from './selection.ts'

type NodeOrder = 'pause' | 'resume' | 'stop' | 'start' | 'kill'

interface OrderKind {
  readonly order: NodeOrder
  readonly title: string
  /** Phases in which a node obeys. */
  readonly from: readonly NodePhase[]
  /** Asked about first, with what it does. */
  readonly harm?: string
}

const UP: readonly NodePhase[] = ['running', 'unreachable']
const ORDERS: readonly OrderKind[] = [
  { order: 'pause', title: 'Pause', from: ['running'] },
  { order: 'resume', title: 'Resume', from: ['paused'] },
  {
    order: 'stop',
    title: 'Stop',
    from: [...UP, 'paused'],
    harm: 'It goes down in order; start brings it back with its chain.',
  },
  { order: 'start', title: 'Start', from: ['stopped', 'failed'] },
  {
    order: 'kill',
    title: 'Kill −9',
    from: [...UP, 'paused'],
    harm: 'It gets no chance to write anything down; start brings it back.',
  },
]

const DURATION = /^(\d+(?:\.\d+)?)\s*(ms|s|m|min|h|d)?$/
const UNIT_MS = { ms: 1, s: 1000, m: 60_000, min: 60_000, h: 3_600_000, d: 86_400_000 } as const
const RATE = /^(\d+(?:\.\d+)?)\s*([kMG]?)H\/s$/
const PREFIX = { '': 1, k: 1e3, M: 1e6, G: 1e9 } as const

export class CommandBar {
  readonly element = element('section', 'command-bar')
  readonly #selection: Selection
  readonly #picked = element('strong')
  readonly #said = element('p', 'said')
  readonly #buttons: {
    readonly button: HTMLButtonElement
    readonly able: (picked: NodeState[]) => boolean
  }[] = []
  readonly #onOpen: (node: string) => void
  #page: Page | undefined
  #allowed = true
  #busy = 0

  constructor(selection: Selection, onOpen: (node: string) => void) {
    this.#selection = selection
    this.#onOpen = onOpen
    this.element.setAttribute('aria-label', 'Commands')
    this.#said.setAttribute('role', 'status')
    const row = element('div', 'row', this.#picked)
    const add = (title: string, work: () => void, able: (picked: NodeState[]) => boolean, className = '') => {
      const button = element('button', className, title)
      button.addEventListener('click', work)
      this.#buttons.push({ button, able })
      row.append(button)
    }
    const some = (picked: NodeState[]) => picked.length > 0
    add(
      'Cut off …',
      () => void this.#partition(),
      picked => some(picked) && picked.length < this.#count(),
      'primary',
    )
    for (const kind of ORDERS)
      add(
        kind.title,
        () => void this.#order(kind),
        picked => picked.some(node => kind.from.includes(node.phase)),
      )
    add(
      'Details',
      () => this.#onOpen(selection.names[0] ?? ''),
      picked => picked.length === 1,
    )
    add('Clear', () => selection.replace([]), some)
    row.append(element('span', 'grow'))
    add(
      'Heal all',
      () => void this.heal(),
      () => this.#inForce() > 0,
      'primary',
    )
    add(
      'Add node …',
      () => void this.#add(),
      () => true,
    )
    this.element.append(row, this.#said)
    selection.onChange(() => this.#redraw())
  }

  /** `live`: what is shown is now; nobody commands the past. */
  show(page: Page, live: boolean): void {
    this.#page = page
    this.#allowed = live && page.facts.phase === 'running'
    this.#redraw()
  }

  async heal(fault?: string): Promise<void> {
    await this.#do(fault === undefined ? 'healing' : `healing ${fault}`, async () => {
      const path = fault === undefined ? '/faults' : `/faults/${encodeURIComponent(fault)}`
      const reports = (await order('DELETE', path)) as readonly Report[]
      return reports.map(describe).join('; ') || 'no fault is in force'
    })
  }

  #redraw(): void {
    const picked = this.#pickedNodes()
    const names = picked.map(node => node.name)
    const text = names.length > 4 ? plural(names.length, 'node') : names.join(', ')
    setText(this.#picked, names.length === 0 ? 'Pick nodes to command them' : text)
    for (const { button, able } of this.#buttons) {
      button.disabled = !this.#allowed || this.#busy > 0 || !able(picked)
    }
  }

  #count(): number {
    return this.#page?.nodes.length ?? 0
  }

  #inForce(): number {
    return this.#page?.faults.filter(fault => fault.toMs === undefined).length ?? 0
  }

  #pickedNodes(): NodeState[] {
    return this.#page?.nodes.filter(node => this.#selection.has(node.name)) ?? []
  }

  async #partition(): Promise<void> {
    const names = this.#pickedNodes().map(node => node.name)
    const rest = this.#count() - names.length
    const duration = textInput('', 'until healed')
    const agreed = await confirm({
      title: 'Split the network',
      text: `Every connection between ${names.join(', ')} and the other ${plural(rest, 'node')} is cut, and measured.`,
      verb: `Cut ${names.length} | ${rest}`,
      fields: [field('Heals by itself after', duration, 'such as 30s or 2m')],
    })
    if (!agreed) return
    await this.#do(`cutting off ${names.join(', ')}`, async () => {
      const forMs = readDuration(duration.value)
      const fault = { kind: 'partition', cut: `${names.join(',')} | rest` }
      const report = await order('POST', '/faults', { fault, ...(forMs !== undefined && { forMs }) })
      this.#selection.replace([])
      return describe(report as Report)
    })
  }

  async #order({ order: verb, title, from, harm }: OrderKind): Promise<void> {
    const names = this.#pickedNodes()
      .filter(node => from.includes(node.phase))
      .map(node => node.name)
    if (harm !== undefined) {
      const most = names.length * 2 > this.#count()
      const agreed = await confirm({
        title: `${title} ${names.length === 1 ? names[0] : plural(names.length, 'node')}?`,
        text: names.length === 1 ? harm : `${names.join(', ')}. ${harm}`,
        verb: title,
        // Without most of its nodes the network is as good as gone.
        ...(most && this.#page && { word: this.#page.facts.network }),
      })
      if (!agreed) return
    }
    await this.#do(`${title.toLowerCase()}: ${names.join(', ')}`, async () => {
      const told = names.map(name => order('POST', `/nodes/${encodeURIComponent(name)}/${verb}`))
      const outcomes = await Promise.allSettled(told)
      const refusals = outcomes.flatMap(outcome =>
        outcome.status === 'rejected' ? [String(outcome.reason.message)] : [],
      )
      if (refusals.length > 0) throw new Error(refusals.join('; '))
      return `${title.toLowerCase()}: ${names.join(', ')} ✓`
    })
  }

  async #add(): Promise<void> {
    const rate = textInput('', 'does not mine')
    const agreed = await confirm({
      title: 'Add a node',
      text: 'It joins the running network, syncs its chain and takes part.',
      verb: 'Add',
      fields: [field('Hash rate', rate, 'such as 200kH/s')],
    })
    if (!agreed) return
    await this.#do('adding a node', async () => {
      const hashRateHps = readRate(rate.value)
      const { name } = (await order('POST', '/nodes', {
        ...(hashRateHps !== undefined && { hashRateHps }),
      })) as {
        name: string
      }
      return `${name} has joined`
    })
  }

  /** Says what goes on and how it ended. */
  async #do(what: string, work: () => Promise<string>): Promise<void> {
    this.#busy += 1
    this.#say(`${what} …`, 'quiet')
    this.#redraw()
    try {
      this.#say(await work(), 'good')
    } catch (error) {
      this.#say(`✗ ${(error as Error).message}`, 'bad')
    } finally {
      this.#busy -= 1
      this.#redraw()
    }
  }

  #say(text: string, className: string): void {
    setText(this.#said, text)
    setClass(this.#said, `said ${className}`)
  }
}

interface Report {
  readonly id: string
  readonly target: string
  readonly verified: boolean
  readonly disturbedBy?: readonly string[]
  readonly unmeasured?: true
  readonly pending?: true
  readonly lapsed?: { readonly measured: string }
  readonly measured: string
}

function describe(report: Report): string {
  const { lapsed: _, ...end } = report
  const verdict = verdictOf(end)
  const sign = verdict === undefined ? '' : `${VERDICT_SIGNS[verdict]} `
  return `${report.id}: ${report.target} – ${sign}${reportText(report)}`
}

function readDuration(text: string): number | undefined {
  if (text.trim() === '') return undefined
  const [, number, unit = 's'] = DURATION.exec(text.trim()) ?? []
  if (number === undefined) throw new Error(`"${text}" is not a time; such as 30s or 2m`)
  return Number(number) * UNIT_MS[unit as keyof typeof UNIT_MS]
}

function readRate(text: string): number | undefined {
  if (text.trim() === '') return undefined
  const [, number, prefix = ''] = RATE.exec(text.trim()) ?? []
  if (number === undefined) throw new Error(`"${text}" is not a hash rate; such as 200kH/s`)
  return Number(number) * PREFIX[prefix as keyof typeof PREFIX]
}
