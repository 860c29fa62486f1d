/** The console's own files: one page with the policy that guards it, and what the build has put beside it. */
import { randomBytes } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import fastifyStatic from '@fastify/static';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';

/** What the build writes in place of each page's own nonce. */
const nonceMark = '__NONCE__';

const missing =
  '<!doctype html><html lang="en"><title>Mailroom</title><h1>The console has not been built</h1><p>Run <code>npm run console</code> in the folder of Mailroom, then load this page again.</p></html>';

/** Serves `folder` below `basePath` (without a slash at its end); every path that is no file gets the page. */
export function servePages(
  app: FastifyInstance,
  folder: string,
  basePath: string,
  /** Another page for a request, where there is one. */
  instead: (request: FastifyRequest) => Promise<string | undefined>,
): void {
  const assets = join(folder, 'assets');
  if (existsSync(assets))
    app.register(fastifyStatic, {
      root: assets,
      prefix: `${basePath}/assets/`,
      // Their names hold a hash of what is in them.
      immutable: true,
      maxAge: '365d',
      preCompressed: true,
      decorateReply: false,
    });
  const page = (reply: FastifyReply) => {
    const file = join(folder, 'index.html');
    const nonce = randomBytes(18).toString('base64');
    const html = existsSync(file) ? readFileSync(file, 'utf8') : missing;
    return reply
      .header('content-security-policy', pagePolicy(nonce))
      .header('cache-control', 'no-store')
      .type('text/html; charset=utf-8')
      .send(html.replaceAll(nonceMark, nonce).replace('<head>', `<head><base href="${basePath}/">`));
  };
  app.get(`${basePath}/*`, async (request, reply) => {
    const other = await instead(request);
    if (other === undefined) return page(reply);
    return reply.header('cache-control', 'no-store').type('text/html; charset=utf-8').send(other);
  });
  if (basePath !== '') app.get(basePath, (_request, reply) => page(reply));
}

/** Everything comes from here. Styles that the page makes itself carry the nonce; nothing else may be inline. */
function pagePolicy(nonce: string): string {
  return [
    "default-src 'none'",
    "script-src 'self'",
    `style-src 'self' 'nonce-${nonce}'`,
    "img-src 'self' data:",
    "font-src 'self'",
    "connect-src 'self'",
    "frame-src 'self'",
    "base-uri 'self'",
    "form-action 'self'",
    "frame-ancestors 'none'",
  ].join('; ');
}
