import { expect, test } from 'vitest';
import { cloudNames, clouds, cloudWith } from './clouds.ts';

test.each(cloudNames)('the scope of %s belongs to its own Graph', (name) => {
  expect(clouds[name].graphResource).toBe(clouds[name].graph);
  expect(clouds[name].login).toMatch(/^https:\/\/login\./);
});

test('no two national clouds share a Graph host', () => {
  const hosts = (['global', 'gcc-high', 'dod', 'china'] as const).map((name) => clouds[name].graph);
  expect(new Set(hosts).size).toBe(4);
});

test('a host can be replaced by another origin, and by nothing that would take the secret in the clear', () => {
  expect(cloudWith('global', { login: 'https://localhost:8443' }).login).toBe('https://localhost:8443');
  for (const login of [
    'http://localhost:8443',
    'login.example',
    'https://login.example/x',
    'https://a:b@login.example',
  ])
    expect(() => cloudWith('global', { login })).toThrow(RangeError);
});
