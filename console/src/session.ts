/** Who is signed in. */
import { useQuery } from '@tanstack/react-query';
import { createContext, useContext } from 'react';
import { asked, client } from './api.ts';

export type Role = 'viewer' | 'operator' | 'administrator';

export interface Me {
  readonly id: string;
  readonly name: string;
  readonly role: Role;
}

export const sessionKey = ['session'];

const load = () => asked(client.GET('/api/session'));
export type Session = Awaited<ReturnType<typeof load>>;

/** Asks again now and then: a session that was ended elsewhere ends here too, and a server that is away shows. */
export function useSession() {
  return useQuery({ queryKey: sessionKey, queryFn: load, refetchInterval: 15_000 });
}

export const MeContext = createContext<Me | undefined>(undefined);

const order: readonly Role[] = ['viewer', 'operator', 'administrator'];

/** Whether the signed-in user has at least that role. */
export function useMay(role: Role): boolean {
  const me = useContext(MeContext);
  return me !== undefined && order.indexOf(me.role) >= order.indexOf(role);
}
