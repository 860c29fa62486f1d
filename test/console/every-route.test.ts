/** Goes by the OpenAPI document, so that a route that is added later cannot be forgotten. */
import { expect, it } from 'vitest';
import { z } from 'zod';
import { ConsoleClient, consoleUsers } from '../harness/console-client.ts';
import { withConsole } from '../harness/with-console.ts';

const audiences = ['stranger', 'viewer', 'operator', 'administrator'] as const;
const operationSchema = z.object({
  operationId: z.string(),
  'x-audience': z.enum(audiences),
  responses: z.record(z.string(), z.unknown()),
});
const documentSchema = z.object({ paths: z.record(z.string(), z.record(z.string(), operationSchema)) });

it('a-stranger-and-a-lower-role-are-refused-at-every-route-of-the-document', async () => {
  await withConsole(async ({ url, firstRunUrl }) => {
    const users = await consoleUsers(url, firstRunUrl);
    const { paths } = documentSchema.parse((await users.stranger.ask('GET', 'api/openapi.json')).json());
    const wrong: string[] = [];
    let asked = 0;
    for (const [path, operations] of Object.entries(paths))
      for (const [method, { operationId, 'x-audience': audience, responses }] of Object.entries(operations))
        for (const role of audiences) {
          // Signing out would end the session that the next routes need.
          if (operationId === 'signOut' && role !== 'stranger') continue;
          const target = path.slice(1).replaceAll(/\{\w+\}/g, 'nowhere');
          const body = method === 'get' ? undefined : {};
          const { status, text } = await users[role].ask(method.toUpperCase(), target, body);
          asked += 1;
          const mayAsk = audiences.indexOf(role) >= audiences.indexOf(audience);
          const expected = mayAsk ? undefined : role === 'stranger' ? 401 : 403;
          const isRight = expected === undefined ? status !== 401 && status < 500 : status === expected;
          if (!isRight || !(String(status) in responses))
            wrong.push(`${operationId} as ${role}: ${status} ${text.slice(0, 200)}`);
        }
    expect(wrong).toEqual([]);
    expect(asked).toBeGreaterThan(80);
  });
});

it('a-page-of-another-site-gets-nothing-done-at-any-route-that-changes-something', async () => {
  await withConsole(async ({ url, firstRunUrl }) => {
    const { administrator } = await consoleUsers(url, firstRunUrl);
    const { paths } = documentSchema.parse((await administrator.ask('GET', 'api/openapi.json')).json());
    const wrong: string[] = [];
    for (const [path, operations] of Object.entries(paths))
      for (const [method, { operationId }] of Object.entries(operations)) {
        if (method === 'get') continue;
        const target = path.slice(1).replaceAll(/\{\w+\}/g, 'nowhere');
        for (const headers of [
          { origin: 'https://evil.example' },
          { origin: undefined },
          { 'x-mailroom-console': undefined },
        ]) {
          const answer = await administrator.ask(method.toUpperCase(), target, {}, headers);
          if (answer.status !== 403 || answer.json()['code'] !== 'cross-site-request')
            wrong.push(`${operationId} with ${JSON.stringify(headers)}: ${answer.status}`);
        }
      }
    expect(wrong).toEqual([]);
  });
});

it('a-path-that-is-no-route-is-404-and-not-the-page', async () => {
  await withConsole(
    async ({ url }) => {
      const stranger = new ConsoleClient(url);
      expect(stranger.url).toMatch(/\/mail\/room\/$/);
      expect((await stranger.ask('GET', 'api/nowhere')).status).toBe(404);
      const page = await stranger.ask('GET', 'connectors/SMTP.aspx');
      expect(page.status).toBe(200);
      expect(page.headers['content-security-policy']).toMatch(/default-src 'none'; script-src 'self';/);
    },
    { basePath: '/mail/room/' },
  );
});
