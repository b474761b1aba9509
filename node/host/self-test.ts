// What this machine can do for a node, tried rather than guessed: for `netsplit doctor`.

import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { SelfTest } from '../api.ts'
import { hasher } from '../hash.ts'
import { createSecp256k1 } from './secp.ts'
import { openStore } from './store.ts'

/** Long enough for the compiler to be done, short enough to wait for. */
const SCAN_MS = 200
const SCAN_NONCES = 20_000
const KEY = 'self-test'

export async function selfTest(version: string): Promise<SelfTest> {
  return {
    version,
    node: process.versions.node,
    kernel: hasher.kernel,
    hashRateHps: measureHashRate(),
    store: await outcome(tryStore),
    signatures: await outcome(async () => trySignature()),
  }
}

/** Hashes per second of one thread, over headers that no nonce solves. */
function measureHashRate(): number {
  const header = new Uint8Array(80)
  const unreachable = new Uint8Array(32)
  hasher.scan(header, unreachable, 0, SCAN_NONCES) // warm
  const startedMs = performance.now()
  let hashes = 0
  let elapsedMs = 0
  while (elapsedMs < SCAN_MS) {
    hashes += hasher.scan(header, unreachable, hashes, SCAN_NONCES).hashes
    elapsedMs = performance.now() - startedMs
  }
  return (hashes / elapsedMs) * 1000
}

const open = (folder: string) =>
  openStore(folder, error => {
    throw error
  })

async function tryStore(): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'netsplit-self-test-'))
  try {
    const store = await open(folder)
    store.commit([{ put: KEY, value: Uint8Array.of(1) }])
    await store.close()
    const again = await open(folder)
    const value = again.get(KEY)
    await again.close()
    if (value?.[0] !== 1) throw new Error('what was written is not there')
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

function trySignature(): void {
  const secp = createSecp256k1()
  const key = new Uint8Array(32).fill(1)
  const hash = hasher.sha256(key)
  if (!secp.verify(hash, secp.publicKey(key), secp.sign(hash, key), true))
    throw new Error('a signature of our own does not verify')
}

async function outcome(attempt: () => Promise<void>): Promise<string> {
  try {
    await attempt()
    return 'ok'
  } catch (error) {
    return error instanceof Error ? error.message : String(error)
  }
}
