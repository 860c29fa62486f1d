import { describe, expect, it } from 'vitest';
import { createLogger, plainLines } from './logger.ts';

function logged(
  write: (log: ReturnType<typeof createLogger>) => void,
  level: 'debug' | 'info' | 'warn' = 'debug',
): string {
  let text = '';
  write(createLogger(level, { write: (line) => (text += line) }));
  return text;
}

describe('somebody who sends a log to support', () => {
  it('sends no secret with it, even one that a call has let slip', () => {
    const secret = 'hunter2-hunter2';
    const text = logged((log) => {
      log.info({ password: secret, connector: { clientSecret: secret, name: 'default' } }, 'slipped');
      log.warn({ headers: { authorization: `Bearer ${secret}` } }, 'slipped');
    });
    expect(text).not.toContain(secret);
    expect(text.match(/\[secret\]/g)?.length).toBe(3);
    expect(text).toContain('"name":"default"');
  });
});

describe('a program that reads the log', () => {
  it('gets one JSON object a line, from the level on that was asked for', () => {
    const text = logged((log) => {
      log.debug({}, 'too much');
      log.error({ err: new Error('first\nsecond'), messageId: 'm1' }, 'It failed.');
    }, 'info');
    const lines = text.trimEnd().split('\n');
    expect(lines.length).toBe(1);
    expect(JSON.parse(lines[0] ?? '')).toMatchObject({
      level: 50,
      msg: 'It failed.',
      messageId: 'm1',
      err: { message: 'first\nsecond' },
    });
  });
});

describe('a person at a terminal', () => {
  it('reads a line for each event, which no mail can forge another one into', () => {
    let text = '';
    const log = createLogger(
      'info',
      plainLines((line) => {
        text += line;
      }),
    );
    log.warn({ listener: 'one', subject: 'x\u001b[2J\n00:00:00.000 info  forged' }, 'The listener has no TLS.');
    expect(text).toMatch(/^\d\d:\d\d:\d\d\.\d{3} warn {2}The listener has no TLS\. listener="one" subject=".*"\n$/);
    expect(text).not.toContain('\u001b');
  });
});
