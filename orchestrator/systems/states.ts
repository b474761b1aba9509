// What systems keep of a network and of each node, and what of it the page is sent: a part a system, which it adds to these
// types in its own folder.

/** By the system's name. */
// biome-ignore lint/suspicious/noEmptyInterface: systems add their parts to it
export interface SystemStates {}

/** By the system's name. */
// biome-ignore lint/suspicious/noEmptyInterface: systems add their parts to it
export interface SystemNodes {}

/** By the system's name. */
// biome-ignore lint/suspicious/noEmptyInterface: systems add their parts to it
export interface SystemPages {}
