/**
 * What a browser brings back from admin consent, at the address that the manual registers and at one of our own. Whoever
 * grants need not be a user of the console, so that this page asks for no session; it shows a sentence, and nothing of
 * what stands in the address. Without an answer in it, the address is the connector's screen.
 */
import type { FastifyRequest } from 'fastify';
import type { Assistant } from './assistant-port.ts';

const paths = ['/connectors/smtp.aspx', '/connectors/smtp/callback'];
const answers = ['state', 'error', 'admin_consent'];

/** The page for whoever came back from Entra; undefined for everybody else. */
export async function consentAnswer(
  request: FastifyRequest,
  basePath: string,
  assistant: Assistant,
): Promise<string | undefined> {
  const [path = '', search = ''] = request.url.split('?');
  if (!paths.includes(path.slice(basePath.length).toLowerCase())) return undefined;
  const query = new URLSearchParams(search);
  if (!answers.some((key) => query.has(key))) return undefined;
  const sentence = await assistant.consented(query);
  return `<!doctype html><html lang="en"><meta name="viewport" content="width=device-width"><title>Mailroom</title><main><h1>Mailroom</h1><p>${sentence}</p></main></html>`;
}
