// Hosts in a spec: what they are called, what is wrong with them and where, and that faults may name them.

import { homedir } from 'node:os'
import { resolve } from 'node:path'
import { describe, expect, it } from 'vitest'
import { UserError } from '../../orchestrator/errors.ts'
import { shrink } from '../../orchestrator/fuzz/shrink.ts'
import { type Overrides, parseSpec, specToYaml } from '../../orchestrator/spec/load.ts'
import { makePlan } from '../../orchestrator/spec/plan.ts'
import type { Spec } from '../../orchestrator/spec/schema.ts'

const parse = (yaml: string, overrides: Overrides = {}) => parseSpec(yaml, 'net.yaml', overrides)
const planned = (yaml: string) => makePlan(parse(yaml))
const named = (hosts: string) => planned(`hosts: ${hosts}`).hosts?.map(({ name }) => name)

function refusal(yaml: string, overrides: Overrides = {}): string {
  try {
    parse(yaml, overrides)
  } catch (error) {
    if (error instanceof UserError) return error.message
    throw error
  }
  return 'accepted'
}

describe('hosts', () => {
  it('are called as they say, else as their machine, else by their place', () => {
    expect(named('[{ engine: ssh://me@b.example.org }, { engine: "tcp://c:2376", name: third }]')).toEqual([
      'b',
      'third',
    ])
    expect(
      named('[{ engine: unix:///a.sock }, { engine: tcp://10.0.0.3 }, { engine: "ssh://[fe80::1]:22" }]'),
    ).toEqual(['host-1', 'host-2', 'host-3'])
    expect(named('[{ engine: ssh://b.one }, { engine: ssh://b.two }]')).toEqual(['host-1', 'host-2'])
  })

  it('stand in the plan with all that is said of them, files from where the spec is', () => {
    const { hosts, runtime } = planned(`
      hosts:
        - { engine: unix:///run/docker.sock, name: here }
        - { engine: tcp://b, share: 0.5, labels: [big, eu], address: 10.0.0.2, certs: keys/b }
        - { engine: tcp://c, tls: { ca: ~/ca.pem, cert: c.pem, key: /key.pem } }
    `)
    expect(runtime).toBe('docker')
    const keys = resolve('keys/b')
    expect(hosts).toEqual([
      { name: 'here', engine: 'unix:///run/docker.sock', share: 1, labels: [] },
      {
        ...{ name: 'b', engine: 'tcp://b', share: 0.5, labels: ['big', 'eu'], address: '10.0.0.2' },
        tls: { ca: `${keys}/ca.pem`, cert: `${keys}/cert.pem`, key: `${keys}/key.pem` },
      },
      {
        ...{ name: 'c', engine: 'tcp://c', share: 1, labels: [] },
        tls: { ca: `${homedir()}/ca.pem`, cert: resolve('c.pem'), key: '/key.pem' },
      },
    ])
  })

  it('may be several engines of one machine, by their sockets', () => {
    expect(named('[{ engine: ssh://a/run/one.sock }, { engine: "ssh://a:22/run/two.sock" }]')).toEqual([
      'host-1',
      'host-2',
    ])
  })

  it('come back the same from their own YAML', () => {
    const spec = parse(
      'nodes: { a: { count: 3, share: 100%, host: big } }\nhosts: [{ engine: tcp://b, labels: [big], certs: x }]',
    )
    expect(parse(specToYaml(spec))).toEqual(spec)
  })

  it('are names only in the other runtimes', () => {
    for (const runtime of ['sim', 'process']) {
      const made = planned(`runtime: ${runtime}\nhosts: [{ engine: ssh://a }, { engine: ssh://b }]`)
      expect(made.runtime).toBe(runtime)
      expect(made.nodes.map(({ host }) => host)).toEqual(['a', 'b', 'a', 'b', 'a'])
    }
  })

  it('are those of the flag where there is one', () => {
    const hosts = { text: 'ssh://a,ssh://b', hosts: [{ engine: 'ssh://a' }, { engine: 'ssh://b' }] }
    expect(parse('hosts: [{ engine: ssh://c, share: 0 }]', { hosts }).hosts).toMatchObject(hosts.hosts)
    expect(refusal('', { hosts: { ...hosts, hosts: [{ engine: 'a b' }] } })).toMatch(
      /^--hosts: 0: engine: expected an engine/,
    )
  })

  it('are left out of the smallest spec that fails, unless it fails by them', async () => {
    const spec = parse(
      'nodes: { m: { count: 4, share: 100%, host: a } }\nhosts: [{ engine: ssh://a }]\nfaults: { k: { kill: a, at: 5s, for: 5s } }',
    )
    const smaller = (fails: (spec: Spec) => boolean) =>
      shrink(spec, { fails: async each => fails(each), maxRuns: 50 }).then(({ spec }) => spec)
    const few = await smaller(() => true)
    expect([few.hosts, few.nodes.m?.host, few.nodes.m?.count]).toEqual([undefined, undefined, 1])
    const byThem = await smaller(({ faults }) => faults?.k !== undefined)
    expect([byThem.hosts?.length, byThem.nodes.m?.count]).toEqual([1, 1])
  })

  it('and regions are words of faults, by those who are there', () => {
    const two = 'hosts: [{ engine: ssh://a }, { engine: ssh://b }]\n'
    const faults = (text: string) => `faults: { split: { partition: "${text}", at: 10s, for: 5s } }\n`
    expect(refusal(`${two}${faults('a | b')}`)).toBe('accepted')
    expect(refusal(`${two}${faults('a | c')}`)).toMatch(
      /1:?.*faults\.split\.partition: no node is named "c"/s,
    )
    const regions = 'nodes: { m: { count: 20, share: 100% } }\nlinks: { regions: 2019 }\n'
    expect(refusal(`${regions}${faults('NA | rest')}`)).toBe('accepted')
    expect(refusal(`${regions}${faults('XX | rest')}`)).toContain('no node is named "XX"')
  })
})

describe('a mistake in hosts is reported with its place:', () => {
  it.each([
    ['[{ enigne: ssh://a }]', '2:11: unknown key "enigne": did you mean "engine"?'],
    ['[{ name: a }]', '2:9: hosts.0.engine: it is missing: expected text'],
    ['[{ engine: "http://a" }]', '2:19: hosts.0.engine: expected an engine: unix:///path, tcp://host:port'],
    ['[{ engine: "tcp://a:70000" }]', '2:19: hosts.0.engine: 70000 is no port'],
    ['[{ engine: ssh://a, share: -1 }]', '2:35: hosts.0.share: must be at least 0'],
    ['[{ engine: ssh://a, share: 1001 }]', '2:35: hosts.0.share: must be at most 1000'],
    ['[{ engine: ssh://a, name: No }]', '2:34: hosts.0.name: a host name starts with a lower-case letter'],
    ['[{ engine: ssh://a, labels: [B] }]', '2:37: hosts.0.labels.0: a label starts with a lower-case letter'],
    ['[{ engine: ssh://a, address: a b }]', '2:37: hosts.0.address: expected an IP address or a name'],
    ['[]', '2:1: hosts: there is no host: name one, or leave hosts out'],
    [
      '[{ engine: ssh://a }, { engine: "ssh://me@a:22/", name: b }]',
      '2:40: hosts.1.engine: a is this engine already',
    ],
    ['[{ engine: ssh://a }, { engine: "ssh://A:22/" }]', '2:40: hosts.1.engine: a is this engine already'],
    [
      '[{ engine: tcp://a }, { engine: "tcp://a:2376" }]',
      '2:40: hosts.1.engine: host-1 is this engine already',
    ],
    [
      '[{ engine: ssh://a, name: c }, { engine: ssh://b, name: c }]',
      '2:64: hosts.1.name: another host is named c',
    ],
    ['[{ engine: ssh://all }]', '2:9: hosts.0: all has a meaning of its own in faults'],
    ['[{ engine: ssh://m }]', '2:9: hosts.0: m is the name of a host and of a group'],
    ['[{ engine: ssh://m-1 }]', '2:9: hosts.0: m-1 is the name of a host and of a node'],
    [
      '[{ engine: ssh://a, labels: [b] }, { engine: ssh://b }]',
      '2:37: hosts.0.labels.0: b is the name of a host',
    ],
    ['[{ engine: ssh://a, certs: x }]', '2:35: hosts.0.certs: only tcp:// is spoken over TLS'],
    ['[{ engine: ssh://a, share: 0 }]', '2:1: hosts: no host has a share'],
    [
      '[{ engine: ssh://a }, { engine: ssh://b, share: 0 }]',
      '2:56: hosts.1.share: with a share of 0, b has only',
    ],
    ['[{ engine: ssh://a }, { engine: ssh://b, share: 0.1 }]', '2:56: hosts.1.share: no node falls to b'],
    ['[{ engine: ssh://a }, { engine: ssh://b }, { engine: ssh://c }]', '2:1: hosts: 2 nodes on 3 hosts'],
  ])('%s', (hosts, sentence) => {
    expect(refusal(`nodes: { m: { count: 2, share: 100% } }\nhosts: ${hosts}`)).toContain(
      `net.yaml:${sentence}`,
    )
  })

  it.each([
    ['host: bog', 'there is no host bog: did you mean big?'],
    ['host: elsewhere', 'there is no host elsewhere: hosts are a, b, labels big'],
    ['host: [a, elsewhere]', 'there is no host elsewhere'],
    ['host: 5', 'expected the name or label of a host, or a list of them'],
  ])('of a group: %s', (pin, sentence) => {
    const hosts = 'hosts: [{ engine: ssh://a, labels: [big] }, { engine: ssh://b }]'
    expect(refusal(`nodes: { m: { count: 2, ${pin} } }\n${hosts}`)).toContain(`nodes.m.host: ${sentence}`)
    expect(refusal('nodes: { m: { host: a } }')).toContain('nodes.m.host: there are no hosts: give hosts')
  })

  it('a region of the same name', () => {
    const links = 'links: { regions: { eu: { latency: { eu: 5ms } } } }'
    expect(refusal(`${links}\nhosts: [{ engine: ssh://eu }]`)).toContain(
      'eu is the name of a host and of a region',
    )
  })
})
