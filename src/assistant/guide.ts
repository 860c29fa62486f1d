/** The guided set-up in the console: which steps are done, where each is done, and the checks that stand before the next. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { stringify } from 'yaml';
import { z } from 'zod';
import type { GuideAnswers, GuideCloud, GuideStepOrder, GuideView } from '../admin/http/assistant-port.ts';
import type { SettingsItem } from '../admin/http/settings-port.ts';
import { checkConnectorOnce } from '../check-connector.ts';
import { loadConfig } from '../config/load.ts';
import type { MicrosoftConnectorConfig } from '../config/schema.ts';
import { FaultError } from '../domain/catalogue.ts';
import { cloudNames } from '../microsoft/clouds.ts';
import { portals } from '../microsoft/portals.ts';
import { guideSteps } from '../setup/guided/guide.ts';
import { readRecord } from '../setup/record-file.ts';
import { writeWhole } from '../vault/write-whole.ts';

const stateSchema = z.object({
  done: z.array(z.string()).default([]),
  answers: z.object({ userName: z.string().optional(), forbidden: z.string().optional() }).default({}),
});
type GuideState = z.output<typeof stateSchema>;

export interface GuideParts {
  readonly dataDir: string;
  /** As it is used now; absent while it has no credential. */
  readonly connector: MicrosoftConnectorConfig | undefined;
  /** As it stands in the settings, where it does. */
  readonly item: SettingsItem | undefined;
}

const fileOf = (dataDir: string, connector: string) => join(dataDir, `guided-${connector}.json`);

function read(dataDir: string, connector: string): GuideState {
  const file = fileOf(dataDir, connector);
  return (
    readRecord(file, stateSchema, 'Move it away: the guide begins at its first step, and what is set up stays.') ?? {
      done: [],
      answers: {},
    }
  );
}

/** @param cloud for a connector that is not saved yet */
export function guideView(name: string, { dataDir, connector, item }: GuideParts, cloud: GuideCloud): GuideView {
  const { done, answers } = read(dataDir, name);
  const known = connector?.cloud;
  const custom = typeof known === 'object' ? known.custom.login : customOf(item);
  const { azure, exchangeAdmin } = portalsOf(custom ?? (typeof known === 'string' ? known : (nameOf(item) ?? cloud)));
  const clientId = connector?.oauthClientId ?? textOf(item, 'oauthClientId');
  const place = { azure, exchangeAdmin, applicationName: 'Mailroom', redirectUri: '', consentLink: undefined };
  return {
    steps: guideSteps.map((step) => ({
      id: step.id,
      rows: [...step.rows],
      link: step.show(clientId === undefined ? {} : { clientId }, place).link,
      done: done.includes(step.id),
    })),
    answers: given(answers),
  };
}

/** A practice tenant has its own portal, on the host where people sign in. */
function portalsOf(cloud: GuideCloud) {
  if (cloud.startsWith('https://')) return { azure: `${cloud}/portal/apps`, exchangeAdmin: cloud };
  return portals[cloudNames.find((each) => each === cloud) ?? 'global'];
}

/** Whether nothing fails that must hold before the next step; then it is done, and that is on record. @throws FaultError `not-found` */
export async function passStep(order: GuideStepOrder, parts: GuideParts): Promise<boolean> {
  const step = guideSteps.find(({ id }) => id === order.step);
  if (!step) throw new FaultError({ code: 'not-found' });
  const before = read(parts.dataDir, order.connector);
  const answers = { ...before.answers, ...order.answers };
  const connector = parts.connector ?? drafted(parts.item);
  let passed = true;
  if (step.checks.length > 0 && !order.skips) {
    if (!connector) throw new FaultError({ code: 'not-found' });
    const forbidden = answers.forbidden ? [answers.forbidden] : [];
    const reports = await checkConnectorOnce(
      connector,
      { send: step.checks.includes('send'), forbidden },
      { only: [...step.checks, ...forUploads(step.id, connector)], told: order.told, signal: order.signal },
    );
    passed = reports.every(({ state }) => state !== 'fail');
  }
  const done = passed ? [...new Set([...before.done, step.id])] : before.done;
  writeWhole(fileOf(parts.dataDir, order.connector), `${JSON.stringify({ done, answers })}\n`);
  return passed;
}

/** With the permission comes that for drafts, where large mail is to leave by them. */
function forUploads(step: string, connector: MicrosoftConnectorConfig): readonly string[] {
  const uploads = connector.kind === 'graph' && connector.largeMessages === 'upload';
  return step === 'permission' && uploads ? ['large-mail-drafts'] : [];
}

/** A connector of the settings that has no credential yet, as its checks of hosts and tenant need it. */
function drafted(item: SettingsItem | undefined): MicrosoftConnectorConfig | undefined {
  if (!item) return undefined;
  const file = 'drafted.yaml';
  const text = stringify({ connectors: [{ name: item.name, ...item.values, secret: 'not known yet' }] });
  const readFile = (path: string) => (path === file ? text : readFileSync(path, 'utf8'));
  const loaded = loadConfig({ file, env: {}, readFile, hostname: 'localhost' });
  const found = loaded.ok ? loaded.config.connectors[0] : undefined;
  return found && found.kind !== 'smtp' ? found : undefined;
}

function textOf(item: SettingsItem | undefined, key: string): string | undefined {
  const value = item?.values[key];
  return typeof value === 'string' ? value : undefined;
}

const customSchema = z.object({ cloud: z.object({ custom: z.object({ login: z.string() }) }) });
const customOf = (item: SettingsItem | undefined) => customSchema.safeParse(item?.values).data?.cloud.custom.login;
const nameOf = (item: SettingsItem | undefined) => textOf(item, 'cloud');

function given({ userName, forbidden }: GuideState['answers']): GuideAnswers {
  return { ...(userName === undefined ? {} : { userName }), ...(forbidden === undefined ? {} : { forbidden }) };
}
