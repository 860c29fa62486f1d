/**
 * Which of several system accounts sends a message, where a route has a pool of them.
 *
 * A conversation keeps its account: what begins one is named by its Message-ID, which its answers refer to. What begins one
 * goes to the account for which least is waiting and that is open; where they are alike, the name decides by rendezvous
 * hashing, so that an account which is added or taken away moves no conversation of the others. What went elsewhere by load
 * is remembered for its answers, the newest so many; a restart forgets it, and its answers go by the name then. An account
 * that is closed for as long as the route waits before it falls back loses its conversations meanwhile.
 */
import { createHash } from 'node:crypto';
import type { AcceptedMessage, HeaderSummary } from '../domain/message.ts';

export interface AccountLoad {
  /** Messages that wait for it. */
  readonly waiting: number;
  /** ms until it may send again; 0 when it may. */
  readonly closedMs: number;
}

/** How an account of a connector stands. */
export type LoadOf = (connector: string, account: string) => AccountLoad;

/** What the choice is made for. */
export interface PooledMail {
  readonly client: string;
  readonly connector: string;
  readonly summary: Pick<HeaderSummary, 'messageId' | 'conversation'>;
  /** ms that an account has to be closed before its mail takes another. */
  readonly fallBackMs: number;
}

/** Conversations that are remembered; each takes some 200 bytes. */
const mostRemembered = 20_000;

const unknownLoad: LoadOf = () => ({ waiting: 0, closedMs: 0 });

export class AccountPools {
  readonly #loadOf: LoadOf;
  /** Account of a conversation, where it is not the one that its name leads to. The oldest first. */
  readonly #elsewhere = new Map<string, string>();

  constructor(loadOf: LoadOf = unknownLoad) {
    this.#loadOf = loadOf;
  }

  /** The accounts in the order in which this mail asks them. Changes nothing: it may be a question and no mail. */
  order(pool: readonly string[], { client, connector, summary, fallBackMs }: PooledMail): readonly string[] {
    const { conversation, messageId } = summary;
    const key = keyOf(client, conversation ?? messageId);
    const loads = new Map(pool.map((account) => [account, this.#loadOf(connector, account)]));
    const closedMs = (account: string) => loads.get(account)?.closedMs ?? 0;
    const waiting = (account: string) => loads.get(account)?.waiting ?? 0;
    const byName = inOrderOfName(pool, key);
    const byLoad = byName.toSorted((one, other) => closedMs(one) - closedMs(other) || waiting(one) - waiting(other));
    if (conversation === undefined) return byLoad;
    const elsewhere = this.#elsewhere.get(key);
    const own = elsewhere !== undefined && pool.includes(elsewhere) ? elsewhere : byName[0];
    if (own === undefined || closedMs(own) >= fallBackMs) return byLoad;
    return [own, ...byLoad.filter((account) => account !== own)];
  }

  /** Takes note of a message that was accepted: the answers of a conversation that it begins go by its account. */
  took({ client, summary, route }: Pick<AcceptedMessage, 'client' | 'summary' | 'route'>): void {
    if (summary.conversation !== undefined || !route.fallBack) return;
    const { connector, sender } = route;
    const others = route.fallBack.ways.filter((way) => way.connector === connector).map((way) => way.sender);
    const key = keyOf(client, summary.messageId);
    if (others.length === 0 || inOrderOfName([sender, ...others], key)[0] === sender) return;
    this.#elsewhere.set(key, sender);
    if (this.#elsewhere.size <= mostRemembered) return;
    const [oldest] = this.#elsewhere.keys();
    if (oldest !== undefined) this.#elsewhere.delete(oldest);
  }
}

function keyOf(client: string, messageId: string): string {
  return `${client}\n${messageId}`;
}

function inOrderOfName(pool: readonly string[], key: string): readonly string[] {
  const rank = (account: string) => createHash('sha256').update(`${key}\n${account.toLowerCase()}`).digest('hex');
  const ranks = new Map(pool.map((account) => [account, rank(account)]));
  return pool.toSorted((one, other) => ((ranks.get(one) ?? '') < (ranks.get(other) ?? '') ? -1 : 1));
}
