// A set that forgets its oldest members: what a peer may make us remember has an end.

import { Queue } from './queue.ts'

/** At most `capacity` members; adding one more drops the one added first. Every step has a constant price. */
export class BoundedSet<T> {
  /** Made with its first member: an empty set takes 150 bytes, and most peers are known to have no transactions. */
  #members: Set<T> | undefined
  /** In the order of addition, those that were deleted since among them. */
  #order: Queue<T> | undefined
  /** How many of a member's entries in the order count no more: its oldest ones. */
  #deleted: Map<T, number> | undefined
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
    this.#order ??= new Queue()
    const members = this.#members
    const before = members.size
    members.add(member)
    if (members.size === before) return false
    this.#order.push(member)
    if (before >= this.#capacity) this.shift()
    return true
  }

  delete(member: T): boolean {
    if (!this.#members?.delete(member) || !this.#order) return false
    this.#deleted ??= new Map()
    this.#deleted.set(member, (this.#deleted.get(member) ?? 0) + 1)
    // Whoever adds and deletes in turns must not fill the memory.
    if (this.#order.size > 2 * this.#members.size + this.#capacity) this.#forgetDeleted()
    return true
  }

  /** The oldest member, which is a member no more. */
  shift(): T | undefined {
    const order = this.#order
    let oldest = order?.shift()
    while (oldest !== undefined && skips(this.#deleted, oldest)) oldest = order?.shift()
    if (oldest !== undefined) this.#members?.delete(oldest)
    return oldest
  }

  /** Oldest first. */
  *values(): Iterable<T> {
    const deleted = this.#deleted && new Map(this.#deleted)
    for (const member of this.#order ?? []) if (!skips(deleted, member)) yield member
  }

  clear(): void {
    this.#members = undefined
    this.#order = undefined
    this.#deleted = undefined
  }

  #forgetDeleted(): void {
    const order = new Queue<T>()
    for (const member of this.values()) order.push(member)
    this.#order = order
    this.#deleted = undefined
  }
}

/** Is this entry one of a member that was deleted after it? Takes note that it has been met. */
function skips<T>(deleted: Map<T, number> | undefined, member: T): boolean {
  const count = deleted?.get(member)
  if (!deleted || count === undefined) return false
  if (count > 1) deleted.set(member, count - 1)
  else deleted.delete(member)
  return true
}
