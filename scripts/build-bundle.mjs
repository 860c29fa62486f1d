// Runs under the pinned Node.js: puts the program and the packages that a start reads into a few files. See bin/bundle.mjs.
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { basename, dirname, isAbsolute, join, relative, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { rolldown } from 'rolldown';
import { digestOf, makers, markOf } from '../bin/bundle.mjs';
import { root } from '../bin/runtime.mjs';

/** Read at each start, in hundreds of files. All others stay where they are, and are read when they are needed. */
const inlined = ['libbase64', 'libqp', 'nodemailer', 'pino', 'postal-mime', 'yaml', 'zod'];

/** Threads run a file of their own, which shares no module with the rest. */
const threads = ['src/storage/embedded/index/thread.ts', 'src/admin/http/preview-thread.ts'];
/** Those of them that the sources start. */
const asked = new Set();
const fileOfThread = (source) => `${basename(source, '.ts')}.mjs`;

const first = join(root, 'src/cli/main.ts');
const folder = process.argv[2] ?? '';
/** What went in, by its path from the root. */
const inputs = new Map();

function take(file) {
  // Before it is read: what is changed in between is another file than the one in the bundle.
  const mark = markOf(file);
  const bytes = readFileSync(file);
  const path = relative(root, file);
  const known = inputs.get(path);
  const digest = digestOf(bytes);
  if (known && known.digest !== digest) throw new Error(`${path} was changed meanwhile.`);
  if (!known) inputs.set(path, { path, mark, digest });
  return bytes.toString();
}

/** Code that asks where it stands is to get the place of its source. */
const places = {
  name: 'places',
  load(id) {
    if (!isAbsolute(id)) return null;
    const code = take(id);
    if (!id.endsWith('.ts') || !code.includes('import.meta.')) return code;
    return code
      .replaceAll(/new URL\('(\.[^']+\.ts)', import\.meta\.url\)/g, (written, target) => {
        const source = relative(root, resolve(dirname(id), target));
        if (!threads.includes(source)) return written;
        asked.add(source);
        return `new URL('./${fileOfThread(source)}', import.meta['url'])`;
      })
      .replaceAll('import.meta.url', JSON.stringify(pathToFileURL(id).href))
      .replaceAll('import.meta.dirname', JSON.stringify(dirname(id)));
  },
};

/** Whether a package is left where it is. Files of packages that go in take what they need with them. */
function staysOutside(id, importer) {
  if (/^[./]/.test(id)) return false;
  if (id.startsWith('node:')) return true;
  return !importer?.includes('node_modules') && !inlined.some((name) => id === name || id.startsWith(`${name}/`));
}

async function build(input, output) {
  const bundle = await rolldown({
    cwd: root,
    input,
    platform: 'node',
    external: staysOutside,
    plugins: [places],
    tsconfig: false,
    treeshake: {
      moduleSideEffects: [
        { test: /[\\/]node_modules[\\/](zod|libqp|nodemailer|postal-mime)[\\/]/, sideEffects: false },
      ],
    },
    preserveEntrySignatures: 'allow-extension',
    onLog(level, log) {
      if (level === 'warn' && !/INEFFECTIVE_DYNAMIC_IMPORT|SOURCEMAP_BROKEN/.test(log.code ?? ''))
        process.stderr.write(`${log.message}\n`);
    },
  });
  const { output: files } = await bundle.write({
    dir: folder,
    format: 'esm',
    entryFileNames: '[name].mjs',
    chunkFileNames: '[name]-[hash].mjs',
    sourcemap: true,
    sourcemapExcludeSources: true,
    comments: false,
    ...output,
  });
  await bundle.close();
  for (const { type, fileName } of files) if (type === 'chunk') writeInAscii(join(folder, fileName));
}

/** One letter outside of Latin-1, and V8 keeps the whole file with two bytes a letter. The lines stay as they are. */
function writeInAscii(path) {
  const code = readFileSync(path, 'utf8');
  const doubtful = /\\[^\0-\x7f]|String\.raw`[^`]*[^\0-\x7f`]/.exec(code);
  if (doubtful) throw new Error(`${doubtful[0]} would be another text when it is written in ASCII.`);
  writeFileSync(
    path,
    code.replaceAll(/[^\0-\x7f]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`),
  );
}

rmSync(folder, { recursive: true, force: true });
mkdirSync(folder, { recursive: true });
for (const path of makers) take(join(root, path));
await build(
  { main: first, serve: join(root, 'src/cli/serve.ts'), server: join(root, 'src/main.ts') },
  {
    // All that the server's start reads is one file. Not the first source: it waits for what is imported later.
    codeSplitting: { groups: [{ name: 'start', tags: ['$initial'], test: (id) => id !== first }] },
  },
);
for (const thread of threads)
  await build(
    { [basename(thread, '.ts')]: join(root, thread) },
    {
      codeSplitting: false,
      banner: "import { setSourceMapsSupport } from 'node:module';setSourceMapsSupport(true);",
    },
  );
if (asked.size < threads.length)
  throw new Error('A thread is started in another way than by new URL(file, import.meta.url).');
writeFileSync(join(folder, 'inputs.json'), JSON.stringify([...inputs.values()]));
