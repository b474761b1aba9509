// Text files that the bundler inlines.
declare module '*.yaml' {
  const text: string
  export default text
}
