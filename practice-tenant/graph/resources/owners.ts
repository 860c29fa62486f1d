/** `…/owners` of applications and service principals. Source: Graph "Add owner", "List owners", "Remove owner". */
import type { TenantResponse } from '../../http/exchange.ts';
import { noContent } from '../graph-answer.ts';
import { byMethod, type GraphCall } from '../graph-call.ts';
import { badRequest, unknownSegment } from '../graph-error.ts';
import { answerList } from '../odata/answer-query.ts';
import { addReference, directoryObjects, directoryObjectType, removeReference } from './directory-objects.ts';

/** Answers `owners`, `owners/$ref` and `owners/{id}/$ref`; `owners` is the list that is changed. */
export function answerOwners(call: GraphCall, owners: string[], rest: readonly string[]): TenantResponse {
  const [id, reference, more] = rest;
  if (id === undefined)
    return byMethod(call, {
      GET: () => {
        const queried = { type: directoryObjectType, context: 'directoryObjects' };
        return answerList(call, queried, directoryObjects(call.directory, owners));
      },
    });
  if (id.toLowerCase() === '$ref' && reference === undefined)
    return byMethod(call, {
      POST: () => {
        addReference(call, owners, 'owners', ['user', 'servicePrincipal']);
        return noContent;
      },
    });
  if (reference?.toLowerCase() !== '$ref' || more !== undefined) throw unknownSegment(more ?? reference ?? id);
  return byMethod(call, {
    DELETE: () => {
      if (owners.length === 1 && owners[0] === id.toLowerCase())
        throw badRequest('The application must have at least one owner, hence this owner cannot be removed.');
      removeReference(owners, id);
      return noContent;
    },
  });
}
