// What is planned, by its moment, then by the order in which it was planned: a heap of four children a node.
//
// Keys lie side by side in typed arrays: a thousand peers plan ten thousand tasks that the processor's caches do not hold,
// and a comparison that had to look into two of them would wait for memory twice.

const CHILDREN = 4
const FIRST_CAPACITY = 1024

export class TimedQueue<T> {
  #atMs = new Float64Array(FIRST_CAPACITY)
  #order = new Float64Array(FIRST_CAPACITY)
  /** As long as the queue; the keys' arrays may be longer. */
  readonly #items: T[] = []
  #planned = 0

  get size(): number {
    return this.#items.length
  }

  /** Moment of the first; Infinity when there is none. */
  get firstMs(): number {
    return this.#items.length > 0 ? (this.#atMs[0] as number) : Number.POSITIVE_INFINITY
  }

  get first(): T | undefined {
    return this.#items[0]
  }

  /** After all that is there of the same moment. */
  push(atMs: number, item: T): void {
    const place = this.#items.length
    if (place === this.#atMs.length) this.#grow()
    this.#items.push(item)
    this.#rise(place, atMs, this.#planned++, item)
  }

  pop(): T | undefined {
    const items = this.#items
    const first = items[0]
    const last = items.pop()
    const end = items.length
    if (end > 0) this.#sink(this.#atMs[end] as number, this.#order[end] as number, last as T)
    return first
  }

  /** Drops all others; the order of those that stay is as it was. */
  keep(wanted: (item: T) => boolean): void {
    const kept = this.#items.flatMap((item, i) =>
      wanted(item) ? [{ item, atMs: this.#atMs[i] as number, order: this.#order[i] as number }] : [],
    )
    this.#items.length = 0
    for (const { item, atMs, order } of kept) {
      this.#items.push(item)
      this.#rise(this.#items.length - 1, atMs, order, item)
    }
  }

  #rise(from: number, atMs: number, order: number, item: T): void {
    let place = from
    while (place > 0) {
      const above = ((place - 1) / CHILDREN) | 0
      if (!this.#before(atMs, order, above)) break
      this.#move(above, place)
      place = above
    }
    this.#set(place, atMs, order, item)
  }

  #sink(atMs: number, order: number, item: T): void {
    const end = this.#items.length
    let place = 0
    while (true) {
      const eldest = CHILDREN * place + 1
      if (eldest >= end) break
      let least = eldest
      for (let child = eldest + 1; child < Math.min(eldest + CHILDREN, end); child++)
        if (this.#before(this.#atMs[child] as number, this.#order[child] as number, least)) least = child
      if (this.#before(atMs, order, least)) break
      this.#move(least, place)
      place = least
    }
    this.#set(place, atMs, order, item)
  }

  /** Is this before what stands at `place`? */
  #before(atMs: number, order: number, place: number): boolean {
    const otherMs = this.#atMs[place] as number
    return atMs < otherMs || (atMs === otherMs && order < (this.#order[place] as number))
  }

  #move(from: number, to: number): void {
    this.#set(to, this.#atMs[from] as number, this.#order[from] as number, this.#items[from] as T)
  }

  #set(place: number, atMs: number, order: number, item: T): void {
    this.#atMs[place] = atMs
    this.#order[place] = order
    this.#items[place] = item
  }

  #grow(): void {
    const [atMs, order] = [this.#atMs, this.#order]
    this.#atMs = new Float64Array(atMs.length * 2)
    this.#order = new Float64Array(atMs.length * 2)
    this.#atMs.set(atMs)
    this.#order.set(order)
  }
}
