// The sections that systems bring to the page: each is made when it is first wanted, and stands where its system says.

import type { Page } from '../page.ts'
import { byId, element } from './dom.ts'
import type { PageView, Shown } from './face.ts'
import { pageFacesIn } from './faces.ts'

interface Section {
  readonly root: HTMLElement
  readonly shown: Shown
}

export class SectionsView {
  readonly #sections = new Map<PageView, Section>()
  #standing: readonly PageView[] = []

  show(page: Page, nowMs: number, live: boolean): void {
    const views = pageFacesIn(page.facts).flatMap(({ views = [] }) => views)
    const wanted = views.filter(view => view.wanted?.(page) ?? true)
    this.#place(wanted)
    for (const view of wanted) this.#section(view).shown.show(page, nowMs, live)
  }

  #place(wanted: readonly PageView[]): void {
    const before = this.#standing
    if (wanted.length === before.length && wanted.every((view, i) => view === before[i])) return
    for (const view of before) this.#section(view).root.remove()
    for (const view of wanted) byId(view.before ?? 'nodes').before(this.#section(view).root)
    this.#standing = wanted
  }

  #section(view: PageView): Section {
    const known = this.#sections.get(view)
    if (known) return known
    const { id, title, width, open } = view
    const heading = element('h2', '', title)
    heading.id = `${id}-title`
    const root = element('section', `panel ${width}`, heading)
    root.id = id
    root.setAttribute('aria-labelledby', heading.id)
    const made = { root, shown: open(root) }
    this.#sections.set(view, made)
    return made
  }
}
