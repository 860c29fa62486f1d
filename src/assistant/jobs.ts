/** Work that takes long, watched from anywhere: a browser that is closed ends nothing. Kept while the server runs. */
import type { JobLine, JobOrder, JobView } from '../admin/http/assistant-port.ts';
import { FaultError } from '../domain/catalogue.ts';
import type { Clock, Logger } from '../domain/ports.ts';

/** What the work tells while it is under way. */
export interface JobTold {
  line(state: JobLine['state'], text: string, row?: string): void;
  signIn(prompt: JobView['signIn']): void;
  readonly signal: AbortSignal;
}

interface Job {
  view: JobView;
  readonly stop: AbortController;
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
    const view: JobView = { id: this.#newId(), kind, connector, by, state: 'running', lines: [], signIn: undefined };
    const job: Job = { view, stop: new AbortController() };
    this.#jobs.unshift(job);
    this.#jobs.splice(mostKept);
    const running = this.#run(job, work).finally(() => this.#running.delete(running));
    this.#running.add(running);
    return job.view;
  }

  get(id: string): JobView | undefined {
    return this.#jobs.find(({ view }) => view.id === id)?.view;
  }

  all(): readonly JobView[] {
    return this.#jobs.map(({ view }) => view);
  }

  stop(id: string): void {
    this.#jobs.find(({ view }) => view.id === id)?.stop.abort();
  }

  async close(): Promise<void> {
    for (const { stop } of this.#jobs) stop.abort();
    await Promise.all(this.#running);
  }

  async #run(job: Job, work: (told: JobTold) => Promise<void>): Promise<void> {
    const change = (part: Partial<JobView>) => {
      job.view = { ...job.view, ...part };
    };
    const line: JobTold['line'] = (state, text, row) =>
      change({
        lines: [...job.view.lines, { at: this.#clock.now(), state, text, ...(row === undefined ? {} : { row }) }],
      });
    const { signal } = job.stop;
    const stopped = Promise.withResolvers<never>();
    signal.addEventListener('abort', () => stopped.reject(new Error('It was stopped; what is done stays done.')));
    try {
      await Promise.race([work({ line, signIn: (signIn) => change({ signIn }), signal }), stopped.promise]);
      change({ state: 'done', signIn: undefined });
    } catch (error) {
      line('no', error instanceof Error ? error.message : String(error));
      change({ state: signal.aborted ? 'stopped' : 'failed', signIn: undefined });
      this.#logger.warn(
        { err: error, kind: job.view.kind, connector: job.view.connector },
        'A set-up did not end well.',
      );
    }
  }
}
