import { beforeEach, describe, expect, it } from 'vitest';
import { directoryUnderTest } from './directory-under-test.sample.ts';

let tenant: ReturnType<typeof directoryUnderTest>;
beforeEach(() => {
  tenant = directoryUnderTest();
});
const batch = (requests: object[]) => tenant.ask('POST', '/$batch', { body: { requests } });
const headers = { 'Content-Type': 'application/json' };

describe('twenty requests in one', () => {
  it('one-that-fails-fails-those-that-depend-on-it-and-no-others', async () => {
    const { status, body } = await batch([
      { id: '3', method: 'GET', url: '/organization', dependsOn: ['2'] },
      { id: '1', method: 'POST', url: '/applications', headers, body: { displayName: 'x' } },
      { id: '2', method: 'GET', url: '/users/nobody@contoso.example', dependsOn: ['1'] },
      { id: '4', method: 'GET', url: "users?$filter=displayName eq 'y'" },
      { id: '5', method: 'GET', url: '/users/$count', headers: { ConsistencyLevel: 'eventual' } },
    ]);
    expect(status).toBe(200);
    const byId = Object.fromEntries(body.responses.map((each: { id: string; status: number }) => [each.id, each]));
    expect(Object.fromEntries(Object.values(byId).map((each) => [each.id, each.status]))).toEqual({
      1: 201,
      2: 404,
      3: 424,
      4: 200,
      5: 200,
    });
    expect(byId['1'].headers.Location).toContain('/v1.0/applications/');
    expect(byId['1'].body.displayName).toBe('x');
    expect(byId['2'].body.error.code).toBe('Request_ResourceNotFound');
    expect(Buffer.from(byId['5'].body, 'base64').toString()).toBe('0');
  });

  it('a-batch-that-is-none-does-nothing-at-all', async () => {
    const make = { id: '1', method: 'POST', url: '/applications', headers, body: { displayName: 'x' } };
    const before = tenant.directory.state.applications.length;
    for (const requests of [
      [],
      Array.from({ length: 21 }, (_, index) => ({ ...make, id: String(index) })),
      [
        { ...make, id: 'a' },
        { ...make, id: 'A' },
      ],
      [make, { ...make, id: '2', dependsOn: ['9'] }],
      [{ ...make, headers: {} }],
      [{ ...make, id: '' }],
      [{ id: '1' }],
    ]) {
      const answer = await batch(requests);
      expect([answer.status, answer.body.error.message]).toEqual([400, expect.any(String)]);
    }
    const circle = [
      { ...make, id: '0' },
      { ...make, dependsOn: ['2'] },
      { ...make, id: '2', dependsOn: ['1'] },
    ];
    expect((await batch(circle)).status).toBe(400);
    expect(tenant.directory.state.applications).toHaveLength(before);
  });

  it('an-address-that-climbs-out-or-a-batch-within-is-refused-by-itself', async () => {
    const urls = ['/../_practice/reset', 'https://evil.example/v1.0/users', '/$batch', '/users/%E0%A4%A'];
    const { body } = await batch(urls.map((url, index) => ({ id: String(index), method: 'GET', url })));
    expect(body.responses.map((each: { status: number }) => each.status)).toEqual([400, 400, 400, 400]);
  });
});
