// Every kind of script, paid from each program's wallet to each other's and spent again: by whom each was signed, all verify.

import { CannotAnswer } from '../../../../checks/asking.ts'
import { plural } from '../../../../format.ts'
import { ledgerNodes } from '../nodes.ts'
import { withWallet } from '../payments.ts'
import { Disagreement, type Hands, type Output } from './hands.ts'

/** As Core's wallet calls them, and what they are. */
const KINDS: readonly (readonly [type: string, words: string])[] = [
  ['legacy', 'P2PKH'],
  ['p2sh-segwit', 'P2SH-P2WPKH'],
  ['bech32', 'P2WPKH'],
  ['bech32m', 'P2TR'],
]
const COINS = 0.5
const FEE_SAT = 2_000

interface Paid {
  readonly owner: string
  readonly from: string
  readonly kind: string
  readonly address: string
  readonly txid: string
}

/** What came of it, in words. */
export async function payEveryKind(hands: Hands): Promise<string> {
  const { asking } = hands
  const running = ledgerNodes(hands.ground)
  const purses = withWallet(hands.ground, running)
  for (const name of running) if (!purses.includes(name)) asking.lacks(name, 'no wallet')
  const payers = hands.oneOfEach(purses)
  if (payers.length === 0) throw new Disagreement('no node has a wallet')
  await hands.begin()
  const paid: Paid[] = []
  for (const owner of payers)
    for (const [type, kind] of KINDS) {
      const addresses = await Promise.all(payers.map(() => addressOf(hands, owner, type, kind)))
      for (const [i, from] of payers.entries()) {
        const address = addresses[i]
        if (address !== undefined) paid.push(await payOne(hands, { owner, from, kind, address }))
      }
    }
  await hands.confirmed(
    paid.map(({ txid }) => txid),
    'a payment',
  )
  const spends = await Promise.all(paid.map(each => spend(hands, each)))
  await hands.confirmed(spends, 'a spend')
  const kinds = [...new Set(paid.map(({ kind }) => kind))].join(', ')
  return `${plural(paid.length, 'payment')} among ${payers.map(name => hands.programOf(name)).join(' and ')}, and as many spends: ${kinds}`
}

/** The owner's wallet leaves it alone until it is spent by hand. */
async function payOne(hands: Hands, one: Omit<Paid, 'txid'>): Promise<Paid> {
  const txid = await hands.pay(one.from, one.address, COINS)
  const { vout } = await hands.outputTo(one.from, txid, one.address)
  await hands.until(
    () => `${one.owner} (${hands.programOf(one.owner)}) does not know of ${txid}, which pays it`,
    () =>
      hands.rpc(one.owner, 'lockunspent', false, [{ txid, vout }]).then(
        () => true,
        () => false,
      ),
  )
  return { ...one, txid }
}

async function addressOf(
  hands: Hands,
  owner: string,
  type: string,
  kind: string,
): Promise<string | undefined> {
  try {
    return String(await hands.rpc(owner, 'getnewaddress', '', type))
  } catch (error) {
    if (error instanceof CannotAnswer) throw error
    hands.asking.lacks(owner, `no ${kind} addresses`)
    return undefined
  }
}

/** Back to whom it came from, by the owner's own signature. */
async function spend(hands: Hands, { owner, from, kind, address, txid }: Paid): Promise<string> {
  const coin: Output = await hands.outputTo(owner, txid, address)
  const back = String(await hands.rpc(from, 'getnewaddress'))
  const hex = await hands.sign(owner, [coin], { [back]: coin.sat - FEE_SAT })
  return await hands.send(owner, hex, `its own spend of ${kind}`)
}
