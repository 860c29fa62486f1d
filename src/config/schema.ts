/**
 * The one schema of the configuration. Types, checks, the schema for editors and the reference page all come from it.
 *
 * It is made by a function because some values are looked up while they are read: secrets in files and in the environment,
 * paths relative to the folder of the configuration file.
 */
import { join } from 'node:path';
import { z } from 'zod';
import { openVault } from '../vault/vault.ts';
import { alertWay } from './schema-alerts.ts';
import { client } from './schema-clients.ts';
import { connector } from './schema-connectors.ts';
import { httpListener, smtpListener } from './schema-listeners.ts';
import { type SchemaNode, schemaNode } from './schema-node.ts';
import { redaction } from './schema-redaction.ts';
import { route } from './schema-routes.ts';
import { control, observe, queue, vault, webConsole } from './schema-server.ts';
import { path } from './schema-values.ts';
import type { SecretSurroundings } from './secret.ts';
import { defaultDataDir } from './vault-place.ts';

export interface SchemaSurroundings extends SecretSurroundings {
  /** Name of this machine, for `hostname`. */
  readonly hostname: string;
}

const loopback = ['127.0.0.0/8', '::1'];

/** With nothing configured, programs on this machine may send as the system account. */
export const ownMachine = [{ name: 'local', addresses: loopback }];
const ownListener = [{ name: 'submission', listen: '127.0.0.1:2525', auth: 'optional' as const, allowFrom: loopback }];

export function configSchema(surroundings: SchemaSurroundings) {
  return z
    .strictObject({
      dataDir: path(surroundings)
        .prefault(defaultDataDir)
        .describe('Folder for the journal and its index. Made when it is not there; belongs to one Mailroom alone.'),
      hostname: z
        .string()
        .regex(/^[a-z0-9]([a-z0-9.-]{0,251}[a-z0-9])?$/i, { error: 'must be a host name such as mail.example.com.' })
        .optional()
        .describe(
          'Name that Mailroom gives itself in greetings, Message-IDs and notices. Default: the name of this machine.',
        ),
      smtp: z.array(smtpListener(surroundings)).prefault(ownListener).describe('Listeners for SMTP.'),
      http: z.array(httpListener(surroundings)).default([]).describe('Listeners for HTTP. Default: none.'),
      clients: z
        .array(client(surroundings))
        .prefault(ownMachine)
        .describe('Who may hand mail in. Default: programs on this machine, as the system account.'),
      connectors: z
        .array(connector(surroundings))
        .default([])
        .describe(
          'Ways out, each with oauthClientId, tenantId, userName and secret or certificate. The first one is the default. May be left out where there is a console to set one up in.',
        ),
      routes: z
        .array(route())
        .default([])
        .describe(
          'Which way out a submission takes; the first that matches decides. Default: the connector of the client.',
        ),
      alerts: z
        .array(alertWay(surroundings))
        .default([])
        .describe(
          'Who is told when mail does not go out, or soon will not, by ways that do not depend on what fails. Default: nobody but the log.',
        ),
      redact: z
        .array(redaction())
        .default([])
        .describe('Mail whose content nobody is shown; the first rule that matches decides. Default: none.'),
      queue: queue().prefault({}).describe('The queue.'),
      observe: observe(surroundings).prefault({}).describe('What Mailroom shows of itself.'),
      console: webConsole(surroundings).prefault({}).describe('The web console.'),
      vault: vault(surroundings).prefault({}).describe('Secrets encrypted at rest; mailroom vault puts them there.'),
      control: control(surroundings).prefault({}).describe('How the command line reaches a running Mailroom.'),
    })
    .transform((value) => ({
      ...value,
      hostname: value.hostname ?? surroundings.hostname,
      control: { socket: value.control.socket ?? join(value.dataDir, 'control.sock') },
    }));
}

/** The configuration as the product uses it: sizes in bytes, times in ms, paths absolute, secrets fetched. */
export type Config = z.output<ReturnType<typeof configSchema>>;
export type SmtpListenerConfig = Config['smtp'][number];
export type ConnectorConfig = Config['connectors'][number];
/** A connector that is an app registration of a tenant. */
export type MicrosoftConnectorConfig = Extract<ConnectorConfig, { kind: 'graph' | 'smtp-oauth' }>;
export type RouteConfig = Config['routes'][number];

/** Surroundings in which nothing is found; for describing the schema. */
const nowhere: SchemaSurroundings = {
  absolute: (text) => text,
  readFile: () => '',
  env: {},
  vault: openVault({ file: '', key: { kind: 'env', name: '', value: undefined }, now: () => 0 }),
  hostname: 'localhost',
};

/** JSON Schema (draft 2020-12) of the file, for editors. */
export function editorSchema(): SchemaNode {
  described ??= schemaNode.parse(z.toJSONSchema(configSchema(nowhere), { io: 'input', reused: 'inline' }));
  return described;
}

let described: SchemaNode | undefined;
