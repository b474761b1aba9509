// What a line of the log is made of.

import type { LogLine } from './state.ts'

export type Told = Pick<LogLine, 'level' | 'text'>

export const info = (text: string): Told => ({ level: 'info', text })
export const warn = (text: string): Told => ({ level: 'warn', text })
export const error = (text: string): Told => ({ level: 'error', text })
