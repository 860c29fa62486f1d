/**
 * Cmdlets of Exchange Online over the REST endpoint that the PowerShell module (V3) itself uses. Microsoft does not
 * document this endpoint, so it is used only where an administrator agrees; what is documented is the module and its
 * scripts. Its answers are held against what is expected, and nothing is concluded from silence.
 */

import { z } from 'zod';
import type { Connections } from './connections.ts';
import { exchange } from './exchange.ts';

/** Who runs the cmdlets: a person by their address, or an app with Exchange.ManageAsApp. */
export type ExchangeCaller =
  | { readonly kind: 'person'; readonly account: string }
  /** `name`: for sentences. */
  | { readonly kind: 'app'; readonly name: string };

/** A system mailbox that every tenant has: requests of apps are led to where it lies, as those of the V3 module are. */
const anchorOfApps = 'SystemMailbox{bb558c35-97f1-4cb9-8ff7-d53741dc928c}';

export interface ExchangeAdminOptions {
  /** Origin of Exchange Online in the cloud. */
  readonly exchange: string;
  /** GUID of the tenant. */
  readonly tenantId: string;
  readonly caller: ExchangeCaller;
  readonly token: string;
  readonly connections: Connections;
  readonly newId: () => string;
}

/** Exchange refused a cmdlet, or did not answer (`status` 0). */
export class CmdletRefusal extends Error {
  readonly status: number;
  constructor(sentence: string, status: number) {
    super(sentence);
    this.name = 'CmdletRefusal';
    this.status = status;
  }
}

export type CmdletObject = Readonly<Record<string, unknown>>;
type CmdletValue = string | boolean | readonly string[];

const deadlines = { uploadMs: 20_000, answerMs: 120_000 };
const pageSchema = z.object({
  value: z.array(z.record(z.string(), z.unknown())),
  '@odata.nextLink': z.string().optional(),
});
const errorSchema = z.object({
  error: z.object({
    code: z.string().optional(),
    details: z.array(z.object({ message: z.string().optional() })).optional(),
  }),
});

export class ExchangeAdminClient {
  readonly #options: ExchangeAdminOptions;

  constructor(options: ExchangeAdminOptions) {
    this.#options = options;
  }

  /** Runs one cmdlet and returns every page of what it answers. @throws CmdletRefusal */
  async run(name: string, parameters: Readonly<Record<string, CmdletValue>>): Promise<readonly CmdletObject[]> {
    const { exchange: origin, tenantId } = this.#options;
    const body = Buffer.from(JSON.stringify({ CmdletInput: { CmdletName: name, Parameters: parameters } }));
    const objects: CmdletObject[] = [];
    let path: string | undefined = `/adminapi/beta/${tenantId}/InvokeCommand`;
    while (path !== undefined) {
      const page: z.infer<typeof pageSchema> = await this.#page(name, path, body);
      objects.push(...page.value);
      const next: URL | null = URL.parse(page['@odata.nextLink'] ?? '');
      // The token goes nowhere but to Exchange, whatever a link says.
      path = next?.origin === origin ? `${next.pathname}${next.search}` : undefined;
    }
    return objects;
  }

  async #page(name: string, path: string, bytes: Buffer): Promise<z.infer<typeof pageSchema>> {
    const { exchange: origin, tenantId, caller, token, connections, newId } = this.#options;
    const exchanged = await exchange(connections, {
      origin,
      path,
      method: 'POST',
      headers: {
        authorization: `Bearer ${token}`,
        accept: 'application/json',
        'content-type': 'application/json; charset=utf-8',
        'x-anchormailbox': caller.kind === 'person' ? `UPN:${caller.account}` : `APP:${anchorOfApps}@${tenantId}`,
        'x-cmdletname': name,
        'client-request-id': newId(),
        prefer: 'odata.maxpagesize=1000',
      },
      body: { kind: 'whole', bytes },
      deadlines,
    });
    if (exchanged.kind === 'broken') throw new CmdletRefusal(`${name}: no answer (${exchanged.why})`, 0);
    const { status, body, headers } = exchanged.answer;
    const parsed = parseJson(body.toString());
    if (status === 200) {
      const page = pageSchema.safeParse(parsed);
      if (page.success) return page.data;
      throw new CmdletRefusal(`${name}: 200, with an answer that is not as expected.`, status);
    }
    // A cmdlet that is not there, or not for this account, is answered with nothing that could be read.
    if (status === 401 || status === 403)
      throw new CmdletRefusal(
        `${name}: ${status}. ${caller.kind === 'person' ? caller.account : caller.name} may not run this cmdlet.`,
        status,
      );
    const error = errorSchema.safeParse(parsed).data?.error;
    const detail = error?.details?.[0]?.message?.split('|').at(-1) ?? error?.code ?? '';
    const trace = headers['request-id'] === undefined ? '' : ` (request-id ${headers['request-id']})`;
    throw new CmdletRefusal(`${name}: ${status} ${detail}${trace}`, status);
  }
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
