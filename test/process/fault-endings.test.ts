// Faults from other terminals, and ends in the middle of them: nothing stays broken, nothing is left.

import { expect, test } from 'vitest'
import { Desk } from '../support/cli.ts'
import { until } from '../support/until.ts'

test('chaos, faults and heal from another terminal: asked, measured, exit codes', async () => {
  const desk = new Desk()
  await desk.up()
  const cut = await desk.run('chaos', 'isolate', 'miners-1')
  expect(cut).toMatchObject({ code: 0 })
  expect(cut.stdout).toContain('partition-1: miners-1 | miners-2 miners-3 miners-4 miners-5')
  expect(cut.stdout).toContain('netsplit heal partition-1 ends it')
  const slow = await desk.run('chaos', 'link', 'miners-2 -> miners-3', '--latency', '80ms', '--for', '1h')
  expect(slow, slow.stderr).toMatchObject({ code: 0 })
  expect(slow.stdout).toContain('it heals by itself after 1h')
  const { stdout } = await desk.run('faults')
  expect(stdout).toMatch(/partition-1 {2}miners-1 \| .*8 directed pairs {2}in force for .* verified: .*asked/)
  expect(stdout).toMatch(/link-2 {2}miners-2 -> miners-3, latency 80ms on 1 directed pair/)
  expect(await desk.run('heal', 'partition-1')).toMatchObject({
    code: 0,
    stdout: expect.stringContaining('partition-1 healed'),
  })
  expect(await desk.run('heal', 'partition-1')).toMatchObject({
    code: 2,
    stderr: expect.stringContaining('in force: link-2'),
  })
  expect(await desk.run('heal')).toMatchObject({ code: 0, stdout: expect.stringContaining('link-2 healed') })
  expect(await desk.run('heal')).toMatchObject({ code: 0, stdout: 'no fault is in force\n' })

  await desk.run('stop', 'miners-5')
  const down = await desk.run('chaos', 'pause', 'miners-5')
  expect(down).toMatchObject({ code: 3, stdout: expect.stringContaining('did not take') })
  expect(await desk.run('chaos', 'kill')).toMatchObject({
    code: 2,
    stderr: expect.stringContaining('kill of what?'),
  })
  const behind = await desk.run('chaos', 'clock-skew', 'miners-1', '--by', '-10m')
  expect(behind).toMatchObject({ code: 0, stdout: expect.stringContaining('ahead by -600.0 s') })
  const memory = await desk.run('chaos', 'memory', 'miners-1', '--limit', '64MB')
  expect([0, 4]).toContain(memory.code) // where there are control groups, or none
})

test('the controller killed in the middle of a partition: heal says what is left to do, down does it', async () => {
  const desk = new Desk()
  const up = await desk.up()
  await desk.run('chaos', 'partition', 'halves')
  await desk.run('chaos', 'cpu', 'miners-1', '--limit', '10%')
  up.signal('SIGKILL')
  await up.ended
  expect(await desk.run('heal')).toMatchObject({
    code: 2,
    stderr: expect.stringContaining('netsplit down demo removes what it left'),
  })
  expect(await desk.run('down')).toMatchObject({ code: 0 })
  expect(desk.nodes()).toEqual([])
  expect(desk.state()).toEqual([])
})

test('left alone, the nodes of a killed controller end by themselves, limited or not', async () => {
  const desk = new Desk()
  const up = await desk.up()
  await desk.run('chaos', 'cpu', 'miners-1', '--limit', '20%')
  up.signal('SIGKILL')
  await up.ended
  await until('no node is left', () => desk.nodes().length === 0, 60_000)
  expect(await desk.run('down', 'demo')).toMatchObject({ code: 0 })
  expect(desk.state()).toEqual([])
})
