// What most verbs are asked: of which network, of which node, and whether the answer is one JSON document.

/** How the answer is to look. */
export interface Answered {
  readonly json: boolean
}

export interface NetworkRequest extends Answered {
  /** Undefined: the only one there is. */
  readonly network: string | undefined
}

export interface NodeRequest extends NetworkRequest {
  readonly node: string
}

interface CommonFlags {
  readonly name?: string | undefined
  readonly json?: true | undefined
}

export function readAnswered(_args: readonly unknown[], { json }: Pick<CommonFlags, 'json'>): Answered {
  return { json: json === true }
}

export function readNetwork(_args: readonly unknown[], { name, json }: CommonFlags): NetworkRequest {
  return { network: name, json: json === true }
}

/** The network may stand without its flag. */
export function readNamedNetwork([word]: readonly [string?], { name, json }: CommonFlags): NetworkRequest {
  return { network: word ?? name, json: json === true }
}

export function readNode([node]: readonly [string], flags: CommonFlags): NodeRequest {
  return { node, ...readNetwork([], flags) }
}
