// Imports a module that is no part of the bundle. Node 20 forgets of code compiled before whose imports it should resolve, so
// what runs such a bundle (warm.ts) imports for it.

type Import = (url: string) => Promise<object>

const FOR_US = Symbol.for('netsplit.import')

export function importModule(url: string): Promise<object> {
  const forUs = (globalThis as { [FOR_US]?: Import })[FOR_US]
  return forUs ? forUs(url) : import(/* @vite-ignore */ url)
}

/** For the bundle that this process will run. */
export function importForBundle(imports: Import): void {
  Object.assign(globalThis, { [FOR_US]: imports })
}
