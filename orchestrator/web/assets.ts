// The page's built files, read once.

import { existsSync, readFileSync } from 'node:fs'

export interface Assets {
  readonly page: string
  readonly script: string
  readonly style: string
}

/** They lie beside the command line's bundle; this module may be in one of its chunks, a folder below. */
const FOLDERS = ['./web/', '../web/'].map(path => new URL(path, import.meta.url))

let loaded: Assets | undefined

/** Undefined where the page is not built: in a work tree before `npm run build`. */
export function loadAssets(): Assets | undefined {
  loaded ??= load()
  return loaded
}

function load(): Assets | undefined {
  const folder = FOLDERS.find(folder => existsSync(new URL('app.js', folder)))
  if (!folder) return undefined
  const read = (name: string) => readFileSync(new URL(name, folder), 'utf8')
  return { page: read('index.html'), script: read('app.js'), style: read('style.css') }
}
