// What follows from a value alone, worked out once for each: peers of one process that share values share this as well.

export function onceForEach<T extends object, R extends object>(make: (value: T) => R): (value: T) => R {
  const made = new WeakMap<T, R>()
  return value => {
    const before = made.get(value)
    if (before) return before
    const result = make(value)
    made.set(value, result)
    return result
  }
}
