// The screen: takes snapshots, keeps where the user is, and puts the panels where the layout says.

import { Box, Text, useInput, useStdout } from 'ink'
import { useEffect, useReducer, useState } from 'react'
import type { NetworkState } from '../observe/state.ts'
import type { TestnetHandle } from '../testnet.ts'
import { Blocks } from './blocks.tsx'
import { Detail } from './detail.tsx'
import { Events } from './events.tsx'
import { Header } from './header.tsx'
import { Help, Hint } from './help.tsx'
import { type Action, actionsOf } from './keys.ts'
import { type Layout, LEAST_COLUMNS, LEAST_ROWS, makeLayout } from './layout.ts'
import { Logs, type NodeLine, useLogs } from './logs.tsx'
import { Nodes } from './nodes.tsx'
import { act, type Extent, FIRST_VIEW, type View } from './view.ts'

export interface AppProps {
  readonly testnet: Pick<TestnetHandle, 'state' | 'subscribe' | 'logs'>
  readonly webAddress?: string | undefined
  readonly onQuit: () => void
}

export function App({ testnet, webAddress, onQuit }: AppProps) {
  const state = useNetwork(testnet)
  const { columns, rows } = useSize()
  const layout = makeLayout(columns, rows, state.nodes.length)
  const [view, dispatch] = useReducer(
    (view: View, { action, extent }: { action: Action; extent: Extent }) => act(view, action, extent),
    FIRST_VIEW,
  )
  const node = state.nodes[view.selected]
  const logs = useLogs(testnet, view.screen === 'logs' ? node?.name : undefined)
  const extent = { nodes: state.nodes.length, logLines: logs.length, page: Math.max(1, layout.body - 1) }
  useInput((input, key) => {
    for (const action of actionsOf(input, key)) {
      if (action === 'quit') return onQuit()
      dispatch({ action, extent })
    }
  })
  if (columns < LEAST_COLUMNS || rows < LEAST_ROWS)
    return <Text wrap="truncate">{`netsplit needs ${LEAST_COLUMNS}×${LEAST_ROWS} characters`}</Text>
  return (
    <Box flexDirection="column" width={columns} height={layout.rows} overflow="hidden">
      <Header state={state} width={columns} />
      <Box flexDirection="column" height={layout.body} flexShrink={0} overflow="hidden">
        <Body state={state} view={view} layout={layout} logs={logs} webAddress={webAddress} />
      </Box>
      <Hint width={columns} />
    </Box>
  )
}

interface BodyProps {
  readonly state: NetworkState
  readonly view: View
  readonly layout: Layout
  readonly logs: readonly NodeLine[]
  readonly webAddress: string | undefined
}

function Body({ state, view, layout, logs, webAddress }: BodyProps) {
  const { columns: width, body } = layout
  const node = state.nodes[view.selected]
  if (view.help) return <Help width={width} body={body} webAddress={webAddress} />
  if (node && view.screen === 'node') return <Detail state={state} node={node} width={width} body={body} />
  if (node && view.screen === 'logs')
    return <Logs node={node.name} lines={logs} scrolled={view.scrolled} width={width} body={body} />
  return <Overview state={state} view={view} layout={layout} />
}

function Overview({ state, view, layout }: Pick<BodyProps, 'state' | 'view' | 'layout'>) {
  const { leftColumns, rightColumns, wide } = layout
  const nodes = <Nodes state={state} selected={view.selected} width={leftColumns} room={layout.nodes} />
  const blocks = <Blocks state={state} width={rightColumns} room={layout.blocks} />
  const events = <Events title="Events" log={state.log} width={leftColumns} room={layout.events} />
  if (!wide)
    return (
      <>
        {nodes}
        {blocks}
        {events}
      </>
    )
  return (
    <Box justifyContent="space-between" width={layout.columns}>
      <Box flexDirection="column">
        {nodes}
        {events}
      </Box>
      {blocks}
    </Box>
  )
}

/** As fast as one reads; each frame costs the machine that mines some milliseconds. */
const STATE_EVERY_MS = 200

/** The newest snapshot, and the passing of time between events. */
function useNetwork(testnet: AppProps['testnet']): NetworkState {
  const [state, setState] = useState(() => testnet.state())
  useEffect(() => {
    let timer: NodeJS.Timeout | undefined
    const show = () => {
      clearTimeout(timer)
      timer = undefined
      setState(testnet.state())
    }
    const end = testnet.subscribe(() => {
      timer ??= setTimeout(show, STATE_EVERY_MS)
    })
    const clock = setInterval(show, 1000)
    return () => {
      end()
      clearTimeout(timer)
      clearInterval(clock)
    }
  }, [testnet])
  return state
}

/** The terminal's size, followed. */
function useSize(): { readonly columns: number; readonly rows: number } {
  const { stdout } = useStdout()
  const read = () => ({ columns: stdout.columns || 80, rows: stdout.rows || 24 })
  const [size, setSize] = useState(read)
  useEffect(() => {
    const resized = () => setSize({ columns: stdout.columns || 80, rows: stdout.rows || 24 })
    stdout.on('resize', resized)
    return () => {
      stdout.off('resize', resized)
    }
  }, [stdout])
  return size
}
