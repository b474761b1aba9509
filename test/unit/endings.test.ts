// How nodes end, in words: whatever tells of it, out of memory is out of memory, and what we gave up has not died by itself.

import { describe, expect, it } from 'vitest'
import { diedInWords, endInWords, howItEnded, remedyFor, saysMemory } from '../../orchestrator/endings.ts'
import { phaseWord } from '../../orchestrator/observe/phases.ts'
import { engineError } from '../../orchestrator/runtime/docker/engine.ts'
import { type Evidence, endOf, refusesForMemory } from '../../orchestrator/runtime/docker/evidence.ts'

const MB = 1e6
const QUIET: Evidence = {
  exitCode: 1,
  toldOutOfMemory: false,
  killedByOthers: false,
  engineGoes: false,
  lastLines: [],
  limitBytes: 512 * MB,
  limitedByFault: false,
  usedBytes: 70 * MB,
}
const of = (evidence: Partial<Evidence>) => endOf({ ...QUIET, ...evidence })

describe('a container that ended', () => {
  const HEAP =
    'FATAL ERROR: Ineffective mark-compacts near heap limit Allocation failed - JavaScript heap out of memory'
  it.each<[string, Partial<Evidence>, string]>([
    ['by its own code', { exitCode: 3 }, 'exit code 3'],
    ['by a signal', { exitCode: 139 }, 'SIGSEGV'],
    [
      'by the kernel, as the engine tells',
      { exitCode: 137, toldOutOfMemory: true },
      'out of memory; raise limits.memory, 512 MB now',
    ],
    [
      'by the kernel, untold, when it was at its limit',
      { exitCode: 137, usedBytes: 480 * MB },
      'out of memory; raise limits.memory, 512 MB now',
    ],
    [
      'by the kernel, untold, before anybody looked, with less than any node needs',
      { exitCode: 137, limitBytes: 20 * MB, usedBytes: undefined },
      'out of memory; raise limits.memory, 20 MB now',
    ],
    ['by SIGKILL with memory to spare', { exitCode: 137 }, 'SIGKILL'],
    [
      "for V8's heap",
      { exitCode: 134, lastLines: ['<--- Last few GCs --->', HEAP] },
      'out of memory; raise limits.memory, 512 MB now',
    ],
    [
      'for memory that its hashing core could not have',
      { lastLines: ['error crash: RangeError: WebAssembly.Memory(): could not allocate memory'] },
      'out of memory; raise limits.memory, 512 MB now',
    ],
    [
      'for memory, under a fault',
      { exitCode: 137, toldOutOfMemory: true, limitedByFault: true },
      'out of memory; a fault limits it to 512 MB',
    ],
    [
      'with the engine',
      { exitCode: 0, killedByOthers: true, engineGoes: true },
      'lost with the container engine',
    ],
    [
      'by docker stop of somebody else',
      { exitCode: 0, killedByOthers: true },
      'by the container engine’s own tools, exit code 0',
    ],
    [
      'by docker kill, and little memory is no reason then',
      { exitCode: 137, killedByOthers: true, limitBytes: 20 * MB },
      'by the container engine’s own tools, SIGKILL',
    ],
    ['while nobody saw it', { exitCode: Number.NaN }, 'while the container engine did not answer'],
  ])('%s', (_, evidence, words) => {
    expect(endInWords(of(evidence))).toContain(words)
  })

  it.each([
    [
      '2026-11-30T21:25:53.660Z info  stopping: nobody has asked anything for 20 s',
      'nobody has asked anything for 20 s',
    ],
    ['2026-11-30T21:25:53.660Z info  stopping: SIGTERM', 'SIGTERM'],
  ])('in order, and not for us, said why: %s', (line, why) => {
    const end = of({ exitCode: 0, lastLines: ['info  up', line, 'info  peer 3 left: shutting down'] })
    expect(end).toEqual({ code: 0, signal: null, cause: 'stopped', why })
    expect(diedInWords(end)).toBe(`stopped by itself: ${why}`)
    expect(howItEnded(end)).toBe(`it stopped: ${why}`)
    expect(of({ exitCode: 0, killedByOthers: true, lastLines: [line] }).cause).toBe('outside')
    expect(of({ exitCode: 1, lastLines: [line] }).cause).toBeUndefined()
  })

  it('in order is no end for memory, whatever it said', () => {
    expect(of({ exitCode: 0, lastLines: [HEAP] }).cause).toBeUndefined()
  })
})

describe('words', () => {
  it('say what to do where something can be done, and of the machine where nothing limits a node', () => {
    expect(remedyFor({ code: null, signal: 'SIGKILL', cause: 'memory' })).toContain('fewer nodes')
    expect(remedyFor({ code: 1, signal: null })).toBeUndefined()
    expect(remedyFor({ code: 0, signal: null, cause: 'engine' })).toContain('netsplit start')
  })

  it('of a log are a sentence each', () => {
    expect(diedInWords({ code: 1, signal: null })).toBe('died with exit code 1')
    expect(diedInWords({ code: null, signal: 'SIGKILL' })).toBe('killed by SIGKILL')
    expect(diedInWords({ code: null, signal: 'SIGKILL', cause: 'memory', limitBytes: 20 * MB })).toBe(
      'ran out of memory; raise limits.memory, 20 MB now',
    )
    expect(diedInWords({ code: null, signal: null, cause: 'unseen' })).toBe(
      'ended while the container engine did not answer',
    )
  })

  it('of one that we gave up blame nobody for our kill', () => {
    const silent = { code: null, signal: 'SIGKILL', cause: 'silent' } as const
    expect(howItEnded(silent)).toBe('it did not answer in time')
    const exit = { ...silent, expected: true, lastLines: [] }
    expect(phaseWord({ phase: 'stopped', exit })).toBe('given up')
    expect(phaseWord({ phase: 'stopped', exit: { ...exit, cause: undefined } })).toBe('killed')
  })

  it('that programs use for memory are known, and others are not taken for them', () => {
    expect(saysMemory(['terminate called after throwing an instance of std::bad_alloc'])).toBe(true)
    expect(saysMemory(['info  mempool: 3 transactions', 'memory 70 MB'])).toBe(false)
  })

  it('with which engines refuse too small a limit are known', () => {
    const RUNC = 'OCI runtime create failed: container init was OOM-killed (memory limit too low?): unknown'
    expect(refusesForMemory(RUNC)).toBe(true)
    expect(refusesForMemory('Minimum memory limit allowed is 6MB')).toBe(true)
    expect(refusesForMemory('no such image')).toBe(false)
    expect(engineError('a-1 cannot be started', new Error(RUNC)).hint).toContain('limits.memory')
    const UPDATE =
      'Cannot update container 7140: runc did not terminate successfully: exit status 1: unable to set memory limit to 24000000 (current usage: 31154176, peak usage: 34918400)\n: unknown'
    expect(engineError('a-1', new Error(UPDATE)).message).toBe(
      'a-1: it uses 31.2 MB already, and is to have 24 MB',
    )
  })
})
