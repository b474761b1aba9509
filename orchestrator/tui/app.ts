// The screen as an Ink program: Ink reads the keys and keeps the component alive, canvas.ts draws.

import { useInput } from 'ink'
import { useEffect, useMemo, useReducer, useRef, useState } from 'react'
import type { TestnetHandle } from '../network/handle.ts'
import type { NetworkState } from '../observe/state.ts'
import type { Canvas } from './canvas.ts'
import type { Commanded } from './commands.ts'
import { Control } from './control.ts'
import { listedNodes } from './panels/nodes.ts'
import { layoutOf, type Size, screenLines } from './screen.ts'
import { useLogs } from './use-logs.ts'
import { selectedNode, type View } from './view.ts'

/** What the screen needs of a testnet. */
export type Shown = Commanded & Pick<TestnetHandle, 'subscribe' | 'logs'>

export interface AppProps {
  readonly testnet: Shown
  readonly canvas: Pick<Canvas, 'show' | 'size' | 'onResize'>
  readonly webAddress?: string | undefined
  /** Said at the bottom until the first key. */
  readonly hint?: string | undefined
  readonly onQuit: () => void
  readonly onInterrupt: () => void
}

export function App({ testnet, canvas, webAddress, hint, onQuit, onInterrupt }: AppProps): null {
  const state = useNetwork(testnet)
  const size = useSize(canvas)
  const [, changed] = useReducer((count: number) => count + 1, 0)
  const logLines = useRef(0)
  const control = useMemo(
    () =>
      new Control({
        ...{ testnet, hint, onQuit, onInterrupt, onChange: changed },
        size: () => canvas.size,
        logLines: () => logLines.current,
      }),
    [testnet, canvas, hint, onQuit, onInterrupt],
  )
  useEffect(() => () => control.close(), [control])
  useInput((input, key) => control.press(input, key))
  const { view } = control
  const logs = useLogs(testnet, loggedNode(state, view, size))
  logLines.current = logs.length
  const frame = screenLines({ state, view, logs, webAddress, ...size })
  useEffect(() => canvas.show(frame))
  return null
}

/** The node whose log is in sight. */
function loggedNode(state: NetworkState, view: View, size: Size): string | undefined {
  const inSight = layoutOf(state, view, size).places.some(({ panel }) => panel === 'logs')
  if (!inSight || view.help || view.detail) return undefined
  return selectedNode(
    view,
    listedNodes(state.nodes, view.filter).map(node => node.name),
  )
}

/** As fast as one reads; the machine that mines has other things to do. */
const STATE_EVERY_MS = 200

/** The newest snapshot, and the passing of time between events. */
function useNetwork(testnet: Shown): NetworkState {
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
function useSize(canvas: AppProps['canvas']): Size {
  const [size, setSize] = useState(() => canvas.size)
  useEffect(() => canvas.onResize(() => setSize(canvas.size)), [canvas])
  return size
}
