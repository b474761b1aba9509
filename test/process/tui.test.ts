// The screen in a real terminal (tmux): it appears, follows a resize, and gives the terminal back, crash included.

import { execFile, execFileSync } from 'node:child_process'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { build } from 'esbuild'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { bundleFile } from '../../orchestrator/machine/paths.ts'
import { QUICK } from '../support/real-network.ts'
import { eventually } from '../support/until.ts'

const run = promisify(execFile)

function hasTmux(): boolean {
  try {
    execFileSync('tmux', ['-V'], { stdio: 'ignore' })
    return true
  } catch {
    console.warn('SKIPPED: no tmux on this machine, the screen is not tried in a real terminal')
    return false
  }
}

/** With what has run off the screen. */
const ALL = ['-S', '-']

const present = hasTmux()
if (!present && process.env.CI) throw new Error('tmux is missing')

describe.runIf(present)('the screen in a terminal', () => {
  const socket = `netsplit-test-${process.pid}`
  let folder = ''
  let sessions = 0

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'netsplit-tui-'))
    await build({
      entryPoints: ['test/support/paper-screen.ts'],
      ...{
        bundle: true,
        platform: 'node',
        format: 'esm',
        target: 'node20',
        splitting: true,
        logLevel: 'error',
      },
      ...{ outdir: folder, outExtension: { '.js': '.mjs' }, external: ['react-devtools-core'] },
      loader: { '.wasm': 'binary' },
      define: { 'process.env.NODE_ENV': '"production"' },
      banner: {
        js: `import { createRequire as __make } from 'node:module'; const require = __make(import.meta.url);`,
      },
    })
  })
  afterAll(async () => {
    await tmux('kill-server').catch(() => {})
    await rm(folder, { recursive: true, force: true })
  })

  const tmux = async (...args: string[]) =>
    (await run('tmux', ['-L', socket, '-f', '/dev/null', ...args])).stdout

  /** Starts the screen over a network on paper. */
  const start = (environment = '', args = '') =>
    inShell(`${environment} ${process.execPath} ${join(folder, 'paper-screen.mjs')} ${args} 2>&1`)

  /** Starts a program in a terminal of its own, of 80 × 24. A look at it may fall into the middle of a frame. */
  async function inShell(program: string) {
    const name = `s${++sessions}`
    const shell = `unset CI NO_COLOR FORCE_COLOR; echo before; ${program}; echo "after $?"; exec cat`
    await tmux('new-session', '-d', '-s', name, '-x', '80', '-y', '24', 'sh', '-c', shell)
    const capture = (...how: string[]) => tmux('capture-pane', '-p', ...how, '-t', name)
    const shows = (text: string | RegExp, ...how: string[]) =>
      eventually(async () => expect(await capture(...how)).toMatch(text), 100)
    const asked = async (what: string) => (await tmux('display-message', '-p', '-t', name, what)).trim()
    const press = (...keys: string[]) => tmux('send-keys', '-t', name, ...keys)
    return { name, capture, shows, asked, press }
  }

  it('takes the whole terminal and gives it back on q', async () => {
    const { name, capture, shows, asked } = await start()
    await shows('mined block')
    expect(await asked('#{alternate_on} #{cursor_flag}')).toBe('1 0')
    await shows(/^ netsplit demo .*\n(?:.*\n){22} \? help {2}q quit/)
    await shows('\u001b[32m', '-e')

    await tmux('send-keys', '-t', name, 'q')
    await shows('take the network down and leave?')
    await tmux('send-keys', '-t', name, 'y')
    await shows(/before\nleft: quit\nafter 0/)
    expect(await asked('#{alternate_on} #{cursor_flag}')).toBe('0 1')
    expect(await capture()).not.toContain('netsplit demo')
  })

  it('draws itself anew when the terminal is resized', async () => {
    const { name, capture, shows } = await start()
    await shows('mined block')
    await tmux('resize-window', '-t', name, '-x', '160', '-y', '40')
    await shows(/── 1 Nodes ─+.*── 8 Mining ─/)
    await tmux('resize-window', '-t', name, '-x', '90', '-y', '30')
    await shows(/^ netsplit demo [^\n]*\n[^\n]*height[^\n]*\n[^\n]*\n── 1 Nodes ─[^\n]*up ──\n/)
    await eventually(async () => {
      const text = await capture()
      expect(text.match(/── 1 Nodes/g)).toHaveLength(1)
      expect(text.match(/── 6 Events/g)).toHaveLength(1)
    })
  })

  it('stays whole when wide characters are typed, more than a line of them', async () => {
    const { capture, shows, press } = await start()
    await shows('mined block')
    await press('-l', `:${'日本語😀'.repeat(30)}`)
    await shows(/\n :….*語😀 *\n?$/)
    await press('-H', '7f', '7f', '7f')
    await shows(/語😀日 *\n?$/)
    await press('Escape')
    await shows(/^ netsplit demo [^\n]*\n[^\n]*height[^\n]*\n[^\n]*\n── 1 Nodes ─(?:.*\n){18,} \? help/)
    expect((await capture()).trimEnd().split('\n')).toHaveLength(24)
  })

  it('gives the terminal back when the program crashes', async () => {
    const { shows, asked, press } = await start('', '5 crash')
    await shows('── 1 Nodes')
    await press('z')
    await shows(/before\n[\s\S]*Error: a bug, on purpose[\s\S]*\nafter [1-9]/, ...ALL)
    expect(await asked('#{alternate_on} #{cursor_flag}')).toBe('0 1')
  })

  it('uses no colour where NO_COLOR is set', async () => {
    const { capture, shows } = await start('NO_COLOR=1')
    await shows('mined block')
    // biome-ignore lint/complexity/useRegexLiterals: a control character
    expect(await capture('-e')).not.toMatch(new RegExp('\u001b\\[[0-9;]*3[0-7]m'))
  })

  it('splits a real network and heals it by keys, and Ctrl-C ends it as without a screen', async () => {
    const [spec, state] = [join(folder, 'netsplit.yaml'), join(folder, 'state')]
    await writeFile(spec, QUICK)
    const up = `${process.execPath} ${bundleFile('netsplit.js')} up ${spec} --runtime process -n 4`
    const { press, shows, capture, asked } = await inShell(`env XDG_STATE_HOME=${state} ${up}`)
    await shows(/4\/4 nodes up +running/)
    await shows(/one tip/)

    await press('Space', 'Space', 'p')
    await shows(/▲ 1 fault: partition/)
    await shows(/✓ partition-1 .*verified/)
    await shows(/miners-1 +● running +A /)
    await shows(/miners-3 +● running +B /)
    await shows(/◆ 2 tips/)

    await press('h')
    await shows(/no faults/)
    await shows(/● one tip/)

    await press('Escape')
    await shows(/── 4 up ──/)
    await press('k')
    await shows('kill miners-3? y does it')
    await press('y')
    await shows(/miners-3 +■ killed/)
    await press('s')
    await shows(/miners-3 +● running/)
    await press('k')
    await shows('kill miners-3? y does it')
    await press('y')
    await shows(/miners-3 +■ killed/)
    await press(':start mi', 'Tab', 'Enter')
    await shows(/miners-3 +● running/)

    await press('C-c')
    await shows(/going down[\s\S]*chain +height \d+[\s\S]*\nafter 130/, ...ALL)
    expect(await asked('#{alternate_on} #{cursor_flag}')).toBe('0 1')
    expect(await capture(...ALL)).toContain('recorded in')
  })

  it.each([
    ['SIGTERM', 143],
    ['SIGHUP', 129],
  ] as const)('gives the terminal back on %s', async (signal, code) => {
    const [spec, state, pidFile] = ['up.yaml', signal, `${signal}.pid`].map(name => join(folder, name))
    await writeFile(spec as string, QUICK)
    const up = `${process.execPath} ${bundleFile('netsplit.js')} up ${spec} --runtime process -n 2`
    const { shows, asked } = await inShell(
      `sh -c 'echo $$ > ${pidFile}; export XDG_STATE_HOME=${state}; exec ${up}'`,
    )
    await shows(/2\/2 nodes up +running/)
    expect(await asked('#{alternate_on} #{cursor_flag}')).toBe('1 0')
    process.kill(Number(await readFile(pidFile as string, 'utf8')), signal)
    await shows(new RegExp(`recorded in[\\s\\S]*\\nafter ${code}`), ...ALL)
    expect(await asked('#{alternate_on} #{cursor_flag}')).toBe('0 1')
  })

  it('takes commands as lines on a dumb terminal', async () => {
    const [spec, state] = [join(folder, 'dumb.yaml'), join(folder, 'dumb-state')]
    await writeFile(spec, QUICK)
    const up = `${process.execPath} ${bundleFile('netsplit.js')} up ${spec} --runtime process -n 3`
    const { press, capture, ...shell } = await inShell(`env TERM=dumb XDG_STATE_HOME=${state} ${up}`)
    const shows = (text: string | RegExp) => shell.shows(text, ...ALL)
    await shows('commands can be typed here')
    await shows('the network stands')
    await press('partition halves', 'Enter')
    await shows(/partition-1 \(.*\): verified/)
    await press('kill miners-2', 'Enter')
    await shows('kill miners-2? type y')
    await press('n', 'Enter')
    await shows('not done')
    await press('quit', 'Enter', 'y', 'Enter')
    await shows(/recorded in[\s\S]*\nafter 0/)
    expect(await capture('-e', ...ALL)).not.toContain('\u001b[?1049h')
  })
})
