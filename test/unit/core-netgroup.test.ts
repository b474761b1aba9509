// Network groups: which addresses are likely to be in one hand, and which cannot be dialled.

import { describe, expect, test } from 'vitest'
import { isDialable, isSharedHost, netgroup } from '../../node/bitcoin/netgroup.ts'

describe('network groups', () => {
  test('are /16 of IPv4 and /32 of IPv6', () => {
    expect(netgroup('8.8.1.1:1')).toBe(netgroup('8.8.2.2:2'))
    expect(netgroup('8.8.1.1:1')).not.toBe(netgroup('8.9.1.1:1'))
    expect(netgroup('[2001:db8:1::1]:1')).toBe(netgroup('[2001:db8:2::2]:1'))
    expect(netgroup('[2001:db8::1]:1')).not.toBe(netgroup('[2001:db9::1]:1'))
  })

  test('do not collapse on loopback or in a private network', () => {
    expect(netgroup('127.0.0.1:1000')).not.toBe(netgroup('127.0.0.1:1001'))
    expect(netgroup('[::1]:1000')).not.toBe(netgroup('[::1]:1001'))
    expect(netgroup('10.0.0.1:1')).not.toBe(netgroup('10.0.0.2:1'))
    expect(netgroup('172.20.0.1:1')).not.toBe(netgroup('172.20.0.2:1'))
    expect(netgroup('10.0.0.1:1')).toBe(netgroup('10.0.0.1:2'))
  })

  test('know what cannot be dialled, and which hosts are shared', () => {
    for (const address of ['0.0.0.0:1', '[::]:1', '1.2.3.4:0', '224.0.0.1:5', 'name:80', '[ff02::1]:1'])
      expect(isDialable(address)).toBe(false)
    for (const address of ['127.0.0.1:1', '10.1.2.3:4', '[::1]:9', '1.1.1.1:65535'])
      expect(isDialable(address)).toBe(true)
    expect([isSharedHost('127.3.2.1:1'), isSharedHost('[::1]:1'), isSharedHost('10.0.0.1:1')]).toEqual([
      true,
      true,
      false,
    ])
  })
})
