/** Settings of the server: what is set, what is fixed and where, and saving from the state that was looked at. */
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import type { paths } from '../api.generated.ts';
import { asked, client, done, ProblemError } from '../api.ts';

export type SettingsList = paths['/api/settings/{list}']['get']['parameters']['path']['list'];
export type Settings = paths['/api/settings/{list}']['get']['responses'][200]['content']['application/json'];
export type SettingsItem = Settings['items'][number];
export type Shown = paths['/api/settings/{list}']['post']['responses'][200]['content']['application/json'];

export interface Saving {
  readonly name: string;
  readonly isNew: boolean;
  /** null takes a value away. */
  readonly values: Record<string, unknown>;
  readonly make?: ('password' | 'apiKey')[];
  /** How long the old one of what is made stays valid. */
  readonly keepOldMinutes?: number;
}

export function useSettings(list: SettingsList) {
  return useQuery({
    queryKey: ['settings', list],
    queryFn: () => asked(client.GET('/api/settings/{list}', { params: { path: { list } } })),
    // Whoever is typing has looked at this version: another one must not slip under it.
    refetchOnWindowFocus: false,
  });
}

/** @param saved called before what stands on the screen is loaded anew: the form of a new item is gone then. */
export function useSave(list: SettingsList, version: string, saved: (name: string, shown: Shown) => void) {
  const queries = useQueryClient();
  return useMutation({
    mutationFn: ({ name, isNew, values, make = [], keepOldMinutes = 0 }: Saving): Promise<Shown> =>
      isNew
        ? asked(
            client.POST('/api/settings/{list}', { params: { path: { list } }, body: { name, version, values, make } }),
          )
        : asked(
            client.PATCH('/api/settings/{list}/{name}', {
              params: { path: { list, name } },
              body: { version, values, make, keepOldMinutes },
            }),
          ),
    onSuccess: (shown, { name }) => {
      saved(name, shown);
      return queries.invalidateQueries();
    },
  });
}

export function useRemove(list: SettingsList, version: string) {
  const queries = useQueryClient();
  return useMutation({
    mutationFn: (name: string) =>
      done(client.DELETE('/api/settings/{list}/{name}', { params: { path: { list, name }, query: { version } } })),
    // After a refusal too: what stands now is what the next try is made from.
    onSettled: () => queries.invalidateQueries(),
  });
}

export function useOrder(list: SettingsList, version: string) {
  const queries = useQueryClient();
  return useMutation({
    mutationFn: (names: string[]) =>
      asked(client.POST('/api/settings/{list}/order', { params: { path: { list } }, body: { version, names } })),
    onSettled: () => queries.invalidateQueries(),
  });
}

/** What a refusal says of one field: `quota` has what is said of `quota.messagesPerDay`, and `senders` of `senders[0]`. */
export function fieldProblem(error: unknown, field: string): string | undefined {
  if (!(error instanceof ProblemError)) return undefined;
  const found = error.problem.fields?.filter((each) => isWithin(each.field, field));
  return found?.map(({ sentence }) => sentence.charAt(0).toUpperCase() + sentence.slice(1)).join(' ') || undefined;
}

/** A refusal that no field on the screen says. */
export function otherProblem(error: unknown, fields: readonly string[]): unknown {
  if (!(error instanceof ProblemError) || !error.problem.fields) return error;
  const rest = error.problem.fields.filter(({ field }) => !fields.some((each) => isWithin(field, each)));
  if (rest.length === 0) return null;
  const detail = rest.map(({ field, sentence }) => `${field} ${sentence}`.trim()).join(' ');
  return new ProblemError({ ...error.problem, detail });
}

function isWithin(place: string, field: string): boolean {
  return place === field || place.startsWith(`${field}.`) || place.startsWith(`${field}[`);
}

/** Whether somebody else has changed the settings since they were looked at. */
export function isOutdated(error: unknown): boolean {
  return error instanceof ProblemError && error.problem.code === 'settings-changed';
}

/** A value of the settings as text for a field. */
export function textOf(values: Readonly<Record<string, unknown>>, key: string): string {
  const value = values[key];
  if (Array.isArray(value)) return value.join(', ');
  return value === undefined || value === null || typeof value === 'object' ? '' : String(value);
}
