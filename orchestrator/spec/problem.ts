// What is wrong with a spec: the place to mend, and why.

import { FileProblem } from './tables.ts'

export interface Problem {
  readonly path: readonly (string | number)[]
  readonly message: string
}

/** What is wrong with a file that the spec names, at the place where it is named; undefined: nothing. */
export function fileProblem(path: Problem['path'], look: () => unknown): Problem[] {
  try {
    look()
    return []
  } catch (error) {
    if (error instanceof FileProblem) return [{ path, message: error.message }]
    throw error
  }
}
