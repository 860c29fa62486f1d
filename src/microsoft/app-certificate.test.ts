import { createPrivateKey, X509Certificate } from 'node:crypto';
import { expect, test } from 'vitest';
import { createAppCertificate } from './app-certificate.ts';

test('a certificate for an app belongs to its key, ends when it should, and bears a name that would break a subject', async () => {
  const now = Date.parse('2026-11-24T12:00:00Z');
  const made = await createAppCertificate('Case, "management"; O=Somebody', 365, now);
  const certificate = new X509Certificate(made.certificatePem);
  expect(certificate.checkPrivateKey(createPrivateKey(made.privateKeyPem))).toBe(true);
  expect(certificate.toLegacyObject().subject).toMatchObject({ CN: "Case, 'management'; O=Somebody" });
  expect(certificate.validToDate.getTime()).toBe(made.endsAt);
  expect(made.endsAt - now).toBe(365 * 86_400_000);
});
