// Names of networks, groups, nodes and hosts.

import { z } from 'zod'

/** A DNS label, so that it can name files, containers and hosts; never a path. */
const label = (what: string, max: number) =>
  z
    .string()
    .regex(
      new RegExp(`^[a-z][a-z0-9-]{0,${max - 1}}$`),
      `${what} starts with a lower-case letter and has only lower-case letters, digits and dashes (at most ${max})`,
    )

export const networkName = label('a network name', 40)
export const nodeName = label('a node name', 40)
export const groupName = label('a group name', 24)
export const hostName = label('a host name', 24)
export const hostLabel = label('a label', 24)
