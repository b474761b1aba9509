// Asking before harm is done, in proportion to it: a question, or for the worst a word to type.

import { element } from './dom.ts'

export interface Question {
  readonly title: string
  readonly text: string
  /** On the button that goes ahead. */
  readonly verb: string
  /** To be typed before it can be pressed. */
  readonly word?: string
  /** More to fill in; read by whoever asks. */
  readonly fields?: readonly HTMLElement[]
}

/** Resolves with true when the person goes ahead. Escape says no. */
export function confirm({ title, text, verb, word, fields = [] }: Question): Promise<boolean> {
  const go = element('button', word === undefined ? 'primary' : 'danger', verb)
  const no = element('button', '', 'Cancel')
  const typed = element('input')
  const parts: (Node | string)[] = [element('h2', '', title), element('p', '', text), ...fields]
  if (word !== undefined) {
    typed.setAttribute('aria-label', `type ${word}`)
    typed.autocomplete = 'off'
    typed.addEventListener('input', () => {
      go.disabled = typed.value !== word
    })
    go.disabled = true
    parts.push(element('p', '', 'Type ', element('code', '', word), ' to go ahead: ', typed))
  }
  const dialog = element('dialog', '', ...parts, element('div', 'row end', no, go))
  document.body.append(dialog)
  return new Promise(resolve => {
    let agreed = false
    go.addEventListener('click', () => {
      agreed = true
      dialog.close()
    })
    no.addEventListener('click', () => dialog.close())
    dialog.addEventListener('keydown', event => {
      const inField = event.target instanceof HTMLInputElement
      if (event.key === 'Enter' && inField && !go.disabled) go.click()
    })
    dialog.addEventListener('close', () => {
      dialog.remove()
      resolve(agreed)
    })
    dialog.showModal()
  })
}

/** A labelled field. */
export function field(label: string, input: HTMLElement, hint = ''): HTMLElement {
  return element('label', 'field', element('span', '', label), input, element('small', 'quiet', hint))
}

export function textInput(value = '', placeholder = ''): HTMLInputElement {
  const input = element('input')
  input.value = value
  input.placeholder = placeholder
  return input
}
