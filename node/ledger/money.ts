// Amounts and fee rates as text, as Core writes them in what it refuses.

const SAT_PER_COIN = 100_000_000
const LEAST_DECIMALS = 2

/** `0.00001`, `5.00`: no zeros at the end beyond the second decimal. */
export function coinText(sat: number): string {
  const text = decimals(sat)
  const [whole = '', part = ''] = text.split('.')
  return `${whole}.${part.replace(/0+$/, '').padEnd(LEAST_DECIMALS, '0')}`
}

/** Satoshi per 1,000 virtual bytes. */
export function rateText(satPerKvb: number): string {
  return `${decimals(satPerKvb)} BTC/kvB`
}

function decimals(sat: number): string {
  const size = Math.abs(sat)
  const part = String(size % SAT_PER_COIN).padStart(8, '0')
  return `${sat < 0 ? '-' : ''}${Math.floor(size / SAT_PER_COIN)}.${part}`
}
