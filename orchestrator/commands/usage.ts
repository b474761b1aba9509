// Every verb of the command line as its help tells it: arguments, flags, examples. What a verb's own file is given has its type
// from here, so that it reads no flag that there is not.

import { CONTENT_USAGE } from './usage-content.ts'
import { ENGINE, FORCE, HOSTS, JSON_FLAG, NAME } from './usual-flags.ts'

export interface Usage {
  /** As commander writes them: `<node>`, `[spec]`, `[what...]`. */
  readonly args: string
  readonly summary: string
  readonly flags: readonly (readonly [flag: string, help: string])[]
  readonly examples?: readonly string[]
}

export const VERBS = {
  up: {
    args: '[spec]',
    summary: 'launch a network and show it',
    flags: [
      ['--name <network>', 'name of the network'],
      ['-n, --nodes <count>', 'number of mining nodes'],
      ['--seed <number>', 'seed of everything random'],
      ['--runtime <kind>', 'process, docker or sim; docker where there is an engine'],
      ENGINE,
      HOSTS,
      ['--for <time>', 'go down after this long, e.g. 60s; of virtual time in the simulator'],
      [
        '--until <moment>',
        'end when it comes: "height 100", "stale > 0" (the first fork), 60s, "event 1234"; a simulation goes at full speed unless you watch it in this terminal',
      ],
      ['--runs <count>', 'so many simulations from as many seeds: means and confidence intervals'],
      ['--parallel [count]', 'with --runs: so many at a time; without a number, one a core'],
      ['--csv <file>', 'with --runs: the figures of each run as a table, too'],
      ['--tx <rate>', 'transactions to send, e.g. 5/s'],
      ['--demo', 'without a spec: a network that forks by itself, as npm start launches'],
      ['--log-level <level>', "how much the nodes' logs tell: error, warn, info (the default) or debug"],
      ['--detach', 'return when the network stands; it goes on in the background'],
      FORCE,
      ['--no-tui', 'progress lines instead of the full screen'],
      ['--screen-reader', 'lines that can be read out, and commands typed as words'],
      ['--observability', 'Prometheus and Grafana beside the network; in containers by default'],
      ['--no-observability', 'neither of them'],
      ['--run-dir <folder>', 'where the run is recorded; one run a folder'],
      ['--summary <file>', 'append the outcome as Markdown when it ends, for the page of a CI job'],
      JSON_FLAG,
    ],
    examples: [
      'netsplit up',
      'netsplit up netsplit.yaml --for 60s --json',
      'netsplit up --nodes 20 --detach',
      'netsplit up --runtime sim --until "stale > 0"',
      'netsplit up --runtime sim --for 3h --tx 0/s --runs 32 --parallel --json',
    ],
  },
  init: {
    args: '[file]',
    summary: 'write a commented spec to start from (netsplit.yaml)',
    flags: [['--force', 'overwrite the file'], JSON_FLAG],
  },
  plan: {
    args: '[spec]',
    summary: 'print what a spec and a seed make, as JSON',
    flags: [
      ['--name <network>', 'name of the network'],
      ['-n, --nodes <count>', 'number of mining nodes'],
      ['--seed <number>', 'seed of everything random'],
      ['--runtime <kind>', 'process, docker or sim'],
      HOSTS,
      ['--for <time>', 'duration'],
      ['--tx <rate>', 'transactions to send'],
      ['--demo', 'without a spec: a network that forks by itself, as npm start launches'],
      JSON_FLAG,
    ],
  },
  ls: {
    args: '',
    summary: 'list the networks of this machine',
    flags: [JSON_FLAG],
  },
  status: {
    args: '[network]',
    summary: 'nodes, tips, peers and hash rate of a network',
    flags: [NAME, JSON_FLAG],
  },
  logs: {
    args: '<node>',
    summary: 'the log of a node',
    flags: [
      NAME,
      ['-f, --follow', 'go on printing'],
      ['-n, --lines <count>', 'how many lines first (50)'],
      ['--level <level>', 'only lines of this level (error, warn, info, debug) or graver'],
      JSON_FLAG,
    ],
  },
  rpc: {
    args: '<node> [method] [params...]',
    summary: "call a node's JSON-RPC (Bitcoin Core's names)",
    flags: [NAME, ['--cookie', 'how bitcoin-cli and other clients reach the node instead'], JSON_FLAG],
    examples: [
      'netsplit rpc miners-1 getblockchaininfo',
      'netsplit rpc miners-1 getblockhash 0',
      'netsplit rpc --cookie miners-1        prints a line for bitcoin-cli, and a URL',
    ],
  },
  content: CONTENT_USAGE,
  add: {
    args: '[name]',
    summary: 'a new node joins the running network',
    flags: [
      NAME,
      ['--group <group>', 'group it belongs to, one of the network, or full'],
      ['--new-group <group>', 'group that begins with it'],
      ['--host <host>', 'of several hosts, the one that it is to be on'],
      ['--hash-rate <rate>', 'e.g. 200kH/s'],
      JSON_FLAG,
    ],
  },
  join: {
    args: '<address>',
    summary: 'a program that runs already (a Bitcoin Core in a debugger) joins the network',
    flags: [
      NAME,
      ['--node <name>', 'what it is called in the network; default: joined-1 …'],
      ['--group <group>', 'group it belongs to'],
      ['--new-group <group>', 'group that begins with it'],
      ['--rpc <address>', 'where it answers JSON-RPC: it is told whom to dial, and can be asked'],
      ['--cookie <file>', 'user:password for its RPC, such as the .cookie that Core writes'],
      ['--hash-rate <rate>', 'blocks are asked of it at this rate, e.g. 200H/s'],
      JSON_FLAG,
    ],
    examples: [
      'netsplit join 127.0.0.1:18444',
      'netsplit join 127.0.0.1:18444 --rpc 127.0.0.1:18443 --cookie ~/.bitcoin/regtest/.cookie',
    ],
  },
  start: {
    args: '[node]',
    summary: 'start a stopped node again, or a stopped network with its chain',
    flags: [NAME, ['--run-dir <folder>', 'where the run of a network is recorded'], FORCE, JSON_FLAG],
    examples: [
      'netsplit start miners-1',
      'netsplit start demo          the whole network, in the background',
    ],
  },
  stop: {
    args: '[node]',
    summary: 'stop a node in order; without a name the whole network, which keeps its chain',
    flags: [NAME, JSON_FLAG],
  },
  kill: {
    args: '<node>',
    summary: 'kill −9 a node',
    flags: [NAME, JSON_FLAG],
  },
  pause: {
    args: '<node>',
    summary: 'freeze a node',
    flags: [NAME, JSON_FLAG],
  },
  resume: {
    args: '<node>',
    summary: 'let a frozen node go on',
    flags: [NAME, JSON_FLAG],
  },
  test: {
    args: '[scenarios...]',
    summary: 'run scenarios and check what must hold; without a name, list the built-in ones',
    flags: [
      ['--seed <number>', 'seed of everything random'],
      ['--nodes <count>', 'number of mining nodes'],
      ['--runtime <kind>', 'process (the default here), docker or sim'],
      [
        '--set <path=value...>',
        'a path of the spec and its value: nodes.theirs.program=/opt/bitcoin/bin/bitcoind',
      ],
      ['--parallel [count]', 'all at once, or so many at a time, instead of one after another'],
      FORCE,
      ['--summary <file>', 'append the outcome as Markdown, for the page of a CI job'],
      ['--junit <file>', 'write the outcome as JUnit XML, too'],
      JSON_FLAG,
    ],
    examples: [
      'netsplit test partition-heal',
      'netsplit test my-scenario.yaml --junit junit.xml',
      'netsplit test clients-agree --set nodes.theirs.program=/opt/bitcoin/bin/bitcoind',
    ],
  },
  sweep: {
    args: '[spec]',
    summary: 'an experiment: every combination of some values in a spec, with many seeds each, as one table',
    flags: [
      [
        '--set <path=values...>',
        'a path of the spec and its values: links.latency=50ms,200ms or nodes.miners.count=10..100x2 (a factor; 1..9+2: a step); again for another',
      ],
      ['--runs <count>', 'seeds of each combination (10)'],
      ['--seed <number>', "the first of them; each run takes the next (the spec's)"],
      ['--for <time>', 'how long a run lasts, in virtual time'],
      ['--until <moment>', 'end each when it comes: "height 100", "stale > 0"'],
      ['--tx <rate>', 'transactions to send, e.g. 0/s'],
      ['--parallel [count]', 'so many at a time; without a number, one a core'],
      ['--rows <what>', 'of the table: runs (the default), blocks, arrivals or faults'],
      ['--csv <file>', 'write the table as CSV'],
      ['--parquet <file>', 'write it as Parquet'],
      [
        '--dir <folder>',
        'where it is recorded, run by run (in netsplit-sweeps); the same command goes on there',
      ],
      ['--force', 'even more than 10,000 combinations or 100,000 runs'],
      JSON_FLAG,
    ],
    examples: [
      'netsplit sweep net.yaml --set links.latency=50ms,200ms --for 3h --runs 32 --parallel --csv runs.csv',
      'netsplit sweep net.yaml --set nodes.miners.count=10..100x2 --set relay=inv,compact --until "height 200"',
      'netsplit sweep net.yaml --set links.loss=0%,1%,5% --for 1h --rows blocks --parquet blocks.parquet',
    ],
  },
  plot: {
    args: '<table>',
    summary: 'a figure over a parameter, with 95 % intervals, from the table or the folder of a sweep',
    flags: [
      ['--x <column>', 'a column of the table; of a parameter its path will do'],
      ['--y <column>', 'what is drawn over it: means of numbers, shares of true and false'],
      ['--by <column>', 'a curve for each of its values'],
      ['--where <column=value...>', 'only rows in which it is that; again for another'],
      ['--log <axes>', 'logarithmic: x, y or xy'],
      ['--title <words>', 'above the plot'],
      ['-o, --out <file>', 'where it goes: .svg, or .html with the figures as a table'],
      JSON_FLAG,
    ],
    examples: [
      'netsplit plot runs.csv --x links.latency --y propagation90Ms -o propagation.svg',
      'netsplit plot netsplit-sweeps/net-1a2b3c4d-5e6f70 --x nodes.miners.count --y staleRate --by relay --log x -o stale.html',
    ],
  },
  fuzz: {
    args: '',
    summary: 'random networks and random faults from seeds, all safety checks on; keeps what fails',
    flags: [
      ['--seed <number>', 'the first seed (1); each run takes the next'],
      ['--runs <count>', 'how many (100)'],
      ['--for <time>', 'the time in which faults come, of each run (60s; 15s on processes)'],
      ['--profile <name>', 'mixed (any network, any fault) or heal (one cut and its heal, on any links)'],
      ['--parallel [count]', 'so many simulations at a time; without a number, one a core'],
      ['--runtime <kind>', 'sim (the default here), process or docker'],
      JSON_FLAG,
    ],
    examples: [
      'netsplit fuzz --runs 5000',
      'netsplit fuzz --seed 42 --runs 1 --runtime process',
      'netsplit fuzz --profile heal --runs 2000 --parallel',
    ],
  },
  replay: {
    args: '<run>',
    summary: 'run a scenario again from its run directory, and say whether it came out the same',
    flags: [
      ['--until <moment>', 'in virtual time: stop there, e.g. "stale > 0" (the first fork), "event 1234"'],
      JSON_FLAG,
    ],
    examples: [
      'netsplit replay netsplit-runs/2026-01-31T12-00-00-fuzz-42',
      'netsplit replay netsplit-runs/2026-01-31T12-00-00-fuzz-42 --until "event 1234"',
    ],
  },
  shrink: {
    args: '<run>',
    summary: 'the smallest scenario that still fails as this run did',
    flags: [
      ['--runs <count>', 'try no more than this many (200)'],
      ['--tries <count>', 'runs of each candidate (1 in the simulator, else 3)'],
      ['--out <file>', 'where it goes (shrunk.yaml in the run directory)'],
      JSON_FLAG,
    ],
  },
  chaos: {
    args: '<fault> [what...]',
    summary: 'break a running network and measure that it broke',
    flags: [
      NAME,
      ['--for <time>', 'it heals by itself after this long'],
      ['--latency <time>', 'link: one way, e.g. 300ms'],
      ['--jitter <time>', 'link: e.g. 50ms'],
      ['--bandwidth <rate>', 'link: e.g. 500kbit'],
      ['--up <rate>', 'access: what a node sends to all its peers together, e.g. 1Mbit'],
      ['--down <rate>', 'access: what it receives'],
      ['--loss <share>', 'link: e.g. 2%'],
      ['--period <time>', 'flapping: cut for half of it, whole for the other half'],
      ['--rate <rate>', 'churn: how many leave, e.g. 6/m'],
      ['--away <time>', 'churn: for how long, e.g. 5s'],
      ['--by <time>', 'clock-skew: 10m ahead, -10m behind'],
      ['--program <path>', 'upgrade: the program that the nodes become'],
      ['--image <name>', 'upgrade: in containers, the image'],
      ['--limit <amount>', 'cpu: of one processor, e.g. 20%; memory: e.g. 128MB'],
      JSON_FLAG,
    ],
    examples: [
      'netsplit chaos partition halves                        in two, for good',
      'netsplit chaos partition "miners-1,miners-2 | rest" --for 30s',
      'netsplit chaos partition "miners-1 -> miners-2"        one way',
      'netsplit chaos partition random | bridge | minority-third | ring-of-majorities',
      'netsplit chaos isolate miners-1                        from everybody',
      'netsplit chaos flapping halves --period 4s --for 1m    on and off',
      'netsplit chaos link --latency 300ms --loss 2%          all links; or name some',
      'netsplit chaos link "miners <-> full" --bandwidth 500kbit',
      'netsplit chaos reset miners-1                          its connections, once',
      'netsplit chaos kill all --for 10s                      or stop, pause, disk-full; of hosts: host-down, host-cut',
      'netsplit chaos rolling-restart all                     or restart: all at once',
      'netsplit chaos churn --rate 6/m --away 5s --for 2m',
      'netsplit chaos clock-skew miners-1 --by -10m',
      'netsplit chaos cpu miners-1 --limit 20%                or memory --limit 128MB',
      'netsplit chaos upgrade core-1 --program /opt/bitcoin-29/bin/bitcoind',
    ],
  },
  heal: {
    args: '[fault]',
    summary: 'end one fault, or all of them',
    flags: [NAME, JSON_FLAG],
  },
  time: {
    args: '<order> [count]',
    summary: 'simulated time: pause, go, step [events], block [blocks]',
    flags: [NAME, JSON_FLAG],
    examples: ['netsplit time pause', 'netsplit time step 10', 'netsplit time block'],
  },
  faults: {
    args: '',
    summary: 'faults so far: asked, measured, in force',
    flags: [NAME, JSON_FLAG],
  },
  dash: {
    args: '[network]',
    summary: 'the web page of a network, or of a recorded run: its address',
    flags: [
      NAME,
      ['--open', 'open it in the browser'],
      ['--look-only', 'an address that lets look, not command'],
      JSON_FLAG,
    ],
    examples: ['netsplit dash --open', 'netsplit dash ./netsplit-runs/2026-01-31T12-00-00-demo'],
  },
  down: {
    args: '[network]',
    summary: 'end a network and remove what belongs to it',
    flags: [NAME, JSON_FLAG],
  },
  report: {
    args: '<run>',
    summary: 'make the report of a recorded run again (report.html, report.json)',
    flags: [JSON_FLAG],
    examples: ['netsplit report netsplit-runs/2026-01-31T12-00-00-demo'],
  },
  compare: {
    args: '<runA> <runB>',
    summary:
      'two recorded runs side by side: medians, spread, and whether chance alone would make the difference',
    flags: [['--html <file>', 'write it as a page, too'], JSON_FLAG],
  },
  gc: {
    args: '',
    summary: 'sweep what dead networks left behind',
    flags: [['--dry-run', 'only list it'], ['--images', 'old node images, too'], ENGINE, JSON_FLAG],
  },
  hosts: {
    args: '[order] [hosts]',
    summary: 'engines that run a network together: list them, join them to one swarm, leave it again',
    flags: [JSON_FLAG],
    examples: [
      'netsplit hosts list net.yaml              the hosts of a spec',
      'netsplit hosts join ssh://a,ssh://me@b    one swarm of these, if they form none',
      'netsplit hosts join here,b                by the names of docker contexts',
      'netsplit hosts leave                      undoes what join made, and nothing else',
      'netsplit doctor --hosts net.yaml          what each can do, and whether they reach each other',
    ],
  },
  doctor: {
    args: '',
    summary: 'what this machine can do for netsplit',
    flags: [
      ENGINE,
      [
        '--hosts [what]',
        'what these engines can do together: a spec that has hosts (netsplit.yaml), or a list such as ssh://a,ssh://b',
      ],
      ['--images', 'with --hosts: hosts that lack the node image are sent it first, and tried from, too'],
      JSON_FLAG,
    ],
  },
  version: {
    args: '',
    summary: 'versions of netsplit and Node',
    flags: [JSON_FLAG],
  },
} as const satisfies { readonly [verb: string]: Usage }
