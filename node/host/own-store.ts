// A node's store in its data folder, and what is said of it when it cannot be had.

import { join } from 'node:path'
import { ConfigError, type DamagedStore } from '../errors.ts'
import { nowMs } from './clock.ts'
import { type LevelStore, openStore, StoreFailed, setAside } from './store.ts'

type Options = Parameters<typeof openStore>[2]

/** Throws DamagedStore, or ConfigError `store-failed`. */
export async function openOwnStore(
  dataDirectory: string,
  onFailed: (error: StoreFailed) => void,
  options: Options,
): Promise<LevelStore> {
  try {
    return await openStore(folderIn(dataDirectory), onFailed, options)
  } catch (error) {
    if (!(error instanceof StoreFailed)) throw error
    throw new ConfigError('store-failed', `dataDirectory ${dataDirectory}: ${error.message}`)
  }
}

/** Where it lies now. Throws ConfigError. */
export function setAsideIn(dataDirectory: string, damage: DamagedStore): string {
  try {
    return setAside(folderIn(dataDirectory), nowMs())
  } catch (error) {
    const why = `the store is damaged (${damage.message}) and cannot be set aside: ${(error as Error).message}`
    throw new ConfigError('store-failed', why)
  }
}

function folderIn(dataDirectory: string): string {
  return join(dataDirectory, 'store')
}
