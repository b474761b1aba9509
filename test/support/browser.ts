// A real Chromium for the page's tests, the page built from its sources, and what to watch for while it runs.

import { existsSync } from 'node:fs'
import { resolve } from 'node:path'
import { build, type Plugin } from 'esbuild'
import { type Browser, type BrowserContextOptions, chromium, type Page } from 'playwright-core'
import type { Assets } from '../../orchestrator/web/assets.ts'

const CLIENT = 'orchestrator/web/client'
/** For what Playwright itself waits for: a page that loads, a button that can be pressed. */
const PATIENCE_MS = 60_000
const CANDIDATES = [
  process.env.CHROMIUM,
  '/usr/bin/chromium',
  '/usr/bin/chromium-browser',
  '/usr/bin/google-chrome',
  '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome',
]
export const executablePath = CANDIDATES.find(path => path !== undefined && existsSync(path))
if (!executablePath) {
  const message = 'no Chromium on this machine: the web page is not tried in a browser (CHROMIUM names one)'
  if (process.env.CI) throw new Error(message)
  console.warn(`SKIPPED: ${message}`)
}

export function launchBrowser(): Promise<Browser> {
  return chromium.launch({
    executablePath: executablePath ?? '',
    args: [
      ...['--no-sandbox', '--disable-gpu', '--disable-background-networking', '--disable-component-update'],
      ...['--disable-sync', '--no-first-run', '--disable-quic'],
    ],
  })
}

export interface Window {
  readonly page: Page
  /** What the page complained of: uncaught errors and whatever is printed as one. */
  readonly errors: string[]
  close(): Promise<void>
}

export async function openWindow(
  browser: Browser,
  address: string,
  options: BrowserContextOptions = {},
): Promise<Window> {
  const context = await browser.newContext({ viewport: { width: 1440, height: 900 }, ...options })
  context.setDefaultTimeout(PATIENCE_MS)
  const page = await context.newPage()
  const errors: string[] = []
  page.on('pageerror', error => errors.push(String(error)))
  page.on('console', message => {
    if (message.type() === 'error') errors.push(message.text())
  })
  await page.goto(address)
  return { page, errors, close: () => context.close() }
}

/** By how many pixels the page is wider than its window. */
export function overflow(page: Page): Promise<number> {
  return page.evaluate('document.documentElement.scrollWidth - document.documentElement.clientWidth')
}

/** Where somebody asked for pictures (SCREENSHOTS names a folder). */
export async function picture(page: Page, name: string): Promise<void> {
  const folder = process.env.SCREENSHOTS
  if (folder) await page.screenshot({ path: `${folder}/${name}.png`, fullPage: true })
}

export interface BuiltAssets extends Assets {
  /** The sources that the script is made of. */
  readonly sources: readonly string[]
}

/** The page's files, minified as they are shipped. `views`: stands for `systems/views.ts`. */
export async function buildAssets({ views }: { readonly views?: string } = {}): Promise<BuiltAssets> {
  const other: Plugin = {
    name: 'views',
    setup: ({ onResolve }) =>
      onResolve({ filter: /\/systems\/views\.ts$/ }, () => (views ? { path: resolve(views) } : undefined)),
  }
  const { outputFiles, metafile } = await build({
    entryPoints: [`${CLIENT}/main.ts`, `${CLIENT}/style.css`, `${CLIENT}/index.html`],
    ...{ bundle: true, write: false, outdir: 'out', format: 'esm', target: 'es2022', minify: true },
    loader: { '.html': 'copy' },
    metafile: true,
    plugins: [other],
  })
  const text = (end: string) => outputFiles.find(file => file.path.endsWith(end))?.text ?? ''
  return {
    page: text('.html'),
    script: text('.js'),
    style: text('.css'),
    sources: Object.keys(metafile.inputs),
  }
}
