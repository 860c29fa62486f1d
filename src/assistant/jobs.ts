/** Work that takes long, watched from anywhere: a browser that is closed ends nothing. Kept while the server runs. */
import type { JobLine, JobOrder, JobView } from '../admin/http/assistant-port.ts';
import { FaultError } from '../domain/catalogue.ts';
import type { Clock, Logger } from '../domain/ports.ts';

/** What the work tells while it is under way. */
export interface JobTold {
  line(state: JobLine['state'], text: string, more?: Pick<JobLine, 'row' | 'evidence'>): void;
  signIn(prompt: JobView['signIn']): void;
  /** Shows what is about to be done, and waits for a person's yes or no. */
  ask(asks: NonNullable<JobView['asks']>): Promise<boolean>;
  readonly signal: AbortSignal;
}

interface Job {
  view: JobView;
  readonly stop: AbortController;
  readonly watchers: Set<(view: JobView) => void>;
  answer?: (yes: boolean) => void;
}

const mostKept = 50;

export class Jobs {
  readonly #clock: Clock;
  readonly #logger: Logger;
  readonly #newId: () => string;
  readonly #jobs: Job[] = [];
  readonly #running = new Set<Promise<void>>();

  constructor(clock: Clock, logger: Logger, newId: () => string) {
    this.#clock = clock;
    this.#logger = logger;
    this.#newId = newId;
  }

  /** @param work throws Error in one sentence for people. @throws FaultError `too-much-under-way` */
  begin(
    { kind, connector }: Pick<JobOrder, 'kind' | 'connector'>,
    by: string,
    work: (told: JobTold) => Promise<void>,
  ): JobView {
    const isBusy = this.#jobs.some(({ view }) => view.connector === connector && view.state === 'running');
    if (isBusy) throw new FaultError({ code: 'too-much-under-way' });
    const nothingYet = { state: 'running', lines: [], signIn: undefined, asks: undefined } as const;
    const view: JobView = { id: this.#newId(), kind, connector, by, ...nothingYet };
    const job: Job = { view, stop: new AbortController(), watchers: new Set() };
    this.#jobs.unshift(job);
    this.#jobs.splice(mostKept);
    const running = this.#run(job, work).finally(() => this.#running.delete(running));
    this.#running.add(running);
    return job.view;
  }

  get(id: string): JobView | undefined {
    return this.#find(id)?.view;
  }

  /** Calls `told` with each state from now on; the returned function ends that. */
  watch(id: string, told: (view: JobView) => void): () => void {
    const watchers = this.#find(id)?.watchers;
    watchers?.add(told);
    return () => watchers?.delete(told);
  }

  /** False when it does not ask anything. */
  answer(id: string, yes: boolean): boolean {
    const answer = this.#find(id)?.answer;
    answer?.(yes);
    return answer !== undefined;
  }

  all(): readonly JobView[] {
    return this.#jobs.map(({ view }) => view);
  }

  stop(id: string): void {
    this.#find(id)?.stop.abort();
  }

  async close(): Promise<void> {
    for (const { stop, watchers } of this.#jobs) {
      // The console has closed before: nobody is there any more to be told.
      watchers.clear();
      stop.abort();
    }
    await Promise.all(this.#running);
  }

  #find(id: string): Job | undefined {
    return this.#jobs.find(({ view }) => view.id === id);
  }

  async #run(job: Job, work: (told: JobTold) => Promise<void>): Promise<void> {
    const change = (part: Partial<JobView>) => {
      job.view = { ...job.view, ...part };
      for (const told of job.watchers) told(job.view);
    };
    const line: JobTold['line'] = (state, text, more) => {
      const { lines } = job.view;
      // What is waited for is told again and again, and stands there once.
      const before = state === 'waits' && lines.at(-1)?.state === 'waits' ? lines.slice(0, -1) : lines;
      change({ lines: [...before, { at: this.#clock.now(), state, text, ...more }] });
    };
    const ask: JobTold['ask'] = async (asks) => {
      const { promise, resolve } = Promise.withResolvers<boolean>();
      job.answer = resolve;
      change({ asks });
      try {
        return await promise;
      } finally {
        delete job.answer;
        change({ asks: undefined });
      }
    };
    const { signal } = job.stop;
    const stopped = Promise.withResolvers<never>();
    signal.addEventListener('abort', () => stopped.reject(new Error('It was stopped; what is done stays done.')));
    try {
      await Promise.race([work({ line, ask, signIn: (signIn) => change({ signIn }), signal }), stopped.promise]);
      change({ state: 'done', signIn: undefined });
    } catch (error) {
      line('no', error instanceof Error ? error.message : String(error));
      change({ state: signal.aborted ? 'stopped' : 'failed', signIn: undefined, asks: undefined });
      this.#logger.warn(
        { err: error, kind: job.view.kind, connector: job.view.connector },
        'A set-up did not end well.',
      );
    }
  }
}
