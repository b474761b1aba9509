// A set that forgets its oldest members: what a peer may make us remember has an end.

/** At most `capacity` members; adding one more drops the one added first. */
export class BoundedSet<T> {
  readonly #members = new Set<T>()
  readonly #capacity: number

  constructor(capacity: number) {
    this.#capacity = capacity
  }

  get size(): number {
    return this.#members.size
  }

  has(member: T): boolean {
    return this.#members.has(member)
  }

  /** False when it was there already. */
  add(member: T): boolean {
    const before = this.#members.size
    this.#members.add(member)
    if (this.#members.size === before) return false
    if (before >= this.#capacity) this.#members.delete(this.#members.values().next().value as T)
    return true
  }

  delete(member: T): boolean {
    return this.#members.delete(member)
  }

  /** Oldest first. */
  values(): Iterable<T> {
    return this.#members.values()
  }

  clear(): void {
    if (this.#members.size > 0) this.#members.clear() // an empty one would be given a new table all the same
  }
}
