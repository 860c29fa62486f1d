import { globSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { TlsCertificate } from '../../src/ingress/smtp/tls-certificate.ts';
import { systemClock } from '../../src/observe/system-clock.ts';
import { createAuthority } from '../harness/certificate.ts';
import { type TemporaryFolder, temporaryFolder } from '../harness/temporary-folder.ts';
import { readDialogue } from './dialogue-file.ts';
import { RecordingLogger } from './recording-ports.ts';
import { runDialogue } from './run-dialogue.ts';

const folder = import.meta.dirname;
const names = globSync('*.dialogue', { cwd: folder })
  .map((file) => basename(file, '.dialogue'))
  .sort();

describe('a dialogue by SMTP', () => {
  let files: TemporaryFolder;
  let certificate: TlsCertificate;

  beforeAll(async () => {
    files = await temporaryFolder();
    const pair = await (await createAuthority()).issue(['localhost']);
    const certificateFile = join(files.path, 'certificate.pem');
    const keyFile = join(files.path, 'key.pem');
    writeFileSync(certificateFile, pair.certificatePem);
    writeFileSync(keyFile, pair.keyPem);
    const logger = new RecordingLogger();
    certificate = new TlsCertificate({ certificateFile, keyFile, minVersion: 'TLSv1.2', clock: systemClock, logger });
  });

  afterAll(async () => {
    certificate.close();
    await files[Symbol.asyncDispose]();
  });

  it('is-there-in-numbers', () => expect(names.length).toBeGreaterThanOrEqual(60));

  it.concurrent.each(names)('%s', async (name) => {
    const { logger } = await runDialogue(readDialogue(join(folder, `${name}.dialogue`)), certificate);
    expect(logger.lines.join('\n'), 'a password in the log').not.toContain('s3cret');
  });
});
