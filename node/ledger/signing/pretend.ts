// For sizes: a provider that has whatever private key it is asked for, and all that another one knows besides.

import { SigningProvider } from '../descriptor/provider.ts'

const ANY = new Uint8Array(32).fill(1)

class AnyKey extends Map<string, Uint8Array> {
  override get(): Uint8Array {
    return ANY
  }
}

export function pretendingAll(provider?: SigningProvider): SigningProvider {
  const pretending = new SigningProvider(new AnyKey())
  return provider ? pretending.addAll(provider) : pretending
}
