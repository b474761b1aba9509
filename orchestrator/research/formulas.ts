// What theory says of proof of work, in closed form: what the simulator is held against (docs/theory.md).

/** Stale blocks per block of the chain: delay Δ to everybody, interval T of the chain, shares h: (Δ/T)(1 − Σh²), for Δ ≪ T. */
export function staleRate(delayMs: number, intervalMs: number, shares: readonly number[]): number {
  return (delayMs / intervalMs) * (1 - shares.reduce((total, share) => total + share * share, 0))
}

/**
 * The part of a miner's blocks that goes stale, of share h. Somebody else finds one within Δ before or after it, with
 * rate (1 − h)/T each; of such a pair either is lost, and the next block decides: by those who heard that one first.
 */
export function minerStaleRate(
  delayMs: number,
  intervalMs: number,
  share: number,
  shares: readonly number[],
): number {
  let rate = 0
  let self = false
  for (const other of shares) {
    // Oneself is no rival; of two equal shares only one is oneself.
    if (other === share && !self) self = true
    else rate += 2 * other * (1 - winsRace(share, other))
  }
  return (delayMs / intervalMs) * rate
}

/** Each of the two mines on its own block, and of the others half (by symmetry) on each. */
function winsRace(share: number, other: number): number {
  return (1 + share - other) / 2
}

/** Share of the chain's blocks that a selfish miner of share α has (Eyal and Sirer, 2014, equation 8). */
export function selfishRevenue(alpha: number, gamma: number): number {
  const honest = alpha * (1 - alpha) ** 2 * (4 * alpha + gamma * (1 - 2 * alpha)) - alpha ** 3
  return honest / (1 - alpha * (1 + (2 - alpha) * alpha))
}

/**
 * The chance of a private double spend of an attacker of share q against z confirmations (Rosenfeld, 2014, theorem 1): he has
 * found m blocks while the honest found z, and must come one block ahead.
 */
export function doubleSpendChance(q: number, z: number): number {
  const p = 1 - q
  if (q >= p) return 1
  let fails = 0
  let choose = 1 // (m + z − 1 over m)
  for (let m = 0; m <= z; m++) {
    if (m > 0) choose = (choose * (m + z - 1)) / m
    fails += choose * (p ** z * q ** m - p ** m * q ** z)
  }
  return 1 - fails
}
