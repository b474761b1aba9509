// Signature digests against BIP143's published vectors, against Bitcoin Core's own random ones, and against mainnet's history.

import { describe, expect, it } from 'vitest'
import { decode } from '../../node/bitcoin/wire/codec.ts'
import { fromHex, toHex } from '../../node/bitcoin/wire/hex.ts'
import { createSecp256k1 } from '../../node/host/secp.ts'
import { txCodec } from '../../node/ledger/chain/tx.ts'
import { encodeDer } from '../../node/ledger/script/der.ts'
import { legacySighash } from '../../node/ledger/script/sighash-legacy.ts'
import { SIGHASH } from '../../node/ledger/script/sighash-type.ts'
import { segwitSighash } from '../../node/ledger/script/sighash-witness.ts'

const bytes = (hex: string) => fromHex(hex) as Uint8Array
const txOf = (hex: string) => decode(txCodec, bytes(hex))
const secp = createSecp256k1()

describe('BIP143, native P2WPKH', () => {
  const tx = txOf(
    '0100000002fff7f7881a8099afa6940d42d1e7f6362bec38171ea3edf433541db4e4ad969f0000000000eeffffffef51e1b804cc89d182d279655c3aa89e815b1b309fe287d9b2b55d57b90ec68a0100000000ffffffff02202cb206000000001976a9148280b37df378db99f66f85c95a783a76ac7a6d5988ac9093510d000000001976a9143bde42dbee7e4dbe6a21b2d50ce2f0167faa815988ac11000000',
  )
  const digest = segwitSighash(
    tx,
    1,
    bytes('76a9141d0f172a0ecb48aee1be1f2687d2963ae33f71a188ac'),
    600_000_000,
    SIGHASH.all,
  )
  const privateKey = bytes('619c335025c7f4012e556c2a58b2506e30b8511b53ade95ea316fd8c3286feb9')
  const publicKey = '025476c2e83188368da1ff3e292e7acafcdb3566bb0ad253f62fc70f07aeee6357'

  it('gives the published digest', () => {
    expect(toHex(digest)).toBe('c37af31116d1b27caf68aae9e3ac82f1477929014d5b917657d0eb49478cb670')
  })

  it('is signed as published, by the published key', () => {
    expect(toHex(secp.publicKey(privateKey))).toBe(publicKey)
    expect(toHex(encodeDer(secp.sign(digest, privateKey)))).toBe(
      '304402203609e17b84f6a7d30c80bfa610b5b4542f32a8a0d5447a12fb1366d7f01cc44a0220573a954c4518331561406f90300e8f3358f51928d43c212a8caed02de67eebee',
    )
  })
})

describe('BIP143, every hash type', () => {
  const tx = txOf(
    '010000000136641869ca081e70f394c6948e8af409e18b619df2ed74aa106c1ca29787b96e0100000000ffffffff0200e9a435000000001976a914389ffce9cd9ae88dcc0631e88a821ffdbe9bfe2688acc0832f05000000001976a9147480a33f950689af511e6e84c138dbbd3c3ee41588ac00000000',
  )
  const script = bytes(
    '56210307b8ae49ac90a048e9b53357a2354b3334e9c8bee813ecb98e99a7e07e8c3ba32103b28f0c28bfab54554ae8c658ac5c3e0ce6e79ad336331f78c428dd43eea8449b21034b8113d703413d57761b8b9781957b8c0ac1dfe69f492580ca4195f50376ba4a21033400f6afecb833092a9a21cfdf1ed1376e58c5d1f47de74683123987e967a8f42103a6d48b1131e94ba04d9737d61acdaa1322008af9602b3b14862c07a1789aac162102d8b661b0b3302ee2f162b09e07a55ad5dfbe673a9f01d9f0c19617681024306b56ae',
  )
  it.each([
    [0x01, '185c0be5263dce5b4bb50a047973c1b6272bfbd0103a89444597dc40b248ee7c'],
    [0x02, 'e9733bc60ea13c95c6527066bb975a2ff29a925e80aa14c213f686cbae5d2f36'],
    [0x03, '1e1f1c303dc025bd664acb72e583e933fae4cff9148bf78c157d1e8f78530aea'],
    [0x81, '2a67f03e63a6a422125878b40b82da593be8d4efaafe88ee528af6e5a9955c6e'],
    [0x82, '781ba15f3779d5542ce8ecb5c18716733a5ee42a6f51488ec96154934e2c890a'],
    [0x83, '511e8e52ed574121fc1b654970395502128263f62662e076dc6baf05c2e6a99b'],
  ])('0x%s gives the published digest', (type, published) => {
    expect(toHex(segwitSighash(tx, 0, script, 987_654_321, type))).toBe(published)
  })

  it('SINGLE without its output signs a zero in its place', () => {
    const twoInputsOneOutput = txOf(
      '0100000002fe3dc9208094f3ffd12645477b3dc56f60ec4fa8e6f5d67c565d1c6b9216b36e0000000000ffffffff0815cf020f013ed6cf91d29f4202e8a58726b1ac6c79da47c23d1bee0a6925f80000000000ffffffff0100f2052a010000001976a914a30741f8145e5acadf23f751864167f32e0963f788ac00000000',
    )
    const code = bytes('210255a9626aebf5e29c0e6538428ba0d1dcf6ca98ffdf086aa8ced5e0d0215ea465ac')
    expect(toHex(segwitSighash(twoInputsOneOutput, 1, code, 4_900_000_000, SIGHASH.single))).toBe(
      'fef7bd749cce710c5c052bd796df1af0d935e59cea63736268bcbe2d2134fc47',
    )
  })
})

/** Core's random vectors (its sighash.json) whose script holds no OP_CODESEPARATOR: transaction, script, input, type, digest in display order. */
const LEGACY: readonly (readonly [
  tx: string,
  script: string,
  index: number,
  type: number,
  digest: string,
])[] = [
  [
    '0da910a503304372f2c841f76b767b3c0aacebfc6dc4074f0cae114c365a598e2e6e37a3ff010000000853ac00516aabacabffffffffdc6f3ca479a3d12ffff996d03ef4898f896f53556fa7f6ec154e6b96bbe45d860100000000ffffffffb97b61ff17af51abaa2ac726eb0a2ca1a0578665f4c3fd76ed6076788d8b7c3e0000000006ab6a655200ac54d974f30107132f675d0b040009536a6351515251005200000000',
    '6a5100ac0051',
    0,
    -1522017801,
    'ec2e8a5c762d774486544c01805d62695b41c2eb597106973d092781556f650f',
  ],
  [
    '4737215002d6ac898bde5f2055b5f642a9d95251aa9bd79a757058b5fc429c0c9ae2b1f2250100000009ab6a00ac00abab656affffffff176c3a90b0495f136312fafc161bff5bb32fa61981303f9d15e683798e8e219e0300000001ab5b0be2bb02b92d2229714b01000500006353ab294057f6cbcc020002ac6500000000',
    '53',
    0,
    434913772,
    'e154b93312a31ae30d7629517083866bb3dd9f2b8c2aeca1fdcc6d9ef28b2deb',
  ],
  [
    '9f3475fa02af64a02375fd5f0bf23e86f1b6eaa6b194f82a87ec44d254d14a538f50dd32b10300000006ac6a5363ac65ffffffff23b6a533b1491909571a1d6926bb63517dd3fe91606a9f67871cd913c35d967702000000080052516553516552ffffffff0301b68cdfaece000009536a63acab006551abe61db2e1e1ec01000853ac516a005200abc124435500b90000096a5252516a6a006552406041a2',
    '6aac516363ab5353',
    0,
    1582559354,
    'c3b0af3f6dc5eeb5cce8f566195fb89967a9eb87d002943d1cf38f36a2959d1a',
  ],
  [
    '1053111a029d942e0cb55c273333c5064ccb92cbfdc8d56c97861e03618630237179094f470100000005000053ac65ffffffffda0f671ceec0ce2ea0a747214e0c9aeb2e092f14d1335a6a13512a70361972d401000000025152f6c86a39024e0136932480020008006a6a63ab515165ef0cc47fbd8d0300086a65ac535265656556d85a47',
    'ac65536363',
    0,
    2013933401,
    '7fb9dd1897d2f6d1f9d60957f1d2a050d10880b94961556f03f161ee9b5b57b3',
  ],
  [
    '0ad29457020c1f81c448e6a16c1d46c6b11ce10350c25cee981a7e5f355a430a4b1a02c3e3010000000953525165ac6a516a52db03f96bc594126fef82a78e20977c76c690ec394ab51b00ed9f18fc07400768ad9bd48b0000000009ab51636a5265525263616b5423012426ef16db5b0100056351006a5300000000',
    '636a',
    1,
    877962686,
    '0e1455886a1cd6fd614950b396eb1f207eb6dbbcec0945da95629418da923366',
  ],
  [
    '1ba51bda02961cbcf129f7ededc032fb7bd72d6d1ea0d0ea2363620753ff528420f24b797a0300000009516352ac6aab6a6552ffffffff5164406e0dc5d425e1f1f2eadaf764fe356f031921306ac6cdda8cf4fe2f5a34010000000751ac51ab5100531dff4f800219f48b57d658020008006551656353abac2288a35d21e100000000000000',
    '',
    0,
    767356194,
    'eb63e6721af3d9b9b45ca2344b1a0891706455a30713bdc9d37f23f89695b27d',
  ],
  [
    'c2a8db94017709eed353ca42aa3b78a0c4a3c2cc4c52287b784fcf508a4df8876ca9ab156903000000025151853c5140029ac92ccbb795030007000052526553520d4c9ee0dcd900000665516565006a00acb7f7',
    '526a63',
    0,
    -1402165248,
    '7f682def9a0f014c9919807c5177e033a478493f753ce763dadc7f097e49fb8b',
  ],
]

describe('legacy digests', () => {
  it.each(LEGACY.filter(([, script]) => !script.includes('ab')))(
    'of %s',
    (tx, script, index, type, digest) => {
      const ours = legacySighash(txOf(tx), index, bytes(script), type)
      expect(toHex(ours.reverse())).toBe(digest)
    },
  )

  it('sign the number one for SINGLE without its output', () => {
    const twoInputsOneOutput = txOf(
      '0100000002fe3dc9208094f3ffd12645477b3dc56f60ec4fa8e6f5d67c565d1c6b9216b36e0000000000ffffffff0815cf020f013ed6cf91d29f4202e8a58726b1ac6c79da47c23d1bee0a6925f80000000000ffffffff0100f2052a010000001976a914a30741f8145e5acadf23f751864167f32e0963f788ac00000000',
    )
    for (const type of [SIGHASH.single, SIGHASH.single | SIGHASH.anyoneCanPay])
      expect(toHex(legacySighash(twoInputsOneOutput, 1, new Uint8Array(), type))).toBe(`01${'00'.repeat(31)}`)
  })

  it('of the first payment ever made is what Satoshi signed', () => {
    // block 170: 10 BTC to Hal Finney, spending the coinbase of block 9, which pays to a bare key
    const payment = txOf(
      '0100000001c997a5e56e104102fa209c6a852dd90660a20b2d9c352423edce25857fcd3704000000004847304402204e45e16932b8af514961a1d3a1a25fdf3f4f7732e9d624c6c61548ab5fb8cd410220181522ec8eca07de4860a4acdd12909d831cc56cbbac4622082221a8768d1d0901ffffffff0200ca9a3b00000000434104ae1a62fe09c5f51b13905f07f06b99a2f7159b2225f374cd378d71302fa28414e7aab37397f554a7df5f142c21c1b7303b8a0626f1baded5c72a704f7e6cd84cac00286bee0000000043410411db93e1dcdb8a016b49840f8c53bc1eb68a382e97b1482ecad7b148a6909a5cb2e0eaddfb84ccf9744464f82e160bfa9b8b64f9d4c03f999b8643f656b412a3ac00000000',
    )
    const script = payment.outputs[1]?.script as Uint8Array // the change goes back to the same key
    const numbers = bytes(
      '4e45e16932b8af514961a1d3a1a25fdf3f4f7732e9d624c6c61548ab5fb8cd41181522ec8eca07de4860a4acdd12909d831cc56cbbac4622082221a8768d1d09',
    )
    const digest = legacySighash(payment, 0, script, SIGHASH.all)
    expect(secp.verify(digest, script.subarray(1, 66), numbers, false)).toBe(true)
    expect(
      secp.verify(legacySighash(payment, 0, script, SIGHASH.none), script.subarray(1, 66), numbers, false),
    ).toBe(false)
  })
})
