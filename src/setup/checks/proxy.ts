/** The proxy lets this machine through: asked by itself, because all that goes through it would only say that it failed. */
import { request as plainRequest } from 'node:http';
import { request as tlsRequest } from 'node:https';
import type { Check, CheckContext, CheckResult } from './check.ts';

const deadlineMs = 15_000;

type ProxyAnswer = { readonly status: number } | { readonly why: string };

/** Asks for a tunnel to a host (CONNECT, RFC 9110 §9.3.6). Never rejects. */
function tunnel(proxy: URL, to: URL): Promise<ProxyAnswer> {
  const { promise, resolve } = Promise.withResolvers<ProxyAnswer>();
  const login = `${decodeURIComponent(proxy.username)}:${decodeURIComponent(proxy.password)}`;
  const target = `${to.hostname}:${to.port || 443}`;
  const asking = (proxy.protocol === 'https:' ? tlsRequest : plainRequest)({
    host: proxy.hostname.replace(/^\[|\]$/g, ''),
    port: proxy.port || (proxy.protocol === 'https:' ? 443 : 80),
    method: 'CONNECT',
    path: target,
    headers: {
      host: target,
      ...(login === ':' ? {} : { 'proxy-authorization': `Basic ${Buffer.from(login).toString('base64')}` }),
    },
    timeout: deadlineMs,
    agent: false,
  });
  asking.on('connect', (answer, socket) => {
    socket.destroy();
    resolve({ status: answer.statusCode ?? 0 });
  });
  asking.on('response', (answer) => {
    answer.destroy();
    resolve({ status: answer.statusCode ?? 0 });
  });
  asking.on('timeout', () => asking.destroy(new Error('no answer within 15 s')));
  asking.on('error', (error) => resolve({ why: 'code' in error ? String(error.code) : error.message }));
  asking.end();
  return promise;
}

function remedyFor(answer: ProxyAnswer): string {
  if ('why' in answer)
    return 'Nobody answers at the proxy: correct host and port in proxy of the connector, or its firewall.';
  if (answer.status === 407)
    return 'The proxy wants a login: put it into proxy of the connector (http://user:password@host:port).';
  if (answer.status === 403)
    return 'The proxy does not let this machine through to Microsoft: have its administrator allow the host and port 443.';
  return 'The proxy makes no tunnel: check that it is an HTTP proxy that allows CONNECT to port 443.';
}

export const proxyCheck: Check = {
  id: 'proxy',
  statement: 'The proxy lets Mailroom through to Microsoft.',
  needs: [],
  wanted: ({ connector }) => connector.proxy !== undefined,
  async run({ connector }: CheckContext): Promise<CheckResult> {
    const proxy = URL.parse(connector.proxy ?? '');
    const to = URL.parse(connector.cloud.login);
    if (!proxy || !to)
      return { state: 'unknown', evidence: ['The proxy is no URL.'], remedy: 'Correct proxy of the connector.' };
    const answer = await tunnel(proxy, to);
    const asked = `CONNECT ${to.host} by ${proxy.host}`;
    const evidence = [`${asked}: ${'why' in answer ? `no answer (${answer.why})` : answer.status}`];
    if ('status' in answer && answer.status === 200) return { state: 'pass', evidence };
    return { state: 'fail', evidence, remedy: remedyFor(answer) };
  },
};
