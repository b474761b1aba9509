// A map that keeps its newest entries. Each step has a constant price: whoever asks a Map for its oldest key walks over all
// that were deleted before it, and a long run deletes one with each block.

export class Newest<K, V> {
  readonly #values = new Map<K, V>()
  /** In the order in which they came, as a ring once it is full. */
  readonly #keys: K[] = []
  #oldest = 0
  readonly #capacity: number

  constructor(capacity: number) {
    this.#capacity = capacity
  }

  get size(): number {
    return this.#values.size
  }

  get(key: K): V | undefined {
    return this.#values.get(key)
  }

  /** A key that is there keeps its place. */
  set(key: K, value: V): void {
    const before = this.#values.size
    this.#values.set(key, value)
    if (this.#values.size === before) return
    if (before < this.#capacity) {
      this.#keys.push(key)
      return
    }
    this.#values.delete(this.#keys[this.#oldest] as K)
    this.#keys[this.#oldest] = key
    this.#oldest = (this.#oldest + 1) % this.#capacity
  }
}
