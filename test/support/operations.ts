// Counts what code does with Maps, Sets and their iterators: a measure of work that no other load on the machine changes.

type Method = (this: unknown, ...args: unknown[]) => unknown
type Patched = Record<string, Method>

const MAP_ITERATOR = Object.getPrototypeOf(new Map().values()) as Patched
const SET_ITERATOR = Object.getPrototypeOf(new Set().values()) as Patched

const COUNTED: readonly (readonly [prototype: Patched, methods: readonly string[]])[] = [
  [Map.prototype as unknown as Patched, ['get', 'set', 'has', 'delete']],
  [Set.prototype as unknown as Patched, ['add', 'has', 'delete']],
  [MAP_ITERATOR, ['next']],
  [SET_ITERATOR, ['next']],
]

/** How many such steps `work` takes. */
export function countOperations(work: () => void): number {
  let count = 0
  const restore: (() => void)[] = []
  for (const [prototype, methods] of COUNTED)
    for (const name of methods) {
      const method = prototype[name] as Method
      prototype[name] = function (...args) {
        count++
        return method.apply(this, args)
      }
      restore.push(() => {
        prototype[name] = method
      })
    }
  try {
    work()
  } finally {
    for (const step of restore) step()
  }
  return count
}
