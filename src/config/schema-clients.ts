/** Clients: who may hand mail in, as what, and how much. */
import { z } from 'zod';
import { parseApiKeyHash, shortestApiKey } from '../policy/api-key.ts';
import { parsePasswordHash } from '../policy/password-hash.ts';
import { isSenderRule } from '../policy/sender-rules.ts';
import { count, name, range, refuse, secret } from './schema-values.ts';
import type { SecretSurroundings } from './secret.ts';

export const senderRule = () =>
  z.string().refine(isSenderRule, {
    error: (issue) =>
      `must be an address (noreply@contoso.com), a domain (@contoso.com) or *; "${issue.input}" is none of them.`,
  });

const until = () =>
  z.iso.datetime({ offset: true, error: 'must be a time with its zone, such as 2026-12-24T18:00:00Z.' }).optional();

export function client(surroundings: SecretSurroundings) {
  return z
    .strictObject({
      name: name().describe('Name of the client in logs, trails and quotas.'),
      login: z.string().min(1).max(255).optional().describe('Login of SMTP AUTH.'),
      password: secret(surroundings).optional().describe('Password of the login; hashed at start.'),
      passwordHash: secret(surroundings, (value) =>
        parsePasswordHash(value)
          ? undefined
          : 'is no argon2id hash in PHC form. It begins with $argon2id$v=19$; put a plain password into password instead.',
      )
        .optional()
        .describe('The password as an argon2id hash in PHC form, in place of password.'),
      apiKey: secret(surroundings, (value) =>
        value.length >= shortestApiKey && !/\s/.test(value)
          ? undefined
          : `is too short or has spaces in it. Use at least ${shortestApiKey} random characters, as from: openssl rand -hex 24`,
      )
        .optional()
        .describe('Bearer key for HTTP, at least 20 random characters.'),
      apiKeyHash: secret(surroundings, (value) =>
        parseApiKeyHash(value) ? undefined : 'is no SHA-256. Write sha256: and 64 hexadecimal digits.',
      )
        .optional()
        .describe('The key as sha256:<64 hexadecimal digits>, in place of apiKey.'),
      previousPasswordHash: secret(surroundings, (value) =>
        parsePasswordHash(value) ? undefined : 'is no argon2id hash in PHC form. It begins with $argon2id$v=19$.',
      )
        .optional()
        .describe('Hash of a password of before, which is taken beside the new one until previousPasswordUntil.'),
      previousPasswordUntil: until().describe('When the password of before ends, by itself.'),
      previousApiKeyHash: secret(surroundings, (value) =>
        parseApiKeyHash(value) ? undefined : 'is no SHA-256. Write sha256: and 64 hexadecimal digits.',
      )
        .optional()
        .describe('Hash of a key of before, which is taken beside the new one until previousApiKeyUntil.'),
      previousApiKeyUntil: until().describe('When the key of before ends, by itself.'),
      addresses: z
        .array(range())
        .default([])
        .describe('Address ranges that stand for a login where a listener has auth: optional or none.'),
      senders: z
        .array(senderRule())
        .min(1, { error: 'is empty, so that the client could send nothing. Add an address, or leave the key out.' })
        .optional()
        .describe(
          'Senders it may use, held against MAIL FROM and the From header: an address, @domain (that domain, no subdomains) or "*". Default: the system account of its connector.',
        ),
      connector: z
        .string()
        .optional()
        .describe('Connector for its mail where no route says otherwise. Default: the first one.'),
      priority: z
        .enum(['high', 'normal', 'low'])
        .default('normal')
        .describe('Its share when a lane is busy, and the highest priority that it can ask for.'),
      quota: z
        .strictObject({
          messagesPerHour: count().optional().describe('Messages in any 60 minutes.'),
          messagesPerDay: count().optional().describe('Messages in any 24 hours.'),
          recipientsPerDay: count().optional().describe('Recipients in any 24 hours.'),
        })
        .default({})
        .describe('How much it may hand in. Default: no limit.'),
    })
    .superRefine((value, context) => {
      const hasPassword = value.password !== undefined || value.passwordHash !== undefined;
      const hasKey = value.apiKey !== undefined || value.apiKeyHash !== undefined;
      if (value.login === undefined && hasPassword)
        refuse(context, 'is missing: the client has a password and nothing to log in as. Add a login.', ['login']);
      if (value.login !== undefined && !hasPassword)
        refuse(context, 'is missing: the client has a login and no password. Add password or passwordHash.', [
          'password',
        ]);
      if (value.password !== undefined && value.passwordHash !== undefined)
        refuse(context, 'stands beside password. Keep one of the two.', ['passwordHash']);
      if (value.apiKey !== undefined && value.apiKeyHash !== undefined)
        refuse(context, 'stands beside apiKey. Keep one of the two.', ['apiKeyHash']);
      for (const [hash, end] of [
        ['previousPasswordHash', 'previousPasswordUntil'],
        ['previousApiKeyHash', 'previousApiKeyUntil'],
      ] as const) {
        if (value[hash] !== undefined && value[end] === undefined)
          refuse(context, `is missing: what is old ends at some time. Add it, such as 2026-12-24T18:00:00Z.`, [end]);
        if (value[hash] === undefined && value[end] !== undefined)
          refuse(context, `stands without ${hash}. Take it out.`, [end]);
      }
      if (value.previousPasswordHash !== undefined && !hasPassword)
        refuse(context, 'stands without a password of now. Take it out.', ['previousPasswordHash']);
      if (value.login === undefined && !hasPassword && !hasKey && value.addresses.length === 0)
        refuse(context, 'has no way to show who it is. Add login and password, apiKey, or addresses.');
    });
}
