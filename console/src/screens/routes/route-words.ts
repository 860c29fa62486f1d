/** What a route does, in plain words. */
import type { paths } from '../../api.generated.ts';
import { spanText } from '../../parts/units.ts';
import { texts } from '../../texts.ts';

export type RouteView = paths['/api/routes']['get']['responses'][200]['content']['application/json']['routes'][number];

/** When it matches. */
export function whenOf(when: RouteView['when']): string {
  const names: Readonly<Record<string, string>> = texts.routes.when;
  return (
    when.map(({ what, is }) => `${names[what] ?? what} ${is.join(texts.routes.or)}`).join(texts.routes.and) ||
    texts.routes.always
  );
}

/** What happens then. */
export function wayOf(route: Omit<RouteView, 'name' | 'when' | 'fallBackAfter'>, fallBackAfter: string): string {
  const words = texts.routes;
  const { connectors, senders, form, saveToSentItems, fromHeader, hold } = route;
  const [first, ...others] = connectors ?? (route.connector === undefined ? [] : [route.connector]);
  const pool = senders ?? (route.sender === undefined ? [] : [route.sender]);
  const parts = [
    first === undefined
      ? ''
      : others.length === 0
        ? words.by(first)
        : words.byFirst(first, others.join(words.or), fallBackAfter),
    pool.length === 0 ? '' : pool.length === 1 ? words.as(pool.join()) : words.asOneOf(pool.join(', ')),
    form === 'json' ? words.json : '',
    saveToSentItems ? '' : words.noSentItems,
    fromHeader === 'system-account' ? words.fromRewritten : '',
    hold ? words.held : '',
  ];
  return parts.filter((part) => part !== '').join('; ') || words.byDefault;
}

/** The way of a route as it is configured. */
export const wayOfView = (route: RouteView): string => wayOf(route, spanText(route.fallBackAfter));
