import { existsSync, readFileSync, renameSync, statSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { Client } from 'undici';
import { afterEach, describe, expect, it } from 'vitest';
import { temporaryFolder } from '../../test/harness/temporary-folder.ts';
import { queuedMessage } from '../queue/queued-message.sample.ts';
import type { ControlParts } from './control-app.ts';
import { startControlServer } from './control-server.ts';

const closers: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close();
});

async function newSocket(): Promise<string> {
  const folder = await temporaryFolder();
  closers.push(async () => folder[Symbol.asyncDispose]());
  return join(folder.path, 'control.sock');
}

/** One held message, `m`; what was done to it is kept. */
function partsOf(done: string[] = []): ControlParts {
  const message = queuedMessage({ id: 'm', state: 'held' });
  const unknown = { id: 'other', state: undefined };
  const connector = async (what: string, name: string, detail: string) => {
    done.push(`${what} ${name} ${detail}`);
    return name === 'default';
  };
  return {
    operator: {
      status: () => Promise.reject(new Error('the index is busy')),
      list: () => Promise.resolve([message]),
      trail: (id) => Promise.resolve(id === 'm' ? { message, attempts: [], events: [] } : undefined),
      raw: (id) => Promise.resolve(id === 'm' ? Buffer.from([0x61, 0xff, 0x00]) : undefined),
      intervene: (action, ids, by) => {
        done.push(`${action} ${ids.join()} by ${by}`);
        return Promise.resolve({
          changed: ids.filter((id) => id === 'm'),
          unchanged: ids.includes('other') ? [unknown] : [],
        });
      },
      pauseConnector: (name, detail) => connector('pause', name, detail),
      resumeConnector: (name, detail) => connector('resume', name, detail),
    },
    submit: ({ from }) =>
      Promise.resolve(from === 'a@b.example' ? { id: 'new' } : { code: 'sender-not-allowed', detail: 'rule 3' }),
    reload: () => done.push('reload'),
  };
}

async function started(socket: string, parts = partsOf()) {
  const server = await startControlServer(socket, parts);
  closers.push(() => server.close());
  const client = new Client('http://localhost', { socketPath: socket });
  closers.push(() => client.close());
  return async (method: 'GET' | 'POST', path: string, body?: object | Buffer) => {
    const isBytes = Buffer.isBuffer(body);
    const answer = await client.request({
      method,
      path,
      body: body === undefined ? null : isBytes ? body : JSON.stringify(body),
      headers: body === undefined ? {} : { 'content-type': isBytes ? 'message/rfc822' : 'application/json' },
    });
    return { status: answer.statusCode, bytes: Buffer.from(await answer.body.arrayBuffer()) };
  };
}

describe('another user of the machine', () => {
  it.skipIf(process.platform === 'win32')(
    'cannot open the control socket, nor could in the moment that it was made',
    async () => {
      const socket = await newSocket();
      const mask = process.umask(0);
      try {
        await started(socket);
      } finally {
        process.umask(mask);
      }
      expect(statSync(socket).mode & 0o777).toBe(0o600);
    },
  );
});

describe('a server that starts where something stands already', () => {
  it('takes the place of a socket that a crash has left', async () => {
    const socket = await newSocket();
    const { promise, resolve } = Promise.withResolvers<void>();
    // The file stays when the handle goes with its process; here it is put back under the name.
    const other = createServer().listen(`${socket}.old`, resolve);
    await promise;
    renameSync(`${socket}.old`, socket);
    await new Promise<void>((closed) => other.close(() => closed()));
    expect(existsSync(socket)).toBe(true);
    const ask = await started(socket);
    expect((await ask('GET', '/messages/m')).status).toBe(200);
  });

  it('leaves a file alone that is no socket, and says so', async () => {
    const socket = await newSocket();
    writeFileSync(socket, 'somebody’s work');
    await expect(startControlServer(socket, partsOf())).rejects.toThrow(/is something else/);
    expect(readFileSync(socket, 'utf8')).toBe('somebody’s work');
  });

  it('leaves the socket of a running server alone', async () => {
    const socket = await newSocket();
    const ask = await started(socket);
    await expect(startControlServer(socket, partsOf())).rejects.toThrow(/Another Mailroom listens/);
    expect((await ask('GET', '/messages/m')).status).toBe(200);
  });

  it('refuses a path that the system would cut off', async () => {
    await expect(startControlServer(`/tmp/${'x'.repeat(120)}.sock`, partsOf())).rejects.toThrow(/longer than/);
  });
});

describe('an operator', () => {
  it('gets the bytes of a message as they are stored', async () => {
    const ask = await started(await newSocket());
    expect((await ask('GET', '/messages/m/raw')).bytes).toEqual(Buffer.from([0x61, 0xff, 0x00]));
    expect((await ask('GET', '/messages/other/raw')).status).toBe(404);
  });

  it('is recorded with what was changed', async () => {
    const done: string[] = [];
    const ask = await started(await newSocket(), partsOf(done));
    const answer = await ask('POST', '/interventions', { action: 'release', ids: ['m', 'other'], by: 'ada' });
    expect(JSON.parse(answer.bytes.toString())).toEqual({ changed: ['m'], unchanged: [{ id: 'other' }] });
    expect((await ask('POST', '/connectors/default/pause', { by: 'ada' })).status).toBe(204);
    expect((await ask('POST', '/connectors/nowhere/resume', { by: 'ada' })).status).toBe(404);
    expect((await ask('POST', '/reload')).status).toBe(204);
    expect(done).toEqual(['release m,other by ada', 'pause default by ada', 'resume nowhere by ada', 'reload']);
  });

  it.each([
    ['an action that there is not', 'POST', '/interventions', { action: 'explode', ids: ['m'], by: 'ada' }],
    ['nobody’s name', 'POST', '/interventions', { action: 'hold', ids: ['m'] }],
    ['no message', 'POST', '/interventions', { action: 'hold', ids: [], by: 'ada' }],
    ['a key that is misspelt', 'POST', '/interventions', { action: 'hold', ids: ['m'], by: 'ada', detial: 'x' }],
    ['a filter that there is not', 'GET', '/messages?stat=failed', undefined],
  ] as const)('changes nothing with %s', async (_name, method, path, body) => {
    const done: string[] = [];
    const ask = await started(await newSocket(), partsOf(done));
    expect((await ask(method, path, body)).status).toBe(400);
    expect(done).toEqual([]);
  });

  it('hears why a test message was refused, with the rule', async () => {
    const ask = await started(await newSocket());
    const good = await ask('POST', '/messages?from=a@b.example&to=c@d.example', Buffer.from('Subject: x\r\n\r\n'));
    expect(JSON.parse(good.bytes.toString())).toEqual({ id: 'new' });
    const bad = await ask('POST', '/messages?from=x@b.example&to=c@d.example', Buffer.from('Subject: x\r\n\r\n'));
    expect(bad.status).toBe(422);
    expect(bad.bytes.toString()).toContain('sender-not-allowed: rule 3');
  });

  it('hears of a trouble of the server in its words, with 500', async () => {
    const ask = await started(await newSocket());
    const answer = await ask('GET', '/status');
    expect([answer.status, JSON.parse(answer.bytes.toString())]).toEqual([500, { error: 'the index is busy' }]);
  });
});
