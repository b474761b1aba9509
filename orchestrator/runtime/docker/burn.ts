// Makes a container that is not ours use processor time, and tells how long it took: with its shell, if it has one.

import { PassThrough } from 'node:stream'
import type Docker from 'dockerode'
import type { Container } from 'dockerode'
import { pause } from '../../network/node-client.ts'

/** The kernel's unit for the times of a process, everywhere. */
const TICK_MS = 10
const LOOK_MS = 20

/** In what every shell has: its own use of the processor from its line in /proc, and the time from when the machine began. */
const script = (
  ticks: number,
) => `used() { read -r l </proc/$$/stat; set -- \${l##*) }; u=$((\${12} + \${13})); }
used; end=$((u + ${ticks})); read -r from _ </proc/uptime
while [ "$u" -lt "$end" ]; do i=0; while [ "$i" -lt 500 ]; do i=$((i + 1)); done; used; done
read -r to _ </proc/uptime; echo "$from $to"`

/** Undefined: it has no shell. */
export async function burn(docker: Docker, container: Container, cpuMs: number): Promise<number | undefined> {
  const exec = await container.exec({
    Cmd: ['sh', '-c', script(Math.ceil(cpuMs / TICK_MS))],
    AttachStdout: true,
    AttachStderr: true,
  })
  const stream = await exec.start({})
  let said = ''
  const output = new PassThrough().on('data', (part: Buffer) => {
    said += part.toString('utf8')
  })
  docker.modem.demuxStream(stream, output, output)
  await new Promise(resolve => stream.once('end', resolve).once('close', resolve))
  // The stream may end a moment before the engine has noted how the command did.
  while ((await exec.inspect()).Running) await pause(LOOK_MS)
  const [, from, to] = /^([\d.]+) ([\d.]+)$/m.exec(said) ?? []
  return from === undefined || to === undefined ? undefined : (Number(to) - Number(from)) * 1000
}
