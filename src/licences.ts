/** What ships with Mailroom, and under which licences: from the lock file, as it was installed. */
import { existsSync, readFileSync } from 'node:fs';
import { z } from 'zod';

/** What the web console is built of; the rest of the development tools ships with nobody. */
const builtIn = [
  '@fluentui/react-components',
  '@fluentui/react-icons',
  '@simplewebauthn/browser',
  '@tanstack/react-query',
  'openapi-fetch',
  'react',
  'react-dom',
  'react-router',
  'uplot',
  'uqr',
];

const lockSchema = z.object({
  packages: z.record(
    z.string(),
    z.object({
      version: z.string().optional(),
      license: z.string().optional(),
      dev: z.boolean().optional(),
      dependencies: z.record(z.string(), z.string()).optional(),
    }),
  ),
});

export interface Licence {
  readonly name: string;
  readonly version: string;
  readonly licence: string;
}

/** By name; empty where there is no lock file. @param lockFile path of package-lock.json */
export function licencesOf(lockFile: string): readonly Licence[] {
  if (!existsSync(lockFile)) return [];
  const { packages } = lockSchema.parse(JSON.parse(readFileSync(lockFile, 'utf8')));
  const shipped = new Set(Object.keys(packages).filter((place) => place !== '' && packages[place]?.dev !== true));
  const waiting = builtIn.map((name) => `node_modules/${name}`);
  for (let place = waiting.pop(); place !== undefined; place = waiting.pop()) {
    const found = packages[place];
    if (!found || shipped.has(place)) continue;
    shipped.add(place);
    for (const name of Object.keys(found.dependencies ?? {})) {
      const nested = `${place}/node_modules/${name}`;
      waiting.push(nested in packages ? nested : `node_modules/${name}`);
    }
  }
  return [...shipped]
    .map((place) => ({
      name: place.slice(place.lastIndexOf('node_modules/') + 'node_modules/'.length),
      version: packages[place]?.version ?? '',
      licence: packages[place]?.license ?? 'see the package',
    }))
    .toSorted((a, b) => a.name.localeCompare(b.name));
}
