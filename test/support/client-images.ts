// Images of other people's programs for tests in containers, made of what is on this machine, and gone after the file that
// wanted them.

import { readdirSync, readFileSync } from 'node:fs'
import { dirname, join, relative } from 'node:path'
import { Readable } from 'node:stream'
import { afterAll } from 'vitest'
import { packageRoot } from '../../orchestrator/machine/paths.ts'
import { baseImage } from '../../orchestrator/runtime/docker/context.ts'
import { ensureNodeImage } from '../../orchestrator/runtime/docker/image.ts'
import { type ArchiveFile, makeTar } from '../../orchestrator/runtime/docker/tar.ts'
import { docker } from './containers.ts'
import { standIn } from './core-stand-in/program.ts'
import { nextStandIn } from './next-version.ts'

/** Where the package lies in its image. */
export const BCOIN_FOLDER = '/srv/node_modules/bcoin'

const made: string[] = []
afterAll(async () => {
  const client = await docker()
  for (const tag of made) await client.getImage(tag).remove({ force: true })
})

/** bcoin and all that npm put beside it. */
export async function bcoinImage(folder: string): Promise<string> {
  const modules = dirname(folder)
  const dockerfile = `FROM ${baseImage(packageRoot())}\nCOPY node_modules ${dirname(BCOIN_FOLDER)}\n`
  return await build('bcoin', dockerfile, filesIn(modules, 'node_modules'))
}

/** Our stand-in for Core, in an image such as Core's usual ones: a script that changes users, a volume, ports. Two versions of it. */
export async function coreImages(): Promise<{ readonly now: string; readonly next: string }> {
  const now = await coreImage('core', await standIn(), 'root')
  return { now, next: await coreImage('core-next', await nextStandIn(), '1000') }
}

async function coreImage(name: string, program: string, user: string): Promise<string> {
  const folder = dirname(program)
  const node = await ensureNodeImage(await docker(), () => {})
  const dockerfile = [
    `FROM ${node}`,
    'COPY core /netsplit/core',
    'USER root',
    'RUN chmod 0755 /netsplit/core/bitcoind',
    `USER ${user}`,
    'ENV PATH=/netsplit/core:$PATH',
    'VOLUME /home/bitcoin/.bitcoin',
    'EXPOSE 8332 8333 18443 18444',
    'ENTRYPOINT ["/entrypoint.sh"]',
    'CMD ["bitcoind"]',
  ].join('\n')
  return await build(name, dockerfile, filesIn(folder, 'core'))
}

/** Our own image under another name: for a spec that names one for our nodes. */
export async function ownImage(): Promise<string> {
  const client = await docker()
  const [repo, tag] = ['netsplit-test-own', `${process.pid}`]
  await client.getImage(await ensureNodeImage(client, () => {})).tag({ repo, tag })
  made.push(`${repo}:${tag}`)
  return `${repo}:${tag}`
}

function filesIn(folder: string, as: string): ArchiveFile[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter(entry => entry.isFile())
    .map(entry => join(entry.parentPath, entry.name))
    .map(path => ({ path: join(as, relative(folder, path)), bytes: readFileSync(path) }))
}

async function build(what: string, dockerfile: string, files: readonly ArchiveFile[]): Promise<string> {
  const client = await docker()
  const tag = `netsplit-test-${what}:${process.pid}`
  const archive = makeTar([{ path: 'Dockerfile', bytes: Buffer.from(dockerfile) }, ...files])
  const stream = await client.buildImage(Readable.from([archive]), { t: tag, rm: true, forcerm: true })
  const steps = await new Promise<readonly { error?: string }[]>((resolve, reject) =>
    client.modem.followProgress(stream, (error, steps) => (error ? reject(error) : resolve(steps))),
  )
  const failed = steps.find(({ error }) => error !== undefined)
  if (failed) throw new Error(`${tag} cannot be built: ${failed.error}`)
  made.push(tag)
  return tag
}
