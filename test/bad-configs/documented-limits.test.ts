import { expect, it } from 'vitest';
import { loadConfig } from '../../src/config/load.ts';
import { documentedLimits } from '../../src/queue/lane-limits.ts';

it('limits-that-the-configuration-promises-are-those-that-the-lanes-keep', () => {
  const loaded = loadConfig({
    file: undefined,
    env: {
      MAILROOM_OAUTH_CLIENT_ID: '00000000-0000-4000-8000-000000000001',
      MAILROOM_TENANT_ID: 'contoso.com',
      MAILROOM_USER_NAME: 'noreply@contoso.com',
      MAILROOM_CLIENT_SECRET: 'abc',
    },
    readFile: () => '',
    hostname: 'h',
  });
  expect(loaded.ok && loaded.config.connectors[0]?.limits).toEqual(documentedLimits);
});
