/** What an alert says: how urgent it is, one sentence, what to do, and where in the console. */
import type { Alert } from './alert.ts';
import { catalogueRow, isFaultCode } from './catalogue.ts';

/** `good`: something is well again. */
export type Severity = 'good' | 'info' | 'warning' | 'critical';

export interface AlertText {
  readonly severity: Severity;
  /** A few words, for a subject line. */
  readonly title: string;
  readonly sentence: string;
  /** What to do; absent where nothing is to be done. */
  readonly remedy?: string;
  /** Path of the console's screen, behind its base path. */
  readonly path: string;
}

const connectorPath = '/connectors/smtp';

export function alertText(alert: Alert): AlertText {
  switch (alert.kind) {
    case 'credential-ends':
      return credentialText(alert);
    case 'connector-paused':
      return pauseText(alert);
    case 'connector-resumed':
      return {
        severity: 'good',
        title: `Connector ${alert.connector} sends again`,
        sentence: `Connector ${alert.connector} sends again, and the mail that waited goes out by itself.`,
        path: '/',
      };
    case 'check-failed':
      return {
        severity: 'critical',
        title: `A check of connector ${alert.connector} fails`,
        sentence: `The check ${alert.check} of connector ${alert.connector} fails: ${alert.sentence}`,
        remedy: alert.remedy,
        path: connectorPath,
      };
    case 'renewal-failed':
      return {
        severity: 'critical',
        title: `The credential of connector ${alert.connector} could not be renewed`,
        sentence: `The credential of connector ${alert.connector} could not be renewed${alert.endsAt === undefined ? '' : `; the one in use ends on ${day(alert.endsAt)}`}: ${alert.why}`,
        remedy: `Nothing has changed yet, and mail goes on as long as the old one lasts. Renew it by hand: mailroom credential renew --connector ${alert.connector}`,
        path: connectorPath,
      };
    case 'message-failed':
      return {
        severity: 'warning',
        title: counted(alert.count, 'message has failed', 'messages have failed'),
        sentence: `${counted(alert.count, 'message has failed', 'messages have failed')} for good since ${time(alert.since)}: ${faultCounts(alert.faults)}.`,
        remedy: `Their senders were told. mailroom queue show ${alert.messages[0] ?? '<id>'} has the answer of the service; mailroom queue retry sends again what was mended.`,
        path: '/messages?state=failed',
      };
    case 'uncertain-held':
      return {
        severity: 'warning',
        title: counted(alert.count, 'message is uncertain', 'messages are uncertain'),
        sentence: `Of ${counted(alert.count, 'message', 'messages')} nobody knows since ${time(alert.since)} whether it was sent: no answer came after the last byte.`,
        remedy: `Look into Sent Items of the system account, then retry or cancel: mailroom queue show ${alert.messages[0] ?? '<id>'}`,
        path: '/messages?state=uncertain',
      };
    case 'queue-old':
      return {
        severity: 'warning',
        title: `Mail of connector ${alert.connector} waits`,
        sentence: `The oldest of ${counted(alert.waiting, 'message that waits', 'messages that wait')} for connector ${alert.connector} has waited ${duration(alert.oldestMs)}.`,
        remedy: 'mailroom status says what it waits for; mailroom check proves the way out.',
        path: '/messages?state=queued',
      };
    case 'queue-deep':
      return {
        severity: 'warning',
        title: `${alert.waiting} messages wait for connector ${alert.connector}`,
        sentence: `${alert.waiting} messages wait for connector ${alert.connector}, more than ${alert.limit}.`,
        remedy: 'mailroom status says which client hands in so much and how fast it goes out.',
        path: '/messages?state=queued',
      };
    case 'disk-low': {
      const isFull = alert.freeBytes <= alert.reserveBytes;
      return {
        severity: isFull ? 'critical' : 'warning',
        title: isFull ? 'The disk is full: no mail is accepted' : 'The disk fills up',
        sentence: `The disk of ${alert.folder} has ${megabytes(alert.freeBytes)} left; at ${megabytes(alert.reserveBytes)} no more mail is accepted.`,
        remedy: 'Free space on it, or keep bodies for a shorter time (queue.keepBodies).',
        path: '/',
      };
    }
    case 'test':
      return {
        severity: 'info',
        title: 'A test alert',
        sentence: `This is a test by ${alert.by}: alerts of Mailroom arrive here.`,
        path: '/',
      };
  }
}

function credentialText(alert: Extract<Alert, { kind: 'credential-ends' }>): AlertText {
  const { connector, credential, endsAt, mark, renewsItself } = alert;
  const what = `The ${credential} of connector ${connector}`;
  const renew = `Renew it without a gap: mailroom credential renew --connector ${connector}`;
  const path = connectorPath;
  if (mark === 0)
    return {
      severity: 'critical',
      title: `${what} has ended`,
      sentence: `${what} ended on ${day(endsAt)}: mail is accepted and kept, and none goes out.`,
      remedy: renew,
      path,
    };
  return {
    severity: mark <= 7 ? 'critical' : 'warning',
    title: `${what} ends within ${mark === 1 ? 'a day' : `${mark} days`}`,
    sentence: `${what} ends on ${day(endsAt)}, within ${mark === 1 ? 'a day' : `${mark} days`}. No mail goes out after that.`,
    remedy: renewsItself ? `Mailroom renews it by itself. If this comes again: ${renew}` : renew,
    path,
  };
}

function pauseText({ connector, reason, detail }: Extract<Alert, { kind: 'connector-paused' }>): AlertText {
  const path = '/';
  if (!isFaultCode(reason))
    return {
      severity: 'info',
      title: `Connector ${connector} was paused`,
      sentence: `Connector ${connector} was paused ${detail}; mail is accepted and waits.`,
      remedy: `It waits until somebody says so: mailroom connector resume ${connector}`,
      path,
    };
  return {
    severity: 'critical',
    title: `Connector ${connector} does not send`,
    sentence: `Connector ${connector} does not send, and mail is accepted and waits: ${detail}`,
    remedy: catalogueRow(reason).remedy,
    path,
  };
}

function faultCounts(faults: Readonly<Record<string, number | undefined>>): string {
  const words = Object.entries(faults)
    .toSorted(([, one], [, other]) => (other ?? 0) - (one ?? 0))
    .map(([fault, count]) => `${count} × ${fault}`);
  return words.join(', ') || 'for reasons that are no longer kept';
}

function counted(count: number, one: string, many: string): string {
  return `${count} ${count === 1 ? one : many}`;
}

function day(at: number): string {
  return new Date(at).toISOString().slice(0, 10);
}

function time(at: number): string {
  return `${new Date(at).toISOString().slice(0, 16).replace('T', ' ')} UTC`;
}

function duration(ms: number): string {
  const minutes = Math.round(ms / 60_000);
  if (minutes < 120) return counted(minutes, 'minute', 'minutes');
  const hours = Math.round(minutes / 60);
  return hours < 48 ? counted(hours, 'hour', 'hours') : counted(Math.round(hours / 24), 'day', 'days');
}

function megabytes(bytes: number): string {
  return `${Math.round(bytes / 1_000_000)} MB`;
}
