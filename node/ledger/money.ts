// Amounts and fee rates as text, as Core writes them in what it refuses.

import { Amount } from '../core/amount.ts'

const LEAST_DECIMALS = 2

/** `0.00001`, `5.00`: no zeros at the end beyond the second decimal. */
export function coinText(sat: number): string {
  const [whole = '', part = ''] = new Amount(sat).toString().split('.')
  return `${whole}.${part.replace(/0+$/, '').padEnd(LEAST_DECIMALS, '0')}`
}

/** Satoshi per 1,000 virtual bytes. */
export function rateText(satPerKvb: number): string {
  return `${new Amount(satPerKvb)} BTC/kvB`
}
