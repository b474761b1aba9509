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
    if (this.#members.has(member)) return false
    if (this.#members.size >= this.#capacity) {
      for (const oldest of this.#members) {
        this.#members.delete(oldest)
        break
      }
    }
    this.#members.add(member)
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
    this.#members.clear()
  }
}
