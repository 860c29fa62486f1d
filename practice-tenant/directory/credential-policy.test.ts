import { describe, expect, it } from 'vitest';
import { clouds } from '../clouds.ts';
import { createApplication } from './applications.ts';
import { checkCredentialPolicy, durationMs } from './credential-policy.ts';
import { Directory } from './directory.ts';
import { emptyDirectory } from './empty-directory.ts';

const dayMs = 24 * 3600 * 1000;

describe('how long a credential may live', () => {
  it.each([
    ['P90D', 90 * dayMs],
    ['P1Y', 365 * dayMs],
    ['P4DT12H30M5S', 4 * dayMs + (12 * 3600 + 30 * 60 + 5) * 1000],
    ['PT10M', 600_000],
    ['P', undefined],
    ['PT', undefined],
    ['P1DT', undefined],
    ['90 days', undefined],
    ['', undefined],
  ])('%s', (text, expected) => expect(durationMs(text)).toBe(expected));

  it('holds-for-apps-made-after-the-day-that-the-policy-names-and-only-while-it-is-enabled', () => {
    const names = { tenantId: '11111111-2222-4333-8444-555555555555', domains: ['contoso.example'] };
    const now = Date.parse('2026-11-24T09:00:00Z');
    const directory = new Directory(emptyDirectory(names, clouds.global, now));
    const application = createApplication(directory, { displayName: 'Mailroom' }, now);
    const policy = directory.state.defaultAppManagementPolicy;
    const restriction = {
      restrictionType: 'asymmetricKeyLifetime' as const,
      state: 'enabled' as const,
      maxLifetime: 'P30D',
      restrictForAppsCreatedAfterDateTime: '2026-11-25T00:00:00Z',
    };
    policy.restrictions.keyCredentials.push(restriction);
    const check = (kind: 'password' | 'certificate') =>
      checkCredentialPolicy(directory, application, kind, new Date(now + 31 * dayMs).toISOString(), now)?.code;
    expect(check('certificate')).toBeUndefined();
    policy.isEnabled = true;
    expect(check('certificate')).toBeUndefined();
    restriction.restrictForAppsCreatedAfterDateTime = '2026-11-01T00:00:00Z';
    expect([check('certificate'), check('password')]).toEqual(['CredentialInvalidLifetimeAsPerAppPolicy', undefined]);
  });
});
