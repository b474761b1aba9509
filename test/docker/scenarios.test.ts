// Every built-in scenario passes in containers, where partitions and loss are the kernel's.

import { builtInScenariosPass } from '../support/built-in-scenarios.ts'
import { containerDesk } from '../support/containers.ts'

builtInScenariosPass('the built-in scenarios pass in containers', {
  atOnce: 2,
  flags: ['--runtime', 'docker'],
  desk: () => containerDesk(),
})
