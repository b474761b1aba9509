// Which version a program is: what it says of itself in its user agent (BIP14), and whether that is what was asked for. Pure.

/**
 * `/Satoshi:28.1.0(comment)/Knots:20250305/` → `28.1.0 Knots:20250305`. `agent`: what the client calls itself there; libraries stand
 * before it, and what was made of it behind. Who calls itself otherwise is named: `/other:2/` → `other:2`.
 */
export function versionOf(userAgent: string, agent: string | undefined): string {
  const pieces = userAgent
    .replace(/\([^)]*\)/g, '')
    .split('/')
    .filter(piece => piece !== '')
  const own = agent === undefined ? -1 : pieces.findIndex(piece => piece.startsWith(`${agent}:`))
  if (own < 0) return pieces.join(' ') || 'nothing'
  const version = (pieces[own] ?? '').slice(`${agent}:`.length).replace(/^v(?=\d)/, '')
  return [version, ...pieces.slice(own + 1)].join(' ')
}

/** Whether one that says it is `said` is what `asked` means: `28` is every 28.x, `28.1` every 28.1.x. */
export function isVersion(said: string, asked: string): boolean {
  const numbers = (text: string) => text.split('.')
  const [first = ''] = said.split(' ')
  const is = numbers(first.slice(first.indexOf(':') + 1))
  return numbers(asked).every((number, i) => number === is[i])
}
