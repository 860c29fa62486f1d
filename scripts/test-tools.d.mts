/** Types of `test-tools.mjs`, which is plain JavaScript because it runs before the pinned Node.js is there. */

/** The path of a program, or undefined when it is not installed. */
export function findProgram(program: string): string | undefined;
/** Is everything there that the named tool consists of? Unknown names are taken as the name of a program. */
export function isToolThere(name: string): boolean;
/** Looks for every tool, installs what is missing where that is allowed, and returns the names of what remains missing. */
export function ensureTestTools(): string[];
