import { expect, it } from 'vitest';
import { previewApart } from './preview-apart.ts';

const header = 'From: a@contoso.example\r\nTo: b@contoso.example\r\nSubject: Hello\r\n';

it('a-message-made-to-take-minutes-holds-nobody-up-and-has-an-end', async () => {
  // Each part within the one before, read again for each: more than a minute for these.
  const endless = Buffer.from(header + 'Content-Type: message/rfc822\r\n\r\n'.repeat(40_000));
  let turns = 0;
  const turning = setInterval(() => {
    turns += 1;
  }, 10);
  const refused = previewApart(endless, 700);
  await expect(refused).rejects.toMatchObject({ fault: { code: 'request-invalid', text: expect.any(String) } });
  clearInterval(turning);
  expect(turns).toBeGreaterThan(10);
});

it('an-ordinary-message-is-shown, and more than a few at a time are refused', async () => {
  const ordinary = Buffer.from(`${header}Content-Type: text/html\r\n\r\n<p>Hello <b>you</b></p>`);
  const answers = await Promise.allSettled([1, 2, 3, 4, 5].map(() => previewApart(ordinary, 60_000)));
  expect(answers.map(({ status }) => status)).toEqual([...Array.from({ length: 4 }, () => 'fulfilled'), 'rejected']);
  expect(answers[0]).toMatchObject({ value: { subject: 'Hello', hasHtml: true } });
  expect((await previewApart(ordinary, 60_000)).html).toContain('<b>you</b>');
});
