// One service's part of its node's store: keys under a prefix that the service does not see.

import type { Batch, Store } from './host.ts'

/** The part whose keys begin with `keys`; the store itself where that is nothing. */
export function partOf(store: Store, keys: string): Store {
  return keys === '' ? store : new StorePart(store, keys)
}

class StorePart implements Store {
  readonly #store: Store
  readonly #keys: string

  constructor(store: Store, keys: string) {
    this.#store = store
    this.#keys = keys
  }

  get(key: string): Uint8Array | undefined {
    return this.#store.get(this.#keys + key)
  }

  *scan(prefix: string): Iterable<readonly [key: string, value: Uint8Array]> {
    for (const [key, value] of this.#store.scan(this.#keys + prefix))
      yield [key.slice(this.#keys.length), value]
  }

  commit(batch: Batch): void {
    this.#store.commit(
      batch.map(op =>
        'put' in op ? { put: this.#keys + op.put, value: op.value } : { del: this.#keys + op.del },
      ),
    )
  }
}
