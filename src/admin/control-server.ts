/**
 * The control socket: HTTP on a Unix socket in the data folder (a named pipe on Windows), for the command line. Whoever may
 * open the socket may do everything; its mode, 0600, is the lock.
 */

import { once } from 'node:events';
import { chmodSync, lstatSync, rmSync } from 'node:fs';
import { connect } from 'node:net';
import { promisify } from 'node:util';
import type { FastifyInstance } from 'fastify';
import type { ControlParts } from './control-app.ts';

// Asked for and not imported: an import reads each of its names, and one of them brings a client and 15 MB with it.
const { createServer } = process.getBuiltinModule('node:http');

export interface ControlServer {
  readonly socket: string;
  close(): Promise<void>;
}

/**
 * Opens the socket.
 * @throws Error in one sentence when another server has it, something else stands at its path, or it cannot be made.
 */
export async function startControlServer(socket: string, parts: ControlParts): Promise<ControlServer> {
  let app: Promise<FastifyInstance> | undefined;
  const server = createServer((request, response) => {
    app ??= readApp(parts);
    app.then(
      ({ routing }) => routing(request, response),
      (error: unknown) => response.writeHead(500).end(JSON.stringify({ error: reasonOf(error) })),
    );
  });
  const isPipe = socket.startsWith('\\\\.\\pipe\\');
  if (!isPipe) await clearPath(socket);
  // Made with the mode it is to have: between listen and chmod somebody else could connect.
  const mask = process.umask(0o177);
  try {
    server.listen({ path: socket });
    await once(server, 'listening');
  } catch (error) {
    throw new Error(`The control socket ${socket} cannot be made: ${reasonOf(error)}`, { cause: error });
  } finally {
    process.umask(mask);
  }
  if (!isPipe) chmodSync(socket, 0o600);
  return {
    socket,
    async close() {
      await promisify(server.close.bind(server))();
      await (await app?.catch(() => undefined))?.close();
    },
  };
}

/** Most servers are asked nothing for days: the framework is read when somebody asks. */
async function readApp(parts: ControlParts): Promise<FastifyInstance> {
  const { createControlApp } = await import('./control-app.ts');
  const app = createControlApp(parts);
  await app.ready();
  return app;
}

/** A path longer than this is cut off by some systems, and the socket is made elsewhere (sun_path: 104 bytes on macOS, 108 on Linux). */
const longestPathBytes = 103;

/** A socket that nobody listens on is left from a crash and goes; whatever else stands there is somebody's. */
async function clearPath(socket: string): Promise<void> {
  if (Buffer.byteLength(socket) > longestPathBytes)
    throw new Error(
      `The path of the control socket is longer than ${longestPathBytes} bytes: ${socket}. Set control.socket to a shorter one.`,
    );
  const standing = lstatSync(socket, { throwIfNoEntry: false });
  if (!standing) return;
  if (!standing.isSocket())
    throw new Error(
      `${socket} is to be the control socket, and is something else. Set control.socket to another path.`,
    );
  if (await answers(socket))
    throw new Error(
      `Another Mailroom listens on ${socket}. Stop that one first, or set control.socket to another path.`,
    );
  rmSync(socket, { force: true });
}

function answers(socket: string): Promise<boolean> {
  const { promise, resolve } = Promise.withResolvers<boolean>();
  const probe = connect(socket, () => {
    probe.destroy();
    resolve(true);
  });
  probe.on('error', () => resolve(false));
  return promise;
}

function reasonOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
