// A set that forgets its oldest members: what a peer may make us remember has an end.

/** At most `capacity` members; adding one more drops the one added first. */
export class BoundedSet<T> {
  /** Made with its first member: an empty set takes 150 bytes, and most peers are known to have no transactions. */
  #members: Set<T> | undefined
  readonly #capacity: number

  constructor(capacity: number) {
    this.#capacity = capacity
  }

  get size(): number {
    return this.#members?.size ?? 0
  }

  has(member: T): boolean {
    return this.#members?.has(member) ?? false
  }

  /** False when it was there already. */
  add(member: T): boolean {
    this.#members ??= new Set()
    const members = this.#members
    const before = members.size
    members.add(member)
    if (members.size === before) return false
    if (before >= this.#capacity) members.delete(members.values().next().value as T)
    return true
  }

  delete(member: T): boolean {
    return this.#members?.delete(member) ?? false
  }

  /** Oldest first. */
  values(): Iterable<T> {
    return this.#members?.values() ?? []
  }

  clear(): void {
    this.#members = undefined
  }
}
