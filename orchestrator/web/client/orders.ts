// Orders to the controller's API, for a page that was opened with the commanding key. The key comes in the address's
// fragment, is taken out of it at once and lives as long as the tab.

const STORED = 'netsplit command'
const FRAGMENT = /^#command=([0-9a-f]{32})$/

let key: string | undefined

/** Reads the key; true when this page may give orders. */
export function takeKey(): boolean {
  const [, given] = FRAGMENT.exec(location.hash) ?? []
  if (given !== undefined) {
    sessionStorage.setItem(STORED, given)
    history.replaceState(null, '', location.pathname)
  }
  key = given ?? sessionStorage.getItem(STORED) ?? undefined
  return key !== undefined
}

interface Refusal {
  readonly error?: { readonly message?: string; readonly hint?: string }
}

/** The answer's document; rejects with what the controller said. */
export async function order(method: 'POST' | 'DELETE', path: string, body?: object): Promise<unknown> {
  const answer = await ask(method, path, body)
  const text = await answer.text()
  if (answer.ok) return text === '' ? undefined : JSON.parse(text)
  throw new Error(refusalIn(text) ?? `the controller answered ${answer.status}`)
}

/** Tells the server that this page may give orders: its stream has a place of its own. Nothing for one that may only look. */
export async function announceOwner(): Promise<void> {
  if (key !== undefined) await ask('GET', '/web/owner')
}

/** The newest lines of a node's log. */
export async function readLog(node: string, lines: number): Promise<string> {
  const answer = await ask('GET', `/nodes/${encodeURIComponent(node)}/logs?lines=${lines}`)
  const text = await answer.text()
  if (answer.ok) return text
  throw new Error(refusalIn(text) ?? `the controller answered ${answer.status}`)
}

function ask(method: string, path: string, body?: object): Promise<Response> {
  if (key === undefined) throw new Error('this page may only look')
  const headers = { authorization: `Bearer ${key}`, 'content-type': 'application/json' }
  return fetch(path, { method, headers, ...(body && { body: JSON.stringify(body) }) })
}

function refusalIn(text: string): string | undefined {
  try {
    const { error } = JSON.parse(text) as Refusal
    return error?.hint ? `${error.message} (${error.hint})` : error?.message
  } catch {
    return undefined
  }
}
