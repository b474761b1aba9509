// The text of docs/rpc.md: how to reach a node's RPC, and a table of Core's methods, made from the code.

import type { RpcTable } from '../node/core/service.ts'
import { missingParams, own, type Standing, standings } from '../test/support/rpc-table.ts'

const HEAD = `# RPC

Every node answers Bitcoin Core 28's JSON-RPC on its control address, with Core's names, positions, fields and error codes.

    netsplit rpc miners-1 getblockchaininfo      asks by way of the controller
    netsplit rpc --cookie miners-1               prints a line for bitcoin-cli, and a URL

- **Where**: \`POST /\` and \`POST /wallet/<name>\`. A node's wallet from the plan has the empty name; \`createwallet\` makes others.
  \`POST /rpc\`, which the controller takes, is \`/wallet/\`: the plan's wallet. At \`/\` a call asks the only wallet that is loaded;
  with several it is refused with −19, with none, or for a name that is not loaded, with −18.
- **Who may**: of a process, whoever knows the network's token: as \`Authorization: Bearer\`, or as the password of user \`__cookie__\`
  in Basic authentication. Core's file \`.cookie\` (mode 0600) lies in the node's data folder while the node runs.
  Nodes in containers are all asked at one port, the gateway's, and each has a token of its own: the user is the node's name and the
  password its token, which \`--cookie\` prints (\`http://miners-1:<password>@127.0.0.1:<port>/wallet/w\`); \`<node>/<user>\` is a user
  that the node itself knows. A name that no node has, or another node's password, is refused with 401; a node that does
  not answer, with 502.
- **How**: JSON-RPC 1.0, 1.1 and 2.0, single calls and batches (1,000 calls), parameters by position or by name (\`args\` for both).
  Version 2.0 answers errors with status 200, version 1 with 400, 404 and 500, a notification with 204. A body may have 32 MiB.
- **REST**: \`GET /rest/…\` as Core's, as \`.json\`, \`.hex\` or \`.bin\`: \`tx\`, \`block\`, \`block/notxdetails\`, \`headers\`, \`blockhashbyheight\`,
  \`getutxos\`, \`chaininfo\`, \`deploymentinfo\`, \`mempool/info\`, \`mempool/contents\`, and where block filters are kept
  \`blockfilter/basic\`, \`blockfilterheaders/basic\`. Unlike Core's it is always on, and wants the password too
  (\`http://__cookie__:<password>@host:port/rest/chaininfo.json\`).
- **ZMQ**: no. \`GET /events\` streams what happens in a node as NDJSON; \`waitfornewblock\` and the long polls of \`getblocktemplate\`
  wait for blocks.
- **Clients that are tried** in \`test/process/rpc-clients.test.ts\`: npm's bitcoin-core and rpc-bitcoin, python-bitcoinlib, Core's
  AuthProxy, and the bytes of bitcoin-cli.

## Methods

The table is made from the code (\`npm run rpc\`). *Same*: parameters, fields and errors are Core's. What is missing is answered with −32601.
`

const NOT_PRUNED = 'missing: funds of blocks that were pruned; a wallet here reads every block'
const MISSING: Readonly<Record<string, string>> = {
  importprunedfunds: NOT_PRUNED,
  removeprunedfunds: NOT_PRUNED,
}

/** `light`: those of a light client. */
export function rpcPage(methods: RpcTable, light: RpcTable): string {
  const all = standings(methods)
  const there = all.filter(({ method }) => method)
  const same = there.filter(standing => !standing.method?.differs)
  const parts = [...new Set(all.map(({ category }) => category))].map(category =>
    section(
      category,
      all.filter(each => each.category === category),
    ),
  )
  const ours = own(methods).sort()
  return [
    HEAD,
    `Of Core's ${all.length} methods, hidden ones included, ${there.length} are there; ${same.length} of them are the same.`,
    '',
    ...parts,
    ...(ours.length > 0 ? [`Core does not have: ${ours.map(name => `\`${name}\``).join(', ')}.`, ''] : []),
    ...lightSection(light),
  ].join('\n')
}

function lightSection(methods: RpcTable): string[] {
  const rows = standings(methods).filter(({ method }) => method)
  const ours = own(methods)
    .sort()
    .map(name => `\`${name}\` (${methods[name]?.summary ?? ''})`)
  return [
    '## Light clients',
    '',
    `Nodes that run \`bitcoin-light\` ([light-clients.md](light-clients.md)) answer ${rows.length} of Core's methods.`,
    '',
    '| method | |',
    '| --- | --- |',
    ...rows.map(row => `| \`${row.name}\` | ${verdict(row)} |`),
    '',
    ...(ours.length > 0 ? [`Core does not have: ${ours.join(', ')}.`, ''] : []),
  ]
}

function section(category: string, rows: readonly Standing[]): string {
  const lines = rows.map(standing => `| \`${standing.name}\` | ${verdict(standing)} |`)
  return [`### ${category}`, '', '| method | |', '| --- | --- |', ...lines, ''].join('\n')
}

function verdict(standing: Standing): string {
  const { method } = standing
  if (!method) return MISSING[standing.name] ?? 'missing'
  const missing = missingParams(standing)
  const lacks = missing.length > 0 ? [`without ${missing.map(name => `\`${name}\``).join(', ')}`] : []
  const differs = [...(method.differs ? [method.differs] : []), ...lacks]
  return differs.length > 0 ? differs.join('; ') : 'same'
}
