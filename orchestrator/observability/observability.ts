// Prometheus and Grafana beside a network. They are a help, not a part of it: what goes wrong here costs a line, never the run.

import { get } from 'node:http'
import { join } from 'node:path'
import { pause } from '../network/node-client.ts'
import type { ObservedEvent } from '../observe/events.ts'
import type { Observer } from '../observe/observer.ts'
import { PrometheusFolder, type PrometheusFolderOptions, type Target } from './folder.ts'

const READY_TIMEOUT_MS = 60_000
const POLL_MS = 250

/** Where Prometheus is to find a network, and the words for what happens. */
export interface Surroundings {
  readonly folder: PrometheusFolder
  readonly signal: AbortSignal
  readonly say: (level: 'info' | 'warn', message: string) => void
}

/** What runs Prometheus: containers beside the nodes, or the program on PATH. */
export interface Host {
  /** Who reads the folder, when that is not us. */
  readonly reader: PrometheusFolderOptions['owner']
  /** What it says to those whom it asks, where that is not the network's own tokens. */
  readonly tokens?: PrometheusFolderOptions['tokens']
  /** Where Prometheus reaches a node that we reach at `control`. */
  nodeTarget(node: string, control: string): Promise<Target>
  /** Where Prometheus reaches the observer's metrics. */
  observerTarget(): Promise<Target>
  /** Starts what it can; resolves when that is started. */
  start(surroundings: Surroundings): Promise<void>
  close(): Promise<void>
}

export interface ObservabilityOptions {
  readonly network: string
  /** The network's state directory. */
  readonly directory: string
  readonly tokens: PrometheusFolderOptions['tokens']
  readonly observer: Observer
  readonly host: Host
}

export class Observability {
  readonly #host: Host
  readonly #ending = new AbortController()
  readonly #untap: () => void
  readonly #started: Promise<void>

  /** Begins at once and in the background. Nodes that run already are found in the observer's state. */
  constructor({ network, directory, tokens, observer, host }: ObservabilityOptions) {
    this.#host = host
    const say = (level: 'info' | 'warn', message: string) =>
      observer.observe(undefined, { type: 'note', level, message })
    const folder = new PrometheusFolder({
      path: join(directory, 'observability'),
      network,
      tokens: host.tokens ?? tokens,
      owner: host.reader,
    })
    // A full disk is Prometheus's trouble, not the network's.
    const setNode = (node: string, target: Target | undefined) => {
      try {
        folder.setNode(node, target)
      } catch (error) {
        say('warn', `Prometheus does not learn of ${node}: ${(error as Error).message}`)
      }
    }
    const follow = (node: string, control: string) =>
      void host.nodeTarget(node, control).then(
        target => setNode(node, target),
        () => {}, // the network is going down
      )
    this.#untap = observer.tap(({ event }: ObservedEvent) => {
      if (event.type === 'node-ready' && event.control) follow(event.node, event.control)
      else if (event.type === 'node-exited') setNode(event.node, undefined)
    })
    for (const { name, control } of observer.state().nodes) if (control) follow(name, control)
    this.#started = this.#start({ folder, signal: this.#ending.signal, say })
  }

  async close(): Promise<void> {
    this.#ending.abort()
    this.#untap()
    await this.#started
    await this.#host.close()
  }

  async #start(surroundings: Surroundings): Promise<void> {
    try {
      surroundings.folder.setObserver(await this.#host.observerTarget())
      await this.#host.start(surroundings)
    } catch (error) {
      if (!surroundings.signal.aborted) surroundings.say('warn', `no Prometheus: ${(error as Error).message}`)
    }
  }
}

/** Says where a program answers once it does, or that it does not. */
export async function announce(
  name: string,
  url: string,
  readyPath: string,
  { signal, say }: Pick<Surroundings, 'signal' | 'say'>,
): Promise<void> {
  const deadlineMs = performance.now() + READY_TIMEOUT_MS
  while (!signal.aborted && performance.now() < deadlineMs) {
    if (await answers(url + readyPath)) return say('info', `${name}: ${url}`)
    await pause(POLL_MS, signal)
  }
  if (!signal.aborted) say('warn', `${name} does not answer at ${url} after ${READY_TIMEOUT_MS / 1000} s`)
}

function answers(url: string): Promise<boolean> {
  return new Promise(resolve => {
    get(url, { agent: false, timeout: READY_TIMEOUT_MS }, response => {
      response.resume()
      resolve(response.statusCode === 200)
    }).once('error', () => resolve(false))
  })
}
