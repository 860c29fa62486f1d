/** A seed or a state that cannot be used: says which file, which line and what to do. */
export class SeedError extends Error {}
