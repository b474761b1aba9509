// A program's input and output in a container that runs, through the engine: a way there that needs no port.

import { type Duplex, PassThrough, Transform, type TransformCallback } from 'node:stream'
import type { Container } from 'dockerode'
import { both } from '../../gateway/tunnel.ts'

/** Before each piece of what the program says: which of its outputs, three zeros, and how long the piece is. */
const HEAD_BYTES = 8
const STDOUT = 1

export async function execWay(container: Container, command: readonly string[]): Promise<Duplex> {
  const exec = await container.exec({
    Cmd: [...command],
    AttachStdin: true,
    AttachStdout: true,
    AttachStderr: true,
    Tty: false,
  })
  const stream = await exec.start({ hijack: true, stdin: true, Tty: false })
  const said = new Spoken()
  const input = new PassThrough()
  stream.on('error', error => said.destroy(error))
  stream.on('close', () => said.end())
  input.on('error', () => stream.destroy())
  input.pipe(stream)
  stream.pipe(said)
  const way = both(said, input)
  way.once('close', () => stream.destroy())
  return way
}

/** What a program says on its standard output, without what the engine puts around it. */
export class Spoken extends Transform {
  #head = Buffer.alloc(0)
  /** Of the piece that is begun. */
  #left = 0
  #output = STDOUT

  override _transform(part: Buffer, _: BufferEncoding, done: TransformCallback): void {
    let at = 0
    while (at < part.length) {
      if (this.#left === 0) {
        const taken = part.subarray(at, at + HEAD_BYTES - this.#head.length)
        this.#head = Buffer.concat([this.#head, taken])
        at += taken.length
        if (this.#head.length < HEAD_BYTES) break
        this.#output = this.#head.readUInt8(0)
        this.#left = this.#head.readUInt32BE(4)
        this.#head = Buffer.alloc(0)
        continue
      }
      const piece = part.subarray(at, at + this.#left)
      at += piece.length
      this.#left -= piece.length
      if (this.#output === STDOUT) this.push(piece)
    }
    done()
  }
}
