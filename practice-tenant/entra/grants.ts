/**
 * What sign-ins have left for programs to redeem: authorization codes, device codes and refresh tokens. In memory, and
 * good for as long as Entra says.
 */
import { randomBytes, randomInt } from 'node:crypto';
import type { VirtualClock } from '../clock.ts';

export interface GrantedTo {
  readonly tenantId: string;
  readonly clientId: string;
  readonly userId: string;
  readonly scopes: readonly string[];
  /** Given to a confidential client: a refresh token of it takes the client's credential again. */
  readonly needsProof?: boolean;
}

export interface CodeGrant extends GrantedTo {
  readonly redirectUri: string;
  readonly challenge: { readonly method: 'S256' | 'plain'; readonly value: string } | undefined;
  readonly nonce: string | undefined;
  readonly endsAt: number;
  redeemed: boolean;
}

export interface DeviceGrant {
  readonly deviceCode: string;
  readonly userCode: string;
  readonly tenantId: string;
  readonly clientId: string;
  readonly scopes: readonly string[];
  readonly endsAt: number;
  state: { readonly kind: 'pending' | 'declined' } | { readonly kind: 'granted'; readonly to: GrantedTo };
}

/** Entra "authorization codes": short-lived, about ten minutes. */
const codeLifetimeMs = 10 * 60_000;
export const deviceCodeSeconds = 900;
const refreshLifetimeMs = 90 * 24 * 3600 * 1000;
const mostGrants = 10_000;

export class Grants {
  readonly #clock: VirtualClock;
  readonly #codes = new Map<string, CodeGrant>();
  readonly #devices = new Map<string, DeviceGrant>();
  readonly #refresh = new Map<string, GrantedTo & { readonly endsAt: number }>();

  constructor(clock: VirtualClock) {
    this.#clock = clock;
  }

  addCode(grant: Omit<CodeGrant, 'endsAt' | 'redeemed'>): string {
    const code = `1.${randomBytes(48).toString('base64url')}`;
    limited(this.#codes).set(code, { ...grant, endsAt: this.#clock.now() + codeLifetimeMs, redeemed: false });
    return code;
  }

  code(code: string): CodeGrant | undefined {
    return this.#codes.get(code);
  }

  addDevice(grant: Pick<DeviceGrant, 'tenantId' | 'clientId' | 'scopes'>): DeviceGrant {
    const letters = 'BCDFGHJKLMNPQRSTVWXYZ23456789';
    const userCode = Array.from({ length: 9 }, () => letters[randomInt(letters.length)]).join('');
    const device: DeviceGrant = {
      ...grant,
      deviceCode: randomBytes(48).toString('base64url'),
      userCode,
      endsAt: this.#clock.now() + deviceCodeSeconds * 1000,
      state: { kind: 'pending' },
    };
    limited(this.#devices).set(device.deviceCode, device);
    return device;
  }

  device(deviceCode: string): DeviceGrant | undefined {
    return this.#devices.get(deviceCode);
  }

  /** By the code that a person types, in any case and with blanks or hyphens; only while it can still be used. */
  deviceByUserCode(typed: string): DeviceGrant | undefined {
    const wanted = typed.replace(/[\s-]+/g, '').toUpperCase();
    const now = this.#clock.now();
    return [...this.#devices.values()].find(
      ({ userCode, endsAt, state }) => userCode === wanted && endsAt > now && state.kind === 'pending',
    );
  }

  removeDevice(deviceCode: string): void {
    this.#devices.delete(deviceCode);
  }

  addRefreshToken(to: GrantedTo): string {
    const token = `1.${randomBytes(64).toString('base64url')}`;
    limited(this.#refresh).set(token, { ...to, endsAt: this.#clock.now() + refreshLifetimeMs });
    return token;
  }

  refreshToken(token: string): GrantedTo | undefined {
    const grant = this.#refresh.get(token);
    return grant && grant.endsAt > this.#clock.now() ? grant : undefined;
  }
}

/** Makes room: the oldest goes, so that nobody can fill the memory. */
function limited<T>(map: Map<string, T>): Map<string, T> {
  const [oldest] = map.keys();
  if (map.size >= mostGrants && oldest !== undefined) map.delete(oldest);
  return map;
}
