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

/** Where metrics are; `path` where that is not the usual /metrics. */
export interface Target {
  /** `host:port`. */
  readonly address: string
  readonly path?: string
}

export class PrometheusFolder {
  readonly path: string
  readonly #options: PrometheusFolderOptions
  readonly #nodes = new Map<string, Target>()

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

  setObserver(target: Target): void {
    const { network } = this.#options
    this.#write('network.json', JSON.stringify([entry(target, { network })]))
  }

  /** Undefined when it is gone. */
  setNode(node: string, target: Target | undefined): void {
    const before = this.#nodes.get(node)
    if (target?.address === before?.address && target?.path === before?.path) return
    if (target === undefined) this.#nodes.delete(node)
    else this.#nodes.set(node, target)
    const { network } = this.#options
    this.#write(
      'nodes.json',
      JSON.stringify([...this.#nodes].map(([node, each]) => entry(each, { network, node }))),
    )
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

/** As Prometheus reads it: a label of this name says the path, and is none of the series'. */
function entry({ address, path }: Target, labels: Readonly<Record<string, string>>) {
  return { targets: [address], labels: { ...labels, ...(path !== undefined && { __metrics_path__: path }) } }
}
