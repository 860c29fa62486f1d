/** A tenant that is not here: nobody's, or one that another national cloud has. */
import { clouds } from '../clouds.ts';
import type { Service } from '../service.ts';
import { EntraRefusal } from './entra-error.ts';

export function noTenant(service: Service, name: string): EntraRefusal {
  const elsewhere = service.elsewhere.get(name.toLowerCase());
  if (elsewhere === undefined) return new EntraRefusal(90002, name);
  const cloud = clouds[elsewhere].loginHost.replace(/^login\./, '');
  return new EntraRefusal(90038, `'${name}' request is being redirected to the National Cloud '${cloud}'`);
}
