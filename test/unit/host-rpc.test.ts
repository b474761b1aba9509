// JSON-RPC as Bitcoin Core 28 speaks it, with a table of small methods.

import fc from 'fast-check'
import { beforeEach, describe, expect, test } from 'vitest'
import { LATER, type Respond, RPC, RpcError, type RpcMethod, type RpcTable } from '../../node/core/service.ts'
import { ConsensusError, ProtocolError } from '../../node/errors.ts'
import { hostMethods } from '../../node/host/methods.ts'
import { RpcServer } from '../../node/host/rpc.ts'

let bugs: unknown[]
let observed: [method: string, ok: boolean][]
let answerLater: Respond[]

const METHODS: RpcTable = {
  echo: {
    params: ['first', 'second?', 'third?'],
    summary: 'Gives its parameters back.',
    handle: params => params.map(param => param ?? 'left out'),
  },
  later: {
    params: [],
    summary: 'Answers when asked to.',
    handle(_, respond) {
      answerLater.push(respond)
      return LATER
    },
  },
  refuse: {
    params: ['how'],
    summary: 'Throws.',
    handle([how]) {
      if (how === 'rpc') throw new RpcError(RPC.invalidAddressOrKey, 'Block not found')
      if (how === 'consensus') throw new ConsensusError('dust')
      if (how === 'protocol') throw new ProtocolError('truncated')
      throw new TypeError('a bug')
    },
  },
  nothing: { params: [], summary: 'Has no result.', handle: () => undefined },
}

const server = new RpcServer({
  methods: METHODS,
  observe: (method, _, ok) => observed.push([method, ok]),
  onBug: (_, error) => bugs.push(error),
})

beforeEach(() => {
  bugs = []
  observed = []
  answerLater = []
})

async function ask(message: unknown): Promise<{ status: number; body: unknown }> {
  const { status, body } = await server.answer(
    typeof message === 'string' ? message : JSON.stringify(message),
  )
  return { status, body: body === undefined ? undefined : JSON.parse(body) }
}

describe('version 2.0', () => {
  const call = (method: string, params?: unknown) => ask({ jsonrpc: '2.0', id: 7, method, params })

  test('answers with the result alone', async () => {
    expect(await call('echo', ['a'])).toEqual({ status: 200, body: { jsonrpc: '2.0', id: 7, result: ['a'] } })
  })

  test('answers 200 even for errors', async () => {
    expect(await call('missing')).toEqual({
      status: 200,
      body: { jsonrpc: '2.0', id: 7, error: { code: -32601, message: 'Method not found' } },
    })
    expect(await call('refuse', ['rpc'])).toMatchObject({ status: 200, body: { error: { code: -5 } } })
  })

  test('without an id is a notification: done, and not answered', async () => {
    expect(await ask({ jsonrpc: '2.0', method: 'echo', params: [1] })).toEqual({
      status: 204,
      body: undefined,
    })
    expect(observed).toEqual([['echo', true]])
  })
})

describe('version 1', () => {
  const call = (method: string, params?: unknown) => ask({ id: 'x', method, params })

  test('answers with result and error side by side', async () => {
    expect(await call('echo', [1])).toEqual({ status: 200, body: { result: [1], error: null, id: 'x' } })
    expect(await call('nothing')).toEqual({ status: 200, body: { result: null, error: null, id: 'x' } })
  })

  test('says errors by the status: 404 for an unknown method, 400 for a bad request, 500 for the rest', async () => {
    expect(await call('missing')).toMatchObject({
      status: 404,
      body: { result: null, error: { code: -32601 } },
    })
    expect(await call('refuse', ['rpc'])).toMatchObject({ status: 500, body: { error: { code: -5 } } })
    expect(await ask({ id: 1 })).toMatchObject({
      status: 400,
      body: { error: { code: -32600, message: 'Missing method' }, id: 1 },
    })
    expect(await ask({ id: 1, jsonrpc: true, method: 'echo' })).toMatchObject({ status: 400 })
    expect(await ask({ id: 1, jsonrpc: '3.0', method: 'echo' })).toMatchObject({ status: 400 })
    expect(await ask({ id: 1, method: 'echo', params: 'text' })).toMatchObject({ status: 400 })
    expect(await ask('{')).toMatchObject({ status: 500, body: { error: { code: -32700 } } })
    expect(await ask('3')).toMatchObject({ status: 500, body: { error: { code: -32700 } } })
  })
})

test.each(['1.0', '1.1', 1])('jsonrpc %j is version 1', async jsonrpc => {
  expect(await ask({ id: 1, jsonrpc, method: 'echo', params: ['a'] })).toEqual({
    status: 200,
    body: { result: ['a'], error: null, id: 1 },
  })
})

test('the wallet that a path names is told to the method', async () => {
  const methods: RpcTable = {
    ...METHODS,
    which: { params: [], summary: '', handle: (_, __, wallet) => wallet },
  }
  const wallets = new RpcServer({ methods, observe() {}, onBug() {} })
  const to = async (wallet: string | undefined) =>
    JSON.parse((await wallets.answer('{"id":1,"method":"which","params":[]}', wallet)).body ?? '').result
  expect([await to(''), await to('other'), await to(undefined)]).toEqual(['', 'other', null])
})

describe('parameters', () => {
  const echo = async (params: unknown) => (await ask({ id: 1, method: 'echo', params })).body

  test('by name may be fields of the options, which they join', async () => {
    const methods: RpcTable = {
      ...METHODS,
      pay: {
        params: ['to', 'options?', 'last?'],
        options: ['psbt', 'fee'],
        summary: '',
        handle: params => params,
      },
    }
    const server = new RpcServer({ methods, observe() {}, onBug() {} })
    const call = async (params: unknown) =>
      JSON.parse((await server.answer(JSON.stringify({ id: 1, method: 'pay', params }))).body ?? '')
    expect(await call({ to: 'a', psbt: true })).toMatchObject({ result: ['a', { psbt: true }] })
    expect(await call({ args: ['a', { fee: 1 }], psbt: true, last: 3 })).toMatchObject({
      result: ['a', { fee: 1, psbt: true }, 3],
    })
    expect(await call({ to: 'a', options: { psbt: false }, psbt: true })).toMatchObject({
      error: { code: -8 },
    })
    expect(await call({ to: 'a', other: 1 })).toMatchObject({ error: { code: -8 } })
  })

  test('by name take their places', async () => {
    expect(await echo({ third: 3, first: 1 })).toMatchObject({ result: [1, 'left out', 3] })
    expect(await echo({ args: [1], second: 2 })).toMatchObject({ result: [1, 2] })
  })

  test('may have a second name', async () => {
    const methods: RpcTable = {
      echo: { params: ['verbosity|verbose?'], summary: '', handle: params => params },
    }
    const server = new RpcServer({ methods, observe() {}, onBug() {} })
    const ask = async (params: object) =>
      JSON.parse((await server.answer(JSON.stringify({ id: 1, method: 'echo', params }))).body ?? '')
    expect(await ask({ verbose: 2 })).toMatchObject({ result: [2] })
    expect(await ask({ verbosity: 2 })).toMatchObject({ result: [2] })
    expect(await ask({ 'verbosity|verbose': 2 })).toMatchObject({ error: { code: -8 } })
  })

  test('that are null are left out', async () => {
    expect(await echo([1, null, 3])).toMatchObject({ result: [1, 'left out', 3] })
    expect(await echo([1, null, null])).toMatchObject({ result: [1, 'left out', 'left out'] })
  })

  test('that are unknown or given twice are refused', async () => {
    expect(await echo({ first: 1, fourth: 4 })).toMatchObject({
      error: { code: -8, message: 'Unknown named parameter fourth' },
    })
    expect(await echo({ args: [1], first: 2 })).toMatchObject({
      error: {
        code: -8,
        message: 'Parameter first specified twice both as positional and named argument',
      },
    })
  })

  test('that are missing or too many are answered with the usage', async () => {
    const usage = { code: -1, message: 'echo first ( second ) ( third )\n\nGives its parameters back.' }
    expect(await echo([])).toMatchObject({ error: usage })
    expect(await echo([1, 2, 3, 4])).toMatchObject({ error: usage })
  })
})

describe('a batch', () => {
  test('is answered in order, without its notifications, always with 200', async () => {
    const batch = [
      { jsonrpc: '2.0', id: 1, method: 'echo', params: ['a'] },
      { jsonrpc: '2.0', method: 'echo', params: ['silent'] },
      { id: 2, method: 'missing' },
      'nonsense',
      { jsonrpc: '2.0', id: 3 },
    ]
    expect(await ask(batch)).toEqual({
      status: 200,
      body: [
        { jsonrpc: '2.0', id: 1, result: ['a'] },
        { result: null, id: 2, error: { code: -32601, message: 'Method not found' } },
        { result: null, id: null, error: { code: -32600, message: 'Invalid Request object' } },
        { jsonrpc: '2.0', id: 3, error: { code: -32600, message: 'Missing method' } },
      ],
    })
  })

  test('of notifications alone is answered with nothing, an empty one with an empty list', async () => {
    expect(await ask([{ jsonrpc: '2.0', method: 'echo', params: [1] }])).toEqual({
      status: 204,
      body: undefined,
    })
    expect(await ask([])).toEqual({ status: 200, body: [] })
  })

  test('of more than 1,000 calls is refused whole', async () => {
    const call = { jsonrpc: '2.0', id: 1, method: 'echo', params: [1] }
    expect((await ask(new Array(1_000).fill(call))).body).toHaveLength(1_000)
    observed = []
    expect(await ask(new Array(1_001).fill(call))).toMatchObject({ status: 400 })
    expect(observed).toEqual([])
  })
})

test('a method may answer later, with a result or an error', async () => {
  const answers = [
    ask({ jsonrpc: '2.0', id: 1, method: 'later' }),
    ask({ jsonrpc: '2.0', id: 2, method: 'later' }),
  ]
  answerLater[1]?.({ error: new RpcError(RPC.misc, 'no') })
  answerLater[0]?.({ result: 'yes' })
  expect((await Promise.all(answers)).map(answer => answer.body)).toEqual([
    { jsonrpc: '2.0', id: 1, result: 'yes' },
    { jsonrpc: '2.0', id: 2, error: { code: -1, message: 'no' } },
  ])
})

test('what breaks a rule has its code; a bug is answered as internal and reported', async () => {
  const refuse = async (how: string) => (await ask({ id: 1, method: 'refuse', params: [how] })).body
  expect(await refuse('consensus')).toMatchObject({ error: { code: -26, message: 'dust' } })
  expect(await refuse('protocol')).toMatchObject({ error: { code: -22 } })
  expect(bugs).toEqual([])
  expect(await refuse('bug')).toMatchObject({ error: { code: -32603 } })
  expect(bugs).toHaveLength(1)
  expect(observed.every(([method, ok]) => method === 'refuse' && !ok)).toBe(true)
})

test('names of the object prototype are no methods', async () => {
  for (const method of ['constructor', 'toString', '__proto__'])
    expect(await ask({ id: 1, method })).toMatchObject({ status: 404 })
})

test('any JSON value is answered with a JSON-RPC reply or with nothing', async () => {
  await fc.assert(
    fc.asyncProperty(fc.json(), async text => {
      const { status, body } = await server.answer(text)
      expect([200, 204, 400, 404, 500]).toContain(status)
      if (body !== undefined) JSON.parse(body)
    }),
  )
  expect(bugs).toEqual([])
})

test('help lists every method, and tells how one is used', () => {
  const say = { ...METHODS.echo, handle: () => null } as RpcMethod
  const table = hostMethods(
    { say },
    { stop() {}, written: async () => {}, nowMs: Date.now, active: () => [] },
  )
  const help = table.help?.handle
  expect(String(help?.([], () => {})).split('\n')).toContain('say first ( second ) ( third )')
  expect(help?.(['uptime'], () => {})).toContain('Seconds since')
  expect(help?.(['missing'], () => {})).toBe('help: unknown command: missing')
  // Core's hidden ones are explained, and not listed.
  expect(help?.([], () => {})).not.toContain('echo')
  expect(help?.(['echojson'], () => {})).toContain('echojson')
  expect(table.uptime?.handle([], () => {})).toBeTypeOf('number')
})

test('no service takes a method of the host for its own', () => {
  const stop = { params: [], summary: '', handle: () => null }
  expect(() =>
    hostMethods({ stop }, { stop() {}, written: async () => {}, nowMs: Date.now, active: () => [] }),
  ).toThrow('stop: two tables have')
})

describe('what has no id', () => {
  test('is answered without one in version 1, and by null where it could not be read', async () => {
    expect((await ask({ method: 'echo', params: ['a'] })).body).toEqual({ result: ['a'], error: null })
    expect((await ask('no json')).body).toMatchObject({ id: null })
    expect((await ask({ jsonrpc: '3.0', method: 'echo' })).body).toEqual({
      result: null,
      error: { code: -32600, message: 'JSON-RPC version not supported' },
    })
  })

  test('is no more answered in version 2 when it is none', async () => {
    expect(await ask({ jsonrpc: '2.0' })).toEqual({ status: 204, body: undefined })
    expect(await ask([{ jsonrpc: '2.0' }, { jsonrpc: '2.0', method: 'echo', params: ['a'] }])).toEqual({
      status: 204,
      body: undefined,
    })
  })
})

test('the calls in progress are told, with how long they take', async () => {
  const call = ask({ id: 1, method: 'later' })
  expect(server.active()).toMatchObject([{ method: 'later', duration: expect.any(Number) }])
  answerLater[0]?.({ result: 'done' })
  await call
  expect(server.active()).toEqual([])
})
