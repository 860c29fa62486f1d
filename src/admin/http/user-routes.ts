/** Users, for administrators; and the audit trail, for everybody who may look. */
import { z } from 'zod';
import { FaultError } from '../../domain/catalogue.ts';
import { roles, type User } from './accounts.ts';
import { auditEntrySchema, verifyAudit } from './audit-trail.ts';
import { type ConsoleRoute, nothing, route, silence } from './route.ts';
import { nameSchema } from './session-routes.ts';
import type { RouteParts } from './surroundings.ts';

const userSchema = z.object({
  id: z.string(),
  name: z.string(),
  role: z.enum(roles),
  disabled: z.boolean(),
  createdAt: z.number(),
  lastSeenAt: z.number().nullable(),
  hasPassword: z.boolean(),
  sessions: z.number(),
  ofEntra: z.boolean(),
  /** Codes of an app, or passkeys. */
  secondFactor: z.boolean(),
});
const idParams = z.object({ id: z.string().max(100) });
const tokenAnswer = z.object({
  id: z.string(),
  /** Shown once. */
  token: z.string(),
});

export function userRoutes({ accounts, sessions, secondFactor, passkeys, audit }: RouteParts): ConsoleRoute[] {
  const shown = (user: User) => ({
    ...user,
    hasPassword: user.passwordHash !== null,
    sessions: sessions.countOf(user.id),
    secondFactor: secondFactor.isSet(user.id) || passkeys.of(user.id).length > 0,
  });
  const known = (id: string): User => {
    const user = accounts.byId(id);
    if (!user) throw new FaultError({ code: 'not-found' });
    return user;
  };
  return [
    route(
      {
        method: 'GET',
        path: '/api/users',
        id: 'users',
        summary: 'Who may use the console',
        audience: 'administrator',
        takes: nothing,
        answer: z.object({ users: z.array(userSchema) }),
      },
      () => ({ users: accounts.all().map(shown) }),
    ),
    route(
      {
        method: 'POST',
        path: '/api/users',
        id: 'addUser',
        summary: 'Add a user; the answer has the token of the one-time link',
        audience: 'administrator',
        faults: ['name-taken'],
        takes: z.object({ body: z.strictObject({ name: nameSchema, role: z.enum(roles) }) }),
        answer: tokenAnswer,
      },
      ({ body }, { caller }) => {
        const record = {
          who: caller.name,
          address: caller.address,
          action: 'user-add',
          target: body.name,
          after: body.role,
        };
        const { id } = audit.with(record, () => accounts.add(body.name, body.role));
        return { id, token: accounts.invite(id) };
      },
    ),
    route(
      {
        method: 'PATCH',
        path: '/api/users/{id}',
        id: 'changeUser',
        summary: 'Change a role, or keep somebody out',
        audience: 'administrator',
        faults: ['not-found', 'last-administrator'],
        takes: z.object({
          params: idParams,
          body: z.strictObject({ role: z.enum(roles).optional(), disabled: z.boolean().optional() }),
        }),
        answer: userSchema,
      },
      ({ params, body }, { caller }) => {
        const before = known(params.id);
        const words = ({ role, disabled }: Pick<User, 'role' | 'disabled'>) => `${role}${disabled ? ', disabled' : ''}`;
        const after = { role: body.role ?? before.role, disabled: body.disabled ?? before.disabled };
        const record = {
          who: caller.name,
          address: caller.address,
          action: 'user-change',
          target: before.name,
          before: words(before),
          after: words(after),
        };
        const user = audit.with(record, () => accounts.change(params.id, body));
        if (user.disabled) sessions.endAll(user.id);
        return shown(user);
      },
    ),
    route(
      {
        method: 'POST',
        path: '/api/users/{id}/invitation',
        id: 'inviteUser',
        summary: 'Make a new one-time link, by which the user sets a password',
        audience: 'administrator',
        faults: ['not-found'],
        takes: z.object({ params: idParams }),
        answer: tokenAnswer,
      },
      ({ params }, { caller }) => {
        const { id, name } = known(params.id);
        audit.append({ who: caller.name, address: caller.address, action: 'user-invite', target: name });
        return { id, token: accounts.invite(id) };
      },
    ),
    route(
      {
        method: 'DELETE',
        path: '/api/users/{id}/sessions',
        id: 'signUserOut',
        summary: 'Sign a user out everywhere',
        audience: 'administrator',
        faults: ['not-found'],
        takes: z.object({ params: idParams }),
        answer: silence,
      },
      ({ params }, { caller }) => {
        const { id, name } = known(params.id);
        audit.append({ who: caller.name, address: caller.address, action: 'user-sign-out', target: name });
        sessions.endAll(id);
        return undefined;
      },
    ),
    route(
      {
        method: 'DELETE',
        path: '/api/users/{id}/second-factor',
        id: 'resetSecondFactor',
        summary: 'Forget a user’s authenticator app and passkeys, such as after a lost telephone',
        audience: 'administrator',
        faults: ['not-found'],
        takes: z.object({ params: idParams }),
        answer: silence,
      },
      ({ params }, { caller }) => {
        const { id, name } = known(params.id);
        audit.append({ who: caller.name, address: caller.address, action: 'second-factor-reset', target: name });
        secondFactor.remove(id);
        for (const passkey of passkeys.of(id)) passkeys.remove(id, passkey.id);
        sessions.endAll(id);
        return undefined;
      },
    ),
    route(
      {
        method: 'GET',
        path: '/api/audit',
        id: 'auditTrail',
        summary: 'Who did what, the newest first',
        audience: 'administrator',
        takes: z.object({
          query: z.strictObject({
            below: z.coerce.number().int().min(1).optional(),
            limit: z.coerce.number().int().min(1).max(500).default(100),
          }),
        }),
        answer: z.object({ entries: z.array(auditEntrySchema) }),
      },
      ({ query }) => ({ entries: [...audit.list(query.limit, query.below)] }),
    ),
    route(
      {
        method: 'GET',
        path: '/api/audit/verdict',
        id: 'auditVerdict',
        summary: 'Whether every entry is what it was when it was written',
        audience: 'administrator',
        takes: nothing,
        answer: z.object({ entries: z.number(), lastHash: z.string(), brokenAt: z.number().optional() }),
      },
      () => verifyAudit(audit.file),
    ),
    route(
      {
        method: 'GET',
        path: '/api/audit/export',
        id: 'auditExport',
        summary: 'The whole trail as JSON lines, the oldest first',
        audience: 'administrator',
        produces: 'application/x-ndjson',
        takes: nothing,
        answer: silence,
      },
      (_input, { reply }) => {
        const lines = [...audit.all()].map((entry) => `${JSON.stringify(entry)}\n`).join('');
        reply.header('content-disposition', 'attachment; filename="mailroom-audit.jsonl"');
        reply.type('application/x-ndjson').send(lines);
        return undefined;
      },
    ),
  ];
}
