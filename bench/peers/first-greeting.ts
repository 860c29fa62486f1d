/**
 * When does a server that was just started greet its first client?
 */
import { once } from 'node:events';
import { connect } from 'node:net';
import { until } from '../../test/harness/until.ts';

/** Connects again and again until a `220` comes; returns the time of performance.now() at which it did. */
export async function firstGreeting(port: number): Promise<number> {
  return until(`a 220 on port ${port}`, async () => {
    const socket = connect({ port, host: '127.0.0.1' });
    try {
      const [greeting] = await once(socket, 'data');
      return String(greeting).startsWith('220') && performance.now();
    } finally {
      socket.destroy();
    }
  });
}
