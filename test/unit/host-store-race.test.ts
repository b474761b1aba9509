// LevelDB goes on with its work while its tables are looked at: one that goes between two looks is no damage.

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test, vi } from 'vitest'
import { openStore } from '../../node/host/store.ts'

// The first look finds every table, whatever is there by the second.
vi.mock('node:fs', async original => {
  const fs = await original<typeof import('node:fs')>()
  const existsSync = (path: string) => path.endsWith('.ldb') || fs.existsSync(path)
  return { ...fs, existsSync }
})

test('a table that LevelDB removes while the store is opened leaves the store whole', async () => {
  const directory = mkdtempSync(join(tmpdir(), 'netsplit-store-'))
  onTestFinished(() => rmSync(directory, { recursive: true }))
  const open = () =>
    openStore(directory, error => {
      throw error
    })
  const first = await open()
  first.commit([{ put: 'key', value: Uint8Array.of(1) }])
  await first.close()
  // No table of this number is in use: LevelDB removes it when it is opened.
  writeFileSync(join(directory, '000999.ldb'), 'what a write that was cut off had left')
  const again = await open()
  expect(again.get('key')).toEqual(Uint8Array.of(1))
  await again.close()
})
