/** The settings of a running server: their file, their vault, and how the configuration is read with them in it. */
import { join } from 'node:path';
import type { SettingsDesk } from '../admin/http/settings-port.ts';
import { findVault, type LoadOptions, loadConfig, settingsFileName } from '../config/load.ts';
import type { Config } from '../config/schema.ts';
import type { Logger } from '../domain/ports.ts';
import { openVault, type Vault, vaultFileOf } from '../vault/vault.ts';
import { keySourceFor } from '../vault/vault-key.ts';
import { createSettingsDesk, type DeskParts } from './settings-desk.ts';
import { SettingsFile } from './settings-file.ts';

/** The vault of a running server; without a configuration that was loaded, the one of its data folder. */
export function openConfiguredVault(options: LoadOptions | undefined, dataDir: string): Vault {
  const { dataDir: _, ...place } = options
    ? findVault(options)
    : { dataDir, file: vaultFileOf(dataDir), key: keySourceFor(undefined, dataDir, {}) };
  return openVault({ ...place, now: Date.now });
}

/** @param apply makes a configuration live */
export function openSettings(
  options: LoadOptions,
  apply: (config: Config) => Promise<void>,
  logger: Logger,
  whyNoToken: DeskParts['whyNoToken'],
): SettingsDesk {
  const { dataDir, ...vault } = findVault(options);
  return createSettingsDesk({
    file: new SettingsFile(join(dataDir, settingsFileName)),
    load: (text) => loadConfig({ ...options, settings: { text } }),
    apply,
    vault: openVault({ ...vault, now: Date.now }),
    logger,
    whyNoToken,
  });
}
