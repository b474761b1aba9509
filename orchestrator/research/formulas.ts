// What theory says, in closed form: what the simulator is held against (docs/theory.md).

/** Stale blocks per block of the chain: delay Δ to everybody, interval T of the chain, shares h: (Δ/T)(1 − Σh²), for Δ ≪ T. */
export function staleRate(delayMs: number, intervalMs: number, shares: readonly number[]): number {
  return (delayMs / intervalMs) * (1 - shares.reduce((total, share) => total + share * share, 0))
}

/**
 * The part of its blocks that miner `index` loses. Each other finds one within Δ before or after it with chance h/T each way;
 * those who stand aside heard the earlier of the two first, and the next block decides between the two camps.
 */
export function minerStaleRate(
  delayMs: number,
  intervalMs: number,
  index: number,
  shares: readonly number[],
): number {
  const own = shares[index] ?? 0
  const rivals = shares.filter((_, i) => i !== index)
  return (delayMs / intervalMs) * rivals.reduce((total, rival) => total + rival * (1 - own + rival), 0)
}

/** Share of the chain's blocks that a selfish miner of share α has (Eyal and Sirer, 2014, equation 8). */
export function selfishRevenue(alpha: number, gamma: number): number {
  const honest = alpha * (1 - alpha) ** 2 * (4 * alpha + gamma * (1 - 2 * alpha)) - alpha ** 3
  return honest / (1 - alpha * (1 + (2 - alpha) * alpha))
}

/**
 * The chance of a private double spend of an attacker of share q against z confirmations (Rosenfeld, 2014, theorem 1): he has
 * found m blocks while the honest found z, and must come one block ahead with the one that he had when he paid. One who gives up
 * when the honest have found `giveUp` more than he, which is more than z, is a gambler with so much to lose (Feller, XIV.2).
 */
export function doubleSpendChance(q: number, z: number, giveUp = Number.POSITIVE_INFINITY): number {
  const p = 1 - q
  const catchesUp = (behind: number) => {
    if (giveUp === Number.POSITIVE_INFINITY) return Math.min(1, (q / p) ** behind)
    if (q === p) return (giveUp - behind) / giveUp
    return ((q / p) ** behind - (q / p) ** giveUp) / (1 - (q / p) ** giveUp)
  }
  let fails = 0
  let choose = 1 // (m + z − 1 over m)
  for (let m = 0; m < z; m++) {
    if (m > 0) choose = (choose * (m + z - 1)) / m
    fails += choose * p ** z * q ** m * (1 - catchesUp(z - m))
  }
  return 1 - fails
}

/**
 * The least time in which a content of so many parts comes to so many peers, in times of what the seed's uplink takes for it once: all
 * uplinks are equal, nothing else limits, and nobody gives a part before having all of it (Mundinger, Weber and Weiss, 2008, theorem 1).
 */
export function leastSwarmTime(peers: number, parts: number): number {
  return 1 + Math.floor(Math.log2(peers)) / parts
}
