import { expect, test } from 'vitest';
import { isTenantName, secretWarning } from './tenant-name.ts';

test.each([
  ['72f988bf-86f1-41af-91ab-2d7cd011db47', true],
  ['contoso.onmicrosoft.com', true],
  ['xn--bcher-kva.example', true],
  ['common', false],
  ['organizations', false],
  ['evil.example/x', false],
  ['contoso.com?x=', false],
  ['contoso.com#', false],
  ['@evil.example', false],
  ['..', false],
  ['../../evil', false],
  ['contoso.com\r\nHost: evil', false],
  ['contoso.com%2f', false],
  ['-contoso.com', false],
  ['127.0.0.1', false],
  ['', false],
])('the tenant %j may stand in a URL: %s', (text, may) => {
  expect(isTenantName(text)).toBe(may);
});

test('the ID of a secret in place of its value is noticed, and so are blanks around it', () => {
  expect(secretWarning('72f988bf-86f1-41af-91ab-2d7cd011db47')).toContain('looks like the ID');
  expect(secretWarning('abc8Q~value\n')).toContain('line end');
  expect(secretWarning(' ')).toContain('empty');
  expect(secretWarning('abc8Q~0123456789.abcdefghijklmnopqrstuvw')).toBeUndefined();
  expect(secretWarning('se cret-value ')).not.toContain('se cret');
});
