// Where content lies: as the files that it is, in a folder a content. Synchronous, as all that a service asks of its machine.

/** Files below one folder of the machine. Paths have elements that are safe as names; nothing outside is ever touched. */
export interface ContentFiles {
  /** These bytes of the file, or as many as there are; undefined where there is no such file. */
  read(path: readonly string[], offset: number, length: number): Uint8Array | undefined
  /** Makes the file and its folders where they are missing. A word on why not (`disk full`); undefined: it is written. */
  write(path: readonly string[], offset: number, bytes: Uint8Array): string | undefined
  /** Bytes of the file; undefined where there is none. */
  size(path: readonly string[]): number | undefined
  /** What was written is on the disk when this returns, as far as the machine promises that. */
  sync(path: readonly string[]): void
  /** The file, or the folder with all in it. */
  remove(path: readonly string[]): void
}

/** Hashes that a machine may have faster than ours, with the same results. */
export interface Digests {
  /** 20 bytes. */
  sha1(bytes: Uint8Array): Uint8Array
  /** 32 bytes; of long messages. Absent: ours. */
  readonly sha256?: ((bytes: Uint8Array) => Uint8Array) | undefined
}

/** Files of the machine that are to be shared: a file, or a folder with all in it. */
export interface ContentSource {
  readonly files: readonly SourceFile[]
  /** Undefined: they cannot be read. */
  read(file: SourceFile, offset: number, length: number): Uint8Array | undefined
}

export interface SourceFile {
  /** As a torrent is to have it. */
  readonly path: readonly string[]
  readonly length: number
}
