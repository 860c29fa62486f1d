/**
 * What is posted to a webhook, by form.
 *
 * - `teams`: an Adaptive Card in a message, which both Workflows ("When a Teams webhook request is received") and the older
 *   incoming webhooks take (Microsoft Teams, "Create incoming webhooks", "Workflows support Adaptive Cards only").
 * - `slack`: text and blocks (Slack, "Sending messages using incoming webhooks"); `&`, `<` and `>` are escaped.
 * - `generic`: JSON, signed by the Standard Webhooks specification where a key is given.
 */
import { createHmac } from 'node:crypto';
import type { Severity } from '../domain/alert-text.ts';
import type { ToldAlert } from './alert-way.ts';

export type WebhookForm = 'teams' | 'slack' | 'generic';

export function webhookBody(form: WebhookForm, told: ToldAlert): object {
  switch (form) {
    case 'teams':
      return teamsMessage(told);
    case 'slack':
      return slackMessage(told);
    case 'generic':
      return genericMessage(told);
  }
}

const cardColours: Readonly<Record<Severity, string>> = {
  good: 'Good',
  info: 'Accent',
  warning: 'Warning',
  critical: 'Attention',
};

function teamsMessage(told: ToldAlert): object {
  const { text, link } = told;
  const block = (words: string, more: object = {}) => ({ type: 'TextBlock', text: words, wrap: true, ...more });
  const content = {
    $schema: 'http://adaptivecards.io/schemas/adaptive-card.json',
    type: 'AdaptiveCard',
    version: '1.4',
    body: [
      block(text.title, { size: 'Medium', weight: 'Bolder', color: cardColours[text.severity] }),
      block(text.sentence),
      ...(text.remedy === undefined ? [] : [block(`What to do: ${text.remedy}`)]),
      block(footer(told), { size: 'Small', isSubtle: true }),
    ],
    ...(link === undefined ? {} : { actions: [{ type: 'Action.OpenUrl', title: 'Open Mailroom', url: link }] }),
  };
  const attachment = { contentType: 'application/vnd.microsoft.card.adaptive', contentUrl: null, content };
  return { type: 'message', attachments: [attachment] };
}

function slackMessage(told: ToldAlert): object {
  const { text, link } = told;
  const section = (words: string) => ({ type: 'section', text: { type: 'mrkdwn', text: words } });
  const context = link === undefined ? footer(told) : `${footer(told)} · <${link}|Open Mailroom>`;
  return {
    text: slackText(`${text.title}: ${text.sentence}`),
    blocks: [
      section(`*${slackText(text.title)}*\n${slackText(text.sentence)}`),
      ...(text.remedy === undefined ? [] : [section(`*What to do:* ${slackText(text.remedy)}`)]),
      { type: 'context', elements: [{ type: 'mrkdwn', text: context }] },
    ],
  };
}

/** Text for Slack, cut to what a block takes (3,000 characters). */
function slackText(text: string): string {
  return text.slice(0, 2_500).replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}

function genericMessage({ id, at, host, alert, text, link, again }: ToldAlert): object {
  const { severity, title, sentence, remedy } = text;
  return {
    type: `mailroom.${alert.kind}`,
    timestamp: new Date(at).toISOString(),
    data: {
      id,
      host,
      severity,
      title,
      sentence,
      ...(remedy === undefined ? {} : { remedy }),
      ...(link === undefined ? {} : { link }),
      ...(again === undefined ? {} : { again: { more: again.more, since: new Date(again.since).toISOString() } }),
      alert,
    },
  };
}

/** When, where, and how often. */
export function footer({ at, host, again }: ToldAlert): string {
  const when = `${new Date(at).toISOString().slice(0, 16).replace('T', ' ')} UTC`;
  return again === undefined ? `${host}, ${when}` : `${host}, ${when}; ${again.more} more like it were kept back`;
}

/**
 * Header fields of the Standard Webhooks specification (https://www.standardwebhooks.com): the id, the time and an HMAC over
 * both and the body. The time is that of the attempt, because receivers refuse what is five minutes old.
 * @param key `whsec_` and base64, or any text
 */
export function signatureHeaders(key: string, id: string, now: number, body: Buffer): Record<string, string> {
  const bytes = key.startsWith('whsec_') ? Buffer.from(key.slice('whsec_'.length), 'base64') : Buffer.from(key);
  const seconds = String(Math.floor(now / 1000));
  const signature = createHmac('sha256', bytes).update(`${id}.${seconds}.`).update(body).digest('base64');
  return { 'webhook-id': id, 'webhook-timestamp': seconds, 'webhook-signature': `v1,${signature}` };
}
