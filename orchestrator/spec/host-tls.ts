// The files with which an engine over TLS is spoken to, as docker's own client names them in a folder. Pure.

import type { HostTls } from './types.ts'

export function tlsIn(folder: string): HostTls {
  return { ca: `${folder}/ca.pem`, cert: `${folder}/cert.pem`, key: `${folder}/key.pem` }
}
