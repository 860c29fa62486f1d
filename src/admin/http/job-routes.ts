/** Work that goes on in the server: watched as it goes, answered when it asks, stopped. */
import { PassThrough } from 'node:stream';
import type { FastifyRequest } from 'fastify';
import { z } from 'zod';
import { FaultError } from '../../domain/catalogue.ts';
import { roles } from './accounts.ts';
import type { JobView } from './assistant-port.ts';
import { type ConsoleRoute, nothing, route, silence } from './route.ts';
import type { RouteParts } from './surroundings.ts';

const idParams = z.object({ id: z.string().max(100) });

export const jobSchema = z.object({
  id: z.string(),
  kind: z.enum(['automatic', 'limit', 'migration', 'renewal', 'undo', 'grant']),
  connector: z.string(),
  by: z.string(),
  state: z.enum(['running', 'done', 'failed', 'stopped']),
  lines: z.array(
    z.object({
      at: z.number(),
      state: z.enum(['yes', 'no', 'waits', 'info']),
      text: z.string(),
      row: z.string().optional(),
      evidence: z.array(z.string()).optional(),
    }),
  ),
  signIn: z.object({ url: z.string(), code: z.string().optional() }).optional(),
  asks: z.object({ question: z.enum(['remove-limit']), items: z.array(z.string()) }).optional(),
});

/** As a route answers it: what can be changed is a copy. */
export function shownJob({ lines, asks, ...job }: JobView): z.input<typeof jobSchema> {
  return {
    ...job,
    lines: lines.map(({ evidence, ...line }) => ({ ...line, ...(evidence ? { evidence: [...evidence] } : {}) })),
    asks: asks && { ...asks, items: [...asks.items] },
  };
}

/** So often a stream says that it is still there, ms: proxies end what is silent for a minute. */
const beatMs = 15_000;

export function jobRoutes({ server, audit, sessions, cookie }: RouteParts): ConsoleRoute[] {
  const { assistant } = server;
  const known = (id: string): JobView => {
    const job = assistant.job(id);
    if (job) return job;
    throw new FaultError({ code: 'not-found' });
  };
  /** Without counting as a request: a screen that is left open must not keep its session alive. */
  const mayStillWatch = (request: FastifyRequest) => {
    const user = sessions.peek(request.cookies[cookie.name] ?? '');
    return user !== undefined && roles.indexOf(user.role) >= roles.indexOf('administrator');
  };
  return [
    route(
      {
        method: 'GET',
        path: '/api/jobs',
        id: 'jobs',
        summary: 'Set-ups, limits and renewals that run or ran since the start, the newest first',
        audience: 'administrator',
        takes: nothing,
        answer: z.object({ jobs: z.array(jobSchema) }),
      },
      () => ({ jobs: assistant.jobs().map(shownJob) }),
    ),
    route(
      {
        method: 'GET',
        path: '/api/jobs/{id}',
        id: 'job',
        summary: 'One of them, with what it did so far',
        audience: 'administrator',
        faults: ['not-found'],
        takes: z.object({ params: idParams }),
        answer: jobSchema,
      },
      ({ params }) => shownJob(known(params.id)),
    ),
    route(
      {
        method: 'GET',
        path: '/api/jobs/{id}/events',
        id: 'jobEvents',
        summary: 'The same as it changes: a server-sent event `job` each time, until it has ended or the session has',
        audience: 'administrator',
        faults: ['not-found'],
        takes: z.object({ params: idParams }),
        answer: silence,
        produces: 'text/event-stream',
      },
      ({ params }, { request, reply }) => {
        const job = known(params.id);
        const events = new PassThrough();
        let cancelBeat = () => {};
        let unwatch = () => {};
        const end = () => {
          cancelBeat();
          unwatch();
          events.end();
        };
        const write = (text: string) => {
          if (!mayStillWatch(request)) return end();
          events.write(text);
        };
        const beat = () => {
          cancelBeat = server.clock.after(beatMs, () => {
            beat();
            write(': still there\n\n');
          });
        };
        const tell = (view: JobView) => {
          write(`event: job\ndata: ${JSON.stringify(jobSchema.parse(shownJob(view)))}\n\n`);
          if (view.state !== 'running') end();
        };
        reply.raw.once('close', end);
        reply.header('cache-control', 'no-store').header('x-accel-buffering', 'no').type('text/event-stream');
        reply.send(events);
        // A browser that was cut off comes again by itself, after so long.
        events.write('retry: 2000\n\n');
        beat();
        unwatch = assistant.watch(job.id, tell);
        tell(job);
        return undefined;
      },
    ),
    route(
      {
        method: 'POST',
        path: '/api/jobs/{id}/answer',
        id: 'answerJob',
        summary: 'Say yes or no to what it asks before it goes on',
        audience: 'administrator',
        faults: ['not-found'],
        takes: z.object({ params: idParams, body: z.strictObject({ yes: z.boolean() }) }),
        answer: silence,
      },
      ({ params, body }, { caller }) => {
        const { asks, connector } = known(params.id);
        if (!asks) throw new FaultError({ code: 'not-found' });
        audit.append({
          who: caller.name,
          address: caller.address,
          action: body.yes ? 'job-confirm' : 'job-decline',
          target: connector,
          before: asks.items.join('\n'),
        });
        assistant.answer(params.id, body.yes);
        return undefined;
      },
    ),
    route(
      {
        method: 'DELETE',
        path: '/api/jobs/{id}',
        id: 'stopJob',
        summary: 'Stop it; what is done stays done, and the next run goes on there',
        audience: 'administrator',
        takes: z.object({ params: idParams }),
        answer: silence,
      },
      ({ params }, { caller }) => {
        audit.append({ who: caller.name, address: caller.address, action: 'job-stop', target: params.id });
        assistant.stop(params.id);
        return undefined;
      },
    ),
  ];
}
