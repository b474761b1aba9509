/** The bytes of a compiled module: esbuild's `binary` loader, a plugin in vitest.config.ts. */
declare module '*.wasm' {
  const bytes: Uint8Array<ArrayBuffer>
  export default bytes
}

/** What the hashing core uses of the JavaScript API; TypeScript has it only together with the browser's types. */
declare namespace WebAssembly {
  interface Module {}
  const Module: new (bytes: Uint8Array) => Module
  interface Instance {
    readonly exports: object
  }
  const Instance: new (module: Module) => Instance
  interface Memory {
    readonly buffer: ArrayBuffer
  }
  interface Global {
    readonly value: number
  }
  function validate(bytes: Uint8Array): boolean
}
