// A helper that we feed: a program in a container for a moment, which ends with its input and so never outlives us.

import type { ContainerCreateOptions } from 'dockerode'

export interface HelperWish {
  readonly image: string
  readonly user: string
  readonly entrypoint: readonly string[]
  readonly networkMode: string
  readonly memoryBytes: number
  readonly pids: number
}

/** It may do nothing; whoever wants it to do more adds that. */
export function helperSpec({ image, user, entrypoint, networkMode, memoryBytes, pids }: HelperWish) {
  return {
    Image: image,
    User: user,
    Entrypoint: [...entrypoint],
    Cmd: [],
    OpenStdin: true,
    StdinOnce: true,
    AttachStdin: true,
    AttachStdout: true,
    AttachStderr: true,
    Healthcheck: { Test: ['NONE'] },
    HostConfig: {
      NetworkMode: networkMode,
      AutoRemove: true,
      Init: true,
      ReadonlyRootfs: true,
      CapDrop: ['ALL'],
      SecurityOpt: ['no-new-privileges'],
      Memory: memoryBytes,
      MemorySwap: memoryBytes,
      PidsLimit: pids,
      LogConfig: { Type: 'none', Config: {} },
    },
  } satisfies ContainerCreateOptions
}
