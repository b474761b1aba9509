// LevelDB goes on with its work while its tables are looked at: one that goes between two looks is no damage.

import { readdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test, vi } from 'vitest'
import { openStore } from '../../node/host/store.ts'
import { temporaryDirectory } from '../support/node-config.ts'

// The first look finds every table, whatever is there by the second.
vi.mock('node:fs', async original => {
  const fs = await original<typeof import('node:fs')>()
  const existsSync = (path: string) => path.endsWith('.ldb') || fs.existsSync(path)
  return { ...fs, existsSync }
})

test('a table that LevelDB removes while the store is opened leaves the store whole', async () => {
  const directory = temporaryDirectory()
  const open = () =>
    openStore(directory, error => {
      throw error
    })
  const first = await open()
  first.commit([{ put: 'key', value: Uint8Array.of(1) }])
  await first.close()
  // No table of this number is in use: LevelDB removes it when it is opened.
  const left = '000999.ldb'
  writeFileSync(join(directory, left), 'what a write that was cut off had left')
  const again = await open()
  expect(readdirSync(directory)).not.toContain(left)
  expect(again.get('key')).toEqual(Uint8Array.of(1))
  await again.close()
})
