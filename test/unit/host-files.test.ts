// Files asked for by name over RPC: they lie in the node's folder, whatever the name says.

import { mkdirSync, readFileSync, statSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { NodeFiles } from '../../node/host/files.ts'
import { temporaryDirectory } from '../support/node-config.ts'

const bytes = Uint8Array.of(1, 2, 3)

describe('files of a node', () => {
  it('are written and read in its folder, by a relative name or a whole one, and are nobody else’s', () => {
    const folder = temporaryDirectory()
    const files = new NodeFiles(folder)
    expect(files.write('a/b.bak', bytes)).toBeUndefined()
    expect(files.write(join(folder, 'c.bak'), bytes)).toBeUndefined()
    expect([...readFileSync(join(folder, 'a/b.bak'))]).toEqual([1, 2, 3])
    expect(statSync(join(folder, 'c.bak')).mode & 0o777).toBe(0o600)
    expect(files.read('c.bak')).toEqual(bytes)
    expect(files.read('d.bak')).toBeUndefined()
  })

  it('are refused elsewhere, by way of links too, and in the store', () => {
    const [folder, outside] = [temporaryDirectory(), temporaryDirectory()]
    const files = new NodeFiles(folder)
    writeFileSync(join(outside, 'secret'), 'x')
    symlinkSync(outside, join(folder, 'link'))
    symlinkSync(join(outside, 'secret'), join(folder, 'file'))
    mkdirSync(join(folder, 'store'))
    for (const path of ['../x', join(outside, 'x'), 'link/x', 'file', 'store/x', '', 'a/../../x'])
      expect(files.write(path, bytes)).toMatch(/does not lie in the node's folder/)
    for (const path of ['link/secret', 'file', join(outside, 'secret'), '.'])
      expect(files.read(path)).toBeUndefined()
    expect(readFileSync(join(outside, 'secret'), 'utf8')).toBe('x')
  })
})
