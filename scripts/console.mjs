// Makes all that a start would make: the web console in console/dist, and the program in a few files in .runtime/bundle:
// `npm run console`. Quick when nothing has changed since.
import { ensureBundle } from '../bin/bundle.mjs';
import { ensureConsole, ensureNode, ensurePackages } from '../bin/runtime.mjs';

const node = ensureNode();
ensurePackages(node);
ensureConsole(node);
ensureBundle(node);
