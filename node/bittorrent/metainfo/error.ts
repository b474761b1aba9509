// Why something is no torrent. Verdicts are libtorrent's, by its own test torrents.

export type MetainfoErrorCode =
  | 'no-torrent' // no dictionary, or without an info
  | 'too-large' // the info, or what is described, is beyond a limit
  | 'version' // a meta version that is none, or no version at all
  | 'piece-length' // missing, or not a power of two from 16 KiB on where it has to be
  | 'name' // of the content or a file: missing, or no text
  | 'length' // of a file: missing, negative, too large; or nothing in all
  | 'no-files'
  | 'pieces' // SHA-1 hashes: missing, or not as many as there are pieces
  | 'file-tree' // of version 2: missing, or not of this form
  | 'pieces-root' // of a file of version 2: missing, or zeros
  | 'pad-file' // where none may be
  | 'too-deep' // folders in folders
  | 'inconsistent' // a hybrid's two sides describe different files
  | 'piece-layer' // of a file that is not there, too long or short, or not leading to its root
  | 'no-sha1' // version 1 needs SHA-1, and the machine has none

export class MetainfoError extends Error {
  override readonly name = 'MetainfoError'
  readonly code: MetainfoErrorCode
  constructor(code: MetainfoErrorCode, detail: string) {
    super(detail)
    this.code = code
  }
}
