// Ties a program's life to ours: it runs as long as its standard input is open, and the system closes that when we end,
// however we end. Nothing is left running after a kill −9.

/** The program takes the shell's place, its own input is empty, and a helper beside it waits for ours to end. */
const SCRIPT = 'exec 3<&0; (cat <&3 >/dev/null; kill $$) & exec "$@" 3<&- </dev/null'

/** The command that runs `command` for as long as its standard input stays open. */
export function tied(command: readonly string[]): string[] {
  return ['sh', '-c', SCRIPT, 'sh', ...command]
}
