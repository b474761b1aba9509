// Text into HTML: whatever comes from a spec or a node is text, never markup.

import { formatDuration } from '../../format.ts'

const ENTITIES: { readonly [character: string]: string } = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
}

export function escaped(text: string): string {
  return text.replace(/[&<>"']/g, character => ENTITIES[character] ?? character)
}

export const duration = (ms: number | undefined | null) =>
  ms === undefined || ms === null ? '–' : formatDuration(ms)

/** `#1a2b…` of a coordinate: one decimal is a tenth of a pixel or less. */
export const coordinate = (value: number) => String(Math.round(value * 10) / 10)

/** A percentage for a style. */
export const percent = (share: number) => `${Math.round(share * 10_000) / 100}%`

export interface Column {
  readonly title: string
  /** Numbers stand at the right. */
  readonly number?: boolean
}

/** Cells are HTML. */
export function htmlTable(columns: readonly Column[], rows: readonly (readonly string[])[]): string {
  const open = (tag: string, { number }: Column) => `<${tag}${number ? ' class="n"' : ''}>`
  const head = columns.map(column => `${open('th', column)}${escaped(column.title)}</th>`).join('')
  const body = rows.map(row => {
    const cells = columns.map((column, i) => `${open('td', column)}${row[i] ?? ''}</td>`)
    return `<tr>${cells.join('')}</tr>`
  })
  return `<div class="scroll"><table><thead><tr>${head}</tr></thead><tbody>${body.join('\n')}</tbody></table></div>`
}

export function section(id: string, title: string, lead: string, body: string): string {
  const words = lead === '' ? '' : `<p class="lead">${lead}</p>`
  return `<section id="${id}"><h2>${title}</h2>${words}${body}</section>`
}

export const shortened = (text: string, most = 90) =>
  text.length > most ? `${text.slice(0, most - 1)}…` : text
