// The built-in scenarios: specs with faults and expectations, by name. docs/scenarios.md says what each shows.

import bigMinerBehindPartition from './big-miner-behind-partition.yaml'
import bridge from './bridge.yaml'
import churn from './churn.yaml'
import clientsAgree from './clients-agree.yaml'
import clockSkew from './clock-skew.yaml'
import contestedFork from './contested-fork.yaml'
import diskFull from './disk-full.yaml'
import doubleSpendAcrossPartition from './double-spend-across-partition.yaml'
import flapping from './flapping.yaml'
import isolateMiner from './isolate-miner.yaml'
import killAllRestart from './kill-all-restart.yaml'
import killMinusNine from './kill-minus-nine.yaml'
import lateJoiner from './late-joiner.yaml'
import lightClient from './light-client.yaml'
import lossyLinks from './lossy-links.yaml'
import memorySqueeze from './memory-squeeze.yaml'
import minorityPartition from './minority-partition.yaml'
import oneWayPartition from './one-way-partition.yaml'
import partitionHeal from './partition-heal.yaml'
import pause from './pause.yaml'
import planet from './planet.yaml'
import ringOfMajorities from './ring-of-majorities.yaml'
import rollingRestart from './rolling-restart.yaml'
import slowLinks from './slow-links.yaml'
import softFork from './soft-fork.yaml'
import swarmChurn from './swarm-churn.yaml'
import swarmDiskFull from './swarm-disk-full.yaml'
import swarmOneWay from './swarm-one-way.yaml'
import swarmPartition from './swarm-partition.yaml'
import swarmPolluters from './swarm-polluters.yaml'
import swarmSeedDies from './swarm-seed-dies.yaml'
import swarmThinUplinks from './swarm-thin-uplinks.yaml'
import thinPipes from './thin-pipes.yaml'
import upgrade from './upgrade.yaml'

/** Name → YAML. */
export const BUILT_IN: { readonly [name: string]: string } = {
  'partition-heal': partitionHeal,
  'minority-partition': minorityPartition,
  'one-way-partition': oneWayPartition,
  bridge,
  'ring-of-majorities': ringOfMajorities,
  flapping,
  'isolate-miner': isolateMiner,
  'kill-minus-nine': killMinusNine,
  'kill-all-restart': killAllRestart,
  'rolling-restart': rollingRestart,
  pause,
  churn,
  'slow-links': slowLinks,
  'lossy-links': lossyLinks,
  'thin-pipes': thinPipes,
  planet,
  'clock-skew': clockSkew,
  'disk-full': diskFull,
  'memory-squeeze': memorySqueeze,
  'late-joiner': lateJoiner,
  'light-client': lightClient,
  'big-miner-behind-partition': bigMinerBehindPartition,
  'double-spend-across-partition': doubleSpendAcrossPartition,
  'soft-fork': softFork,
  'contested-fork': contestedFork,
  'swarm-seed-dies': swarmSeedDies,
  'swarm-partition': swarmPartition,
  'swarm-one-way': swarmOneWay,
  'swarm-churn': swarmChurn,
  'swarm-disk-full': swarmDiskFull,
  'swarm-thin-uplinks': swarmThinUplinks,
  'swarm-polluters': swarmPolluters,
}

/** As BUILT_IN, of those that want another program for their group `theirs`, which the machine has or the user names. */
export const WITH_OTHERS: { readonly [name: string]: string } = {
  'clients-agree': clientsAgree,
  upgrade,
}
