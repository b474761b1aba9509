// Flags that most verbs have.

export const NAME = ['--name <network>', 'which network; may be left out while only one runs'] as const
export const JSON_FLAG = ['--json', 'one JSON document on stdout'] as const
export const ENGINE = ['--engine <address>', 'container engine, such as unix:///var/run/docker.sock'] as const
export const HOSTS = [
  '--hosts <list>',
  'engines that run the nodes together, such as ssh://a,tcp://b:2376, or names of docker contexts',
] as const
export const FORCE = ['--force', 'even more nodes than the machine has room for'] as const
