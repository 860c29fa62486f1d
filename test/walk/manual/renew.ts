/** Row M6: the end of the credential is known, and it is renewed without a gap, while the server runs. */
import type { Place } from './place.ts';
import { mailroom } from './product.ts';

export async function renewTheCredential({ rows }: Place, configFile: string): Promise<void> {
  const { status } = await mailroom(['credential', 'renew', '--config', configFile]);
  rows.prove('M6', 'mailroom credential renew makes, proves and switches to a new credential', status === 0);
}
