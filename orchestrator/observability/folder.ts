// The folder that a Prometheus reads: its configuration, its rules, the tokens, and the targets, which change as nodes come
// and go. Targets are written beside and renamed into place, so that no half-written file is ever read.

import { chownSync, copyFileSync, mkdirSync, renameSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { packageRoot } from '../machine/paths.ts'

export interface PrometheusFolderOptions {
  readonly path: string
  readonly network: string
  /** Of the observer's /metrics, and of the nodes'. */
  readonly tokens: { readonly network: string; readonly nodes: string }
  /** Who is to read it, when that is not us. */
  readonly owner?: { readonly uid: number; readonly gid: number } | undefined
}

export class PrometheusFolder {
  readonly path: string
  readonly #options: PrometheusFolderOptions
  readonly #nodes = new Map<string, string>()

  constructor(options: PrometheusFolderOptions) {
    this.path = options.path
    this.#options = options
    mkdirSync(join(this.path, 'network'), { recursive: true, mode: 0o700 })
    for (const file of ['prometheus.yml', 'rules.yml'])
      copyFileSync(join(packageRoot(), 'docker', file), join(this.path, file))
    this.#write('network.token', options.tokens.network)
    this.#write('nodes.token', options.tokens.nodes)
    this.#write('network.json', '[]')
    this.#write('nodes.json', '[]')
    this.#give('.', 'network', 'prometheus.yml', 'rules.yml')
  }

  /** `host:port` at which the observer's metrics are. */
  setObserver(address: string): void {
    const { network } = this.#options
    this.#write('network.json', JSON.stringify([{ targets: [address], labels: { network } }]))
  }

  /** `host:port` at which a node's metrics are; undefined when it is gone. */
  setNode(node: string, address: string | undefined): void {
    if (address === this.#nodes.get(node)) return
    if (address === undefined) this.#nodes.delete(node)
    else this.#nodes.set(node, address)
    const { network } = this.#options
    const targets = [...this.#nodes].map(([node, address]) => ({
      targets: [address],
      labels: { network, node },
    }))
    this.#write('nodes.json', JSON.stringify(targets))
  }

  #write(name: string, text: string): void {
    const file = join('network', name)
    writeFileSync(join(this.path, `${file}.new`), text, { mode: 0o600 })
    this.#give(`${file}.new`)
    renameSync(join(this.path, `${file}.new`), join(this.path, file))
  }

  #give(...files: readonly string[]): void {
    const { owner } = this.#options
    if (owner) for (const file of files) chownSync(join(this.path, file), owner.uid, owner.gid)
  }
}
