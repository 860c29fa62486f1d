/** A practice tenant with an administrator and ordinary people, and a browser without scripts that walks its portal. */
import { Agent, fetch } from 'undici';
import { expect } from 'vitest';
import { type PracticeTenant, startPracticeTenant } from '../tenant.ts';

export const admin = 'admin@contoso.example';
export const sender = 'noreply@contoso.example';
export const ordinary = 'olivia@contoso.example';

export interface Page {
  readonly path: string;
  readonly status: number;
  readonly html: string;
  /** Without markup, as a person reads it. */
  readonly text: string;
  readonly headers: { get(name: string): string | null };
}

/** Keeps its cookie, follows redirects of this host, presses buttons of forms. */
export class Browser {
  readonly #origin: string;
  readonly #agent: Agent;
  #cookie = '';

  constructor(origin: string, agent: Agent) {
    this.#origin = origin;
    this.#agent = agent;
  }

  async signIn(address: string, path = '/portal/apps'): Promise<Page> {
    return this.press(await this.open(path), 'Sign in', { address, password: 'practice' });
  }

  open(path: string, form?: URLSearchParams, headers: Readonly<Record<string, string>> = {}): Promise<Page> {
    const type = 'application/x-www-form-urlencoded';
    return this.#request(path, form && { 'content-type': type, origin: this.#origin }, form?.toString(), headers);
  }

  /** Posts a body as it stands. */
  send(path: string, body: string, contentType: string): Promise<Page> {
    return this.#request(path, { 'content-type': contentType, origin: this.#origin }, body);
  }

  async #request(
    path: string,
    ofForm: Readonly<Record<string, string>> | undefined,
    body: string | undefined,
    headers: Readonly<Record<string, string>> = {},
  ): Promise<Page> {
    const answer = await fetch(`${this.#origin}${path}`, {
      dispatcher: this.#agent,
      redirect: 'manual',
      method: ofForm ? 'POST' : 'GET',
      headers: { cookie: this.#cookie, ...ofForm, ...headers },
      ...(body === undefined ? {} : { body }),
    });
    const cookie = answer.headers.get('set-cookie');
    if (cookie) this.#cookie = cookie.split(';')[0] ?? '';
    const location = answer.headers.get('location');
    if (location) return this.open(location);
    const html = await answer.text();
    return { path, status: answer.status, html, text: readable(html), headers: answer.headers };
  }

  /** Follows the link with this text. */
  follow(page: Page, text: string): Promise<Page> {
    const links = [...page.html.matchAll(/<a [^>]*href="([^"]*)"[^>]*>(.*?)<\/a>/g)];
    const found = links.find(([, , label = '']) => readable(label) === text);
    return this.open(unescaped(found?.[1] ?? expect.fail(`no link "${text}" in ${page.text}`)));
  }

  /** Presses the button with this text in the form that has it, with what the form carries. */
  press(page: Page, text: string, fields: Readonly<Record<string, string>> = {}): Promise<Page> {
    for (const [form] of page.html.matchAll(/<form [\s\S]*?<\/form>/g)) {
      const buttons = [...form.matchAll(/<button([^>]*)>(.*?)<\/button>/g)];
      const button = buttons.find(([, , label = '']) => readable(label) === text);
      if (!button) continue;
      const filled = new URLSearchParams();
      for (const [input] of form.matchAll(/<input[^>]*>/g)) {
        const type = attribute(input, 'type');
        const isSent = type === 'radio' || type === 'checkbox' ? / checked/.test(input) : type !== 'file';
        if (isSent) filled.append(attribute(input, 'name'), attribute(input, 'value'));
      }
      const [, attributes = ''] = button;
      if (attributes.includes('name=')) filled.set(attribute(attributes, 'name'), attribute(attributes, 'value'));
      for (const [name, value] of Object.entries(fields)) filled.set(name, value);
      const action = attribute(form, 'action');
      return form.includes('method="get"') ? this.open(`${action}?${filled}`) : this.open(action, filled);
    }
    return expect.fail(`no button "${text}" in ${page.text}`);
  }
}

/** The value that stands behind a name in a list of names and values. */
export function shown(page: Page, name: string): string {
  const found = [...page.html.matchAll(/<dt>(.*?)<\/dt><dd>(.*?)<\/dd>/g)].find(([, label]) => label === name);
  return unescaped(found?.[2] ?? expect.fail(`no ${name} in ${page.text}`));
}

export interface PortalUnderTest extends AsyncDisposable {
  readonly tenant: PracticeTenant;
  readonly agent: Agent;
  browser(address?: string): Promise<Browser>;
  post(
    path: string,
    body: string,
    headers?: Readonly<Record<string, string>>,
  ): Promise<{ status: number; text: string }>;
}

export async function portalUnderTest(
  profile: 'documented' | 'unlimited' = 'unlimited',
  now: () => number = Date.now,
): Promise<PortalUnderTest> {
  const tenant = await startPracticeTenant({ profile, users: [sender, ordinary, 'ada@contoso.example'], now });
  tenant.addUser(admin, { directoryRoles: ['Global Administrator'] });
  const agent = new Agent({ connect: { ca: tenant.caPem } });
  return {
    tenant,
    agent,
    async browser(address) {
      const browser = new Browser(tenant.origin, agent);
      if (address) await browser.signIn(address);
      return browser;
    },
    async post(path, body, headers = {}) {
      const answer = await fetch(`${tenant.origin}${path}`, { method: 'POST', dispatcher: agent, headers, body });
      return { status: answer.status, text: await answer.text() };
    },
    async [Symbol.asyncDispose]() {
      await agent.close();
      await tenant.close();
    },
  };
}

function attribute(tag: string, name: string): string {
  return unescaped(new RegExp(` ${name}="([^"]*)"`).exec(tag)?.[1] ?? '');
}

function readable(html: string): string {
  return unescaped(html.replace(/<[^>]*>/g, ' '))
    .replace(/\s+/g, ' ')
    .trim();
}

function unescaped(text: string): string {
  return text
    .replace(/&#(\d+);/g, (_, code: string) => String.fromCharCode(Number(code)))
    .replace(/&(amp|gt|lt);/g, (_, name: string) => ({ amp: '&', gt: '>', lt: '<' })[name] ?? '');
}
