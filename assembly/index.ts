// The exports, the same in both builds.

export { batch } from './batch'
export { chain } from './headers'
export {
  BATCH,
  DATA,
  DATA_SIZE,
  DIGEST,
  DIGESTS,
  HEADER,
  JOB,
  LANES,
  LEAF_BYTES,
  LENGTHS,
  MAX_VERSIONS,
  SCHEDULE,
  STATE,
  STATES,
  TAIL,
  TARGET,
  VERSIONS,
  WORDS,
} from './layout'
export { leaves } from './leaves'
export { branch, merkle, tree } from './merkle'
export { scan } from './miner'
export { absorb, begin, finish, sha256, sha256d } from './sha256'
