// What keys set off: it keeps the view, asks before it does damage, carries out commands and tells how they went.

import type { Key } from 'ink'
import { printable } from '../format.ts'
import { type Commanded, completed, type Damage, parseCommand, wordsOf } from './commands.ts'
import { type Action, actionOf, areKeys, PASTE, type Stroke, strokesOf } from './keys.ts'
import { type Edit, edited, NO_TEXT, pasted, textOf } from './line-edit.ts'
import { listedNodes } from './panels/nodes.ts'
import { type PanelId, panelOf } from './panels.ts'
import { layoutOf, type Size } from './screen.ts'
import { act, type Extent, FIRST_VIEW, type Notice, selectedNode, type View } from './view.ts'

export interface ControlOptions {
  readonly testnet: Commanded
  readonly size: () => Size
  /** Lines of the selected node's log that are at hand. */
  readonly logLines: () => number
  readonly onQuit: () => void
  /** Ctrl-C: a terminal in raw mode makes no signal of it. */
  readonly onInterrupt: () => void
  readonly onChange: () => void
  /** Said until the first key. */
  readonly hint?: string | undefined
  /** For pauses between keys. */
  readonly nowMs?: () => number
}

/** How long it is told how a command went. */
const NOTICE_MS = 8_000
/** For what much depends on. */
const WORD = 'yes'
const HISTORY = 100
/** Who did not see a question types on. So long without a key, and keys are keys again. */
const PAUSE_MS = 1_000
/** What follows these answers when they are written out. */
const WRITTEN_OUT: { readonly [answer: string]: readonly string[] } = { y: ['e', 's', ''], n: ['o', ''] }

export class Control {
  view: View = FIRST_VIEW
  readonly #options: ControlOptions
  /** What a question is about. */
  #asked: (() => void) | undefined
  /** Place in the history of commands while going through it, counted from its end. */
  #recalled = 0
  #noticeTimer: NodeJS.Timeout | undefined
  /** Within the brackets that a terminal puts around what is pasted. */
  #pasting = false
  /** Keys that make a whole word of the answer just given. */
  #writtenOut: readonly string[] = []
  /** When the last key came of what was typed over a question. */
  #typedOnMs: number | undefined

  constructor(options: ControlOptions) {
    this.#options = options
    const { hint } = options
    if (hint !== undefined) this.view = { ...this.view, notice: { text: hint, level: 'hint' } }
  }

  press(input: string, key: Key): void {
    if (key.ctrl && input === 'c') this.#options.onInterrupt()
    else if (input === PASTE.begin || input === PASTE.end) this.#pasting = input === PASTE.begin
    else if (this.#pasting) this.#paste(input)
    else if (!this.#isTypedOn(input, key)) this.#take(strokesOf(input, key))
  }

  /** No timer is left. */
  close(): void {
    clearTimeout(this.#noticeTimer)
  }

  /** What came at once: what is behind a question was typed before anybody could read it. */
  #take(strokes: readonly Stroke[]) {
    let trusted = strokes.length === 1
    for (const [i, stroke] of strokes.entries()) {
      const { prompt } = this.view
      if (prompt === undefined && !trusted) {
        if (!areKeys(strokes.slice(i))) return this.#tell(NO_KEYS, 'error')
        trusted = true
      }
      if (prompt?.kind === 'ask' && prompt.word === undefined && strokes.length > 1)
        return this.#answer(wholeAnswer(strokes))
      this.#press(stroke)
      const now = this.view.prompt
      if (prompt?.kind === 'ask' ? now === undefined : now?.kind === 'ask') return
      if (now !== prompt) trusted = false
    }
  }

  #press(stroke: Stroke) {
    const { input, key } = stroke
    const { prompt, notice } = this.view
    if (key.ctrl && input === 'c') return this.#options.onInterrupt()
    if (notice && notice.level !== 'busy') this.#show({ notice: undefined })
    if (prompt?.kind === 'ask') return this.#answer(stroke)
    if (prompt?.kind === 'filter') return this.#filter(stroke)
    if (prompt?.kind === 'command') return this.#type(stroke)
    const action = actionOf(input, key)
    if (action !== undefined) this.#do(action)
  }

  /** Pasted text goes where text is typed, and nowhere else. */
  #paste(text: string) {
    const { prompt } = this.view
    if (prompt === undefined) return this.#tell(NO_KEYS, 'error')
    if (prompt.kind === 'ask') return
    const edit = pasted(prompt.edit, text)
    if (prompt.kind === 'filter') this.#filterBy(edit)
    else this.#show({ prompt: { kind: 'command', edit, choices: [] } })
  }

  /** Does it belong to what was typed when a question came up? */
  #isTypedOn(input: string, key: Key): boolean {
    const now = this.#nowMs()
    const [next, ...rest] = this.#writtenOut
    this.#writtenOut = []
    if (next !== undefined && (next === '' ? key.return : next === input)) {
      this.#writtenOut = rest
      return true
    }
    if (this.#typedOnMs === undefined || now - this.#typedOnMs >= PAUSE_MS) {
      this.#typedOnMs = undefined
      return false
    }
    this.#typedOnMs = now
    return true
  }

  #nowMs(): number {
    return this.#options.nowMs?.() ?? performance.now()
  }

  #do(action: Action) {
    switch (action) {
      case 'quit':
        return this.#ask(
          { extent: 'some', question: 'take the network down and leave' },
          this.#options.onQuit,
        )
      case 'filter':
        return this.#show({ prompt: { kind: 'filter', edit: textOf(this.view.filter) } })
      case 'command':
        this.#recalled = 0
        return this.#show({ prompt: { kind: 'command', edit: NO_TEXT, choices: [] } })
      case 'partition':
        return this.#partition()
      case 'heal':
        return this.#command('heal')
      case 'add':
        return this.#command('add')
      case 'time':
        return this.#command(this.#options.testnet.state().time === 'stands' ? 'time go' : 'time pause')
      case 'next-block':
        return this.#command('time block')
      case 'kill':
        return this.#onNodes(names => `kill ${names.join(' ')}`)
      case 'start':
        return this.#onNodes(names => `start ${names.join(' ')}`)
      case 'pause':
        return this.#onNodes(names => `${this.#allPaused(names) ? 'resume' : 'pause'} ${names.join(' ')}`)
      default:
        return this.#show(act(this.view, action, this.#extent()))
    }
  }

  #partition() {
    const marked = this.#marked()
    const others = this.#options.testnet.state().nodes.length - marked.length
    if (marked.length === 0) return this.#tell('mark the nodes of one side with space, then p', 'error')
    if (others === 0) return this.#tell('all nodes are marked: there is no other side', 'error')
    this.#command(`partition ${marked.join(',')} | rest`)
  }

  #onNodes(line: (names: readonly string[]) => string) {
    const marked = this.#marked()
    const selected = selectedNode(this.view, this.#extent().nodes)
    const names = marked.length > 0 ? marked : selected === undefined ? [] : [selected]
    if (names.length > 0) this.#command(line(names))
  }

  /** In the order of the network. */
  #marked(): string[] {
    const { nodes } = this.#options.testnet.state()
    return nodes.map(node => node.name).filter(name => this.view.marked.has(name))
  }

  #allPaused(names: readonly string[]): boolean {
    const { nodes } = this.#options.testnet.state()
    return names.every(name => nodes.find(node => node.name === name)?.phase === 'paused')
  }

  #answer({ input, key }: Stroke) {
    const { prompt } = this.view
    if (prompt?.kind !== 'ask') return
    if (prompt.word === undefined) return this.#answerByKey({ input, key })
    if (key.escape) return this.#show({ prompt: undefined })
    if (!key.return) {
      const { text } = edited(textOf(prompt.typed), input, key)
      return this.#show({ prompt: { ...prompt, typed: text } })
    }
    this.#show({ prompt: undefined })
    if (prompt.typed === prompt.word) this.#asked?.()
    else this.#tell('not done', 'info')
  }

  #answerByKey({ input, key }: Stroke) {
    const asked = this.#asked
    this.#show({ prompt: undefined })
    this.#writtenOut = WRITTEN_OUT[input] ?? []
    // `q` after `q`, too: who wants to leave should not have to search for a key.
    if (input === 'y' || (input === 'q' && asked === this.#options.onQuit)) return asked?.()
    if (input === 'n' || key.escape || key.return) return
    // Whoever wanted to type, types.
    const action = actionOf(input, key)
    if (action === 'command' || action === 'filter') return this.#do(action)
    this.#typedOnMs = this.#nowMs()
    this.#tell('not done; keys count again after a pause', 'info')
  }

  #filter({ input, key }: Stroke) {
    const { prompt } = this.view
    if (prompt?.kind !== 'filter') return
    if (key.escape) return this.#show({ prompt: undefined, filter: '' })
    if (key.return) return this.#show({ prompt: undefined })
    this.#filterBy(edited(prompt.edit, input, key))
  }

  #filterBy(edit: Edit) {
    this.#show({ prompt: { kind: 'filter', edit }, filter: edit.text, scrolled: 0 })
  }

  #type({ input, key }: Stroke) {
    const { prompt, history } = this.view
    if (prompt?.kind !== 'command') return
    if (key.escape) return this.#show({ prompt: undefined })
    if (key.return) return this.#give(prompt.edit.text.trim())
    if (key.upArrow || key.downArrow) {
      this.#recalled = Math.max(0, Math.min(history.length, this.#recalled + (key.upArrow ? 1 : -1)))
      const text = this.#recalled === 0 ? '' : (history[history.length - this.#recalled] ?? '')
      return this.#show({ prompt: { kind: 'command', edit: textOf(text), choices: [] } })
    }
    if (key.tab) {
      const { text, choices } = completed(prompt.edit.text, this.#options.testnet)
      return this.#show({ prompt: { kind: 'command', edit: textOf(text), choices } })
    }
    this.#show({ prompt: { kind: 'command', edit: edited(prompt.edit, input, key), choices: [] } })
  }

  #give(line: string) {
    const history = line === '' ? this.view.history : [...this.view.history, line].slice(-HISTORY)
    this.#show({ prompt: undefined, history })
    if (line === 'q' || line === 'quit') this.#do('quit')
    else if (line !== '') this.#command(line)
  }

  /** Carries a command out, after a question where it destroys something. */
  #command(line: string) {
    try {
      const { command, args } = parseCommand(line)
      const run = () => this.#run(line, () => command.run(this.#options.testnet, args))
      const damage = command.damage?.(args, this.#options.testnet)
      if (damage) this.#ask({ ...damage, question: `${command.name} ${damage.question}` }, run)
      else run()
    } catch (error) {
      this.#tell(wordsOf(error), 'error')
    }
  }

  #ask({ extent, question }: Damage, then: () => void) {
    this.#asked = then
    const word = extent === 'much' ? { word: WORD } : {}
    this.#show({ prompt: { kind: 'ask', question, typed: '', ...word } })
  }

  #run(line: string, run: () => Promise<string>) {
    this.#tell(line, 'busy')
    run().then(
      text => this.#tell(text, 'info'),
      error => this.#tell(wordsOf(error), 'error'),
    )
  }

  #tell(text: string, level: Notice['level']) {
    clearTimeout(this.#noticeTimer)
    this.#show({ notice: { text: printable(text, 1000), level } })
    if (level === 'busy') return
    this.#noticeTimer = setTimeout(() => this.#show({ notice: undefined }), NOTICE_MS).unref()
  }

  #show(change: Partial<View>) {
    this.view = { ...this.view, ...change }
    this.#options.onChange()
  }

  #extent(): Extent {
    const { testnet, size, logLines } = this.#options
    const state = testnet.state()
    const { view } = this
    const { body } = layoutOf(state, view, size())
    const listed = (panel: PanelId) =>
      panel === LOGS ? logLines() : (panelOf(panel).count?.(state) ?? state.nodes.length)
    return {
      nodes: listedNodes(state.nodes, view.filter).map(node => node.name),
      lines: view.help || view.zoom === undefined ? HELP_LINES : listed(view.zoom),
      page: Math.max(1, body - 1),
    }
  }
}

/** Several keys as one answer: a whole `yes` or `no`, or nothing that does harm. */
function wholeAnswer(strokes: readonly Stroke[]): Stroke {
  const text = strokes.map(({ input }) => input).join('')
  const [first = { input: '', key: {} as Key }] = strokes
  return { ...first, input: /^y(es)?$/.test(text) ? 'y' : /^no?$/.test(text) ? 'n' : '' }
}

const NO_KEYS = 'text that comes all at once is not taken for keys; type : before a command'

/** Its lines are no part of the state. */
const LOGS: PanelId = 'logs'

/** No help is longer; the help itself stops where it ends. */
const HELP_LINES = 100
