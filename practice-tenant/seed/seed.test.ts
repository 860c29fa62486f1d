import { describe, expect, test } from 'vitest';
import { parseSeed } from './seed.ts';
import { SeedError } from './seed-error.ts';

function refusal(text: string): string {
  try {
    parseSeed(text, 'tenants.yaml');
  } catch (error) {
    if (error instanceof SeedError) return error.message;
    throw error;
  }
  throw new Error('the seed was taken');
}

describe('a seed file', () => {
  test('may say next to nothing', () => {
    const seed = parseSeed('tenants:\n  - users: [{ address: noreply@contoso.example }]\n', 'tenants.yaml');
    expect(seed.tenants[0]).toMatchObject({ domains: ['contoso.example'], groups: [], applications: [] });
  });

  test.each([
    ['tenants:\n  - users:\n      - adress: a@b.example\n', 'tenants.yaml:3: tenants.0.users.0'],
    [
      'tenants:\n  - users:\n      - address: "a@b, c@d"\n',
      'tenants.yaml:3: tenants.0.users.0.address: must be one address',
    ],
    ['tenants:\n  - id: not-a-guid\n', 'tenants.yaml:2: tenants.0.id: must be a GUID'],
    ['tenants:\n  - profile: fast\n', 'tenants.yaml:2: tenants.0.profile'],
    ['tenants:\n  - limits: { messagesPerMinute: -1 }\n', 'tenants.yaml:2: tenants.0.limits.messagesPerMinute'],
    ['', 'tenants.yaml:1: tenants'],
    ['tenants: [', 'tenants.yaml:1:'],
    ['a: 1\na: 2\n', 'tenants.yaml:2:'],
  ])('that is wrong is refused with file, line and key: %j', (text, expected) => {
    expect(refusal(text)).toContain(expected);
  });
});
