/** A person with a browser at the practice tenant's sign-in pages: cookies, forms and redirects, no script. */
import { Agent, fetch, type Response } from 'undici';
import type { PracticeTenant } from '../../practice-tenant/tenant.ts';

export interface Person extends AsyncDisposable {
  /** Enters the code of a device that asked for it, and accepts what is asked for. @throws Error with the page when that fails */
  enterCode(url: string, code: string): Promise<void>;
  /** Opens the address of a sign-in or a consent, accepts, and goes where it leads. Returns the page at the end. */
  accept(url: string): Promise<string>;
  /** Opens a link to grant consent, accepts, and returns the address that it leads back to, unopened. */
  consentAt(url: string): Promise<string>;
  /** Follows a page's address, signed in; redirects are not followed. */
  open(url: string): Promise<Response>;
  /** Sends a form, signed in; redirects are not followed. */
  submit(url: string, fields: Readonly<Record<string, string>>): Promise<Response>;
}

/** Signs in; every user of the practice tenant has the password `practice` unless a seed says otherwise. */
export async function personWithBrowser(tenant: PracticeTenant, address: string): Promise<Person> {
  const dispatcher = new Agent({ connect: { ca: tenant.caPem } });
  let cookie = '';
  const open: Person['open'] = (url) => fetch(url, { dispatcher, redirect: 'manual', headers: { cookie } });
  const submit: Person['submit'] = (url, fields) =>
    fetch(url, {
      dispatcher,
      redirect: 'manual',
      method: 'POST',
      headers: { 'content-type': 'application/x-www-form-urlencoded', cookie, origin: tenant.origin },
      body: new URLSearchParams(fields).toString(),
    });
  const login = await submit(`${tenant.origin}/common/login`, { address, password: 'practice', returnTo: '/' });
  cookie = login.headers.get('set-cookie')?.split(';')[0] ?? '';
  if (cookie === '') throw new Error(`${address} could not sign in: ${await login.text()}`);
  return {
    open,
    submit,
    async enterCode(url, code) {
      const page = await (await open(`${url}?otc=${code}`)).text();
      const csrf = /name="csrf" value="([^"]*)"/.exec(page)?.[1];
      if (csrf === undefined) throw new Error(page);
      const done = await (await submit(url, { otc: code, csrf, consent: 'accept' })).text();
      if (!done.includes('You have signed in')) throw new Error(done);
    },
    async accept(url) {
      let answer = await open(url);
      for (;;) {
        const location = answer.headers.get('location');
        // Where it leads is another host, which gets no cookie of this one.
        if (location !== null) return (await fetch(location, { dispatcher })).text();
        const page = await answer.text();
        const action = URL.parse(/<form method="post" action="([^"]*)"/.exec(page)?.[1] ?? '', url);
        if (!action || answer.status !== 200) throw new Error(page);
        const fields = hiddenFields(page);
        if (action.origin === tenant.origin) answer = await submit(action.href, { ...fields, consent: 'accept' });
        else {
          const body = new URLSearchParams(fields).toString();
          const headers = { 'content-type': 'application/x-www-form-urlencoded' };
          return (await fetch(action, { dispatcher, method: 'POST', headers, body })).text();
        }
      }
    },
    async consentAt(url) {
      const page = await (await open(url)).text();
      const action = URL.parse(/<form method="post" action="([^"]*)"/.exec(page)?.[1] ?? '', url);
      if (!action) throw new Error(page);
      const answer = await submit(action.href, { ...hiddenFields(page), consent: 'accept' });
      return answer.headers.get('location') ?? '';
    },
    [Symbol.asyncDispose]: () => dispatcher.close(),
  };
}

function hiddenFields(page: string): Record<string, string> {
  const plain = (text: string) =>
    text.replace(/&#(\d+);/g, (_whole, code: string) => String.fromCodePoint(Number(code)));
  const inputs = page.matchAll(/<input type="hidden" name="([^"]*)" value="([^"]*)"/g);
  return Object.fromEntries([...inputs].map(([, name = '', value = '']) => [plain(name), plain(value)]));
}
