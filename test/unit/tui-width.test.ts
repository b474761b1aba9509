// Text of any script on a screen of fixed columns: measured by the columns it takes, cut and edited between characters.

import fc from 'fast-check'
import type { Key } from 'ink'
import stringWidth from 'string-width'
import { describe, expect, it } from 'vitest'
import { type Edit, edited, NO_TEXT, pasted, textOf } from '../../orchestrator/tui/line-edit.ts'
import { fitted, line, padded, rule, widthOf } from '../../orchestrator/tui/lines.ts'
import { promptLine } from '../../orchestrator/tui/prompt.ts'
import { FIRST_VIEW } from '../../orchestrator/tui/view.ts'
import { columnsOf, placeFrom, startOf, wrapped } from '../../orchestrator/tui/width.ts'

const NO_KEY = {} as Key
const LEFT = { leftArrow: true } as Key
const RIGHT = { rightArrow: true } as Key
const RUBOUT = { backspace: true } as Key

/** Of every kind: two columns, marks of none, several units, several code points. */
const CHARACTERS = ['a', ' ', '…', '日', '한', '𝕏', '😀', '👩‍👩‍👧', '🇩🇪', 'e\u0301', '▲', 'ﬀ', '✗', 'ё']
const texts = fc.array(fc.constantFrom(...CHARACTERS), { maxLength: 40 }).map(parts => parts.join(''))
const LONE = /[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]/

describe('columns', () => {
  it('are those of the characters, and of the plain ones without a look at each', () => {
    expect(['miners-1', '日本', '😀', 'e\u0301', '● ○ ◂ ✓ ✗ ▲ ‖ ■'].map(columnsOf)).toEqual([8, 4, 2, 1, 15])
    fc.assert(
      fc.property(texts, text => {
        expect(columnsOf(text)).toBe(stringWidth(text))
      }),
    )
  })

  it('are filled and cut to, never through a character', () => {
    fc.assert(
      fc.property(texts, fc.integer({ min: 0, max: 60 }), (text, width) => {
        for (const shown of [padded(text, width), padded(text, width, 'right')]) {
          expect(columnsOf(shown)).toBe(width)
          expect(shown).not.toMatch(LONE)
        }
        expect(widthOf(fitted([...line(text), ...line(text)], width))).toBe(width)
        expect(columnsOf(startOf(text, width))).toBeLessThanOrEqual(width)
        expect(widthOf(rule('5 Faults', 80, text))).toBe(80)
      }),
    )
  })

  it('hold a text that goes on in the next line, and all of it', () => {
    fc.assert(
      fc.property(texts, fc.integer({ min: 2, max: 30 }), (text, width) => {
        const lines = wrapped(text, width)
        for (const each of lines) expect(columnsOf(each)).toBeLessThanOrEqual(width)
        expect(lines.join('').replaceAll(' ', '')).toBe(text.replaceAll(' ', ''))
      }),
    )
    expect(wrapped('one word and another', 9)).toEqual(['one word', 'and', 'another'])
  })
})

describe('a line that is typed', () => {
  const keys = fc.array(
    fc.oneof(
      fc.constantFrom(LEFT, RIGHT, RUBOUT).map(key => ['', key] as const),
      fc.constantFrom(...CHARACTERS).map(character => [character, NO_KEY] as const),
    ),
    { maxLength: 60 },
  )

  it('is edited by whole characters', () => {
    let edit = textOf('a😀日')
    edit = edited(edit, '', RUBOUT)
    expect(edit).toEqual(textOf('a😀'))
    expect(edited(edit, '', LEFT).cursor).toBe(1)
    expect(edited(edited(edit, '', LEFT), '', RIGHT)).toEqual(edit)
    expect(edited(edit, '', RUBOUT)).toEqual(textOf('a'))
    fc.assert(
      fc.property(keys, given => {
        given.reduce<Edit>((edit, [input, key]) => {
          const next = edited(edit, input, key)
          expect(next.text).not.toMatch(LONE)
          expect(placeFrom(next.text, next.cursor)).toBe(next.cursor)
          return next
        }, NO_TEXT)
      }),
    )
  })

  it('is shown within the terminal with the cursor in sight, however long it is', () => {
    fc.assert(
      fc.property(texts, fc.nat(40), fc.integer({ min: 60, max: 100 }), (text, back, columns) => {
        let edit = textOf(text.repeat(4))
        for (let i = 0; i < back; i++) edit = edited(edit, '', LEFT)
        const prompt = { kind: 'command', edit, choices: [] } as const
        const shown = promptLine({ ...FIRST_VIEW, prompt }, columns) ?? []
        const at = shown.findIndex(({ tone }) => 'inverse' in tone)
        expect(widthOf(shown.slice(0, at + 1))).toBeLessThanOrEqual(columns)
      }),
    )
  })

  it('takes no more than a line of what is pasted', () => {
    expect(pasted(NO_TEXT, 'a\r\nb\u001bc').text).toBe('a b c')
    expect(pasted(NO_TEXT, 'x'.repeat(1e6))).toEqual(NO_TEXT)
  })

  it('shows what a question wants to hear, however long it is', () => {
    const prompt = {
      kind: 'ask',
      question: `kill ${'miners-1 '.repeat(30)}`,
      word: 'yes',
      typed: '',
    } as const
    const shown = promptLine({ ...FIRST_VIEW, prompt }, 80) ?? []
    expect(widthOf(shown)).toBeLessThanOrEqual(80)
    expect(shown.at(-1)?.text).toContain('type yes')
  })
})
