import { readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { inspect } from 'node:util';
import { describe, expect, it } from 'vitest';
import { type LoadedConfig, type LoadOptions, loadConfig } from './load.ts';
import { nearestName } from './nearest-name.ts';
import { parseDuration, parseSize } from './quantities.ts';
import { redacted } from './redacted.ts';
import type { Config } from './schema.ts';

const secret = 'abc~DEF.ghi-very-secret';
const four = {
  MAILROOM_OAUTH_CLIENT_ID: '00000000-0000-4000-8000-000000000001',
  MAILROOM_TENANT_ID: 'contoso.onmicrosoft.com',
  MAILROOM_USER_NAME: 'noreply@contoso.com',
  MAILROOM_CLIENT_SECRET: secret,
};
const connectors = `connectors:
  - oauthClientId: 00000000-0000-4000-8000-000000000001
    tenantId: contoso.onmicrosoft.com
    userName: noreply@contoso.com
    secret: "${secret}"
`;

function load(
  text: string | undefined,
  env: Record<string, string> = {},
  more: Partial<LoadOptions> = {},
): LoadedConfig {
  return loadConfig({
    file: text === undefined ? undefined : '/etc/mailroom/mailroom.yaml',
    env,
    hostname: 'host.example',
    readFile: (path) => {
      if (text !== undefined && path === '/etc/mailroom/mailroom.yaml') return text;
      if (path === resolve('/etc/mailroom', 'app.secret')) return `\uFEFF  ${secret}\r\n`;
      throw Object.assign(new Error('no'), { code: 'ENOENT' });
    },
    ...more,
  });
}

function good(loaded: LoadedConfig): Config {
  if (!loaded.ok) throw new Error(loaded.problems.map(({ sentence }) => sentence).join('\n'));
  return loaded.config;
}

function credentialOf({ connectors: [connector] }: Config) {
  return connector?.kind === 'graph' ? connector.credential : undefined;
}

describe('configuration', () => {
  it('four-fields-in-the-environment-and-no-file-are-a-working-set-up', () => {
    const config = good(load(undefined, four));
    expect(config.connectors).toMatchObject([
      {
        name: 'default',
        kind: 'graph',
        cloud: 'global',
        tenantId: 'contoso.onmicrosoft.com',
        userName: 'noreply@contoso.com',
      },
    ]);
    expect(config.smtp).toMatchObject([{ listen: { host: '127.0.0.1', port: 2525 }, auth: 'optional' }]);
    expect(config.clients).toMatchObject([{ name: 'local', addresses: ['127.0.0.0/8', '::1'] }]);
    expect(config.hostname).toBe('host.example');
    expect(config.queue.expireAfter).toBe(5 * 86_400_000);
  });

  it('secret-is-nowhere-in-anything-that-is-printed', () => {
    const config = good(load(connectors));
    const credential = credentialOf(config);
    expect(credential?.kind === 'secret' && credential.secret.reveal()).toBe(secret);
    for (const text of [
      JSON.stringify(config),
      inspect(config, { depth: 9, showHidden: true }),
      `${credential?.kind === 'secret' && credential.secret}`,
      JSON.stringify(redacted(config)),
    ]) {
      expect(text).toContain('[secret]');
      expect(text).not.toContain(secret);
    }
  });

  it('secret-in-the-wrong-box-is-not-repeated-in-the-complaint', () => {
    for (const variable of ['MAILROOM_OAUTH_CLIENT_ID', 'MAILROOM_TENANT_ID'] as const) {
      const loaded = load(undefined, { ...four, [variable]: secret });
      expect(loaded.ok).toBe(false);
      expect(JSON.stringify(loaded)).not.toContain(secret);
    }
  });

  it('spaces-and-line-ends-around-a-pasted-secret-do-no-harm', () => {
    for (const loaded of [
      load(undefined, { ...four, MAILROOM_CLIENT_SECRET: `  ${secret} \r\n` }),
      load(connectors.replace(`"${secret}"`, '{ file: app.secret }')),
      load(connectors.replace(`"${secret}"`, '{ env: IT }'), { IT: `${secret}\n` }),
    ]) {
      const credential = credentialOf(good(loaded));
      expect(credential?.kind === 'secret' && credential.secret.reveal()).toBe(secret);
    }
  });

  it('environment-goes-before-the-file', () => {
    const config = good(
      load(`${connectors}queue: { drain: 5 }\nclients:\n  - name: case-management\n    addresses: [10.0.0.1]\n`, {
        MAILROOM_USER_NAME: 'other@contoso.com',
        MAILROOM__QUEUE__DRAIN: '7',
        MAILROOM__QUEUE__NOTICES: 'no',
        MAILROOM__QUEUE__RETRY__FACTOR: '3',
        MAILROOM__CLIENTS__CASE_MANAGEMENT__PRIORITY: 'low',
        MAILROOM__CLIENTS__PORTAL__API_KEY_FILE: '/etc/mailroom/app.secret',
        MAILROOM__SMTP__0__LISTEN: '[::1]:0',
        MAILROOM__SMTP__0__NAME: 'six',
        MAILROOM__SMTP__0__ALLOW_FROM: '::1, 10.0.0.0/8',
        MAILROOM_CRASH_AT: '',
      }),
    );
    expect(config.connectors[0]?.userName).toBe('other@contoso.com');
    expect(config.queue).toMatchObject({ drain: 7_000, notices: false, retry: { factor: 3 } });
    expect(config.clients.map(({ name, priority }) => [name, priority])).toEqual([
      ['case-management', 'low'],
      ['portal', 'normal'],
    ]);
    expect(config.smtp).toMatchObject([
      { name: 'six', listen: { host: '::1', port: 0 }, allowFrom: ['::1', '10.0.0.0/8'] },
    ]);
  });

  it('paths-start-at-the-folder-of-the-file', () => {
    const config = good(load(`${connectors}dataDir: data\nobserve: { deliveryLog: ../log/d.jsonl }\n`));
    expect(config.dataDir).toBe(resolve('/etc/mailroom/data'));
    expect(config.control.socket).toBe(join(resolve('/etc/mailroom/data'), 'control.sock'));
    expect(config.observe.deliveryLog).toBe(resolve('/etc/log/d.jsonl'));
  });

  it('file-with-secrets-that-others-may-read-is-warned-about', () => {
    const warnings = (mode: number, text = connectors) => {
      const loaded = load(
        text,
        {},
        { rightsOf: (path) => (path === '/etc/mailroom/mailroom.yaml' ? { mode, uid: 1000 } : undefined) },
      );
      return loaded.ok ? loaded.warnings : ['refused'];
    };
    expect(warnings(0o100644)).toEqual([expect.stringContaining('connectors[0].secret')]);
    expect(warnings(0o100600)).toEqual([]);
    expect(warnings(0o100644, connectors.replace(`"${secret}"`, '{ file: app.secret }'))).toEqual([]);
  });

  it('key-file-that-others-may-read-is-warned-about, and so is a secret, a key of TLS and the data folder', () => {
    const text = `${connectors.replace(`"${secret}"`, '{ file: app.secret }')}dataDir: data
vault: { key: { file: vault.key } }
http: [{ name: api, listen: "127.0.0.1:8025", tls: { certificate: tls.crt, key: tls.key } }]
`;
    const warnings = (uid: number, modes: Record<string, number>) => {
      const rightsOf = (path: string) => {
        const [, mode] = Object.entries(modes).find(([name]) => path === resolve('/etc/mailroom', name)) ?? [];
        return mode === undefined ? undefined : { mode, uid };
      };
      const loaded = load(text, {}, { rightsOf });
      return loaded.ok ? loaded.warnings : ['refused'];
    };
    expect(warnings(1000, { 'vault.key': 0o100644 })).toEqual([
      '/etc/mailroom/vault.key holds the key of the vault, and others may read it (mode 644). Run: chmod 600 /etc/mailroom/vault.key',
    ]);
    expect(warnings(1000, { 'app.secret': 0o100640 })).toEqual([expect.stringContaining('app.secret holds a secret')]);
    expect(warnings(1000, { 'tls.key': 0o100604 })).toEqual([
      expect.stringContaining('chmod 600 /etc/mailroom/tls.key'),
    ]);
    expect(warnings(1000, { data: 0o40755 })).toEqual([expect.stringContaining('chmod 700 /etc/mailroom/data')]);
    expect(warnings(1000, { 'vault.key': 0o100600, 'app.secret': 0o100400, data: 0o40700 })).toEqual([]);
    // Given to the service by root, through its group.
    expect(warnings(0, { 'app.secret': 0o100640 })).toEqual([]);
    expect(warnings(0, { 'app.secret': 0o100660 })).toEqual([expect.stringContaining('chmod 640')]);
  });

  it('alerts-that-all-go-by-one-connector-are-warned-about', () => {
    const way = (kind: string) =>
      `  - { name: ${kind}, ${kind === 'connector' ? 'kind: connector, connector: default, to: [a@contoso.com]' : 'kind: webhook, url: "https://example.com/hook"'} }\n`;
    const warnings = (...kinds: string[]) => {
      const loaded = load(`${connectors}alerts:\n${kinds.map(way).join('')}`);
      return loaded.ok ? loaded.warnings : ['refused'];
    };
    expect(warnings('connector')).toEqual([expect.stringContaining('nobody is told when that one stops')]);
    expect(warnings('connector', 'webhook')).toEqual([]);
    expect(warnings('webhook')).toEqual([]);
  });

  it('old-printer-without-tls-is-taken-with-a-visible-warning', () => {
    const loaded = load(
      `${connectors}smtp:\n  - name: printers\n    listen: 10.20.0.1:25\n    auth: optional\n    allowFrom: [10.20.0.0/16]\n`,
    );
    expect(loaded.ok && loaded.warnings).toEqual([expect.stringContaining('printers takes mail without TLS')]);
  });

  it('file-that-is-not-there-is-told-in-words', () => {
    const loaded = load(undefined, {}, { file: 'gone.yaml' });
    expect(!loaded.ok && loaded.problems.map(({ sentence }) => sentence)).toEqual([
      'gone.yaml cannot be read (ENOENT). Correct the path or its rights.',
    ]);
  });

  it('alias-bomb-does-not-take-the-process-down', () => {
    const lines = ['a0: &a0 [x, x, x, x, x, x, x, x, x]'];
    for (let level = 1; level < 12; level += 1)
      lines.push(`a${level}: &a${level} [${Array.from({ length: 9 }, () => `*a${level - 1}`).join(', ')}]`);
    const loaded = load(lines.join('\n'));
    expect(loaded.ok).toBe(false);
  });
});

describe('sizes and times', () => {
  it.each([
    ['36 MB', 36_000_000],
    ['1MiB', 1_048_576],
    ['512 kb', 512_000],
    ['4_096', 4_096],
    [7, 7],
    ['1.5 GB', 1_500_000_000],
    ['-1', undefined],
    ['1 XB', undefined],
    ['', undefined],
    ['1 constructor', undefined],
  ])('size %j is %j', (text, bytes) => expect(parseSize(text)).toBe(bytes));

  it.each([
    ['5 min', 300_000],
    ['2d', 172_800_000],
    ['1 h 30 min', 5_400_000],
    [30, 30_000],
    ['0', 0],
    ['250 ms', 250],
    ['1 h and 3 min', undefined],
    ['soon', undefined],
  ])('time %j is %j', (text, ms) => expect(parseDuration(text)).toBe(ms));
});

describe('names', () => {
  it.each([
    ['hostnme', 'hostname'],
    ['ClientID', undefined],
    ['max_message_bytes', 'maxMessageBytes'],
    ['lisetn', 'listen'],
    ['zz', undefined],
  ])('%s is taken for %s', (name, meant) =>
    expect(nearestName(name, ['hostname', 'listen', 'maxMessageBytes', 'oauthClientIdentifier'])).toBe(meant),
  );
});

describe('the commented sample', () => {
  const file = join(import.meta.dirname, '..', '..', 'examples', 'mailroom.yaml');
  const text = readFileSync(file, 'utf8');
  const env = { CASES_PASSWORD: 'p', PORTAL_KEY: 'k'.repeat(24), CLIENT_SECRET: secret, SMART_HOST_PASSWORD: 'q' };
  const readFile = (content: string) => (path: string) =>
    path.endsWith('.url') ? 'https://example.com/hook' : content;
  const loadText = (content: string) => loadConfig({ file, env, hostname: 'h', readFile: readFile(content) });

  it('loads', () => {
    const config = good(loadText(text));
    expect(config.smtp.map(({ name }) => name)).toEqual(['submission', 'printers', 'local']);
    expect(config.routes).toHaveLength(4);
  });

  it('names-every-key-there-is', () => {
    const keys = new Set<string>();
    const collect = (node: unknown): void => {
      if (typeof node !== 'object' || node === null) return;
      for (const [key, inner] of Object.entries(node)) {
        if (key === 'properties' && typeof inner === 'object' && inner !== null)
          for (const name of Object.keys(inner)) keys.add(name);
        collect(inner);
      }
    };
    collect(
      JSON.parse(
        readFileSync(join(import.meta.dirname, '..', '..', 'docs', 'reference', 'mailroom.schema.json'), 'utf8'),
      ),
    );
    expect(keys.size).toBeGreaterThan(80);
    expect([...keys].filter((key) => !new RegExp(`\\b${key}:`).test(text))).toEqual([]);
  });

  it('shows-the-defaults-that-hold', () => {
    // What is commented out below a key that takes plain values is a default: with the comments taken off it changes nothing.
    const bare = text
      .replace(/^# {3}/gm, '  ')
      .replace(
        /^( *)# ((?:maxMessageBytes|minVersion|allowPlaintextAuth|bareNewlines|priority|largeMessages|uncertain|readSentItems|retry|reserve|receivingBytes|drain|keepBodies|keepFailedBodies|keepHistory|notices|fromHeader|fallBackAfter|recipients|connections|connectionsPerAddress|commands|errors|commandLineBytes|lineBytes|idle|total|header|concurrency|messagesPerMinute|requestsPer10Minutes|uploadBytesPer5Minutes|recipientsPerDay|limits|connector|banner):)/gm,
        '$1$2',
      )
      .replace(/^( +)#( {3})/gm, '$1$2')
      .replace(/^control:.*$|^ {2}socket:.*$/gm, '');
    const plain = (config: Config) =>
      JSON.parse(JSON.stringify(redacted(config)), (key, value) => (key === 'banner' ? undefined : value));
    const changed = plain(good(loadText(bare)));
    const kept = plain(good(loadText(text)));
    expect(changed.queue).toEqual(kept.queue);
    expect(changed.smtp).toEqual(kept.smtp);
    expect(changed.http).toEqual(kept.http);
    expect(changed.connectors).toEqual(kept.connectors);
    expect(bare.length).toBeLessThan(text.length - 60);
  });
});
