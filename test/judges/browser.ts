/** A browser as far as the sign-in pages need one: keeps its cookie, fills forms in, and stops where a redirect leads elsewhere. */
export class Browser {
  readonly #origin: string;
  #cookie = '';

  constructor(origin: string) {
    this.#origin = origin;
  }

  /** Signs in at a page and accepts what it asks for; the address where that ends. */
  async accept(url: string, address: string): Promise<string> {
    const signIn = await this.#open(url);
    const consent = await this.#submit(signIn.html, { address, password: 'practice' });
    return consent.html.includes('name="consent"')
      ? (await this.#submit(consent.html, { consent: 'accept' })).url
      : consent.url;
  }

  async #open(url: string, form?: URLSearchParams): Promise<{ url: string; html: string }> {
    const absolute = new URL(url, this.#origin).href;
    if (!absolute.startsWith(this.#origin)) return { url: absolute, html: '' };
    const answer = await fetch(absolute, {
      redirect: 'manual',
      method: form ? 'POST' : 'GET',
      headers: { cookie: this.#cookie },
      ...(form ? { body: form } : {}),
    });
    this.#cookie = answer.headers.get('set-cookie')?.split(';')[0] ?? this.#cookie;
    const location = answer.headers.get('location');
    return location ? this.#open(location) : { url: absolute, html: await answer.text() };
  }

  #submit(html: string, fields: Readonly<Record<string, string>>): Promise<{ url: string; html: string }> {
    const form = new URLSearchParams();
    for (const [, name = '', value = ''] of html.matchAll(/<input type="hidden" name="([^"]*)" value="([^"]*)"/g))
      form.set(name, text(value));
    for (const [name, value] of Object.entries(fields)) form.set(name, value);
    const action = /<form method="post" action="([^"]*)"/.exec(html)?.[1];
    if (action === undefined) throw new Error(`no form in: ${html.slice(0, 500)}`);
    return this.#open(text(action), form);
  }
}

function text(markup: string): string {
  return markup.replaceAll(/&#(\d+);/g, (_all, code) => String.fromCharCode(Number(code)));
}
