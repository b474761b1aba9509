// The edge to the person: every error is a sentence with what to do, a bug says that it is one, and nothing that others
// wrote moves the terminal.

import { readdirSync, readFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { UserError } from '../../orchestrator/errors.ts'
import { printable } from '../../orchestrator/format.ts'
import { NodeRpcError } from '../../orchestrator/network/node-client.ts'
import { RuntimeError } from '../../orchestrator/runtime/runtime.ts'
import { inWords, report } from '../../orchestrator/terminal/edge.ts'
import { visible, visibleJson, visibleLine } from '../../orchestrator/terminal/visible.ts'
import { TONES } from '../../orchestrator/tui/colors.ts'
import { paint } from '../../orchestrator/tui/paint.ts'
import { temporaryDirectory } from '../support/node-config.ts'

// Bugs leave their details there.
beforeEach(() => void vi.stubEnv('TMPDIR', temporaryDirectory()))
afterEach(() => vi.unstubAllEnvs())

const system = (code: string, more: object = {}) =>
  Object.assign(new Error(`${code}: nothing`), { code, ...more })

describe('an error of the system', () => {
  it.each([
    [
      'EMFILE',
      { syscall: 'open', path: '/a/b' },
      4,
      /^\/a\/b: this process may have no more files.* \(open EMFILE\)$/,
    ],
    ['ENOSPC', { syscall: 'write' }, 1, /^no space is left on the disk \(write ENOSPC\)$/],
    ['EACCES', { syscall: 'mkdir', path: '/x' }, 4, /^\/x: permission denied \(mkdir EACCES\)$/],
    [
      'EADDRINUSE',
      { syscall: 'listen', address: '127.0.0.1', port: 80 },
      4,
      /^127\.0\.0\.1:80: another program uses/,
    ],
    ['EROFS', { path: '/x' }, 4, /read-only/],
    ['ENOMEM', { syscall: 'spawn' }, 4, /no memory left/],
    ['EPERM', { syscall: 'kill' }, 4, /does not permit it/],
    ['ENOENT', { path: '/x' }, 2, /^\/x: there is no such file \(ENOENT\)$/],
    ['ECONNREFUSED', { address: '127.0.0.1', port: 9 }, 1, /^127\.0\.0\.1:9: nobody listens there/],
  ])('%s is a sentence with what to do', (code, more, exitCode, words) => {
    const told = inWords(system(code, more))
    expect(told).toMatchObject({ exitCode, message: expect.stringMatching(words) })
    expect(told.hint).toMatch(/\w{3}/)
  })

  it('of V8, which had no more memory or addresses, is no bug', () => {
    const wasm = 'WebAssembly.Instance(): Out of memory: Cannot allocate Wasm memory for new instance'
    expect(inWords(new RangeError(wasm))).toMatchObject({
      exitCode: 4,
      message: `there is no more memory for this process: ${wasm}`,
      hint: expect.stringContaining('ulimit -v'),
    })
    expect(inWords(new RangeError('Invalid array length')).message).toContain('this is a bug')
  })

  it('that has no place of its own keeps what was said of it', () => {
    const late = Object.assign(new Error('POST /faults timed out after 600000 ms'), { code: 'ETIMEDOUT' })
    expect(inWords(late).message).toBe(
      'POST /faults timed out after 600000 ms: no answer came in time (ETIMEDOUT)',
    )
  })

  it('is found below others', () => {
    const wrapped = new Error('outer', { cause: new AggregateError([system('ECONNREFUSED')], 'many') })
    expect(inWords(wrapped).message).toContain('nobody listens there')
    const circle = new Error('round')
    circle.cause = circle
    expect(inWords(circle).message).toContain('bug')
  })
})

describe('what is known', () => {
  it('stays what it is', () => {
    const refusal = new UserError(3, 'so it is', 'do that')
    expect(inWords(refusal)).toBe(refusal)
    expect(inWords(new RuntimeError('node-died', 'it died', [], 'look'))).toMatchObject({
      message: 'it died',
      hint: 'look',
      exitCode: 1,
    })
    expect(inWords(new NodeRpcError(-8, 'no such block')).message).toBe('the node answered: no such block')
  })
})

describe('a bug', () => {
  it('says so, and leaves its details in a file for the report', () => {
    const told = inWords(new TypeError('x is not a function', { cause: new Error('deeper') }))
    expect(told).toMatchObject({ exitCode: 1, message: 'x is not a function (this is a bug in netsplit)' })
    const [file = ''] = readdirSync(tmpdir())
    expect(told.hint).toMatch(/^please report it to .*, with the file /)
    expect(told.hint).toContain(join(tmpdir(), file))
    const details = readFileSync(join(tmpdir(), file), 'utf8')
    expect(details).toMatch(/^netsplit \d.*\ncommand: .*\nTypeError: x is not a function\n {4}at /)
    expect(details).toContain('caused by Error: deeper\n    at ')
  })

  it('without a place for them has them in its words', () => {
    vi.stubEnv('TMPDIR', '/proc')
    expect(inWords(new TypeError('x')).hint).toMatch(
      /with these lines:\nnetsplit .*\n.*\nTypeError: x\n {4}at /,
    )
  })

  it('is never a bare stack', () => {
    const said = vi.spyOn(console, 'error').mockImplementation(() => {})
    expect(report(new TypeError('x'), false)).toBe(1)
    expect(said.mock.calls).toEqual([
      [expect.stringMatching(/^netsplit: x \(this is a bug.*\n {2}→ please report it/)],
    ])
    said.mockRestore()
  })
})

describe('what others wrote', () => {
  const SLY = '\u001b]0;owned\u0007\u001b[2J\r\u009b31m\u007f\u202eabc\u2066\u200f\u2028'
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they must not be there
  const OBEYED = /[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff]/

  it('is shown, and as wide as it was', () => {
    expect(visible(SLY)).toBe('␛]0;owned␇␛[2J␍�31m␡�abc���')
    expect(visible('a\tb\nc')).toBe('a\tb\nc')
    expect(visibleLine('a\tb\nc')).toBe('a b c')
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), text => {
        expect(visible(text)).not.toMatch(OBEYED)
        expect(visible(text)).toHaveLength(text.length)
        expect(printable(text)).not.toMatch(OBEYED)
      }),
    )
  })

  it('is the same JSON, without what a terminal obeys', () => {
    fc.assert(
      fc.property(fc.dictionary(fc.string({ unit: 'binary' }), fc.string({ unit: 'binary' })), value => {
        expect(visibleJson(value)).not.toMatch(OBEYED)
        expect(JSON.parse(visibleJson(value))).toEqual(value)
      }),
    )
    expect(visibleJson({ sly: SLY })).not.toMatch(OBEYED)
  })

  it('is no part of the screen', () => {
    expect(paint([{ text: `a${SLY}b`, tone: TONES.plain }], false)).not.toMatch(OBEYED)
  })
})

it('there is one way out to the terminal', () => {
  const sources = readdirSync('orchestrator', { recursive: true, encoding: 'utf8' })
    // The page has no terminal, and what the gateway says goes to its controller.
    .filter(file => file.endsWith('.ts') && !/^(web\/client|systems\/[^/]+\/page|gateway)\//.test(file))
    .filter(file => /console\.(log|error|warn|info)\(/.test(readFileSync(join('orchestrator', file), 'utf8')))
  expect(sources).toEqual(['terminal/outlet.ts'])
})
