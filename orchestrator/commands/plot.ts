// `netsplit plot`: a figure of a sweep over one of its parameters, with intervals, as SVG or as a page.

import { EXIT, type ExitCode, UserError } from '../errors.ts'
import { makeRoomFor, writeTarget } from '../machine/target.ts'
import { type Curves, curvesOf, type Wanted } from '../research/plot/curves.ts'
import { drawn, type Look } from '../research/plot/draw.ts'
import { plotPage } from '../research/plot/page.ts'
import { readSource } from '../research/plot/source.ts'
import { plotLines } from '../research/plot/words.ts'
import type { ArgsOf, FlagsOf } from './command.ts'
import { type Answered, readAnswered } from './request.ts'
import { print, say } from './say.ts'

export interface PlotRequest extends Answered {
  /** A file, or the folder of a sweep. */
  readonly source: string
  readonly wanted: Wanted
  readonly log: Look['log']
  readonly title: string | undefined
  /** Undefined: the points are told, and nothing is drawn. */
  readonly out: { readonly file: string; readonly kind: 'svg' | 'html' } | undefined
}

export function read([source]: ArgsOf<'plot'>, flags: FlagsOf<'plot'>): PlotRequest {
  const { x, y, by, where = [], log, title, out, json } = flags
  if (x === undefined || y === undefined)
    throw new UserError(
      EXIT.usage,
      'what is drawn over what?',
      'such as --x links.latency --y propagation90Ms',
    )
  if (out === undefined && !json)
    throw new UserError(EXIT.usage, 'where does the plot go?', 'such as -o plot.svg or -o plot.html')
  return {
    source,
    wanted: { x, y, by, where: where.map(readWhere) },
    log: readLog(log),
    title,
    out: out === undefined ? undefined : readOut(out),
    ...readAnswered([], flags),
  }
}

export async function run(request: PlotRequest): Promise<ExitCode> {
  const { wanted, out } = request
  const curves = curvesOf(readSource(request.source, wanted.y), wanted)
  const look = { log: request.log, title: request.title ?? titleOf(curves, wanted) }
  const content = drawn(curves, look)
  if (out) {
    makeRoomFor(out.file)
    writeTarget(out.file, out.kind === 'svg' ? content : plotPage(curves, look, wanted.by))
  }
  for (const column of curves.mixed)
    say(`${column} varies, too, and the points mix its values: tell them apart with --by or --where`)
  print(request, documentOf(curves, look), () => plotLines(curves, wanted.by))
  return EXIT.ok
}

function readWhere(text: string): Wanted['where'][number] {
  const at = text.indexOf('=')
  if (at > 0) return { column: text.slice(0, at), value: text.slice(at + 1) }
  throw new UserError(
    EXIT.usage,
    `--where ${text}: expected a column, = and a value`,
    'such as --where relay=inv',
  )
}

function readLog(text = ''): Look['log'] {
  if (!/^(x|y|xy|yx)?$/.test(text)) throw new UserError(EXIT.usage, `--log ${text}: expected x, y or xy`)
  return { x: text.includes('x'), y: text.includes('y') }
}

function readOut(file: string): PlotRequest['out'] {
  const [, end] = /\.(svg|html?)$/i.exec(file) ?? []
  if (end === undefined)
    throw new UserError(EXIT.usage, `--out ${file}: a plot is .svg or .html`, 'end the name with one of them')
  return { file, kind: end.toLowerCase() === 'svg' ? 'svg' : 'html' }
}

function titleOf({ x, y }: Curves, { by }: Wanted): string {
  return `${y.label}, over ${x.label}${by === undefined ? '' : ` by ${by}`}`
}

function documentOf({ x, y, curves, method }: Curves, { title }: Look): object {
  const axis = ({ column, label, categories }: Curves['x']) => ({
    column,
    label,
    ...(categories && { categories }),
  })
  return { schemaVersion: 1, title, confidence: 0.95, method, x: axis(x), y: axis(y), curves }
}
