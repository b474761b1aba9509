// Where the TLS files of hosts lie: relative to the spec, or in the user's home.

import { homedir } from 'node:os'
import { dirname, resolve } from 'node:path'
import type { Spec } from './schema.ts'

/** `file`: of the spec; one that is none on this machine stands for the working directory. */
export function withHostFiles(spec: Spec, file: string): Spec {
  if (!spec.hosts) return spec
  const at = (path: string) => resolve(dirname(file), path.replace(/^~(?=\/|$)/, homedir()))
  const hosts = spec.hosts.map(({ tls, certs, ...host }) => ({
    ...host,
    ...(tls && { tls: { ca: at(tls.ca), cert: at(tls.cert), key: at(tls.key) } }),
    ...(certs !== undefined && { certs: at(certs) }),
  }))
  return { ...spec, hosts }
}
