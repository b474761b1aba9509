// What is wrong with a spec: the place to mend, and why.

export interface Problem {
  readonly path: readonly (string | number)[]
  readonly message: string
}
