/** `…/federatedIdentityCredentials` of an application. Source: Graph "federatedIdentityCredential" resource type. */
import { z } from 'zod';
import type { Application, FederatedIdentityCredential } from '../../directory/directory-state.ts';
import type { TenantResponse } from '../../http/exchange.ts';
import { noContent } from '../graph-answer.ts';
import { byMethod, type GraphCall } from '../graph-call.ts';
import { badRequest, directoryRefusal, resourceNotFound, unknownSegment } from '../graph-error.ts';
import { alternateKey } from '../graph-path.ts';
import { invalidValue, readBody } from '../json-body.ts';
import { answerEntity, answerList } from '../odata/answer-query.ts';
import { requireWrite } from './application-access.ts';

const resource = 'FederatedIdentityCredential';
const mostPerApplication = 20;
const name = z.string().regex(/^[A-Za-z0-9][\w-]{2,119}$/);
const fields = {
  issuer: z.string().min(1).max(600),
  subject: z.string().min(1).max(600),
  audiences: z.array(z.string().max(600)).length(1),
  description: z.string().max(600).nullable(),
};
const createBody = z.strictObject({ ...fields, name, description: fields.description.optional() });
const updateBody = z.strictObject(fields).partial().extend({ name: z.string().optional() });

const type = {
  name: 'federatedIdentityCredential',
  properties: ['id', 'name', 'issuer', 'subject', 'audiences', 'description'],
  navigation: [],
};

export function answerFederatedCredentials(
  call: GraphCall,
  application: Application,
  [key, more]: readonly string[],
): TenantResponse {
  if (more !== undefined) throw unknownSegment(more);
  const queried = { type, context: `applications('${application.id}')/federatedIdentityCredentials` };
  const list = application.federatedIdentityCredentials;
  if (key === undefined)
    return byMethod(call, {
      GET: () => answerList(call, queried, list),
      POST: () => {
        requireWrite(call, application.owners);
        const body = readBody(call.request, createBody, resource);
        const created = { id: call.directory.newId(), ...body, description: body.description ?? null };
        if (list.length >= mostPerApplication)
          throw badRequest(`An application can have at most ${mostPerApplication} federated identity credentials.`);
        refuseTwins(list, created);
        list.push(created);
        const location = `applications/${application.id}/federatedIdentityCredentials/${created.id}`;
        return answerEntity(call, queried, created, { location });
      },
    });
  const byName = alternateKey(key, 'name');
  const wanted = (byName ?? key).toLowerCase();
  // By its id, or by its name with or without brackets around it.
  const found = list.find(
    (each) => each.name.toLowerCase() === wanted || (byName === undefined && each.id.toLowerCase() === wanted),
  );
  if (!found) throw resourceNotFound(byName ?? key);
  return byMethod(call, {
    GET: () => answerEntity(call, queried, found),
    PATCH: () => {
      requireWrite(call, application.owners);
      const body = readBody(call.request, updateBody, resource);
      // The name is fixed once it is given.
      if (body.name !== undefined && body.name !== found.name) throw invalidValue('name', resource);
      const changed = Object.fromEntries(Object.entries(body).filter(([, value]) => value !== undefined));
      refuseTwins(
        list.filter((each) => each !== found),
        { ...found, ...changed },
      );
      Object.assign(found, changed);
      return noContent;
    },
    DELETE: () => {
      requireWrite(call, application.owners);
      list.splice(list.indexOf(found), 1);
      return noContent;
    },
  });
}

/** Names, and issuer with subject, are unique in an application. */
function refuseTwins(list: readonly FederatedIdentityCredential[], one: FederatedIdentityCredential): void {
  const conflict = (message: string) => directoryRefusal(409, 'Request_MultipleObjectsWithSameKeyValue', message);
  if (list.some((each) => each.name.toLowerCase() === one.name.toLowerCase()))
    throw conflict(`FederatedIdentityCredential with name ${one.name} already exists.`);
  if (list.some(({ issuer, subject }) => issuer === one.issuer && subject === one.subject))
    throw conflict('FederatedIdentityCredential with the same issuer and subject already exists.');
}
