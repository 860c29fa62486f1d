// Builds the web console into console/dist: `npm run console`. Quick when nothing has changed since the last build.
import { ensureConsole, ensureNode, ensurePackages } from '../bin/runtime.mjs';

const node = ensureNode();
ensurePackages(node);
ensureConsole(node);
