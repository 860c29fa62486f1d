/**
 * What a browser brings back from Entra, at the address that the manual registers, at one of our own, and, from Microsoft's
 * own tools, at the root: the answer to a request for consent, or to a sign-in of an administrator. Whoever signs in or
 * grants need not be a user of the console, so that this asks for no session; it shows a sentence, and nothing of what
 * stands in the address. Without an answer in it, the address is a screen of the console.
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
  const query = new URLSearchParams(search);
  const place = path.slice(basePath.length).toLowerCase();
  const isOurs = paths.includes(place);
  if ((isOurs || place === '/') && query.has('state')) {
    const goesOn = assistant.signedIn(query);
    // By a page and not by a redirect: only so is it our own page that leads on, and the browser shows its session.
    if (goesOn !== undefined)
      return page('Mailroom has what it needs from this sign-in, and goes on.', `${head(goesOn)}`, link(goesOn));
  }
  if (!isOurs || !answers.some((key) => query.has(key))) return undefined;
  return page(await assistant.consented(query));
}

function page(sentence: string, inHead = '', more = ''): string {
  return `<!doctype html><html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">${inHead}<title>Mailroom</title></head><body><main><h1>Mailroom</h1><p>${sentence}</p>${more}</main></body></html>`;
}

const head = (place: string) => `<meta http-equiv="refresh" content="0;url=${escaped(place)}">`;
const link = (place: string) => `<p><a href="${escaped(place)}">Back to the console</a></p>`;

function escaped(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('"', '&quot;').replaceAll('<', '&lt;');
}
