/** What the settings of another program become here, as items of the settings that a person takes over. */
import { stringify } from 'yaml';
import type { ImportItem, ImportOrder, ImportView } from '../admin/http/assistant-port.ts';
import { FaultError } from '../domain/catalogue.ts';
import { importEmailOauth2Proxy } from '../setup/import/email-oauth2-proxy.ts';
import { importIis } from '../setup/import/iis.ts';
import { ImportError, type Imported } from '../setup/import/imported.ts';
import { importPostfix } from '../setup/import/postfix.ts';
import { importSmtp2Graph } from '../setup/import/smtp2graph.ts';

/** @throws FaultError `settings-invalid`, saying what is wrong with the text */
export function importView({ from, text, logins }: ImportOrder): ImportView {
  const { configuration, todo, notCarried } = read(() => {
    switch (from) {
      case 'postfix':
        return importPostfix(text, logins);
      case 'smtp2graph':
        return importSmtp2Graph(text);
      case 'email-oauth2-proxy':
        return importEmailOauth2Proxy(text);
      case 'iis':
        return importIis(text);
    }
  });
  const { clients = [], connectors, ...elsewhere } = configuration;
  return {
    configuration: stringify(configuration),
    elsewhere: Object.keys(elsewhere).length === 0 ? '' : stringify(elsewhere),
    items: [...connectors.map((item) => itemOf('connectors', item)), ...clients.map((item) => itemOf('clients', item))],
    todo,
    notCarried,
  };
}

function read(reading: () => Imported): Imported {
  try {
    return reading();
  } catch (error) {
    if (error instanceof ImportError) throw new FaultError({ code: 'settings-invalid', text: error.message });
    throw error;
  }
}

/** Secrets are never carried, and what the other program did not know is asked for: both are named as blanks. */
function itemOf(list: ImportItem['list'], item: object): ImportItem {
  const { name, ...entries }: { readonly [key: string]: unknown } = { ...item };
  const isBlank = (value: unknown): boolean =>
    typeof value === 'object' && value !== null && !Array.isArray(value)
      ? 'env' in value || Object.values(value).some(isBlank)
      : typeof value === 'string' && value.startsWith('FILL IN');
  const known = Object.entries(entries).filter(([, value]) => !isBlank(value));
  return {
    list,
    // Names of the settings have no @.
    name: String(name ?? 'default').replaceAll(/[^a-z0-9._-]+/gi, '-'),
    values: Object.fromEntries(known),
    blanks: Object.keys(entries).filter((key) => isBlank(entries[key])),
  };
}
