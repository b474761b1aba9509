// Which program nodes are to become, as it is said, and in words. Pure.

/** What it leaves out stays as it was. */
export interface ProgramSaid {
  readonly program?: string | undefined
  readonly image?: string | undefined
  readonly args?: readonly string[] | undefined
  /** What it is to say that it is, as `28` or `28.1`. */
  readonly version?: string | undefined
}

/** Whether it says which one: a version alone does not. */
export function saysWhich({ program, image, args }: Omit<ProgramSaid, 'version'>): boolean {
  return program !== undefined || image !== undefined || args !== undefined
}

/** What our own is called as a client. */
export const OUR_CLIENT = 'netsplit'

/** Whether a group that says this is other people's. */
export function isForeign(client: string | undefined): boolean {
  return client !== undefined && client !== OUR_CLIENT
}

/** Why virtual time has no upgrades. */
export const IN_VIRTUAL_TIME =
  'virtual time runs the code of this version, and no other; use --runtime process or docker'

export function programSaidWords({ program, image, args, version }: ProgramSaid): string {
  return [
    program,
    image !== undefined && `image ${image}`,
    version !== undefined && `version ${version}`,
    args !== undefined && `arguments ${args.join(' ') || 'none'}`,
  ]
    .filter(Boolean)
    .join(', ')
}
