// Which nodes are picked: one set that topology, table and command bar share.

export class Selection {
  readonly #names = new Set<string>()
  readonly #listeners: (() => void)[] = []

  get names(): readonly string[] {
    return [...this.#names]
  }

  has(name: string): boolean {
    return this.#names.has(name)
  }

  toggle(name: string): void {
    if (!this.#names.delete(name)) this.#names.add(name)
    this.#tell()
  }

  replace(names: readonly string[]): void {
    this.#names.clear()
    for (const name of names) this.#names.add(name)
    this.#tell()
  }

  onChange(listener: () => void): void {
    this.#listeners.push(listener)
  }

  #tell(): void {
    for (const listener of this.#listeners) listener()
  }
}
