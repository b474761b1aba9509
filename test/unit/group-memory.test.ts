// Memory as a control group charges it, of both versions, and as screens say it.

import { mkdirSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { expect, test } from 'vitest'
import { groupMemory } from '../../node/host/group-memory.ts'
import { memoryText } from '../../orchestrator/observe/memory-words.ts'
import { temporaryDirectory } from '../support/node-config.ts'

function root(files: Readonly<Record<string, string>>): string {
  const folder = temporaryDirectory()
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, name)), { recursive: true })
    writeFileSync(join(folder, name), text)
  }
  return folder
}

test('what is charged counts, without the files that could be dropped, as the engine itself counts', () => {
  const two = {
    'memory.current': '30000000\n',
    'memory.stat': 'anon 20\ninactive_file 4000000\nactive_file 7\n',
  }
  expect(groupMemory(root(two))).toBe(26e6)
  const one = {
    'memory/memory.usage_in_bytes': '30000000\n',
    'memory/memory.stat': 'inactive_file 1\ntotal_inactive_file 5000000\n',
  }
  expect(groupMemory(root(one))).toBe(25e6)
})

test('nothing is known where the kernel shows no group, and no count is less than nothing', () => {
  expect(groupMemory(root({}))).toBeUndefined()
  const odd = { 'memory.current': '10', 'memory.stat': 'inactive_file 20' }
  expect(groupMemory(root(odd))).toBe(10)
})

test('it stands beside what is resident, of which others may have a part', () => {
  expect(memoryText({ rssBytes: 0, groupBytes: undefined })).toBeUndefined()
  expect(memoryText({ rssBytes: 75e6, groupBytes: undefined })).toBe('75 MB')
  expect(memoryText({ rssBytes: 75e6, groupBytes: 26e6 })).toBe('75 MB, 26 MB by its control group')
})
