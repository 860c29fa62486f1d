/**
 * One PowerShell window. A line that is typed runs as a generator: where a command has to ask (a parameter that must be
 * given, a sign-in, "are you sure?"), it stops, the question becomes the prompt, and the next line that is typed is the
 * answer. "Ctrl+C" ends it there.
 */
import type { TenantUser } from '../../directory/directory-state.ts';
import type { Operator } from '../../exchange/cmdlets/run-cmdlet.ts';
import type { Service, Tenant } from '../../service.ts';
import { ParseError } from './parse-line.ts';
import { errorText, runLine } from './run-line.ts';
import type { Answer, Question, Run } from './shell-run.ts';

export interface Connection {
  readonly tenant: Tenant;
  readonly operator: Operator;
}

/** What commands may see and change. */
export interface ShellSession {
  readonly service: Service;
  /** Whom a sign-in suggests. */
  readonly suggestedAddress: string;
  readonly connection: Connection | undefined;
  isModuleInstalled: boolean;
  connect(tenant: Tenant, user: TenantUser): void;
  disconnect(): void;
  write(text: string): void;
  clear(): void;
  variable(name: string): unknown;
  setVariable(name: string, value: unknown): void;
}

export interface Line {
  readonly kind: 'input' | 'output' | 'error';
  readonly text: string;
}

const prompt = 'PS C:\\> ';
/** What a window keeps: more would only fill the memory. */
const mostLines = 400;
const mostCharacters = 50_000;
const mostVariables = 100;
const mostHistory = 50;

export class Shell implements ShellSession {
  readonly service: Service;
  readonly suggestedAddress: string;
  isModuleInstalled = false;
  #connected: { readonly tenant: Tenant; readonly userId: string } | undefined;
  #lines: Line[] = [];
  #history: string[] = [];
  readonly #variables = new Map<string, unknown>();
  #running: { readonly run: Run<void>; readonly question: Question } | undefined;

  constructor(service: Service, suggestedAddress: string) {
    this.service = service;
    this.suggestedAddress = suggestedAddress;
  }

  get lines(): readonly Line[] {
    return this.#lines;
  }

  /** What was typed, newest first, each once. */
  get history(): readonly string[] {
    return this.#history;
  }

  /** What it waits for: an answer, or the next command. */
  get question(): Question {
    return this.#running?.question ?? { kind: 'text', prompt };
  }

  get isAsking(): boolean {
    return this.#running !== undefined;
  }

  /** Roles are those of now: what was withdrawn since the sign-in is gone. */
  get connection(): Connection | undefined {
    const { tenant, userId } = this.#connected ?? {};
    const user = tenant?.directory.user(userId ?? '');
    if (!tenant || !user?.accountEnabled) return undefined;
    return { tenant, operator: { name: user.address, directoryRoles: user.directoryRoles } };
  }

  /** A line that was typed: a command, or the answer to what is asked. */
  enter(text: string): void {
    const { question } = this;
    if (question.kind === 'sign-in') return;
    this.#add('input', `${question.prompt}${text}`);
    if (this.#running) return this.#goOn(this.#running.run, { kind: 'text', text });
    if (text.trim() === '') return;
    this.#history = [text, ...this.#history.filter((each) => each !== text)].slice(0, mostHistory);
    this.#goOn(runLine(this, text), undefined);
  }

  signIn(address: string, password: string): void {
    if (this.#running?.question.kind !== 'sign-in') return;
    this.#goOn(this.#running.run, { kind: 'sign-in', address, password });
  }

  cancel(): void {
    if (!this.#running) return;
    const { run, question } = this.#running;
    this.#running = undefined;
    run.return();
    this.#add('error', question.kind === 'sign-in' ? 'The sign-in was cancelled.' : '^C');
  }

  connect(tenant: Tenant, { id }: TenantUser): void {
    this.#connected = { tenant, userId: id };
  }

  disconnect(): void {
    this.#connected = undefined;
  }

  write(text: string): void {
    if (text !== '') this.#add('output', text);
  }

  clear(): void {
    this.#lines = [];
  }

  variable(name: string): unknown {
    return this.#variables.get(name) ?? null;
  }

  setVariable(name: string, value: unknown): void {
    if (this.#variables.size < mostVariables || this.#variables.has(name)) this.#variables.set(name, value);
  }

  #goOn(run: Run<void>, answer: Answer | undefined): void {
    this.#running = undefined;
    try {
      // Nobody has asked yet when it starts: what the first step gets is never read.
      const step = answer === undefined ? run.next({ kind: 'text', text: '' }) : run.next(answer);
      if (!step.done) this.#running = { run, question: step.value };
    } catch (error) {
      this.#add('error', error instanceof ParseError ? error.message : errorText(error));
    }
  }

  #add(kind: Line['kind'], text: string): void {
    this.#lines.push({ kind, text: text.slice(0, mostCharacters) });
    if (this.#lines.length > mostLines) this.#lines = this.#lines.slice(-mostLines);
  }
}
