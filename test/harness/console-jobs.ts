/** Jobs of the console as a program watches them: to their end, with a person who signs in where that is asked. */
import { z } from 'zod';
import type { ConsoleClient } from './console-client.ts';
import type { Person } from './person-with-browser.ts';
import { until } from './until.ts';

export const jobSchema = z.object({
  id: z.string(),
  state: z.string(),
  lines: z.array(z.object({ state: z.string(), text: z.string(), evidence: z.array(z.string()).optional() })),
  signIn: z.object({ url: z.string(), code: z.string().optional() }).optional(),
  asks: z.object({ question: z.string(), items: z.array(z.string()) }).optional(),
});
export type Job = z.output<typeof jobSchema>;

/** Watches a job to its end; `act` is called at each look. */
export async function watchJob(
  ada: ConsoleClient,
  begun: { json(): unknown },
  act: (job: Job) => Promise<void>,
): Promise<Job> {
  let job = jobSchema.parse(begun.json());
  await until(
    'the job ends',
    async () => {
      job = jobSchema.parse((await ada.ask('GET', `api/jobs/${job.id}`)).json());
      await act(job);
      return job.state !== 'running';
    },
    { deadlineMs: 60_000 },
  );
  return job;
}

/** Signs in wherever it is asked: with the code, or as a browser that goes where it is led. */
export function signingIn(person: Person): (job: Job) => Promise<void> {
  let last = '';
  return async ({ signIn }) => {
    if (!signIn || last === signIn.url + signIn.code) return;
    last = signIn.url + signIn.code;
    await (signIn.code === undefined ? person.accept(signIn.url) : person.enterCode(signIn.url, signIn.code));
  };
}

export const textsOf = (job: Job) => job.lines.map(({ state, text }) => `${state}: ${text}`);
