// What the container of other people's program may do, beside its node's: no capability, nothing writable but its data and /tmp,
// and no network but the node's own, so that whatever it does is cut and shaped as the node is. It has the node's process
// numbers, too: the kernel ends it with the node.

import type { ContainerCreateOptions } from 'dockerode'
import type { NodeConfig } from '../../../node/api.ts'
import type { NodeLimits } from '../../spec/types.ts'
import { confined, PROGRAM_PLACE, programOf, TMPFS, volumeMount } from './container-spec.ts'
import type { NamedImage } from './images.ts'
import { type Identity, labelsOf, objectName } from './labels.ts'
import type { ProgramStart } from './program-asks.ts'

/**
 * Whomever its image names: what one program has written, another that a node becomes can read. Not the node's own user, whose
 * secrets are none of its business.
 */
const USER = '1001:1001'

export interface ProgramContainerWish {
  readonly identity: Identity
  readonly image: NamedImage
  readonly node: string
  /** The node's container. */
  readonly beside: string
  readonly asked: ProgramStart
  readonly limits: NodeLimits
  /** The engine's; more cannot be asked for. */
  readonly cores: number
}

export function programSpec(wish: ProgramContainerWish): ContainerCreateOptions {
  const { identity, image, node, beside, asked, limits } = wish
  const { directory } = PROGRAM_PLACE
  const env = { HOME: directory, ...asked.env }
  // Volumes that an image asks for would be nobody's.
  const tmpfs = ['/tmp', ...image.volumes].map(path => [path, `${TMPFS},mode=1777`] as const)
  return {
    name: objectName(identity, programOf(node)),
    Image: image.name,
    User: USER,
    WorkingDir: directory,
    ...commandOf(image, asked.argv),
    Env: Object.entries(env).map(([name, value]) => `${name}=${value}`),
    Labels: { ...labelsOf(identity, 'program', node) },
    Healthcheck: { Test: ['NONE'] },
    HostConfig: {
      ...confined(limits, wish.cores),
      NetworkMode: `container:${beside}`,
      PidMode: `container:${beside}`,
      Tmpfs: Object.fromEntries(tmpfs),
      // Its node has made it one that anybody may write to; this image knows nothing of it.
      Mounts: [volumeMount(identity, programOf(node), directory, true)],
    },
  }
}

/**
 * A program is started by itself: a script around it, as many images have one, changes users and puts together what is put
 * together here. Only where the image's own entry ends in a program of that name, or none is named, it stays as it is.
 */
function commandOf(
  { entrypoint }: NamedImage,
  [program = '', ...args]: readonly string[],
): Pick<ContainerCreateOptions, 'Entrypoint' | 'Cmd'> {
  const own = entrypoint.at(-1)?.split('/').at(-1)
  if (program === '' || program === own) return args.length > 0 ? { Cmd: args } : {}
  return { Entrypoint: [program], Cmd: args }
}

/** A node's configuration, once it is known that its program runs beside it. */
export function withProgramBeside(config: NodeConfig): NodeConfig {
  const { bitcoin } = config.services
  if (!bitcoin?.client || 'joined' in bitcoin.client || !bitcoin.client.image) return config
  const client = { ...bitcoin.client, beside: PROGRAM_PLACE }
  return { ...config, services: { ...config.services, bitcoin: { ...bitcoin, client } } }
}
