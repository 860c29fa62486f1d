import { describe, expect, test } from 'vitest';
import { ConsentStates, readConsentAnswer } from './consent-callback.ts';

function states(clock = { now: 0 }) {
  let next = 0;
  return new ConsentStates(
    () => clock.now,
    () => `state-${next++}`,
  );
}
const query = (parameters: Record<string, string>) => new URLSearchParams(parameters);

describe('an answer to a request for consent', () => {
  test('admin-consent-true-beside-an-error-is-a-refusal', () => {
    const held = states();
    const state = held.give(1000);
    const answer = readConsentAnswer(
      query({
        admin_consent: 'True',
        error: 'consent_required',
        error_description: 'AADSTS65004: The resource owner or authorization server denied the request.',
        state,
      }),
      held,
    );
    expect(answer).toMatchObject({ kind: 'refused', sentence: expect.stringContaining('AADSTS65004') });
  });

  test('is taken once', () => {
    const held = states();
    const state = held.give(1000);
    expect(readConsentAnswer(query({ admin_consent: 'True', state }), held)).toEqual({ kind: 'granted' });
    expect(readConsentAnswer(query({ admin_consent: 'True', state }), held).kind).toBe('unknown');
  });

  test.each([
    ['without a state', {}],
    ['with a state of somebody’s own', { state: 'state-of-mine' }],
  ])('%s is nobody’s', (_what, parameters) => {
    const held = states();
    held.give(1000);
    expect(readConsentAnswer(query({ admin_consent: 'True', ...parameters }), held).kind).toBe('unknown');
  });

  test('that comes too late is nobody’s', () => {
    const clock = { now: 0 };
    const held = states(clock);
    const state = held.give(1000);
    clock.now = 1001;
    expect(readConsentAnswer(query({ admin_consent: 'True', state }), held).kind).toBe('unknown');
  });

  test('puts no words of the address on a page', () => {
    const held = states();
    const state = held.give(1000);
    const hostile = '<script>alert(1)</script>';
    const answer = readConsentAnswer(query({ error: hostile, error_description: hostile, state }), held);
    expect(JSON.stringify(answer)).not.toContain('<');
  });

  test('neither says nor needs which tenant it was', () => {
    const held = states();
    const state = held.give(1000);
    const answer = readConsentAnswer(query({ admin_consent: 'True', tenant: 'evil.example', state }), held);
    expect(answer).toEqual({ kind: 'granted' });
  });
});
