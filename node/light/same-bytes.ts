// Hashes as bytes, compared: all that a light client is shown stands or falls with this, so what it is worth can be tried without it.

export { sameBytes } from '../bitcoin/wire/bytes.ts'
